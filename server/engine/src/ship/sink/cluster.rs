//! Requests to the cluster behind a bulk sink, beside the events: its templates and mappings.
//!
//! Always: they go the way of the events, with the same credentials, signature, certificate and proxy.

use hyper::Method;
use serde_json::Value;

use super::{Sink, SinkError, bulk::Bulk, open::Kind, url::Place};

/// The cluster of a sink.
pub struct Cluster<'a> {
    bulk: &'a Bulk,
    name: String,
}

/// Status and JSON of an answer; what is no JSON is a text.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterAnswer {
    pub status: u16,
    pub body: Value,
}

impl Sink {
    /// `None`: the sink is not Elasticsearch or `OpenSearch`.
    pub fn cluster(&self) -> Option<Cluster<'_>> {
        let Kind::Bulk(bulk) = self.parts().1 else { return None };
        Some(Cluster { bulk, name: self.name() })
    }
}

impl Cluster<'_> {
    pub async fn get(&self, path: &str) -> Result<ClusterAnswer, SinkError> {
        self.ask(Method::GET, path, None).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<ClusterAnswer, SinkError> {
        self.ask(Method::PUT, path, Some(body)).await
    }

    pub async fn post(&self, path: &str, body: Option<&Value>) -> Result<ClusterAnswer, SinkError> {
        self.ask(Method::POST, path, body).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<ClusterAnswer, SinkError> {
        let body = body.map(|body| body.to_string().into_bytes());
        let answered = self.bulk.ask(method, path, body).await.map_err(|fault| fault.at(&self.name))?;
        let (status, body) = answered;
        let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
        Ok(ClusterAnswer { status: status.as_u16(), body: serde_json::from_slice(&body).unwrap_or_else(|_| text()) })
    }
}

impl ClusterAnswer {
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The cluster's own words: `400 illegal_argument_exception: …`.
    pub fn words(&self) -> String {
        let error = &self.body["error"];
        let text = match (error["type"].as_str(), error["reason"].as_str(), error.as_str(), self.body.as_str()) {
            (Some(kind), Some(reason), ..) => format!("{kind}: {reason}"),
            (_, _, Some(text), _) | (_, _, _, Some(text)) => text.chars().take(300).collect(),
            _ => self.body["message"].as_str().unwrap_or_default().to_owned(),
        };
        format!("{} {text}", self.status).trim_end().to_owned()
    }
}

impl super::Settings {
    /// The indexes that its events go to, as an index template matches them; empty if the sink names none.
    pub fn index_patterns(&self) -> Vec<String> {
        let Place::Bulk { path_and_query, .. } = &self.url.place else { return Vec::new() };
        if let Some(index) = &self.index {
            return vec![index.wildcard()];
        }
        let path = path_and_query.split('?').next().unwrap_or_default();
        let index = path.strip_suffix("/_bulk").unwrap_or_default().rsplit('/').next().unwrap_or_default();
        if index.is_empty() { Vec::new() } else { vec![index.to_owned(), format!("{index}-*")] }
    }
}
