//! Instants and durations on a page. The server writes them in the zone of the URL, else in UTC; see `live` for what a
//! browser makes of the latter.

use leptos::prelude::*;
use model::Time;

use crate::{
    context,
    format::{ago, duration, moment},
};

/// An instant; the day is left out where it is today's.
#[component]
pub fn Moment(
    at: Time,
    /// When the page was made, to tell today from other days.
    now: Time,
) -> impl IntoView {
    let zone = context::scope().zone();
    let title = format!("{} {}, {}", moment(at, None, zone.0), zone.name(), ago(now.since(at)));
    view! { <time datetime=at.to_string() title=title>{moment(at, Some(now), zone.0)}</time> }
}

/// How long something has lasted. What has no end yet goes on while the line is live, and stands still when it is lost.
#[component]
pub fn Elapsed(
    from: Time,
    to: Option<Time>,
    /// When the page was made.
    now: Time,
) -> impl IntoView {
    let since = to.is_none().then(|| from.to_string());
    view! { <span data-since=since>{duration(to.unwrap_or(now).since(from))}</span> }
}
