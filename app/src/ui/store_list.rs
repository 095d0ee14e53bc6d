//! The configured stores and whether they are reachable.

use leptos::{either::EitherOf3, prelude::*};
use model::{Health, StoreStatus};

use crate::{
    format::{Mark, count, counted},
    ui::StateMark,
};

#[component]
pub fn StoreList(stores: Vec<StoreStatus>) -> impl IntoView {
    view! {
        <table class="rows">
            <caption class="visually-hidden">"Stores and their state"</caption>
            <thead>
                <tr>
                    <th scope="col">"Store"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Endpoint"</th>
                    <th scope="col">"Buckets"</th>
                </tr>
            </thead>
            <tbody>{stores.into_iter().map(|store| view! { <StoreRow store /> }).collect_view()}</tbody>
        </table>
    }
}

fn mark(health: &Health) -> Mark {
    match health {
        Health::Reachable { .. } => Mark { shape: "✔", word: "reachable", tone: "good" },
        Health::Unreachable { .. } => Mark { shape: "✖", word: "unreachable", tone: "bad" },
        Health::Unknown => Mark { shape: "○", word: "not checked yet", tone: "idle" },
    }
}

#[component]
fn StoreRow(store: StoreStatus) -> impl IntoView {
    let mark = mark(&store.health);
    let took = match &store.health {
        Health::Reachable { took_ms, .. } => Some(format!(" in {} ms", count(*took_ms))),
        _ => None,
    };
    let buckets = match store.health {
        Health::Reachable { buckets: Some(buckets), .. } => {
            EitherOf3::A(view! { <Buckets buckets=buckets.iter().map(ToString::to_string).collect() /> })
        }
        Health::Reachable { buckets: None, .. } => EitherOf3::B("no permission to list buckets"),
        Health::Unreachable { reason } => EitherOf3::C(reason),
        Health::Unknown => EitherOf3::B(""),
    };
    view! {
        <tr data-key=store.name.to_string()>
            <th scope="row" data-label="Store">
                {store.name.to_string()} {store.embedded.then_some(" (embedded demo)")}
            </th>
            <td data-label="State">
                <StateMark mark /> {took}
            </td>
            <td data-label="Endpoint"><code>{store.endpoint}</code></td>
            <td data-label="Buckets">{buckets}</td>
        </tr>
    }
}

/// Buckets named in a row; any more are only counted.
const NAMED: usize = 12;

#[component]
fn Buckets(buckets: Vec<String>) -> impl IntoView {
    let more = buckets.len().saturating_sub(NAMED) as u64;
    let names = buckets[..buckets.len().min(NAMED)].join(", ");
    match (buckets.len(), more) {
        (0, _) => "none".to_owned(),
        (_, 0) => names,
        (_, more) => format!("{names} and {} more", counted(more, "bucket")),
    }
}
