//! The yield of comparisons: the differences found, and the requests since then that found none.

use leptos::prelude::*;
use model::{SyncMinute, Time};

use super::intervals::{MINUTE_MS, sum};
use crate::{
    format::{count, counted, duration},
    ui::Moment,
};

/// The last differences found, and the requests since then that found none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yield {
    /// The last minute in which a difference was found.
    pub last: Option<SyncMinute>,
    /// End of that minute, or start of the first minute.
    pub since: Time,
    /// Requests since then, none of which found a difference.
    pub fruitless: u64,
    /// Rows that they read at both endpoints.
    pub rows: u64,
}

impl Yield {
    pub fn of(minutes: &[SyncMinute]) -> Option<Self> {
        let first = minutes.first()?;
        let found = minutes.iter().rposition(|minute| minute.found > 0);
        let (last, after) = match found {
            Some(index) => (Some(minutes[index]), &minutes[index + 1..]),
            None => (None, minutes),
        };
        let fruitless = sum(after).unwrap_or_default();
        let since = last.map_or(first.at, |last| Time(last.at.0 + MINUTE_MS));
        Some(Self { last, since, fruitless: fruitless.requests, rows: fruitless.local_rows + fruitless.remote_rows })
    }

    /// `0 found in 40 min: 80 requests read 10,240 rows without a difference.`
    fn words(&self, now: Time) -> String {
        match (self.last, self.fruitless) {
            (Some(last), 0) => {
                let (found, requests) = (counted(last.found, "difference"), counted(last.requests, "request"));
                format!("{found} found in the last active minute, by {requests}.")
            }
            (_, fruitless) => {
                let (lasted, requests) = (duration(now.since(self.since)), counted(fruitless, "request"));
                format!("0 found in {lasted}: {requests} read {} without a difference.", counted(self.rows, "row"))
            }
        }
    }
}

/// A ratio with two decimals: `0.26`.
pub fn per(part: u64, whole: u64) -> String {
    let hundredths = part.saturating_mul(100).checked_div(whole).unwrap_or(0);
    format!("{}.{:02}", count(hundredths / 100), hundredths % 100)
}

#[component]
pub fn YieldSentence(minutes: Vec<SyncMinute>, now: Time) -> impl IntoView {
    let found = Yield::of(&minutes)?;
    let all = sum(&minutes)?;
    let last = found.last.filter(|_| found.fruitless > 0).map(|last| {
        view! { " Last found: " {counted(last.found, "difference")} " at " <Moment at=last.at now /> "." }
    });
    Some(view! {
        <p class="yield" data-key="yield"><strong>{found.words(now)}</strong> {last}</p>
        <p class="note" data-key="yield-all">
            "Since " <Moment at=all.at now />
            {format!(
                ": {} found by {}, {} per request.",
                counted(all.found, "difference"),
                counted(all.requests, "request"),
                per(all.found, all.requests),
            )}
        </p>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn fruitless_requests_are_shown() {
        let view = examples::sync_view(model::SyncState::InSync);
        let found = Yield::of(&view.minutes).unwrap();
        assert_eq!(found.words(view.now), "0 found in 40 min: 80 requests read 10,240 rows without a difference.");
        let html = examples::html(move || view! { <YieldSentence minutes=view.minutes now=view.now /> });
        assert!(html.contains("Last found: 4 differences at "), "{html}");
        assert!(html.contains("4 differences found by 90 requests, 0.04 per request."), "{html}");
    }

    #[test]
    fn recent_differences_show_their_requests() {
        let minutes = [examples::minute(0, 3, 0), examples::minute(1, 1, 12)];
        let words = Yield::of(&minutes).unwrap().words(minutes[1].at);
        assert_eq!(words, "12 differences found in the last active minute, by 1 request.");
    }

    #[test]
    fn without_differences_counting_starts_at_first_minute() {
        let minutes = [examples::minute(0, 3, 0), examples::minute(5, 4, 0)];
        let found = Yield::of(&minutes).unwrap();
        assert_eq!((found.last, found.since, found.fruitless), (None, minutes[0].at, 7));
        assert_eq!(Yield::of(&[]), None);
        assert_eq!(per(5, 0), "0.00");
    }
}
