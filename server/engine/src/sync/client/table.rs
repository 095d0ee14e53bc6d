//! A remote table: questions and changes of a sync as HTTP requests.

use std::{collections::HashSet, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use model::Invalid;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Token,
    check::{self, Checked},
    problem::{Failure, readable},
    remote_url::RemoteUrl,
    transport::Transport,
};
use crate::sync::{
    Cell, ContentSum, Mark, Meta, Order, Page, Refusal, Remote, Row, Span, SyncFault, TableEndpoint, Usage,
    protocol::{
        Contents, ContentsRequest, CountQuery, Counted, Deleted, Deletion, ListRequest, Lists, MarkOnWire, Overview,
        PageAnswer, PageQuery, RefusedRow, RowOnWire, SpanOnWire, Summaries, SummariesRequest, Taken, limits,
    },
};

/// Longest list in rows. The local list of a comparison is in memory as well.
const MAX_LISTED_ROWS: usize = 1 << 20;

/// A table behind an HTTP API.
pub struct RemoteTable {
    transport: Transport,
    place: String,
}

impl RemoteTable {
    /// Prepares a client without connecting. `url` is the URL of the table, such as
    /// `https://copy.example.com/v1/customers/acme/databases/shop/tables/orders`; `?ca=FILE` names the only certificate
    /// authorities to trust.
    pub fn connect(url: &str, token: Option<&Token>) -> Result<Self, Invalid> {
        let place = RemoteUrl::parse(url)?;
        Ok(Self { transport: Transport::new(&place, token)?, place: place.url })
    }

    /// Sets the timeout of a request to the end of its answer; one minute by default.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.transport.timeout = timeout;
        self
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &str) -> Result<T, Failure> {
        parsed("GET", path, &self.transport.get(path, query).await?)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| Failure::Fault(SyncFault::Refused(error.to_string())))?;
        parsed("POST", path, &self.transport.post(path, body).await?)
    }

    /// Metadata from a count and the rows at both ends of the table, for a server without `meta`.
    async fn meta_from_pages(&self) -> Result<Meta, SyncFault> {
        let count = self.count(Span::ALL).await?;
        let lowest = self.page(Span::ALL, Order::Ascending, 1).await?.marks.first().map(|mark| mark.version);
        let highest = self.page(Span::ALL, Order::Descending, 1).await?.marks.last().map(|mark| mark.version);
        match lowest.zip(highest) {
            Some(extremes) if count > 0 => Ok(Meta { count, extremes: Some(extremes), ..Meta::default() }),
            None if count == 0 => Ok(Meta::default()),
            // The table changes meanwhile.
            _ => Err(SyncFault::Unavailable(format!("the remote counts {count} rows and lists others"))),
        }
    }

    async fn summaries(&self, spans: &[Span], split: bool) -> Result<Vec<Cell>, SyncFault> {
        let most = if split { limits::MAX_SPLIT_SPANS } else { limits::MAX_SPANS };
        let mut cells = Vec::new();
        for spans in spans.chunks(most) {
            let request = SummariesRequest { spans: spans.iter().copied().map(SpanOnWire).collect(), split };
            let answer: Summaries = self.post("summaries", &request).await.map_err(no_summaries)?;
            let pieces = if split { spans.iter().flat_map(Span::split).collect() } else { spans.to_vec() };
            cells.extend(validated(check::cells(answer.read(), &pieces))?);
        }
        Ok(cells)
    }

    /// The rows of a span page by page, for a list too long for one answer or a server without lists.
    async fn list_by_pages(&self, span: Span) -> Result<Vec<Mark>, SyncFault> {
        let (mut marks, mut rest) = (Vec::new(), span);
        while !rest.is_empty() {
            let page = self.page(rest, Order::Ascending, limits::MAX_LISTED_ROWS).await?;
            rest.from = page.covers.until;
            marks.extend(page.marks);
            if marks.len() > MAX_LISTED_ROWS {
                let Span { from, until } = span;
                let why = format!("the remote has more than {MAX_LISTED_ROWS} rows from version {from} to {until}");
                return Err(SyncFault::Refused(format!("{why}, which are too many to compare one by one")));
            }
        }
        Ok(marks)
    }

    /// Lists for the first of these spans, at least for one.
    async fn some_lists(&self, spans: &[Span]) -> Result<Vec<Vec<Mark>>, SyncFault> {
        let spans = &spans[..spans.len().min(limits::MAX_SPANS)];
        let request = ListRequest { spans: spans.iter().copied().map(SpanOnWire).collect() };
        let lists = match self.post::<Lists>("manifest", &request).await {
            Ok(lists) => validated(check::lists(lists, spans))?,
            Err(Failure::Missing(_)) => Vec::new(),
            Err(failure) => return Err(failure.into()),
        };
        if lists.is_empty() { Ok(vec![self.list_by_pages(spans[0]).await?]) } else { Ok(lists) }
    }

    async fn ask_contents(&self, spans: &[Span], columns: &[String], each: bool) -> Result<Contents, SyncFault> {
        let spans = spans.iter().copied().map(SpanOnWire).collect();
        let request = ContentsRequest { spans, columns: columns.to_vec(), each };
        self.post("contents", &request).await.map_err(SyncFault::from)
    }

    /// Sends rows already encoded as JSON; returns the rows that the remote refused.
    async fn send(&self, batch: &[(Mark, Vec<u8>)]) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        let mut body = b"{\"rows\":[".to_vec();
        for (number, (_, row)) in batch.iter().enumerate() {
            if number > 0 {
                body.push(b',');
            }
            body.extend_from_slice(row);
        }
        body.extend_from_slice(b"]}");
        let answer = self.transport.post("rows", body).await.map_err(SyncFault::from)?;
        let taken: Taken = parsed("POST", "rows", &answer).map_err(SyncFault::from)?;
        let sent: HashSet<_> = batch.iter().map(|(mark, _)| *mark).collect();
        validated(refusals(taken.refused, &sent))
    }
}

