//! Errors as they cross a boundary: what was wrong with an input, and the problem+json that a caller reads.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// An input that does not fit: which field, what it held, what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Invalid {
    pub field: String,
    pub value: String,
    pub expected: String,
}

impl Invalid {
    /// The value is kept to its first 80 characters: it goes into messages.
    pub fn new(field: impl Into<String>, value: impl AsRef<str>, expected: impl Into<String>) -> Self {
        let value = value.as_ref();
        let cut = value.char_indices().nth(80).map_or(value.len(), |(index, _)| index);
        Self { field: field.into(), value: value[..cut].to_owned(), expected: expected.into() }
    }

    /// The same for another field name: `bucket` inside `source` is `source.bucket`.
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

/// What kind of problem it is, stable for scripts. The HTTP status follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// A field does not fit; `field` names it. 422
    Invalid,
    /// The request is no JSON, or of a wrong shape. 400
    Malformed,
    /// No session and no token, or wrong ones. 401
    Unauthorised,
    /// From another origin, or not allowed. 403
    Forbidden,
    /// 404
    NotFound,
    /// The path exists, but not with this method. 405
    MethodNotAllowed,
    /// The job's state does not allow it, or the idempotency key was used for something else. 409
    Conflict,
    /// A body, a page or a list is over its limit. 413
    TooLarge,
    /// Tried too often; `Retry-After` says when to try again. 429
    TooMany,
    /// An S3 endpoint refuses or does not answer; `detail` says which and why. 502
    Store,
    /// Logyard cannot do it now: shutting down, or its database does not answer. 503
    Unavailable,
    /// A fault of Logyard's own; the log has the rest under `instance`. 500
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

/// `application/problem+json` (RFC 9457), and what a page shows: what failed, where, why, what to do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable code; the API also answers it as `type`: `urn:logyard:problem:{code}`.
    pub code: ProblemCode,
    pub title: String,
    pub status: u16,
    /// One or two sentences for the reader, with the names of what was involved. No sources, no secrets.
    pub detail: String,
    /// The field at fault, dotted: `destination.bucket`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The plan that holds now, where the one of the request does not any more.
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
