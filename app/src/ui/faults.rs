//! A problem on a page: what failed, where and why, and what to do now.

use leptos::prelude::*;
use model::{Problem, ProblemCode};

/// General advice for a kind of problem.
fn advice(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::Invalid | ProblemCode::Malformed | ProblemCode::MethodNotAllowed => "Correct it and try again.",
        ProblemCode::Unauthorised => "Sign in, then open this page again.",
        ProblemCode::Forbidden => "Open Logyard at its own address, with an account that has permission.",
        ProblemCode::NotFound => "Check the address, or find it in its list.",
        ProblemCode::Conflict => "Check the current state, then try again.",
        ProblemCode::TooLarge => "Narrow the request.",
        ProblemCode::Store => "Check on the Settings page whether the store is reachable.",
        ProblemCode::Unavailable | ProblemCode::TooMany => "Try again in a moment.",
        ProblemCode::Internal => "See Logyard's log for details.",
    }
}

#[component]
pub fn Fault(#[prop(into)] problem: Problem) -> impl IntoView {
    view! {
        <div class="fault" role="alert">
            <p class="fault-title">
                <span aria-hidden="true">"✖ "</span>
                {problem.title}
            </p>
            <p>{problem.detail} " " {advice(problem.code)}</p>
        </div>
    }
}