#[async_trait]
impl TableEndpoint for RemoteTable {
    fn location(&self) -> String {
        format!("table at {}", self.place)
    }

    fn usage(&self) -> Usage {
        self.transport.usage()
    }

    async fn meta(&self) -> Result<Meta, SyncFault> {
        match self.get::<Overview>("meta", "").await {
            Ok(overview) => validated(check::meta(&overview)),
            Err(Failure::Missing(_)) => self.meta_from_pages().await,
            Err(failure) => Err(failure.into()),
        }
    }

    async fn cells(&self, spans: &[Span], split: bool, below: u64) -> Result<Vec<Cell>, SyncFault> {
        if spans.iter().all(|span| !span.is_empty() && span.until <= below) {
            return self.summaries(spans, split).await;
        }
        let pieces: Vec<_> = if split { spans.iter().flat_map(Span::split).collect() } else { spans.to_vec() };
        let pieces: Vec<_> = pieces.iter().map(|piece| cut(*piece, below)).collect();
        let requested: Vec<_> = pieces.iter().flatten().copied().collect();
        let mut answers = self.summaries(&requested, false).await?.into_iter();
        Ok(pieces.iter().map(|piece| piece.and_then(|_| answers.next()).unwrap_or_default()).collect())
    }

    async fn count(&self, span: Span) -> Result<u64, SyncFault> {
        if span.is_empty() {
            return Ok(0);
        }
        let answer: Counted = self.get("count", &CountQuery(span).to_string()).await.map_err(SyncFault::from)?;
        validated(check::count(answer.count))
    }

    async fn list(&self, spans: &[Span], below: u64) -> Result<Vec<Vec<Mark>>, SyncFault> {
        let pieces: Vec<_> = spans.iter().map(|span| cut(*span, below)).collect();
        let requested: Vec<_> = pieces.iter().flatten().copied().collect();
        let mut answers = Vec::new();
        while answers.len() < requested.len() {
            answers.extend(self.some_lists(&requested[answers.len()..]).await?);
        }
        let mut answers = answers.into_iter();
        Ok(pieces.iter().map(|piece| piece.and_then(|_| answers.next()).unwrap_or_default()).collect())
    }

    async fn page(&self, span: Span, order: Order, limit: usize) -> Result<Page, SyncFault> {
        if span.is_empty() {
            return Ok(Page { covers: span, marks: Vec::new() });
        }
        let query = PageQuery { span, order, limit: limit.clamp(1, limits::MAX_LISTED_ROWS) };
        let answer: PageAnswer = self.get("manifest", &query.to_string()).await.map_err(SyncFault::from)?;
        validated(check::page(answer, span, order))
    }

