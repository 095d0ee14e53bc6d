//! A receiver of bulk requests that enforces every rule of the protocol, and answers like Elasticsearch and
//! `OpenSearch` when they are busy, misconfigured, or reject an event.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Barrier};
use tokio_rustls::TlsAcceptor;

/// Most bytes of a request before compression.
const MOST: usize = 10 << 20;

#[derive(Clone)]
pub struct BulkReceiver {
    pub port: u16,
    manner: Manner,
    kept: Arc<Mutex<Kept>>,
    four: Arc<Barrier>,
}

#[derive(Default)]
struct Kept {
    /// By id.
    documents: BTreeMap<String, Value>,
    /// Ids that were told to come back later.
    put_off: BTreeSet<String>,
    violations: Vec<String>,
    /// Events by the index that they name.
    indexes: BTreeMap<String, usize>,
    requests: u32,
    under_way: u32,
    most_under_way: u32,
    most_events: usize,
    events: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Good,
    /// Puts off each third event the first time it comes.
    PutsOff,
    /// Puts off each third event for ever.
    PutsOffForEver,
    /// Refuses each third event for good.
    Refuses,
    /// Answers so many requests with 503.
    Unavailable(u32),
    /// 413 for more than so many events.
    TooLarge(usize),
    /// 413 for whatever comes.
    AlwaysTooLarge,
    /// 401 without this header.
    Wants(&'static str),
    /// Takes so many requests and breaks the connection instead of answering.
    Resets(u32),
    /// 200 with one item too few, the first time.
    Forgets,
    /// Refuses each event whose URL ends in `/refused` for good.
    RefusesMarked,
    /// Says that it took every event, and keeps none.
    Drops,
    /// 400 for the request as a whole.
    Rejects,
    /// The same for a request with line 7 in it.
    Chokes,
    /// 200 without a word about any event.
    SaysNothing,
    /// Refuses each event, as there is no index.
    NoIndex,
    /// Refuses each event, as its disks are full.
    Flooded,
    /// 503 for so many requests, and to be asked again after a second.
    AsksToWait(u32),
    /// 415 for a compressed request.
    TakesNoGzip,
    /// Answers once four requests are under way.
    InFours,
    NotFound,
    /// Good, unavailable, breaking off, putting off or refusing the size, each request another, from this seed.
    Random(u64),
}

impl BulkReceiver {
    pub async fn start(manner: Manner) -> Self {
        Self::listen(manner, None).await
    }

    pub async fn tls(acceptor: TlsAcceptor) -> Self {
        Self::listen(Manner::Good, Some(acceptor)).await
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/elb-logs/_bulk", self.port)
    }

    /// The ids it has, after checking that the sender kept to the rules.
    pub fn ids(&self) -> BTreeSet<String> {
        self.kept().documents.keys().cloned().collect()
    }

    pub fn document(&self, id: &str) -> Value {
        self.kept().documents[id].clone()
    }

    /// Events by the index that they name.
    pub fn indexes(&self) -> BTreeMap<String, usize> {
        self.kept().indexes.clone()
    }

    pub fn requests(&self) -> u32 {
        self.kept().requests
    }

    pub fn most_under_way(&self) -> u32 {
        self.kept().most_under_way
    }

    pub fn most_events(&self) -> usize {
        self.kept().most_events
    }

    /// Events received, each as often as it came.
    pub fn events(&self) -> usize {
        self.kept().events
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        let kept = self.kept.lock().unwrap();
        assert_eq!(kept.violations, Vec::<String>::new());
        kept
    }

