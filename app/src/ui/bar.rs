//! The progress bar of a job. The figures beside it hold the same information.

use leptos::prelude::*;
use model::{Job, State};

use crate::format::percent;

/// The bar is empty while the total is unknown: an animation would claim progress.
#[component]
pub fn Bar(job: Job) -> impl IntoView {
    let fraction = job.progress.fraction();
    let held = !matches!(job.state, State::Running | State::Succeeded);
    let done = job.state == State::Succeeded;
    let label = match fraction {
        Some(fraction) => format!("{} done", percent(fraction)),
        None => "total unknown".to_owned(),
    };
    let value = fraction.map_or_else(|| "0".to_owned(), thousandths);
    view! { <progress class="bar" class:held=held class:done=done max="1" value=value aria-label=label></progress> }
}

/// A fraction as a decimal, formatted with integers.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1")]
fn thousandths(fraction: f64) -> String {
    match (fraction.clamp(0.0, 1.0) * 1_000.0) as u32 {
        1_000 => "1".to_owned(),
        thousandths => format!("0.{thousandths:03}"),
    }
}
