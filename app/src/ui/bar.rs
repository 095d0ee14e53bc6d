//! How far a job is, as a bar. The figures stand beside it; the bar alone says nothing new.

use leptos::prelude::*;
use model::{Job, State};

use crate::format::percent;

/// Empty while the end is unknown: a bar that only moves would claim progress.
#[component]
pub fn Bar(job: Job) -> impl IntoView {
    let fraction = job.progress.fraction();
    let held = !matches!(job.state, State::Running | State::Succeeded);
    let done = job.state == State::Succeeded;
    let label = match fraction {
        Some(fraction) => format!("{} done", percent(fraction)),
        None => "the total is not known yet".to_owned(),
    };
    let value = fraction.map_or_else(|| "0".to_owned(), thousandths);
    view! { <progress class="bar" class:held=held class:done=done max="1" value=value aria-label=label></progress> }
}

/// As a decimal, in integers.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1")]
fn thousandths(fraction: f64) -> String {
    match (fraction.clamp(0.0, 1.0) * 1_000.0) as u32 {
        1_000 => "1".to_owned(),
        thousandths => format!("0.{thousandths:03}"),
    }
}
