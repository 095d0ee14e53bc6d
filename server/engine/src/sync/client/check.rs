//! Checks of a remote's answers against the question.
//!
//! Always: an answer that cannot be right is an error. Its text completes the sentence "the remote …".

use crate::sync::{
    Cell, ContentSum, Mark, Meta, Order, Page, Span,
    protocol::{Lists, MarkOnWire, Overview, PageAnswer},
};

/// A checked answer, or the rest of a sentence that begins with "the remote".
pub type Checked<T> = Result<T, String>;

/// A row count that fits into a signed integer, so that counts can be subtracted.
pub fn count(count: u64) -> Checked<u64> {
    if count < Span::END { Ok(count) } else { Err(format!("counts {count} rows, more than any table can have")) }
}

/// Metadata whose count and versions agree.
pub fn meta(overview: &Overview) -> Checked<Meta> {
    let count = count(overview.count)?;
    let extremes = match (overview.lowest, overview.highest) {
        (None, None) if count == 0 => None,
        (Some(low), Some(high)) if count > 0 && low <= high => Some((low.0, high.0)),
        (low, high) => {
            let shown = |version: Option<_>| version.map_or("none".to_owned(), |version: u64| version.to_string());
            let (low, high) = (shown(low.map(|low| low.0)), shown(high.map(|high| high.0)));
            return Err(format!("has {count} rows, their lowest version is {low} and their highest {high}"));
        }
    };
    let (columns, compares) = (overview.columns.clone(), overview.contents);
    Ok(Meta { count, extremes, columns, compares, ..Meta::default() })
}

/// One sum per span.
pub fn contents(sums: Option<Vec<ContentSum>>, spans: &[Span]) -> Checked<Vec<ContentSum>> {
    let sums = sums.ok_or("sent sums that are incomplete or not in base64")?;
    if sums.len() != spans.len() {
        return Err(format!("sent {} sums where {} were requested", sums.len(), spans.len()));
    }
    Ok(sums)
}

/// Rows of the span with their digests.
pub fn content_rows(rows: Option<Vec<(Mark, u128)>>, span: Span) -> Checked<Vec<(Mark, u128)>> {
    let rows = rows.ok_or("sent rows without digests")?;
    match rows.iter().find(|(mark, _)| !span.contains(mark.version)) {
        Some((stray, _)) => Err(format!("listed version {} among those {}", stray.version, shown(span))),
        None => Ok(rows),
    }
}

/// One cell per span, each possible for its span.
pub fn cells(cells: Option<Vec<Cell>>, spans: &[Span]) -> Checked<Vec<Cell>> {
    let cells = cells.ok_or("sent cells that are incomplete or not in base64")?;
    if cells.len() != spans.len() {
        return Err(format!("sent {} cells where {} were requested", cells.len(), spans.len()));
    }
    for (cell, span) in cells.iter().zip(spans) {
        let mark = Mark { version: cell.versions, key: cell.keys };
        let possible = match cell.count {
            0 => *cell == Cell::default(),
            1 => span.contains(mark.version) && mark.hash() == cell.hash,
            more => count(more).is_ok(),
        };
        if !possible {
            let Span { from, until } = span;
            return Err(format!("sent a cell of the versions from {from} to {until} that no set of rows can produce"));
        }
    }
    Ok(cells)
}

/// Row lists for the first of the spans.
pub fn lists(lists: Lists, spans: &[Span]) -> Checked<Vec<Vec<Mark>>> {
    if lists.lists.len() > spans.len() {
        return Err(format!("sent {} lists where {} were requested", lists.lists.len(), spans.len()));
    }
    let rows = |(list, span): (Vec<_>, &Span)| marks(list, *span);
    lists.lists.into_iter().zip(spans).map(rows).collect()
}

/// A page that begins where the question says.
pub fn page(page: PageAnswer, span: Span, order: Order) -> Checked<Page> {
    let covers = Span { from: page.from.0, until: page.until.0 };
    let begins = match order {
        Order::Ascending => covers.from == span.from && covers.until <= span.until,
        Order::Descending => covers.until == span.until && covers.from >= span.from,
    };
    if !begins || covers.is_empty() {
        let (requested, is) = (shown(span), shown(covers));
        return Err(format!("sent a page of the versions {is} where one of {requested} was requested"));
    }
    Ok(Page { covers, marks: marks(page.rows, covers)? })
}

fn marks(rows: Vec<MarkOnWire>, span: Span) -> Checked<Vec<Mark>> {
    let marks: Vec<_> = rows.into_iter().map(|row| row.0).collect();
    if let Some(stray) = marks.iter().find(|mark| !span.contains(mark.version)) {
        return Err(format!("listed version {} among those {}", stray.version, shown(span)));
    }
    if !marks.is_sorted_by(|one, next| one < next) {
        return Err(format!("listed the versions {} out of order, or a row more than once", shown(span)));
    }
    Ok(marks)
}

fn shown(span: Span) -> String {
    format!("from {} to below {}", span.from, span.until)
}