    async fn contents(&self, spans: &[Span], columns: &[String], below: u64) -> Result<Vec<ContentSum>, SyncFault> {
        let pieces: Vec<_> = spans.iter().map(|span| cut(*span, below)).collect();
        let requested: Vec<_> = pieces.iter().flatten().copied().collect();
        let mut sums = Vec::new();
        for spans in requested.chunks(limits::MAX_CONTENT_SPANS) {
            let answer = self.ask_contents(spans, columns, false).await?;
            sums.extend(validated(check::contents(answer.read(), spans))?);
        }
        let mut sums = sums.into_iter();
        Ok(pieces.iter().map(|piece| piece.and_then(|_| sums.next()).unwrap_or_default()).collect())
    }

    async fn content_rows(&self, span: Span, columns: &[String], below: u64) -> Result<Vec<(Mark, u128)>, SyncFault> {
        let Some(span) = cut(span, below) else { return Ok(Vec::new()) };
        let answer = self.ask_contents(&[span], columns, true).await?;
        validated(check::content_rows(answer.read_rows(), span))
    }
}

#[async_trait]
impl Remote for RemoteTable {
    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        const ENVELOPE: usize = 16;
        let (mut refused, mut batch, mut bytes) = (Vec::new(), Vec::new(), ENVELOPE);
        for row in rows {
            let row = RowOnWire::of(row).map_err(|bad| SyncFault::Refused(bad.to_string()))?;
            let written = serde_json::to_vec(&row).map_err(|error| SyncFault::Refused(error.to_string()))?;
            if ENVELOPE + written.len() > limits::MAX_REQUEST_BYTES {
                let why =
                    format!("it has {} bytes as JSON; a request may have {}", written.len(), limits::MAX_REQUEST_BYTES);
                refused.push((row.mark(), why));
                continue;
            }
            if batch.len() == limits::MAX_UPLOAD_ROWS || bytes + written.len() + 1 > limits::MAX_REQUEST_BYTES {
                refused.extend(self.send(&batch).await?);
                batch.clear();
                bytes = ENVELOPE;
            }
            bytes += written.len() + 1;
            batch.push((row.mark(), written));
        }
        if !batch.is_empty() {
            refused.extend(self.send(&batch).await?);
        }
        Ok(refused)
    }

    async fn delete(&self, marks: &[Mark]) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        let mut refused = Vec::new();
        for marks in marks.chunks(limits::MAX_DELETE_ROWS) {
            let deletion = Deletion { rows: marks.iter().copied().map(MarkOnWire).collect() };
            let answer: Deleted = self.post("delete-if", &deletion).await.map_err(SyncFault::from)?;
            if answer.deleted > marks.len() as u64 {
                let (deleted, named) = (answer.deleted, marks.len());
                return validated(Err(format!("deleted {deleted} rows where {named} were named")));
            }
            refused.extend(validated(refusals(answer.refused, &marks.iter().copied().collect()))?);
        }
        Ok(refused)
    }
}

/// The refused rows, each one of those sent.
fn refusals(refused: Vec<RefusedRow>, sent: &HashSet<Mark>) -> Checked<Vec<(Mark, Refusal)>> {
    let refusal = |row: RefusedRow| {
        let mark = Mark { version: row.version.0, key: row.key.number() };
        if sent.contains(&mark) {
            Ok((mark, readable(&row.error)))
        } else {
            Err(format!("refuses version {} of a row that was not sent", mark.version))
        }
    };
    refused.into_iter().map(refusal).collect()
}

/// The part of a span below a version; `None` if it is empty.
fn cut(span: Span, below: u64) -> Option<Span> {
    Some(Span { until: span.until.min(below), ..span }).filter(|span| !span.is_empty())
}

fn parsed<T: DeserializeOwned>(method: &str, path: &str, body: &Bytes) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let error = readable(&error.to_string());
        Failure::Fault(SyncFault::Refused(format!(
            "the answer to {method} {path} is not what the protocol says: {error}"
        )))
    })
}

fn validated<T>(answer: Checked<T>) -> Result<T, SyncFault> {
    answer.map_err(|why| SyncFault::Refused(format!("the remote {why}: it violates the protocol")))
}

fn no_summaries(failure: Failure) -> SyncFault {
    match failure {
        Failure::Missing(why) => {
            SyncFault::Refused(format!("{why}. For a remote without summaries set strategy = \"scan\""))
        }
        other => other.into(),
    }
}
