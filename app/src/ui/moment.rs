//! Instants and durations on a page. The server writes instants in the time zone of the URL, else in UTC, which `live`
//! converts to the reader's time zone in the browser.

use leptos::prelude::*;
use model::Time;

use crate::{
    context,
    format::{ago, duration, moment},
};

/// An instant, without its date if that is today.
#[component]
pub fn Moment(
    at: Time,
    /// When the page was rendered.
    now: Time,
) -> impl IntoView {
    let zone = context::scope().zone();
    let title = format!("{} {}, {}", moment(at, None, zone.0), zone.name(), ago(now.since(at)));
    view! { <time datetime=at.to_string() title=title>{moment(at, Some(now), zone.0)}</time> }
}

/// The duration from a start to an end. Without an end it keeps counting while the event stream is connected.
#[component]
pub fn Elapsed(
    from: Time,
    to: Option<Time>,
    /// When the page was rendered.
    now: Time,
) -> impl IntoView {
    let since = to.is_none().then(|| from.to_string());
    view! { <span data-since=since>{duration(to.unwrap_or(now).since(from))}</span> }
}
