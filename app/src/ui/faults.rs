//! A problem as a page tells it: what failed, where and why, what to do now.

use leptos::prelude::*;
use model::{Problem, ProblemCode};

/// What helps, where the detail cannot know it.
fn advice(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::Invalid | ProblemCode::Malformed | ProblemCode::MethodNotAllowed => "Correct it and try again.",
        ProblemCode::Unauthorised => "Sign in, then open this page again.",
        ProblemCode::Forbidden => "Use Logyard from its own address, with an account that may do this.",
        ProblemCode::NotFound => "Check the address, or look for it in the list where it should be.",
        ProblemCode::Conflict => "See how it stands now, then decide again.",
        ProblemCode::TooLarge => "Narrow it down.",
        ProblemCode::Store => "See on the settings page whether the store is reachable.",
        ProblemCode::Unavailable | ProblemCode::TooMany => "Try again in a moment.",
        ProblemCode::Internal => "Logyard's log says more.",
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
