//! Who is told of alerts, whether the last telling arrived, and every attempt.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Notice, ReceiverStatus, Time};

use crate::{
    api::TestReceiver,
    context,
    format::{Mark, took},
    ui::{Moment, StateMark},
};

/// Whether it was taken, as a shape and a word.
fn mark(notice: &Notice) -> Mark {
    match notice.error {
        None => Mark { shape: "✔", word: "delivered", tone: "good" },
        Some(_) => Mark { shape: "✖", word: "not delivered", tone: "bad" },
    }
}

/// What is said of a test that was asked for, by its newest notice.
pub fn tested(name: &str, notices: &[Notice]) -> Option<String> {
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
                <td data-label="Place"><code>{place}</code></td>
                <td data-label="Last told">{last.map_or_else(|| "never".into_any(), IntoAny::into_any)}</td>
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
            <h2 id="receivers">"Who is told"</h2>
            {none.then(|| view! {
                <p class="empty">
                    "Nobody: alerts are shown here only. Add " <code>"[[webhooks]]"</code> " or " <code>"[[topics]]"</code>
                    " to the configuration file, start Logyard again, and send a test from here."
                </p>
            })}
            {(!none).then(|| view! {
                <table class="rows">
                    <caption class="visually-hidden">"Receivers of alerts, as configured"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Receiver"</th>
                            <th scope="col">"Format"</th>
                            <th scope="col">"Place"</th>
                            <th scope="col">"Last told"</th>
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
        let told = notice.what + &attempt;
        let told = match notice.alert {
            Some(id) => view! { <a href=context::scope().on(&format!("/alerts/{id}"))>{told}</a> }.into_any(),
            None => told.into_any(),
        };
        view! {
            <tr>
                <th scope="row" data-label="Told">{told}</th>
                <td data-label="Receiver">{notice.receiver}</td>
                <td data-label="Outcome">
                    <StateMark mark /> " " {status} {notice.error.map(|error| view! { <p class="more">{error}</p> })}
                </td>
                <td data-label="Took" class="number">{took(notice.took_ms)}</td>
                <td data-label="At" class="when"><Moment at=notice.at now /></td>
            </tr>
        }
    };
    let some = !notices.is_empty();
    some.then(|| {
        view! {
            <section aria-labelledby="deliveries" data-key="deliveries">
                <h2 id="deliveries">"Deliveries"</h2>
                <table class="rows">
                    <caption class="visually-hidden">"Attempts to tell a receiver, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Told"</th>
                            <th scope="col">"Receiver"</th>
                            <th scope="col">"Outcome"</th>
                            <th scope="col" class="number">"Took"</th>
                            <th scope="col">"At"</th>
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
    fn a_test_is_told_by_what_came_of_it() {
        let notices = [examples::notice("test", Some("connection refused")), examples::notice("test", None)];
        assert_eq!(tested("ops", &notices).as_deref(), Some("The test did not reach ops: connection refused"));
        assert_eq!(tested("ops", &notices[1..]).as_deref(), Some("The test was delivered to ops in 41 ms."));
        assert_eq!(tested("others", &notices), None);
    }
}
