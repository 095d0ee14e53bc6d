//! The health of a pipeline: reconciliation, gaps, canary, loss patterns, percentiles and cost.

use leptos::prelude::*;
use model::{Percentiles, Pipeline, PipelineHealth, Reconciliation, Time};

use super::{canary::Marked, gaps::Gaps};
use crate::{
    error::AppError,
    format::{count, counted, duration, percent, signed, took},
    pages::run_query,
    ui::{Fault, Moment, Strip},
};

#[component]
pub fn Health(health: Result<PipelineHealth, AppError>, pipeline: Pipeline, now: Time) -> impl IntoView {
    let health = match health {
        Ok(health) => health,
        Err(error) => return view! { <Fault problem=error.0 /> }.into_any(),
    };
    let reconciliation = health.reconciliation.clone();
    view! {
        <section aria-labelledby="bucket" data-key="bucket">
            <h2 id="bucket">"Reconciliation"</h2>
            {match reconciliation {
                Some(reconciliation) => view! { <Reconciled reconciliation pipeline now /> }.into_any(),
                None => view! { <p class="empty">"Not reconciled yet."</p> }.into_any(),
            }}
        </section>
        {health.canary.clone().map(|canary| view! { <Marked canary now /> })}
        <Losses health=health.clone() />
        <Figures health />
    }
    .into_any()
}

#[component]
fn Reconciled(reconciliation: Reconciliation, pipeline: Pipeline, now: Time) -> impl IntoView {
    let Reconciliation { listed_at, error, intervals, gaps, gap_count, oldest_unhandled, .. } = reconciliation;
    let oldest = oldest_unhandled.map(|at| {
        view! { ". Oldest unprocessed object: written " <Moment at now /> ", " {duration(now.since(at))} " ago" }
    });
    view! {
        {error.map(|error| view! { <p class="stale" role="status">"? The listing of the bucket is incomplete: " {error}</p> })}
        <p class="note">"Listed at " <Moment at=listed_at now /> {oldest} "."</p>
        <Strip intervals list=run_query(&pipeline.name) now />
        <Gaps gaps total=gap_count pipeline=pipeline.name now />
    }
}

/// Patterns among lost objects. None listed means that no pattern is significant, not that nothing was lost.
#[component]
fn Losses(health: PipelineHealth) -> impl IntoView {
    let one = |shape: model::LossShape| view! { <li>{shape.sentence}</li> };
    (!health.losses.is_empty()).then(|| {
        view! {
            <section aria-labelledby="losses" data-key="losses">
                <h2 id="losses">"Loss patterns"</h2>
                <ul class="findings">{health.losses.into_iter().map(one).collect_view()}</ul>
                <p class="note">"By size, age, prefix and duration. Only statistically significant patterns are listed."</p>
            </section>
        }
    })
}

#[expect(clippy::cast_precision_loss, reason = "a share for display")]
fn peak_memory(used: u64, limit: u64) -> String {
    if limit == 0 {
        String::new()
    } else {
        format!(", peak memory {} of {} MB", percent(used as f64 / limit as f64), count(limit))
    }
}

#[component]
fn Figures(health: PipelineHealth) -> impl IntoView {
    if health.runs == 0 {
        return None;
    }
    let row = |name: &'static str, of: Percentiles, written: fn(u64) -> String| {
        let number = |label: &'static str, value: u64| {
            view! { <td data-label=label class="number">{written(value)}</td> }
        };
        view! {
            <tr data-key=name>
                <th scope="row" data-label="Per run">{name}</th>
                {number("p50", of.p50)}
                {number("p95", of.p95)}
                {number("p99", of.p99)}
                {number("Max", of.max)}
            </tr>
        }
    };
    let memory = health.memory_mb != Percentiles::default();
    let peak = health.memory_limit_mb.map(|limit| peak_memory(health.memory_mb.max, limit)).unwrap_or_default();
    let billed = (health.billed_ms > 0).then(|| {
        let cost = health.cost.map(|cost| format!(", about {cost} at the configured prices")).unwrap_or_default();
        view! {
            <dl class="facts">
                <dt>"Billed"</dt>
                <dd>{duration(signed(health.billed_ms))} {cost}</dd>
                <dt>"Cold starts"</dt>
                <dd>{count(health.cold_starts)} " of " {count(health.runs)} " runs"</dd>
            </dl>
        }
    });
    Some(view! {
        <section aria-labelledby="took" data-key="took">
            <h2 id="took">"Duration and memory"</h2>
            <table class="rows">
                <caption class="visually-hidden">"Percentiles of the runs in the window"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Per run"</th>
                        <th scope="col" class="number">"p50"</th>
                        <th scope="col" class="number">"p95"</th>
                        <th scope="col" class="number">"p99"</th>
                        <th scope="col" class="number">"Max"</th>
                    </tr>
                </thead>
                <tbody>
                    {row("Duration", health.duration_ms, took)}
                    {memory.then(|| row("Memory", health.memory_mb, |mb| format!("{} MB", count(mb))))}
                </tbody>
            </table>
            <p class="note">{format!("{}{peak}.", counted(health.runs, "run"))}</p>
            {billed}
        </section>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn gaps_are_listed_and_can_be_reprocessed() {
        let (health, pipeline) = (Ok(examples::pipeline_health()), examples::pipeline());
        let html = examples::html(move || view! { <Health health pipeline now=Time(1_770_002_000_000) /> });
        for text in [
            "10 log objects",
            "1 not processed",
            "Reprocess exactly these 2 objects",
            "name=\"extent\" value=\"missing\"",
            "Objects under 8 kB lose everything",
            "2.1 s",
            "128 MB",
            "100 % of 128 MB",
            "about 0.0012",
            "Oldest unprocessed object",
            "Canary of sink log",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert!(!html.contains("<b>a</b>"), "a key is text: {html}");
        let refused = examples::html(|| {
            let health = Err(model::Problem::new(model::ProblemCode::Store, "No.").into());
            view! { <Health health pipeline=examples::pipeline() now=Time(0) /> }
        });
        assert!(refused.contains("role=\"alert\""), "{refused}");
    }
}
