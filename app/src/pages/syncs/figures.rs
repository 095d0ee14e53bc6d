//! The figures of a table and its copy, the evidence for them, and the addresses of both endpoints.

use leptos::prelude::*;
use model::{Direction, SyncEnd, SyncSource, SyncState, SyncStatus, Time};

use super::row::{behind, pace};
use crate::{
    format::{count, counted, duration, evidence_words, shown_by, signed, up_to},
    ui::Moment,
};

/// A name, a value, and a remark.
type Figure = (&'static str, String, String);

fn end(name: &'static str, end: Option<SyncEnd>) -> Figure {
    match end {
        None => (name, "not checked yet".to_owned(), String::new()),
        Some(SyncEnd { count: rows, version }) => {
            let version = version.map(|version| format!("up to version {}", count(version)));
            (name, counted(rows, "row"), version.unwrap_or_default())
        }
    }
}

fn figures(sync: &SyncStatus) -> Vec<Figure> {
    let mut figures = vec![end("Local", sync.local), end("Remote", sync.remote), ("Behind", behind(sync), pace(sync))];
    if let Some(batch) = sync.batch {
        figures.push(("Next batch", counted(batch, "row"), "adaptive".to_owned()));
    }
    if let Some(position) = sync.position {
        figures.push(("Scan position", format!("version {}", count(position)), String::new()));
    }
    if sync.quarantined > 0 {
        figures.push(("Quarantined", counted(sync.quarantined, "row"), "excluded, retried later".to_owned()));
    }
    figures
}

#[component]
pub fn Figures(sync: SyncStatus, now: Time) -> impl IntoView {
    let figure = |(name, value, more): Figure| {
        view! {
            <div data-key=name>
                <dt>{name}</dt>
                <dd>{value} " " <span class="more">{more}</span></dd>
            </div>
        }
    };
    let every = (sync.every_ms > 0).then(|| {
        let pause = duration(signed(sync.every_ms));
        match sync.source {
            SyncSource::Logyard => format!("every {pause} while in sync"),
            SyncSource::Agent => format!("reported about every {pause}"),
        }
    });
    let looked = sync.looked_at.map(|at| {
        view! {
            <div data-key="Last checked">
                <dt>"Last checked"</dt>
                <dd><Moment at now /> " " <span class="more">{every}</span></dd>
            </div>
        }
    });
    view! {
        <dl class="figure-grid">
            {figures(&sync).into_iter().map(figure).collect_view()}
            {looked}
        </dl>
        <Shown sync now />
    }
}

/// How and when the table was last verified, and what that proves.
#[component]
fn Shown(sync: SyncStatus, now: Time) -> impl IntoView {
    match sync.verified {
        None => view! { <p class="limit" data-key="shown">"Not verified yet."</p> }.into_any(),
        Some(verified) => {
            let now_or_last = if sync.state == SyncState::InSync { "Currently " } else { "Last " };
            let how = shown_by(verified.shown_by);
            view! {
                <p class="limit" data-key="shown">
                    {now_or_last} {how} " " {up_to(&verified)} ", at " <Moment at=verified.at now /> ". " {evidence_words(verified.shown_by)}
                    {sync.compared.map(|compared| view! {
                        " All contents were last compared at " <Moment at=compared.at now /> ", " {up_to(&compared)} "."
                    })}
                </p>
            }
            .into_any()
        }
    }
}

/// The addresses of both endpoints; nothing for an agent's table, which does not report them.
#[component]
pub fn Ends(places: Vec<Direction>) -> impl IntoView {
    let place = |direction: Direction| {
        let name = match direction.end.as_str() {
            "local" => "Local (source of truth)".to_owned(),
            "remote" => "Remote (copy)".to_owned(),
            other => other.to_owned(),
        };
        view! { <dt>{name}</dt><dd><code>{direction.place}</code></dd> }
    };
    (!places.is_empty()).then(|| {
        view! {
            <section aria-labelledby="ends" data-key="ends">
                <h2 id="ends">"Endpoints"</h2>
                <dl class="facts">{places.into_iter().map(place).collect_view()}</dl>
            </section>
        }
    })
}
