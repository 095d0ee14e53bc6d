//! What keeping the table in step took, as sums and a minute, and the charts of it.

use leptos::prelude::*;
use model::{SyncMinute, Time};

use super::{
    charts::Usage,
    found::per,
    stretches::{MINUTE_MS, sum},
};
use crate::{
    format::{bytes, count},
    ui::Moment,
};

/// A name, and a value of a sum.
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
    ("Rows read here", Unit::Things, |sum| sum.local_rows),
    ("Rows read at the remote", Unit::Things, |sum| sum.remote_rows),
    ("Rows sent", Unit::Things, |sum| sum.uploaded),
    ("Rows deleted at the remote", Unit::Things, |sum| sum.deleted),
    ("Differences found", Unit::Things, |sum| sum.found),
];

/// Those that began in the hour before.
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

    /// Of a few things with decimals: what was used is not told as nothing.
    fn a_minute(self, total: u64, minutes: u64) -> String {
        match self {
            Self::Things if total < 10 * minutes => per(total, minutes),
            _ => self.written(total / minutes.max(1)),
        }
    }
}

/// Whole minutes, the one under way among them.
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
                <th scope="row" data-label="Used">{name}</th>
                <td data-label="Last hour" class="number">{unit.written(value(&hour))}</td>
                <td data-label="In all" class="number">{unit.written(total)}</td>
                <td data-label="A minute" class="number">{unit.a_minute(total, lasted)}</td>
            </tr>
        }
    };
    Some(view! {
        <section aria-labelledby="spent" data-key="spent">
            <h2 id="spent">"What it took"</h2>
            <table class="rows">
                <caption class="visually-hidden">"What was used, as sums and a minute"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Used"</th>
                        <th scope="col" class="number">"Last hour"</th>
                        <th scope="col" class="number">"Since " <Moment at=all.at now /></th>
                        <th scope="col" class="number">"A minute"</th>
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
    fn sums_are_of_the_last_hour_and_of_all_that_is_known() {
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
