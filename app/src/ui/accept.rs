//! The form that accepts, with a note, what a run, a job or a pipeline lacks and no other attempt would bring.

use leptos::{prelude::*, server_fn::ServerFn};

use model::{Problem, ProblemCode};

use crate::{api::AcceptRuns, error::problem_in, query::Query, ui::Moment};

/// Why nothing was accepted, if the page is shown for that.
pub fn not_accepted(query: &Query) -> Option<Problem> {
    let nothing = "There is nothing to accept: no run here lacks only records that no other attempt would bring.";
    problem_in(query).map(|problem| match problem.code {
        ProblemCode::Conflict => Problem::new(ProblemCode::Conflict, nothing),
        _ => problem,
    })
}

/// `of`: the field that names what is accepted, `run`, `job` or `pipeline`, with its value. `back`: the page to show
/// afterwards.
#[component]
pub fn Accept(of: (&'static str, String), back: String) -> impl IntoView {
    let (field, value) = of;
    let what = match field {
        "run" => "the missing records of this object",
        "job" => "the missing records of this job",
        _ => "all records that this pipeline's runs are missing now",
    };
    view! {
        <form method="post" action=AcceptRuns::PATH class="filter-row" data-keep="" data-key="accept">
            <input type="hidden" name=field value=value />
            <input type="hidden" name="back" value=back />
            <label>
                <span>"Accept " {what} ", because"</span>
                <input name="note" required maxlength=model::AcceptRequest::NOTE.to_string() placeholder="lines of a probe of our own" />
            </label>
            <button>"Accept with this note"</button>
        </form>
        <p class="note">
            "Only for records that no other attempt would bring: those that cannot be parsed, and those that the sink \
            refuses. Their objects then count as complete except for them. The dead letters stay."
        </p>
    }
}

#[component]
pub fn Accepted(of: model::Acceptance, now: model::Time) -> impl IntoView {
    let model::Acceptance { at, by, note } = of;
    view! { <p class="reason" data-key="accepted">"What is missing was accepted by " {by} " " <Moment at=at now /> ": " {note}</p> }
}
