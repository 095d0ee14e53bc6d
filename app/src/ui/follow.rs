//! The mark by which a page names the changes it follows. `live` reads the mark and refreshes the page after such a
//! change; a page without the mark is never refreshed.

use leptos::prelude::*;
use model::JobId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// All jobs.
    All,
    /// All jobs, and runs. Runs send no events, so the page is polled every few seconds.
    Runs,
    /// Syncs. Events announce their changes, but not that a sync became stale, so the page is polled as well.
    Syncs,
    /// One job, also after it has ended: it may be retried elsewhere.
    One(JobId),
}

#[component]
pub fn Follow(jobs: Followed) -> impl IntoView {
    let jobs = match jobs {
        Followed::All => "all".to_owned(),
        Followed::Runs => "runs".to_owned(),
        Followed::Syncs => "syncs".to_owned(),
        Followed::One(id) => id.to_string(),
    };
    view! { <span id="follow" data-jobs=jobs hidden></span> }
}
