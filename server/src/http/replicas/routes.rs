//! The handlers: each reads a request, checks its limits, and queries the table.

use axum::{extract::RawQuery, response::Response};
use engine::sync::{
    Local, Mark, Meta, Refusal as RowRefusal, Remote, Row, Span, TableEndpoint,
    protocol::{
        Bound, Contents, ContentsRequest, CountQuery, Counted, Deleted, Deletion, ListRequest, Lists, MarkOnWire,
        Overview, PageAnswer, PageQuery, RefusedRow, RowKey, SpanOnWire, Summaries, SummariesRequest, Taken, Upload,
        Version, limits,
    },
};
use model::{Invalid, Problem, ProblemCode};

use super::{
    answer::{Opened, Refusal},
    auth::TableRequest,
    body::Json,
};

type Answer = Result<Response, Refusal>;

pub async fn count(request: TableRequest, RawQuery(query): RawQuery) -> Answer {
    let CountQuery(span) = CountQuery::parse(&query.unwrap_or_default())?;
    let opened = request.open().await?;
    let count = if span.is_empty() { 0 } else { opened.checked(opened.table.count(span).await)? };
    opened.answer(&Counted { count })
}

pub async fn meta(request: TableRequest, RawQuery(query): RawQuery) -> Answer {
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        return Err(Invalid::new("query", query, "left out").into());
    }
    let opened = request.open().await?;
    let meta = opened.checked(opened.table.meta().await)?;
    let (lowest, highest) = meta.extremes.map(|(low, high)| (Version(low), Version(high))).unzip();
    let Meta { count, columns, compares: contents, .. } = meta;
    opened.answer(&Overview { count, lowest, highest, summaries: true, contents, columns })
}

pub async fn summaries(table: TableRequest, Json(request): Json<SummariesRequest>) -> Answer {
    let SummariesRequest { spans, split } = request;
    within("spans", spans.len(), if split { limits::MAX_SPLIT_SPANS } else { limits::MAX_SPANS })?;
    let opened = table.open().await?;
    let cells = opened.checked(opened.table.cells(&plain(&spans), split, Span::END).await)?;
    opened.answer(&Summaries::of(&cells))
}

pub async fn contents(table: TableRequest, Json(request): Json<ContentsRequest>) -> Answer {
    let ContentsRequest { spans, columns, each } = request;
    within("spans", spans.len(), limits::MAX_CONTENT_SPANS)?;
    within("columns", columns.len(), limits::MAX_COLUMNS)?;
    let (spans, opened) = (plain(&spans), table.open().await?);
    if !each {
        let sums = opened.checked(opened.table.contents(&spans, &columns, Span::END).await)?;
        return opened.answer(&Contents::of(&sums));
    }
    let mut rows = Vec::new();
    for span in spans {
        rows.extend(opened.checked(opened.table.content_rows(span, &columns, Span::END).await)?);
        within("spans", rows.len(), limits::MAX_CONTENT_ROWS)?;
    }
    opened.answer(&Contents::of_rows(&rows))
}

pub async fn list(table: TableRequest, Json(request): Json<ListRequest>) -> Answer {
    within("spans", request.spans.len(), limits::MAX_SPANS)?;
    let spans = plain(&request.spans);
    let opened = table.open().await?;
    // Counts first: a span may have more rows than fit the memory limit.
    let cells = opened.checked(opened.table.cells(&spans, false, Span::END).await)?;
    let mut rows = 0;
    let fitting = cells.iter().take_while(|cell| {
        rows += cell.count;
        rows <= limits::MAX_LISTED_ROWS as u64
    });
    let spans = &spans[..fitting.count()];
    let lists = opened.checked(opened.table.list(spans, Span::END).await)?;
    opened.answer(&Lists { lists: lists.iter().map(|marks| on_wire(marks)).collect() })
}

pub async fn page(request: TableRequest, RawQuery(query): RawQuery) -> Answer {
    let PageQuery { span, order, limit } = PageQuery::parse(&query.unwrap_or_default())?;
    let opened = request.open().await?;
    let page = opened.checked(opened.table.page(span, order, limit).await)?;
    let (from, until) = (Bound(page.covers.from), Bound(page.covers.until));
    opened.answer(&PageAnswer { from, until, rows: on_wire(&page.marks) })
}

/// Refused rows are reported, and stop no other row.
pub async fn upload(request: TableRequest, Json(Upload { rows }): Json<Upload>) -> Answer {
    within("rows", rows.len(), limits::MAX_UPLOAD_ROWS)?;
    let (integers, texts): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| matches!(row.key, RowKey::Integer(_)));
    let opened = request.open().await?;
    let refused = opened.checked(opened.table.upload(integers.into_iter().map(Row::from).collect()).await)?;
    let of_table = refused.into_iter().map(|refusal| opened.refused(refusal));
    let of_texts = texts.into_iter().map(|row| {
        let error = "keys of this table are 64-bit integers".to_owned();
        RefusedRow { key: row.key, version: row.version, error }
    });
    let refused = of_table.chain(of_texts).collect();
    opened.answer(&Taken { refused })
}

pub async fn delete(request: TableRequest, Json(Deletion { rows }): Json<Deletion>) -> Answer {
    within("rows", rows.len(), limits::MAX_DELETE_ROWS)?;
    let marks: Vec<_> = rows.into_iter().map(|row| row.0).collect();
    let opened = request.open().await?;
    let keys: Vec<_> = marks.iter().map(|mark| mark.key).collect();
    let held = opened.checked(opened.table.current_versions(&keys).await)?;
    let refused = opened.checked(opened.table.delete(&marks).await)?;
    let deleted = marks.iter().zip(held).filter(|(mark, held)| *held == Some(mark.version)).count();
    let deleted = deleted.saturating_sub(refused.len()) as u64;
    let refused = refused.into_iter().map(|refusal| opened.refused(refusal)).collect();
    opened.answer(&Deleted { deleted, refused })
}

impl Opened {
    fn refused(&self, (mark, error): (Mark, RowRefusal)) -> RefusedRow {
        RefusedRow {
            key: RowKey::Integer(mark.key.cast_signed()),
            version: Version(mark.version),
            error: self.without_place(&error).chars().take(limits::MAX_REFUSAL_CHARACTERS).collect(),
        }
    }
}

fn plain(spans: &[SpanOnWire]) -> Vec<Span> {
    spans.iter().map(|span| span.0).collect()
}

fn on_wire(marks: &[Mark]) -> Vec<MarkOnWire> {
    marks.iter().copied().map(MarkOnWire).collect()
}

fn within(field: &str, length: usize, most: usize) -> Result<(), Problem> {
    if length <= most {
        return Ok(());
    }
    let detail = format!("{field} has {length} entries; a request may have {most}. Send several requests.");
    Err(Problem::new(ProblemCode::TooLarge, detail).on(field))
}
