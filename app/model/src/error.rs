//! Errors at a boundary: an invalid input, and the problem+json for a caller.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// An invalid input: the field, its value, and what is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Invalid {
    pub field: String,
    pub value: String,
    pub expected: String,
}

impl Invalid {
    /// Creates the error; the value is cut to its first 80 characters for messages.
    pub fn new(field: impl Into<String>, value: impl AsRef<str>, expected: impl Into<String>) -> Self {
        let value = value.as_ref();
        let cut = value.char_indices().nth(80).map_or(value.len(), |(index, _)| index);
        Self { field: field.into(), value: value[..cut].to_owned(), expected: expected.into() }
    }

    /// The error with the field's parent added: `bucket` inside `source` becomes `source.bucket`.
    #[must_use]
    pub fn within(mut self, parent: &str) -> Self {
        self.field = format!("{parent}.{}", self.field);
        self
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} is not valid: it must be {}", self.field, self.value, self.expected)
    }
}

/// Kind of problem, stable for scripts; determines the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// 422: a field is invalid; `field` names it.
    Invalid,
    /// 400: the request is not JSON, or has the wrong shape.
    Malformed,
    /// 401: no valid session or token.
    Unauthorised,
    /// 403: another origin, or not allowed.
    Forbidden,
    /// 404: no such resource.
    NotFound,
    /// 405: the path does not support this method.
    MethodNotAllowed,
    /// 409: the job's state does not allow it, or the idempotency key was used for another request.
    Conflict,
    /// 413: a body, page or list exceeds its limit.
    TooLarge,
    /// 429: too many attempts; `Retry-After` says when to retry.
    TooMany,
    /// 502: an S3 endpoint refuses or does not answer; `detail` says which and why.
    Store,
    /// 503: Logyard is shutting down, or its database does not answer.
    Unavailable,
    /// 500: an internal error; the log has details under `instance`.
    Internal,
}

impl ProblemCode {
    pub const ALL: [Self; 12] = [
        Self::Invalid,
        Self::Malformed,
        Self::Unauthorised,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::TooLarge,
        Self::TooMany,
        Self::Store,
        Self::Unavailable,
        Self::Internal,
    ];

    pub fn status(self) -> u16 {
        match self {
            Self::Invalid => 422,
            Self::Malformed => 400,
            Self::Unauthorised => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::TooMany => 429,
            Self::Store => 502,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Invalid => "A field is not valid",
            Self::Malformed => "The request cannot be read",
            Self::Unauthorised => "Sign in first",
            Self::Forbidden => "Not allowed",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::Conflict => "Not possible now",
            Self::TooLarge => "Too large",
            Self::TooMany => "Too many attempts",
            Self::Store => "The store refused or did not answer",
            Self::Unavailable => "Logyard cannot do this now",
            Self::Internal => "Internal error",
        }
    }

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Malformed => "malformed",
            Self::Unauthorised => "unauthorised",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::TooMany => "too_many",
            Self::Store => "store",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

/// An `application/problem+json` (RFC 9457), also shown on pages: what failed, where, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable code; the API also returns it as `type`: `urn:logyard:problem:{code}`.
    pub code: ProblemCode,
    pub title: String,
    pub status: u16,
    /// One or two sentences for the user with the names involved; without internal sources and secrets.
    pub detail: String,
    /// The field at fault, dotted: `destination.bucket`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The current plan, if the plan of the request is outdated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
}

impl Problem {
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            field: None,
            plan: None,
        }
    }

    #[must_use]
    pub fn on(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let detail = invalid.to_string();
        Self::new(ProblemCode::Invalid, detail).on(invalid.field)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}
