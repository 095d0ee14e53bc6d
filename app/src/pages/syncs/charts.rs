//! What was done over the last hours, as bars: what was found and what it took, the batch, and what both ends read.

use leptos::prelude::*;
use model::{SyncMinute, Time};

use super::{
    found::{YieldSentence, per},
    stretches::{Stretches, sum},
};
use crate::{
    format::{bytes, count, things},
    ui::LookChart,
};

#[expect(clippy::cast_precision_loss, reason = "for a drawing")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the top of an axis, which is positive")]
fn whole(top: f64) -> String {
    count(top.ceil() as u64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the top of an axis, which is positive")]
fn sized(top: f64) -> String {
    bytes(top as u64)
}

fn share(minute: &SyncMinute) -> f64 {
    float(minute.found) / float(minute.requests.max(1))
}

/// Differences found, a minute and a request: how much comparing brings.
#[component]
pub fn Differences(minutes: Vec<SyncMinute>, now: Time) -> impl IntoView {
    let stretches = Stretches::of(&minutes, now);
    let all = sum(&minutes).unwrap_or_default();
    view! {
        <section aria-labelledby="differences" data-key="differences">
            <h2 id="differences">"Differences found"</h2>
            {match stretches {
                None => view! { <p class="empty">"Nothing has been compared in the last hours."</p> }.into_any(),
                Some(stretches) => view! {
                    <YieldSentence minutes now />
                    <div class="charts">
                        <LookChart
                            title="Differences found"
                            told=count(all.found)
                            values=stretches.values(|sum| float(sum.found))
                            written=whole
                            window=stretches.window
                            now
                        />
                        <LookChart
                            title="Differences found a request"
                            told=per(all.found, all.requests)
                            values=stretches.values(share)
                            written=whole
                            window=stretches.window
                            now
                        />
                    </div>
                    <p class="note">"A low mark: it was looked, and nothing was found. A gap: nothing was done."</p>
                }
                .into_any(),
            }}
        </section>
    }
}

/// The batch, and what was used of the ends and of the line between them.
#[component]
pub fn Usage(minutes: Vec<SyncMinute>, now: Time) -> impl IntoView {
    let stretches = Stretches::of(&minutes, now)?;
    let all = sum(&minutes)?;
    let (sent, received) = (bytes(all.bytes_sent), bytes(all.bytes_received));
    let window = stretches.window;
    let chart = |title: &'static str, told: String, value: fn(&SyncMinute) -> u64, written: fn(f64) -> String| {
        let values = stretches.values(|sum| float(value(sum)));
        view! { <LookChart title told values written window now /> }
    };
    Some(view! {
        <div class="charts">
            {chart("Batch", format!("{} now", things(all.batch, "row")), |sum| sum.batch, whole)}
            {chart("Requests", count(all.requests), |sum| sum.requests, whole)}
            {chart(
                "Bytes",
                format!("{sent} sent, {received} received"),
                |sum| sum.bytes_sent + sum.bytes_received,
                sized,
            )}
            {chart("Rows read here", count(all.local_rows), |sum| sum.local_rows, whole)}
            {chart("Rows read at the remote", count(all.remote_rows), |sum| sum.remote_rows, whole)}
        </div>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn charts_tell_their_sums_in_words() {
        let view = examples::sync_view(model::SyncState::InSync);
        let (minutes, now) = (view.minutes, view.now);
        let html = examples::html(move || {
            view! { <Differences minutes=minutes.clone() now /> <Usage minutes now /> }
        });
        for text in
            ["0 found in 40 min", "Differences found a request", ">0.04<", "18 kB sent, 32 kB received", "500 rows now"]
        {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert_eq!(html.matches("role=\"img\"").count(), 7, "{html}");
        let none = examples::html(|| view! { <Differences minutes=vec![] now=Time(0) /> });
        assert!(none.contains("Nothing has been compared"), "{none}");
    }
}
