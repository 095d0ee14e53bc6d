//! Alerts as cards: title, pipeline, start, reason, advice, evidence and actions.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Alert, AlertState, Time, Window};

use crate::{
    api::ActOnAlert,
    context,
    format::{Mark, alert_words, file_name},
    forms::offered,
    query::Query,
    ui::{Elapsed, Moment, StateMark},
};

#[component]
pub fn AlertCards(
    alerts: Vec<Alert>,
    now: Time,
    /// Path of the page to return to after an action.
    #[prop(into)]
    back: String,
) -> impl IntoView {
    let some = !alerts.is_empty();
    some.then(|| {
        view! {
            <ul class="alerts">
                {alerts.into_iter().map(|alert| view! { <Card alert now back=back.clone() /> }).collect_view()}
            </ul>
        }
    })
}

#[component]
fn Card(alert: Alert, now: Time, back: String) -> impl IntoView {
    let id = alert.id.to_string();
    let scope = context::scope();
    let title = alert_words(alert.kind);
    let of = match (&alert.pipeline, &alert.sink, &alert.schedule) {
        (Some(name), ..) => {
            let href = scope.on(&format!("/pipelines/{name}"));
            Some(view! { " · " <a href=href>{name.to_string()}</a> }.into_any())
        }
        (None, Some(sink), _) => Some(format!(" · sink {sink}").into_any()),
        (None, None, Some(schedule)) => {
            let href = format!("/schedules/{}", schedule.id);
            Some(view! { " · schedule " <a href=href>{schedule.name.to_string()}</a> }.into_any())
        }
        (None, None, None) => alert.table.as_ref().map(|table| {
            let href = format!("/syncs/{table}");
            view! { " · table " <a href=href>{table.to_string()}</a> }.into_any()
        }),
    };
    view! {
        <li data-key=id.clone()>
            <p class="alert-title">
                <StateMark mark=Mark::of_alert(alert.state) />
                " "
                <a href=scope.on(&format!("/alerts/{id}")) data-row="">{title}</a>
                {of}
                " "
                <span class="more">
                    "since " <Moment at=alert.since now /> ", for "
                    <Elapsed from=alert.since to=alert.resolved_at now />
                </span>
            </p>
            <p class="alert-reason">{alert.reason.clone()}</p>
            <p class="note">{alert.advice.clone()}</p>
            <Handled alert=alert.clone() now />
            <Evidence alert=alert.clone() />
            <Buttons alert back />
        </li>
    }
}

/// Who acknowledged the alert, or until when it is silenced.
#[component]
fn Handled(alert: Alert, now: Time) -> impl IntoView {
    let acknowledged = match (alert.state, alert.acknowledged_by, alert.acknowledged_at) {
        (AlertState::Acknowledged, Some(name), Some(at)) => {
            Some(view! { <p class="more">"Acknowledged by " {name} " at " <Moment at now /></p> })
        }
        _ => None,
    };
    let silenced = alert.silenced_until.filter(|_| alert.state == AlertState::Silenced).map(|until| {
        view! { <p class="more">"Silenced until " <Moment at=until now /></p> }
    });
    view! { {acknowledged} {silenced} }
}

/// Links to the runs, objects and window that an alert is based on.
#[component]
fn Evidence(alert: Alert) -> impl IntoView {
    let scope = context::scope();
    let runs = alert.runs.iter().enumerate().map(|(index, run)| {
        view! { <li><a href=scope.on(&format!("/runs/{run}"))>{format!("run {}", index + 1)}</a></li> }
    });
    let keys = alert.keys.iter().map(|key| {
        let href = Query::default().with("key", key).on("/runs");
        view! { <li><a href=href title=key.clone()><code>{file_name(key).to_owned()}</code></a></li> }
    });
    view! {
        <ul class="choices" aria-label="Evidence">
            {(alert.schedule.is_none() && alert.table.is_none()).then(|| view! {
                <li><a href=runs_of(&alert, alert.window)>"Runs in this window"</a></li>
            })}
            {alert.schedule.as_ref().map(|schedule| view! {
                <li><a href=format!("/schedules/{}#history", schedule.id)>"History of the schedule"</a></li>
            })}
            {alert.table.as_ref().map(|table| view! {
                <li><a href=format!("/syncs/{table}")>"The table"</a></li>
            })}
            {runs.collect_view()}
            {keys.collect_view()}
        </ul>
    }
}

/// The list of the pipeline's runs in the alert's window.
fn runs_of(alert: &Alert, window: Window) -> String {
    let query = alert.pipeline.iter().fold(Query::default(), |query, name| query.with("pipeline", name.as_str()));
    context::scope().narrowed(window).on(&query.on("/runs"))
}

#[component]
fn Buttons(alert: Alert, back: String) -> impl IntoView {
    let title = format!(" {}", alert_words(alert.kind));
    let name = alert.pipeline.as_ref().map(ToString::to_string);
    let name = name.or_else(|| alert.schedule.as_ref().map(|schedule| schedule.name.to_string()));
    let name = name.or_else(|| alert.table.as_ref().map(ToString::to_string));
    let of = name.map(|name| format!(" of {name}")).unwrap_or_default();
    let button = |(value, label): (&'static str, &'static str)| {
        view! {
            <button name="action" value=value data-key=value>
                {label}
                <span class="visually-hidden">{title.clone()} {of.clone()}</span>
            </button>
        }
    };
    let buttons = offered(alert.state);
    (!buttons.is_empty()).then(|| {
        view! {
            <form method="post" action=ActOnAlert::PATH class="actions">
                <input type="hidden" name="id" value=alert.id.to_string() />
                <input type="hidden" name="back" value=back />
                {buttons.into_iter().map(button).collect_view()}
            </form>
        }
    })
}