    async fn listen(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            port: listener.local_addr().unwrap().port(),
            manner,
            kept: Arc::default(),
            four: Arc::new(Barrier::new(4)),
        };
        let served = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (served, tls) = (served.clone(), tls.clone());
                let service = service_fn(move |request| {
                    let served = served.clone();
                    async move { served.answer(request).await }
                });
                tokio::spawn(async move {
                    // Connections end as the sender, or the manner, likes.
                    match tls {
                        Some(acceptor) => {
                            let stream = TokioIo::new(acceptor.accept(stream).await.unwrap());
                            let _ = http1::Builder::new().serve_connection(stream, service).await;
                        }
                        None => {
                            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                        }
                    }
                });
            }
        });
        receiver
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, &'static str> {
        if let (&Method::GET, Some(id)) = (request.method(), request.uri().path().strip_prefix("/elb-logs/_doc/")) {
            return Ok(self.look_up(id));
        }
        let number = {
            let mut kept = self.kept.lock().unwrap();
            (kept.requests, kept.under_way) = (kept.requests + 1, kept.under_way + 1);
            kept.most_under_way = kept.most_under_way.max(kept.under_way);
            kept.requests
        };
        if matches!(self.manner, Manner::InFours) {
            let four = tokio::time::timeout(std::time::Duration::from_mins(1), self.four.wait()).await;
            four.expect("four requests under way within a minute");
        }
        // Others may come meanwhile.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let authorization = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let compressed = request.headers().contains_key("content-encoding");
        let events = self.read(request).await;
        let mut kept = self.kept.lock().unwrap();
        kept.under_way -= 1;
        let events = match events {
            Ok(events) => events,
            Err(violation) => {
                kept.violations.push(violation.clone());
                return Ok(respond(400, &json!({ "error": violation })));
            }
        };
        kept.most_events = kept.most_events.max(events.len());
        kept.events += events.len();
        let error = |kind: &str, reason: &str| json!({ "error": { "type": kind, "reason": reason } });
        let manner = self.manner(number);
        match manner {
            Manner::Unavailable(times) if number <= times => {
                return Ok(respond(503, &error("busy", "come back later")));
            }
            Manner::TooLarge(most) if events.len() > most => return Ok(respond(413, &Value::Null)),
            Manner::AlwaysTooLarge => return Ok(respond(413, &Value::Null)),
            Manner::Wants(header) if authorization.as_deref() != Some(header) => {
                return Ok(respond(401, &error("security_exception", "missing authentication credentials")));
            }
            Manner::Rejects => return Ok(respond(400, &error("illegal_argument_exception", "no such pipeline"))),
            Manner::Chokes if events.iter().any(|(_, document)| document["line"] == 7) => {
                return Ok(respond(400, &error("parse_exception", "request body is malformed")));
            }
            Manner::SaysNothing => return Ok(respond(200, &json!({ "took": 1, "errors": false }))),
            Manner::AsksToWait(times) if number <= times => {
                let mut response = respond(503, &error("busy", "come back later"));
                response.headers_mut().insert("retry-after", "1".parse().unwrap());
                return Ok(response);
            }
            Manner::TakesNoGzip if compressed => {
                return Ok(respond(415, &error("unsupported", "Content-Encoding gzip")));
            }
            Manner::NotFound => return Ok(respond(404, &error("not_found", "nothing here"))),
            _ => {}
        }
        let mut items: Vec<Value> =
            events.into_iter().map(|(id, document)| item(manner, &mut kept, id, document)).collect();
        match self.manner {
            Manner::Resets(times) if number <= times => return Err("the connection breaks here"),
            Manner::Forgets if number == 1 => drop(items.pop()),
            _ => {}
        }
        let errors = items.iter().any(|item| item["create"]["status"] != 201);
        Ok(respond(200, &json!({ "took": 1, "errors": errors, "items": items })))
    }

    /// A document by its id.
    fn look_up(&self, id: &str) -> Response<Full<Bytes>> {
        match self.kept.lock().unwrap().documents.get(id) {
            Some(document) => respond(200, &json!({ "_id": id, "found": true, "_source": document })),
            None => respond(404, &json!({ "_id": id, "found": false })),
        }
    }

    /// How this request is treated.
    fn manner(&self, request: u32) -> Manner {
        let Manner::Random(seed) = self.manner else { return self.manner };
        match StdRng::seed_from_u64(seed + (u64::from(request) << 32)).random_range(0..8) {
            0 => Manner::Unavailable(u32::MAX),
            1 => Manner::Resets(u32::MAX),
            2..4 => Manner::PutsOff,
            4 => Manner::TooLarge(15),
            _ => Manner::Good,
        }
    }

    /// The events of a request that keeps to all rules.
    async fn read(&self, request: Request<Incoming>) -> Result<Vec<(String, Value)>, String> {
        let demand = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("expected: {what}")) };
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        demand(request.method() == Method::POST, "POST")?;
        demand(request.uri().path() == "/elb-logs/_bulk", "the path of the URL")?;
        demand(header("content-type").as_deref() == Some("application/x-ndjson"), "application/x-ndjson")?;
        demand(header("host").is_some_and(|host| host.ends_with(&self.port.to_string())), "a host header")?;
        let encoding = header("content-encoding");
        let stored = request.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        let mut body = Vec::new();
        match encoding.as_deref() {
            Some("gzip") => {
                GzDecoder::new(&stored[..]).read_to_end(&mut body).map_err(|error| error.to_string())?;
            }
            None => body.extend_from_slice(&stored),
            Some(_) => return Err("expected: gzip, or as it is".to_owned()),
        }
        demand(body.len() <= MOST, "at most 10 MiB")?;
        demand(body.last() == Some(&b'\n'), "a line feed at the end")?;
        let lines: Vec<&[u8]> = body[..body.len() - 1].split(|byte| *byte == b'\n').collect();
        demand(lines.len().is_multiple_of(2), "an action and a document for each event")?;
        let parsed = |line: &[u8]| serde_json::from_slice::<Value>(line).map_err(|error| error.to_string());
        let mut events = Vec::new();
        for pair in lines.chunks(2) {
            let (action, document) = (parsed(pair[0])?, parsed(pair[1])?);
            demand(action.as_object().is_some_and(|action| action.len() == 1), "one action")?;
            let create = action["create"].as_object().ok_or("expected: create, all that a data stream takes")?;
            demand(create.keys().all(|key| key == "_id" || key == "_index"), "only an id and an index")?;
            demand(document.is_object(), "an object")?;
            demand(document.get("_id").is_none() && document.get("@metadata").is_none(), "no id in the document")?;
            let id = create
                .get("_id")
                .and_then(Value::as_str)
                .map_or_else(|| pair[1].escape_ascii().to_string(), str::to_owned);
            if let Some(index) = create.get("_index").and_then(Value::as_str) {
                *self.kept.lock().unwrap().indexes.entry(index.to_owned()).or_default() += 1;
            }
            events.push((id, document));
        }
        demand(!events.is_empty(), "at least one event")?;
        Ok(events)
    }
}

fn item(manner: Manner, kept: &mut Kept, id: String, document: Value) -> Value {
    let third = document["line"].as_u64().is_some_and(|line| line.is_multiple_of(3));
    let refused = |status: u16, kind: &str| json!({ "create": { "status": status, "error": { "type": kind, "reason": "said so" } } });
    match manner {
        Manner::PutsOff if third && kept.put_off.insert(id.clone()) => {
            return refused(429, "es_rejected_execution_exception");
        }
        Manner::PutsOffForEver if third => return refused(429, "es_rejected_execution_exception"),
        Manner::NoIndex => return refused(404, "index_not_found_exception"),
        Manner::Flooded => return refused(429, "cluster_block_exception"),
        Manner::RefusesMarked if document["request_url"].as_str().is_some_and(|url| url.ends_with("/refused")) => {
            return refused(400, "document_parsing_exception");
        }
        Manner::Refuses if third => return refused(400, "mapper_parsing_exception"),
        _ => {}
    }
    if kept.documents.contains_key(&id) {
        return refused(409, "version_conflict_engine_exception");
    }
    if manner != Manner::Drops {
        kept.documents.insert(id, document);
    }
    json!({ "create": { "status": 201 } })
}

fn respond(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}
