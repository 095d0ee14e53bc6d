//! The one error of pages and server functions: a [`Problem`], as the API answers it.

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

    /// What the framework reports: the network, or a request that does not fit. Its own words stay out of the page
    /// except where they say which argument is wrong.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let problem = match error {
            ServerFnErrorErr::Args(what) | ServerFnErrorErr::MissingArg(what) => {
                Problem::new(ProblemCode::Malformed, format!("The form cannot be read: {what}."))
            }
            ServerFnErrorErr::Request(_) => Problem::new(
                ProblemCode::Unavailable,
                "The server did not answer. Check that Logyard runs and that you are online, then try again.",
            ),
            _ => Problem::new(
                ProblemCode::Internal,
                "The answer could not be understood. If Logyard was just updated, load the page again.",
            ),
        };
        Self(problem)
    }
}

/// Tells the page which kind of problem to explain. Only the code travels: a link cannot put words into the page.
pub fn with_problem(page: &str, problem: &Problem) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}problem={}", problem.code.as_str())
}

/// The code that [`with_problem`] put into a page's query, as something to read.
pub fn problem_in(query: &Query) -> Option<Problem> {
    let name = query.get("problem")?;
    let code = ProblemCode::ALL.into_iter().find(|code| code.as_str() == name)?;
    let detail = match code {
        ProblemCode::Conflict => "The job's state does not allow it any more. What you see now is how it stands.",
        ProblemCode::Invalid | ProblemCode::Malformed | ProblemCode::MethodNotAllowed => {
            "Something in the form was not valid. Nothing was changed."
        }
        ProblemCode::NotFound => "It does not exist any more. Nothing was changed.",
        ProblemCode::Unauthorised | ProblemCode::Forbidden => "You may not do this. Sign in and try again.",
        ProblemCode::TooLarge => "It was more than Logyard takes at once. Narrow it down and try again.",
        ProblemCode::Store => "A store refused or did not answer. See whether it is reachable on the settings page.",
        ProblemCode::TooMany => "It was asked for too often. Wait a moment, then try again.",
        ProblemCode::Unavailable => "Logyard could not do it now. Nothing was changed; try again in a moment.",
        ProblemCode::Internal => "Something broke in Logyard; its log says what. Nothing was changed.",
    };
    Some(Problem::new(code, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_of_a_problem_travels_in_a_link() {
        let problem = Problem::new(ProblemCode::Conflict, "a <b>secret</b>");
        assert_eq!(with_problem("/jobs/1", &problem), "/jobs/1?problem=conflict");
        assert_eq!(with_problem("/jobs?a=b", &problem), "/jobs?a=b&problem=conflict");
    }

    #[test]
    fn a_code_in_a_link_is_explained_in_our_words() {
        let problem = problem_in(&Query::read("problem=conflict")).unwrap();
        assert_eq!(problem.code, ProblemCode::Conflict);
        assert_eq!(problem_in(&Query::read("problem=<b>")), None);
    }
}
