//! Charts of a sync over the last hours: differences found, batch size, and resource usage.

use leptos::prelude::*;
use model::{SyncMinute, Time};

use super::{
    found::{YieldSentence, per},
    intervals::{Intervals, sum},
};
use crate::{
    format::{bytes, count, counted},
    ui::GapChart,
};

#[expect(clippy::cast_precision_loss, reason = "for display")]
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

/// Differences found, in total and per request.
#[component]
pub fn Differences(minutes: Vec<SyncMinute>, now: Time) -> impl IntoView {
    let intervals = Intervals::of(&minutes, now);
    let all = sum(&minutes).unwrap_or_default();
    view! {
        <section aria-labelledby="differences" data-key="differences">
            <h2 id="differences">"Differences found"</h2>
            {match intervals {
                None => view! { <p class="empty">"No comparisons in the last hours."</p> }.into_any(),
                Some(intervals) => view! {
                    <YieldSentence minutes now />
                    <div class="charts">
                        <GapChart
                            title="Differences found"
                            summary=count(all.found)
                            values=intervals.values(|sum| float(sum.found))
                            written=whole
                            window=intervals.window
                            now
                        />
                        <GapChart
                            title="Differences found per request"
                            summary=per(all.found, all.requests)
                            values=intervals.values(share)
                            written=whole
                            window=intervals.window
                            now
                        />
                    </div>
                    <p class="note">"Low mark: compared, no difference found. Gap: not compared."</p>
                }
                .into_any(),
            }}
        </section>
    }
}

/// Batch size, requests, bytes and rows read.
#[component]
pub fn Usage(minutes: Vec<SyncMinute>, now: Time) -> impl IntoView {
    let intervals = Intervals::of(&minutes, now)?;
    let all = sum(&minutes)?;
    let (sent, received) = (bytes(all.bytes_sent), bytes(all.bytes_received));
    let window = intervals.window;
    let chart = |title: &'static str, summary: String, value: fn(&SyncMinute) -> u64, written: fn(f64) -> String| {
        let values = intervals.values(|sum| float(value(sum)));
        view! { <GapChart title summary values written window now /> }
    };
    Some(view! {
        <div class="charts">
            {chart("Batch size", format!("{} now", counted(all.batch, "row")), |sum| sum.batch, whole)}
            {chart("Requests", count(all.requests), |sum| sum.requests, whole)}
            {chart(
                "Bytes",
                format!("{sent} sent, {received} received"),
                |sum| sum.bytes_sent + sum.bytes_received,
                sized,
            )}
            {chart("Rows read locally", count(all.local_rows), |sum| sum.local_rows, whole)}
            {chart("Rows read at the remote", count(all.remote_rows), |sum| sum.remote_rows, whole)}
        </div>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn charts_show_sums_in_words() {
        let view = examples::sync_view(model::SyncState::InSync);
        let (minutes, now) = (view.minutes, view.now);
        let html = examples::html(move || {
            view! { <Differences minutes=minutes.clone() now /> <Usage minutes now /> }
        });
        for text in [
            "0 found in 40 min",
            "Differences found per request",
            ">0.04<",
            "18 kB sent, 32 kB received",
            "500 rows now",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert_eq!(html.matches("role=\"img\"").count(), 7, "{html}");
        let none = examples::html(|| view! { <Differences minutes=vec![] now=Time(0) /> });
        assert!(none.contains("No comparisons"), "{none}");
    }
}
