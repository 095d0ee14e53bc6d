//! The handlers: a request is read, its limits are looked at, the table is asked.

use std::collections::HashMap;

use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use engine::sync::{
    End, Local, Mark, Remote, Span,
    protocol::{
        Bound, CountQuery, Counted, Deleted, Deletion, ListRequest, Lists, MarkOnWire, Overview, PageAnswer, PageQuery,
        RefusedRow, RowKey, RowOnWire, SpanOnWire, Summaries, SummariesRequest, Taken, Upload, Version, limits,
    },
};
use model::{Invalid, Problem, ProblemCode};

use super::{body::Json, door::Asked};
use crate::api::problem::Refused;

type Answer = Result<Response, Response>;

pub async fn count(asked: Asked, RawQuery(query): RawQuery) -> Answer {
    let CountQuery(span) = read(CountQuery::parse(&query.unwrap_or_default()))?;
    let opened = asked.open().await?;
    let count = if span.is_empty() { 0 } else { opened.told(opened.table.count(span).await)? };
    opened.answer(&Counted { count })
}

pub async fn meta(asked: Asked, RawQuery(query): RawQuery) -> Answer {
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        return read(Err(Invalid::new("query", query, "left out")));
    }
    let opened = asked.open().await?;
    let meta = opened.told(opened.table.meta().await)?;
    let (lowest, highest) = meta.extremes.map(|(low, high)| (Version(low), Version(high))).unzip();
    opened.answer(&Overview { count: meta.count, lowest, highest, summaries: true })
}

pub async fn summaries(asked: Asked, Json(request): Json<SummariesRequest>) -> Answer {
    let SummariesRequest { spans, split } = request;
    within("spans", spans.len(), if split { limits::SPLITS } else { limits::SPANS })?;
    let opened = asked.open().await?;
    let cells = opened.told(opened.table.cells(&plain(&spans), split, Span::END).await)?;
    opened.answer(&Summaries::of(&cells))
}

pub async fn list(asked: Asked, Json(request): Json<ListRequest>) -> Answer {
    within("spans", request.spans.len(), limits::SPANS)?;
    let spans = plain(&request.spans);
    let opened = asked.open().await?;
    // Counted first: a span may have more rows than anyone should hold.
    let cells = opened.told(opened.table.cells(&spans, false, Span::END).await)?;
    let mut rows = 0;
    let fitting = cells.iter().take_while(|cell| {
        rows += cell.count;
        rows <= limits::LISTED as u64
    });
    let spans = &spans[..fitting.count()];
    let lists = opened.told(opened.table.list(spans, Span::END).await)?;
    opened.answer(&Lists { lists: lists.iter().map(|marks| on_wire(marks)).collect() })
}

pub async fn page(asked: Asked, RawQuery(query): RawQuery) -> Answer {
    let PageQuery { span, order, limit } = read(PageQuery::parse(&query.unwrap_or_default()))?;
    let opened = asked.open().await?;
    let page = opened.told(opened.table.page(span, order, limit).await)?;
    let (from, until) = (Bound(page.covers.from), Bound(page.covers.until));
    opened.answer(&PageAnswer { from, until, rows: on_wire(&page.marks) })
}

/// Rows that cannot be taken are told, and hold up no others.
pub async fn upload(asked: Asked, Json(Upload { rows }): Json<Upload>) -> Answer {
    within("rows", rows.len(), limits::UPLOADED)?;
    let keys: HashMap<Mark, RowKey> = rows.iter().map(|row| (row.mark(), row.key.clone())).collect();
    let (mut good, mut refused) = (Vec::new(), Vec::new());
    for row in newest(rows) {
        let (key, version) = (row.key.clone(), row.version);
        match row.row() {
            Ok(row) => good.push(row),
            Err(bad) => refused.push(RefusedRow { key, version, error: bad.to_string() }),
        }
    }
    let opened = asked.open().await?;
    let by_table = if good.is_empty() { Vec::new() } else { opened.told(opened.table.upload(good).await)? };
    refused.extend(by_table.into_iter().filter_map(|(mark, error)| {
        let (key, version) = (keys.get(&mark)?.clone(), Version(mark.version));
        Some(RefusedRow { key, version, error: error.chars().take(limits::REFUSAL).collect() })
    }));
    opened.answer(&Taken { refused })
}

pub async fn delete(asked: Asked, Json(Deletion { rows }): Json<Deletion>) -> Answer {
    within("rows", rows.len(), limits::DELETED)?;
    let marks: Vec<_> = rows.into_iter().map(|row| row.0).collect();
    let opened = asked.open().await?;
    let keys: Vec<_> = marks.iter().map(|mark| mark.key).collect();
    let held = opened.told(opened.table.held(&keys).await)?;
    opened.told(opened.table.delete(&marks).await)?;
    let deleted = marks.iter().zip(held).filter(|(mark, held)| *held == Some(mark.version)).count() as u64;
    opened.answer(&Deleted { deleted })
}

/// Of a row that is sent twice the newer, as if the other had come before it.
fn newest(mut rows: Vec<RowOnWire>) -> Vec<RowOnWire> {
    let mut versions: HashMap<RowKey, Version> = HashMap::new();
    for row in &rows {
        let version = versions.entry(row.key.clone()).or_insert(row.version);
        *version = row.version.max(*version);
    }
    // The first of those with one version.
    rows.retain(|row| versions.get(&row.key) == Some(&row.version) && versions.remove(&row.key).is_some());
    rows
}

fn plain(spans: &[SpanOnWire]) -> Vec<Span> {
    spans.iter().map(|span| span.0).collect()
}

fn on_wire(marks: &[Mark]) -> Vec<MarkOnWire> {
    marks.iter().copied().map(MarkOnWire).collect()
}

fn read<T>(parsed: Result<T, Invalid>) -> Result<T, Response> {
    parsed.map_err(|invalid| Refused(invalid.into()).into_response())
}

fn within(field: &str, length: usize, most: usize) -> Result<(), Response> {
    if length <= most {
        return Ok(());
    }
    let detail = format!("{field} has {length} entries; a request may have {most}. Ask in several.");
    Err(Refused(Problem::new(ProblemCode::TooLarge, detail).on(field)).into_response())
}
