//! Bodies of requests: JSON, perhaps compressed, of a size that is bounded before and after.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, header},
};
use engine::sync::protocol::{
    gzip::{self, Unreadable},
    limits,
};
use futures::StreamExt as _;
use model::{Problem, ProblemCode};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use crate::http::{
    api::{body, problem::Refused},
    state::App,
};

/// Slowest body in bytes a second, after a time in which any is slow enough.
const SLOWEST: u64 = 16 << 10;
const GRACE: Duration = Duration::from_secs(30);

/// A required body of the expected type.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        let compressed = is_compressed(&parts.headers)?;
        let bytes = complete(&parts.headers, body).await?;
        let plain = if compressed { decompressed(&bytes)? } else { bytes };
        if !body::is_json(&parts.headers) {
            return Err(body::not_json("The body must be JSON, with the header Content-Type: application/json.").into());
        }
        Ok(Self(body::parse(&plain)?))
    }
}

async fn complete(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limits::MAX_REQUEST_BYTES) {
        return Err(too_large());
    }
    let mut stream = body.into_data_stream();
    let (mut bytes, began) = (Vec::new(), Instant::now());
    loop {
        // So much time has a body of the bytes so far, and of as many more as arrive in a second.
        let deadline = began + GRACE + Duration::from_secs(bytes.len() as u64 / SLOWEST);
        let piece = timeout_at(deadline, stream.next()).await.map_err(|_| too_slow(bytes.len()))?;
        let Some(piece) = piece else { return Ok(bytes.into()) };
        let piece = piece.map_err(|_| body::not_json("The body ended before it was complete."))?;
        if bytes.len() + piece.len() > limits::MAX_REQUEST_BYTES {
            return Err(too_large());
        }
        bytes.extend_from_slice(&piece);
    }
}

fn too_slow(bytes: usize) -> Problem {
    let detail = format!(
        "The body arrived too slowly: {bytes} bytes, below {SLOWEST} bytes a second after the first {} seconds. Send \
         fewer rows at once.",
        GRACE.as_secs()
    );
    Problem::new(ProblemCode::Unavailable, detail)
}

fn is_compressed(headers: &HeaderMap) -> Result<bool, Problem> {
    let coding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
    if coding.is_empty() || coding.eq_ignore_ascii_case(b"identity") {
        Ok(false)
    } else if coding.eq_ignore_ascii_case(b"gzip") {
        Ok(true)
    } else {
        let coding = String::from_utf8_lossy(coding).into_owned();
        let detail = format!("Content-Encoding {coding:?} is not supported. Send the body uncompressed or as gzip.");
        Err(Problem::new(ProblemCode::Malformed, detail).on("Content-Encoding"))
    }
}

fn decompressed(bytes: &[u8]) -> Result<Bytes, Problem> {
    gzip::decompressed(bytes, limits::MAX_REQUEST_BYTES).map(Bytes::from).map_err(|error| match error {
        Unreadable::TooLarge => too_large(),
        Unreadable::Broken => body::not_json("The body is not valid gzip, but its Content-Encoding says gzip."),
    })
}

fn too_large() -> Problem {
    let detail = format!(
        "A body may have at most {} bytes here, compressed or not. Send fewer rows at once.",
        limits::MAX_REQUEST_BYTES
    );
    Problem::new(ProblemCode::TooLarge, detail)
}
