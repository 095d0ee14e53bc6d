//! How a page says whose changes concern it. Whoever keeps the page up to date reads this mark, asks for the page again
//! after such a change, and puts the answer in its place; a page without the mark stays as it is.

use leptos::prelude::*;
use model::JobId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    All,
    /// And runs, of which no event tells: the page is asked for again every few seconds.
    Runs,
    /// Tables and their copies. Events tell of them, but not that nobody looks after one any more: asked for as often.
    Syncs,
    /// Also when it has ended: it may be tried again from elsewhere.
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
