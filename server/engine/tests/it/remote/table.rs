//! A table in memory behind the protocol: a correct server.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    sync::{Arc, Mutex},
};

use engine::sync::{
    Cell, Mark, Order, Span,
    protocol::{
        CountQuery, Deletion, ListRequest, MarkOnWire, PageAnswer, PageQuery, RowKey, RowOnWire, Summaries,
        SummariesRequest, Upload, Version, limits,
    },
};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::server::{RecordedRequest, Reply, Server};

/// Part of the protocol that the server offers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Features {
    All,
    /// Only `count`, pages, uploads and deletes.
    Minimal,
}

#[derive(Clone, Default)]
pub struct TestTable(Arc<Mutex<Inner>>);

/// Rows by key, and marks in order.
#[derive(Default)]
struct Inner {
    rows: BTreeMap<u64, RowOnWire>,
    marks: BTreeSet<Mark>,
}

impl Inner {
    fn put(&mut self, row: RowOnWire) {
        self.take(row.key.number());
        self.marks.insert(row.mark());
        self.rows.insert(row.key.number(), row);
    }

    fn take(&mut self, key: u64) {
        if let Some(row) = self.rows.remove(&key) {
            self.marks.remove(&row.mark());
        }
    }
}

impl TestTable {
    /// Keys 1 to `count`, each at the version of its key.
    pub fn count(count: u64) -> Self {
        Self::of((1..=count).map(|key| Mark { version: key, key }))
    }

    pub fn of(marks: impl IntoIterator<Item = Mark>) -> Self {
        let rows = Self::default();
        for mark in marks {
            rows.0.lock().unwrap().put(row(mark));
        }
        rows
    }

    pub fn row(&self, key: u64) -> Option<RowOnWire> {
        self.0.lock().unwrap().rows.get(&key).cloned()
    }

    /// Marks of a span in order.
    pub fn marks(&self, span: Span) -> Vec<Mark> {
        if span.is_empty() {
            return Vec::new();
        }
        let first = |version| Mark { version, key: 0 };
        self.0.lock().unwrap().marks.range(first(span.from)..first(span.until)).copied().collect()
    }

    pub async fn serve(&self, features: Features) -> Server {
        let rows = self.clone();
        Server::start(move |request| rows.answer(request, features)).await
    }

    fn answer(&self, request: &RecordedRequest, features: Features) -> Reply {
        let body = if request.headers.get("content-encoding").is_some() {
            let mut plain = Vec::new();
            GzDecoder::new(&request.body[..]).read_to_end(&mut plain).unwrap();
            plain
        } else {
            request.body.to_vec()
        };
        assert!(body.len() <= limits::MAX_REQUEST_BYTES);
        let json = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "count") => {
                let CountQuery(span) = CountQuery::parse(&request.query).unwrap();
                json!({"count": self.marks(span).len()})
            }
            ("GET", "manifest") => {
                let query = PageQuery::parse(&request.query).unwrap();
                serde_json::to_value(self.page(query)).unwrap()
            }
            ("POST", "rows") => self.upload(serde_json::from_slice(&body).unwrap()),
            ("POST", "delete-if") => self.delete(&serde_json::from_slice(&body).unwrap()),
            _ if features == Features::Minimal => return Reply::problem(404, "There is no such thing."),
            ("GET", "meta") => {
                let all = self.marks(Span::ALL);
                let version = |mark: Option<&Mark>| mark.map(|mark| mark.version);
                json!({"count": all.len(), "lowest": version(all.first()), "highest": version(all.last()), "summaries": true})
            }
            ("POST", "summaries") => self.summaries(&serde_json::from_slice(&body).unwrap()),
            ("POST", "manifest") => self.lists(&serde_json::from_slice(&body).unwrap()),
            other => panic!("{other:?} was request"),
        };
        Reply::Answer {
            status: 200,
            headers: vec![("logyard-rows-read", "7".to_owned())],
            body: json.to_string().into_bytes(),
        }
    }

    fn page(&self, PageQuery { span, order, limit }: PageQuery) -> PageAnswer {
        let mut marks = self.marks(span);
        let mut covers = span;
        if marks.len() > limit {
            match order {
                Order::Ascending => {
                    covers.until = marks[limit - 1].version + 1;
                    marks.retain(|mark| mark.version < covers.until);
                }
                Order::Descending => {
                    covers.from = marks[marks.len() - limit].version;
                    marks.retain(|mark| mark.version >= covers.from);
                }
            }
        }
        let rows = marks.into_iter().map(MarkOnWire).collect();
        let bound = engine::sync::protocol::Bound;
        PageAnswer { from: bound(covers.from), until: bound(covers.until), rows }
    }

    fn summaries(&self, request: &SummariesRequest) -> Value {
        assert!(request.spans.len() <= if request.split { limits::MAX_SPLIT_SPANS } else { limits::MAX_SPANS });
        let pieces = request.spans.iter().flat_map(|span| if request.split { span.0.split() } else { vec![span.0] });
        let cells: Vec<_> = pieces.map(|piece| Cell::of(&self.marks(piece))).collect();
        serde_json::to_value(Summaries::of(&cells)).unwrap()
    }

    fn lists(&self, request: &ListRequest) -> Value {
        assert!(request.spans.len() <= limits::MAX_SPANS);
        let mut rows = 0;
        let lists = request.spans.iter().map(|span| self.marks(span.0)).take_while(|list| {
            rows += list.len();
            rows <= limits::MAX_LISTED_ROWS
        });
        json!({"lists": lists.map(|list| list.into_iter().map(MarkOnWire).collect()).collect::<Vec<Vec<_>>>()})
    }

    /// Stores rows, except those whose `text` is `poison`.
    fn upload(&self, upload: Upload) -> Value {
        assert!(upload.rows.len() <= limits::MAX_UPLOAD_ROWS);
        let mut refused = Vec::new();
        for row in upload.rows {
            if row.values["text"] == "poison" {
                refused.push(json!({"key": row.key, "version": row.version, "error": "text: \u{1b}[31mtoo odd\n"}));
                continue;
            }
            let mut rows = self.0.lock().unwrap();
            if rows.rows.get(&row.key.number()).is_none_or(|other| other.version < row.version) {
                rows.put(row);
            }
        }
        json!({"refused": refused})
    }

    fn delete(&self, deletion: &Deletion) -> Value {
        assert!(deletion.rows.len() <= limits::MAX_DELETE_ROWS);
        let mut rows = self.0.lock().unwrap();
        let before = rows.rows.len();
        for MarkOnWire(mark) in &deletion.rows {
            if rows.marks.contains(mark) {
                rows.take(mark.key);
            }
        }
        json!({"deleted": before - rows.rows.len()})
    }
}

fn row(mark: Mark) -> RowOnWire {
    let key = RowKey::Integer(mark.key.cast_signed());
    RowOnWire { key, version: Version(mark.version), values: serde_json::Map::new() }
}
