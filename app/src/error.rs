//! The error of pages and server functions: a [`Problem`], as in the API.

use std::fmt;

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use model::{Invalid, Problem, ProblemCode};
use serde::{Deserialize, Serialize};

use crate::query::Query;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub Problem);

impl AppError {
    pub fn problem(&self) -> &Problem {
        &self.0
    }
}

impl From<Problem> for AppError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Invalid> for AppError {
    fn from(invalid: Invalid) -> Self {
        Self(invalid.into())
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// Converts an error of the framework: a network fault, or a request that is not valid. Its own words are shown only
    /// if they name a wrong argument.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let problem = match error {
            ServerFnErrorErr::Args(what) | ServerFnErrorErr::MissingArg(what) => {
                Problem::new(ProblemCode::Malformed, format!("The form cannot be read: {what}."))
            }
            ServerFnErrorErr::Request(_) => Problem::new(
                ProblemCode::Unavailable,
                "The server did not answer. Check that Logyard is running and that you are online, then try again.",
            ),
            _ => Problem::new(
                ProblemCode::Internal,
                "The server's answer could not be read. If Logyard was just updated, reload the page.",
            ),
        };
        Self(problem)
    }
}

/// Adds a problem's code to a page's URL. Only the code travels, so that a link cannot put words into the page.
pub fn with_problem(page: &str, problem: &Problem) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}problem={}", problem.code.as_str())
}

/// The problem that [`with_problem`] put into a page's query, with a general explanation.
pub fn problem_in(query: &Query) -> Option<Problem> {
    let name = query.get("problem")?;
    let code = ProblemCode::ALL.into_iter().find(|code| code.as_str() == name)?;
    let detail = match code {
        ProblemCode::Conflict => "The job's current state does not allow this. Nothing was changed.",
        ProblemCode::Invalid | ProblemCode::Malformed | ProblemCode::MethodNotAllowed => {
            "The form was not valid. Nothing was changed."
        }
        ProblemCode::NotFound => "It no longer exists. Nothing was changed.",
        ProblemCode::Unauthorised | ProblemCode::Forbidden => "You do not have permission. Sign in and try again.",
        ProblemCode::TooLarge => "The request was too large. Narrow it and try again.",
        ProblemCode::Store => {
            "A store refused the request or did not answer. Check on the Settings page whether it is reachable."
        }
        ProblemCode::TooMany => "Too many requests. Wait a moment, then try again.",
        ProblemCode::Unavailable => "Logyard could not do this now. Nothing was changed; try again in a moment.",
        ProblemCode::Internal => "Logyard failed; see its log. Nothing was changed.",
    };
    Some(Problem::new(code, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_carries_only_the_problem_code() {
        let problem = Problem::new(ProblemCode::Conflict, "a <b>secret</b>");
        assert_eq!(with_problem("/jobs/1", &problem), "/jobs/1?problem=conflict");
        assert_eq!(with_problem("/jobs?a=b", &problem), "/jobs?a=b&problem=conflict");
    }

    #[test]
    fn problem_code_is_explained() {
        let problem = problem_in(&Query::read("problem=conflict")).unwrap();
        assert_eq!(problem.code, ProblemCode::Conflict);
        assert_eq!(problem_in(&Query::read("problem=<b>")), None);
    }
}
