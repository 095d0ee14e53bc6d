//! Resource usage of a sync: sums, averages per minute, and charts.

use leptos::prelude::*;
use model::{SyncMinute, Time};

use super::{
    charts::Usage,
    found::per,
    intervals::{MINUTE_MS, sum},
};
use crate::{
    format::{bytes, count},
    ui::Moment,
};

/// A line of the table: name, unit, value.
type Line = (&'static str, Unit, fn(&SyncMinute) -> u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Things,
    Bytes,
}

const LINES: [Line; 8] = [
    ("Requests", Unit::Things, |sum| sum.requests),
    ("Bytes sent", Unit::Bytes, |sum| sum.bytes_sent),
    ("Bytes received", Unit::Bytes, |sum| sum.bytes_received),
    ("Rows read locally", Unit::Things, |sum| sum.local_rows),
    ("Rows read at the remote", Unit::Things, |sum| sum.remote_rows),
    ("Rows sent", Unit::Things, |sum| sum.uploaded),
    ("Rows deleted at the remote", Unit::Things, |sum| sum.deleted),
    ("Differences found", Unit::Things, |sum| sum.found),
];

/// The sum of the minutes that started within the last hour.
fn last_hour(minutes: &[SyncMinute], now: Time) -> SyncMinute {
    let within = minutes.partition_point(|minute| now.since(minute.at) >= 60 * MINUTE_MS);
    sum(&minutes[within..]).unwrap_or_default()
}

impl Unit {
    fn written(self, number: u64) -> String {
        match self {
            Self::Things => count(number),
            Self::Bytes => bytes(number),
        }
    }

    /// The average per minute; with decimals below 10, so that little is not shown as nothing.
    fn a_minute(self, total: u64, minutes: u64) -> String {
        match self {
            Self::Things if total < 10 * minutes => per(total, minutes),
            _ => self.written(total / minutes.max(1)),
        }
    }
}

/// Started minutes, including the current one.
fn minutes_since(from: Time, now: Time) -> u64 {
    u64::try_from(now.since(from) / MINUTE_MS).unwrap_or(0) + 1
}

#[component]
pub fn Spent(minutes: Vec<SyncMinute>, now: Time) -> impl IntoView {
    let all = sum(&minutes)?;
    let hour = last_hour(&minutes, now);
    let lasted = minutes_since(all.at, now);
    let line = |(name, unit, value): Line| {
        let total = value(&all);
        view! {
            <tr data-key=name>
                <th scope="row" data-label="Resource">{name}</th>
                <td data-label="Last hour" class="number">{unit.written(value(&hour))}</td>
                <td data-label="Total" class="number">{unit.written(total)}</td>
                <td data-label="Per minute" class="number">{unit.a_minute(total, lasted)}</td>
            </tr>
        }
    };
    Some(view! {
        <section aria-labelledby="spent" data-key="spent">
            <h2 id="spent">"Resource usage"</h2>
            <table class="rows">
                <caption class="visually-hidden">"Resource usage, total and per minute"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Resource"</th>
                        <th scope="col" class="number">"Last hour"</th>
                        <th scope="col" class="number">"Since " <Moment at=all.at now /></th>
                        <th scope="col" class="number">"Per minute"</th>
                    </tr>
                </thead>
                <tbody>{LINES.map(line).into_iter().collect_view()}</tbody>
            </table>
            <Usage minutes now />
        </section>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn usage_covers_last_hour_and_total() {
        let minutes: Vec<SyncMinute> = (0..120).map(|index| examples::minute(index, 2, 0)).collect();
        let now = Time(minutes[119].at.0 + 30_000);
        assert_eq!(last_hour(&minutes, now).requests, 120);
        assert_eq!(minutes_since(minutes[0].at, now), 120);
        assert_eq!(Unit::Things.a_minute(240_000, 120), "2,000");
        assert_eq!(Unit::Things.a_minute(6, 120), "0.05", "six requests in two hours are not none a minute");
        assert_eq!(Unit::Bytes.a_minute(240_000, 120), "2.0 kB");
        let html = examples::html(move || view! { <Spent minutes now /> });
        assert!(html.contains("86 kB") && html.contains("Rows read at the remote"), "{html}");
    }
}
