//! How a table and its copy stand, in figures; each says what it is of. And where both ends are.

use leptos::prelude::*;
use model::{Direction, SyncEnd, SyncSource, SyncState, SyncStatus, Time};

use super::row::{behind, pace};
use crate::{
    format::{count, duration, evidence_words, shown_by, signed, things, up_to},
    ui::Moment,
};

/// A name, a value, and what more is to say about it.
type Figure = (&'static str, String, String);

fn end(name: &'static str, end: Option<SyncEnd>) -> Figure {
    match end {
        None => (name, "not asked yet".to_owned(), String::new()),
        Some(SyncEnd { count: rows, version }) => {
            let version = version.map(|version| format!("up to version {}", count(version)));
            (name, things(rows, "row"), version.unwrap_or_default())
        }
    }
}

fn figures(sync: &SyncStatus) -> Vec<Figure> {
    let mut figures = vec![end("Local", sync.local), end("Remote", sync.remote), ("Behind", behind(sync), pace(sync))];
    if let Some(batch) = sync.batch {
        figures.push(("Next batch", things(batch, "row"), "as found out".to_owned()));
    }
    if let Some(position) = sync.position {
        figures.push(("Looking has come to", format!("version {}", count(position)), String::new()));
    }
    if sync.quarantined > 0 {
        figures.push(("In quarantine", things(sync.quarantined, "row"), "left out, tried again later".to_owned()));
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
            SyncSource::Logyard => format!("every {pause} while in step"),
            SyncSource::Agent => format!("it reports about every {pause}"),
        }
    });
    let looked = sync.looked_at.map(|at| {
        view! {
            <div data-key="Looked at">
                <dt>"Looked at"</dt>
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

/// What shows it, and how much that is worth.
#[component]
fn Shown(sync: SyncStatus, now: Time) -> impl IntoView {
    match sync.verified {
        None => view! { <p class="limit" data-key="shown">"Never yet shown to be in step."</p> }.into_any(),
        Some(verified) => {
            let now_or_last = if sync.state == SyncState::InSync { "It is " } else { "It was last " };
            let how = shown_by(verified.shown_by);
            view! {
                <p class="limit" data-key="shown">
                    {now_or_last} {how} " " {up_to(&verified)} ", at " <Moment at=verified.at now /> ". " {evidence_words(verified.shown_by)}
                </p>
            }
            .into_any()
        }
    }
}

/// Nothing where an agent keeps the table: it does not say.
#[component]
pub fn Ends(places: Vec<Direction>) -> impl IntoView {
    let place = |direction: Direction| {
        let name = match direction.end.as_str() {
            "local" => "Local, the truth".to_owned(),
            "remote" => "Remote, the copy".to_owned(),
            other => other.to_owned(),
        };
        view! { <dt>{name}</dt><dd><code>{direction.place}</code></dd> }
    };
    (!places.is_empty()).then(|| {
        view! {
            <section aria-labelledby="ends" data-key="ends">
                <h2 id="ends">"Both ends"</h2>
                <dl class="facts">{places.into_iter().map(place).collect_view()}</dl>
            </section>
        }
    })
}
