//! Bodies of requests: JSON, perhaps compressed, of a size that is bounded before and after.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, header},
};
use engine::sync::protocol::{
    gzip::{self, Unreadable},
    limits,
};
use model::{Problem, ProblemCode};
use serde::de::DeserializeOwned;

use crate::http::{
    api::{body, problem::Refused},
    state::App,
};

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
    axum::body::to_bytes(body, limits::MAX_REQUEST_BYTES).await.map_err(|error| {
        let source = std::error::Error::source(&error);
        if source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) {
            too_large()
        } else {
            body::not_json("The body ended before it was complete.")
        }
    })
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
