//! How far a job is, as a bar. The figures stand beside it; the bar alone says nothing new.

use leptos::prelude::*;
use model::{Job, State};

use crate::format::percent;

/// Empty while the end is unknown: a bar that only moves would claim progress.
#[component]
pub fn Bar(#[prop(into)] job: Signal<Job>) -> impl IntoView {
    let fraction = Memo::new(move |_| job.with(|job| job.progress.fraction()));
    let held = move || job.with(|job| !matches!(job.state, State::Running | State::Succeeded));
    let done = move || job.with(|job| job.state == State::Succeeded);
    let label = move || match fraction.get() {
        Some(fraction) => format!("{} done", percent(fraction)),
        None => "the total is not known yet".to_owned(),
    };
    view! {
        <progress class="bar" class:held=held class:done=done max="1"
            prop:value=move || fraction.get().unwrap_or(0.0)
            value=move || fraction.get().map_or_else(|| "0".to_owned(), thousandths) aria-label=label></progress>
    }
}

/// A fraction as the attribute of the page that the server sends.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1")]
fn thousandths(fraction: f64) -> String {
    match (fraction.clamp(0.0, 1.0) * 1_000.0) as u32 {
        1_000 => "1".to_owned(),
        thousandths => format!("0.{thousandths:03}"),
    }
}
