//! A double of the templates and mappings of `OpenSearch`, as no JVM runs in quick tests: it words what it stores as
//! `OpenSearch` 2.19 was seen to (settings as texts below `index`, `composed_of`), and refuses what that refuses.
//! `make test-opensearch` runs the same tests against a real one.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
pub struct TestCluster {
    port: u16,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    templates: BTreeMap<String, Value>,
    mappings: BTreeMap<String, Value>,
    puts: usize,
    /// As a collection or an old version, which do not simulate.
    simulates_not: bool,
}

impl TestCluster {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cluster = Self { port: listener.local_addr().unwrap().port(), kept: Arc::default() };
        let served = cluster.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                let service = service_fn(move |request| {
                    let served = served.clone();
                    async move { Ok::<_, hyper::Error>(served.answer(request).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        cluster
    }

    pub fn without_simulation(self) -> Self {
        self.kept().simulates_not = true;
        self
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Requests that changed something.
    pub fn puts(&self) -> usize {
        self.kept().puts
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let (status, answer) = self.kept().answer(&method, &path, &body);
        let mut response = Response::new(Full::new(answer.to_string().into()));
        *response.status_mut() = status.try_into().unwrap();
        response
    }
}

impl Kept {
    fn answer(&mut self, method: &Method, path: &str, body: &Value) -> (u16, Value) {
        if path == "/" {
            return (200, json!({"version": {"distribution": "opensearch", "number": "2.19.6"}}));
        }
        if let Some(name) = path.strip_prefix("/_index_template/_simulate/") {
            let wanted = if body.is_null() { self.templates.get(name).cloned() } else { Some(stored(body)) };
            return match wanted {
                _ if self.simulates_not => (405, json!({"error": "Incorrect HTTP method for uri"})),
                Some(template) => {
                    (200, json!({"template": filled(&template["template"]), "overlapping": self.others(name)}))
                }
                None => refusal(400, "illegal_argument_exception", "unable to simulate template that does not exist"),
            };
        }
        if let Some(name) = path.strip_prefix("/_index_template/") {
            return match (method, self.templates.get(name)) {
                (&Method::PUT, _) => {
                    self.puts += 1;
                    self.templates.insert(name.to_owned(), stored(body));
                    (200, json!({"acknowledged": true}))
                }
                (_, Some(found)) => (200, json!({"index_templates": [{"name": name, "index_template": found}]})),
                (_, None) => refusal(404, "resource_not_found_exception", "index template not found"),
            };
        }
        let index = path.trim_start_matches('/').trim_end_matches("/_mapping").to_owned();
        if method == Method::PUT {
            self.puts += 1;
            let body = if path.ends_with("/_mapping") { body } else { &body["mappings"] };
            let mappings = self.mappings.entry(index).or_insert_with(|| json!({"properties": {}}));
            merge(mappings, body);
            return (200, json!({"acknowledged": true}));
        }
        let all = self.mappings.iter().map(|(name, mappings)| (name.clone(), json!({ "mappings": mappings })));
        (200, Value::Object(all.collect()))
    }

    fn others(&self, name: &str) -> Value {
        let others = self.templates.iter().filter(|(other, _)| *other != name);
        others.map(|(other, template)| json!({"name": other, "index_patterns": template["index_patterns"]})).collect()
    }
}

fn refusal(status: u16, kind: &str, reason: &str) -> (u16, Value) {
    (status, json!({"error": {"type": kind, "reason": reason}, "status": status}))
}

/// As the cluster stores a template.
fn stored(body: &Value) -> Value {
    let mut template = body.clone();
    template["composed_of"] = json!([]);
    let mut index = Map::new();
    for (name, value) in body["template"]["settings"].as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("index", Value::Object(settings)) => {
                index.extend(settings.iter().map(|(name, value)| (name.clone(), text(value))));
            }
            (name, value) => _ = index.insert(name.trim_start_matches("index.").to_owned(), text(value)),
        }
    }
    if !index.is_empty() {
        template["template"]["settings"] = json!({ "index": index });
    }
    template
}

/// As the cluster simulates it.
fn filled(template: &Value) -> Value {
    let mut filled = template.clone();
    filled["aliases"] = json!({});
    filled
}

fn text(value: &Value) -> Value {
    if value.is_string() { value.clone() } else { Value::String(value.to_string()) }
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().into_iter().flatten() {
        match into.get_mut(name) {
            Some(there) if there.is_object() => merge(there, value),
            _ => into[name] = value.clone(),
        }
    }
}
