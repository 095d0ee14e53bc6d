//! `GET /api/v1`: the list of endpoints, and the limits of requests.

use axum::{Json, http::header, response::IntoResponse};
use serde::Serialize;
use serde_json::Value;

use super::limits;

/// Written by hand; the tests compare it with the router, in both directions.
const OPENAPI: &str = include_str!("openapi.json");

#[derive(Serialize)]
struct Index {
    name: &'static str,
    version: &'static str,
    openapi: &'static str,
    limits: Limits,
    /// Method, path and summary of each operation.
    endpoints: Vec<Endpoint>,
}

#[derive(Serialize)]
struct Limits {
    body_bytes: usize,
    request_seconds: u64,
    preview_seconds: u64,
    page_default: u32,
    page_most: u32,
    live_streams: usize,
    live_stream_seconds: u64,
    idempotency_key_characters: usize,
}

#[derive(Serialize)]
struct Endpoint {
    method: String,
    path: String,
    summary: String,
}

pub async fn show() -> impl IntoResponse {
    let limits = Limits {
        body_bytes: limits::BODY_BYTES,
        request_seconds: limits::REQUEST.as_secs(),
        preview_seconds: limits::PREVIEW.as_secs(),
        page_default: limits::PAGE,
        page_most: limits::PAGE_MOST,
        live_streams: limits::STREAMS,
        live_stream_seconds: limits::STREAM.as_secs(),
        idempotency_key_characters: limits::IDEMPOTENCY_KEY,
    };
    Json(Index {
        name: "Logyard",
        version: env!("CARGO_PKG_VERSION"),
        openapi: "/api/v1/openapi.json",
        limits,
        endpoints: endpoints(),
    })
}

pub async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI)
}

/// Read from the description, so that there is only one list.
fn endpoints() -> Vec<Endpoint> {
    let description: Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    let mut endpoints = Vec::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let summary = operation["summary"].as_str().unwrap_or_default().to_owned();
            endpoints.push(Endpoint { method: method.to_uppercase(), path: path.clone(), summary });
        }
    }
    endpoints
}
