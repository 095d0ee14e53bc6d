//! The receivers of alerts, their last notification, and every delivery attempt.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Notice, ReceiverStatus, Time};

use crate::{
    api::TestReceiver,
    context,
    format::{Mark, took},
    ui::{Moment, StateMark},
};

/// The mark of a delivery attempt.
fn mark(notice: &Notice) -> Mark {
    match notice.error {
        None => Mark { shape: "✔", word: "delivered", tone: "good" },
        Some(_) => Mark { shape: "✖", word: "not delivered", tone: "bad" },
    }
}

/// The result of a test notification, from its newest attempt; `None` if there is none.
pub fn test_result(name: &str, notices: &[Notice]) -> Option<String> {
    let notice = notices.iter().find(|notice| notice.receiver == name && notice.what == "test")?;
    Some(match &notice.error {
        None => format!("The test was delivered to {name} in {}.", took(notice.took_ms)),
        Some(error) => format!("The test did not reach {name}: {error}"),
    })
}

#[component]
pub fn Receivers(receivers: Vec<ReceiverStatus>, now: Time) -> impl IntoView {
    let row = |receiver: ReceiverStatus| {
        let ReceiverStatus { name, place, format, last } = receiver;
        let value = name.clone();
        let last = last.map(|notice| {
            let at = notice.at;
            let error = notice.error.clone();
            view! { <StateMark mark=mark(&notice) /> " " <Moment at now /> {error.map(|error| view! { <p class="more">{error}</p> })} }
        });
        view! {
            <tr data-key=name.clone()>
                <th scope="row" data-label="Receiver">{name.clone()}</th>
                <td data-label="Format">{format}</td>
                <td data-label="Address"><code>{place}</code></td>
                <td data-label="Last notified">{last.map_or_else(|| "never".into_any(), IntoAny::into_any)}</td>
                <td data-label="Test">
                    <form method="post" action=TestReceiver::PATH>
                        <button name="name" value=value>
                            "Send a test" <span class="visually-hidden">" to " {name.clone()}</span>
                        </button>
                    </form>
                </td>
            </tr>
        }
    };
    let none = receivers.is_empty();
    view! {
        <section aria-labelledby="receivers" data-key="receivers">
            <h2 id="receivers">"Receivers"</h2>
            {none.then(|| view! {
                <p class="empty">
                    "No receivers: alerts are shown only here. Add " <code>"[[webhooks]]"</code> " or " <code>"[[topics]]"</code>
                    " to the configuration file, restart Logyard, and send a test from here."
                </p>
            })}
            {(!none).then(|| view! {
                <table class="rows">
                    <caption class="visually-hidden">"Receivers of alerts, as configured"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Receiver"</th>
                            <th scope="col">"Format"</th>
                            <th scope="col">"Address"</th>
                            <th scope="col">"Last notified"</th>
                            <th scope="col">"Test"</th>
                        </tr>
                    </thead>
                    <tbody>{receivers.into_iter().map(row).collect_view()}</tbody>
                </table>
            })}
        </section>
    }
}

#[component]
pub fn Deliveries(notices: Vec<Notice>, now: Time) -> impl IntoView {
    let row = |notice: Notice| {
        let mark = mark(&notice);
        let attempt = if notice.attempt > 1 { format!(", attempt {}", notice.attempt) } else { String::new() };
        let status = notice.status.map(|status| format!("HTTP {status}"));
        let label = notice.what + &attempt;
        let label = match notice.alert {
            Some(id) => view! { <a href=context::scope().on(&format!("/alerts/{id}"))>{label}</a> }.into_any(),
            None => label.into_any(),
        };
        view! {
            <tr>
                <th scope="row" data-label="Notification">{label}</th>
                <td data-label="Receiver">{notice.receiver}</td>
                <td data-label="Outcome">
                    <StateMark mark /> " " {status} {notice.error.map(|error| view! { <p class="more">{error}</p> })}
                </td>
                <td data-label="Duration" class="number">{took(notice.took_ms)}</td>
                <td data-label="Time" class="when"><Moment at=notice.at now /></td>
            </tr>
        }
    };
    let some = !notices.is_empty();
    some.then(|| {
        view! {
            <section aria-labelledby="deliveries" data-key="deliveries">
                <h2 id="deliveries">"Deliveries"</h2>
                <table class="rows">
                    <caption class="visually-hidden">"Notification attempts, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Notification"</th>
                            <th scope="col">"Receiver"</th>
                            <th scope="col">"Outcome"</th>
                            <th scope="col" class="number">"Duration"</th>
                            <th scope="col">"Time"</th>
                        </tr>
                    </thead>
                    <tbody>{notices.into_iter().map(row).collect_view()}</tbody>
                </table>
            </section>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn test_result_is_shown() {
        let notices = [examples::notice("test", Some("connection refused")), examples::notice("test", None)];
        assert_eq!(test_result("ops", &notices).as_deref(), Some("The test did not reach ops: connection refused"));
        assert_eq!(test_result("ops", &notices[1..]).as_deref(), Some("The test was delivered to ops in 41 ms."));
        assert_eq!(test_result("others", &notices), None);
    }
}
