//! JSON bodies, with refusals that name the field and the expected value.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use model::{Problem, ProblemCode};
use serde::de::DeserializeOwned;

use super::{limits, problem::Refused};

/// A required JSON body.
pub struct Json<T>(pub T);

/// An optional JSON body; without it the default.
pub struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let is_json = is_json(request.headers());
        let bytes = read(request, state).await?;
        if !is_json {
            return Err(not_json("The body must be JSON, with the header Content-Type: application/json.").into());
        }
        Ok(Self(parse(&bytes)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let bytes = read(request, state).await?;
        if bytes.is_empty() { Ok(Self(T::default())) } else { Ok(Self(parse(&bytes)?)) }
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            too_large()
        } else {
            not_json("The body ended before it was complete.")
        }
    })
}

/// The problem for a body over the limit, by its length or its `Content-Length`.
pub fn too_large() -> Problem {
    Problem::new(ProblemCode::TooLarge, format!("A body may have at most {} bytes.", limits::BODY_BYTES))
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

pub(crate) fn not_json(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::Malformed, detail)
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii().is_empty() {
        return Err(not_json("The body is empty; it must be a JSON object."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| explain(&error.path().to_string(), error.inner()))?;
    deserializer.end().map_err(|error| not_json(format!("The body is not JSON: {error}.")))?;
    Ok(value)
}

/// `path` is dotted, `.` for the whole body.
fn explain(path: &str, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        return not_json(format!("The body is not JSON: {error}."));
    }
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let field = field(path, message);
    Problem::new(ProblemCode::Invalid, format!("{field}: {message}.")).on(field)
}

/// The field at fault. The path of a missing field ends at its object, and only the message names the field.
fn field(path: &str, message: &str) -> String {
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match (path, missing) {
        (".", None) => "body".to_owned(),
        (".", Some(missing)) => missing.to_owned(),
        (path, None) => path.to_owned(),
        (path, Some(missing)) => format!("{path}.{missing}"),
    }
}

#[cfg(test)]
mod tests {
    use model::{Bulk, CloneRequest};

    use super::*;

    fn refusal<T: DeserializeOwned>(body: &str) -> Problem {
        match parse::<T>(body.as_bytes()) {
            Ok(_) => panic!("{body} was taken"),
            Err(problem) => problem,
        }
    }

    #[test]
    fn wrong_body_is_refused_with_its_field() {
        let cases = [
            (r#"{"source": "s3://logs"}"#, "destination", "missing field"),
            (r#"{"source": "s3://logs", "destination": "s3://copy", "mod": "copy"}"#, "mod", "expected one of"),
            (r#"{"source": "s3://A B", "destination": "s3://copy"}"#, "source", "3 to 63 letters"),
            (r#"{"source": 7, "destination": "s3://copy"}"#, "source", "s3://bucket/prefix"),
            (r#"{"source": "s3://logs", "destination": "s3://copy", "mode": "move"}"#, "mode", "`copy`"),
            (r#"{"source": "s3://logs", "destination": "s3://copy", "dry_run": "no"}"#, "dry_run", "a boolean"),
            (r#"{"source": "s3://logs", "destination": "s3://copy", "include": ["a", "b["]}"#, "include[1]", "\"b[\""),
            (
                r#"{"source": "s3://logs", "destination": "s3://copy", "exclude": [""]}"#,
                "exclude[0]",
                "1 to 1,024 bytes",
            ),
            (r#"{"source": "s3://logs", "destination": "s3://copy", "exclude": "a"}"#, "exclude", "a sequence"),
            (
                r#"{"source": "s3://logs", "destination": "s3://copy", "newer_than": "1d"}"#,
                "newer_than",
                "write it like",
            ),
        ];
        for (body, field, says) in cases {
            let problem = refusal::<CloneRequest>(body);
            assert_eq!(problem.code, ProblemCode::Invalid, "{body}");
            assert_eq!(problem.field.as_deref(), Some(field), "{body}: {}", problem.detail);
            assert!(problem.detail.contains(says), "{body}: {}", problem.detail);
        }
    }

    /// A filter with a misspelt field would otherwise be one that fits every job.
    #[test]
    fn misspelt_bulk_filter_is_refused() {
        let problem = refusal::<Bulk>(r#"{"filter": {"state": ["failed"]}, "action": "cancel"}"#);
        assert_eq!(problem.field.as_deref(), Some("filter.state"));
    }

    #[test]
    fn invalid_json_is_malformed() {
        for body in
            ["", " ", "{", r#"{"source": "#, "source=logs", r#"{"source":"s3://logs","destination":"s3://b1b"} x"#]
        {
            assert_eq!(refusal::<CloneRequest>(body).code, ProblemCode::Malformed, "{body:?}");
        }
    }
}
