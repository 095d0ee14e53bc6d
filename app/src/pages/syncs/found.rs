//! The yield: what comparing brought. That it brought nothing for a long time is said as loudly as what it found.

use leptos::prelude::*;
use model::{SyncMinute, Time};

use super::stretches::{MINUTE_MS, sum};
use crate::{
    format::{count, duration, things},
    ui::Moment,
};

/// What was found last, and what has been asked in vain since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yield {
    /// The last minute in which something was found.
    pub last: Option<SyncMinute>,
    /// Since that minute, or since the first one.
    pub since: Time,
    /// Requests since then, none of which found a difference.
    pub in_vain: u64,
    /// Rows read for them on both sides.
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
        let vain = sum(after).unwrap_or_default();
        let since = last.map_or(first.at, |last| Time(last.at.0 + MINUTE_MS));
        Some(Self { last, since, in_vain: vain.requests, rows: vain.local_rows + vain.remote_rows })
    }

    /// `0 found in 40 min: 80 requests read 10,240 rows and met no difference.`
    fn words(&self, now: Time) -> String {
        match (self.last, self.in_vain) {
            (Some(last), 0) => {
                let (found, requests) = (things(last.found, "difference"), things(last.requests, "request"));
                format!("{found} found in the last minute that was looked at, by {requests}.")
            }
            (_, in_vain) => {
                let (lasted, requests) = (duration(now.since(self.since)), things(in_vain, "request"));
                format!("0 found in {lasted}: {requests} read {} and met no difference.", things(self.rows, "row"))
            }
        }
    }
}

/// `0.26`, in hundredths.
pub fn per(part: u64, whole: u64) -> String {
    let hundredths = part.saturating_mul(100).checked_div(whole).unwrap_or(0);
    format!("{}.{:02}", count(hundredths / 100), hundredths % 100)
}

#[component]
pub fn YieldSentence(minutes: Vec<SyncMinute>, now: Time) -> impl IntoView {
    let found = Yield::of(&minutes)?;
    let all = sum(&minutes)?;
    let last = found.last.filter(|_| found.in_vain > 0).map(|last| {
        view! { " Before that: " {things(last.found, "difference")} " at " <Moment at=last.at now /> "." }
    });
    Some(view! {
        <p class="yield" data-key="yield"><strong>{found.words(now)}</strong> {last}</p>
        <p class="note" data-key="yield-all">
            "Since " <Moment at=all.at now />
            {format!(
                ": {} found by {}, {} a request.",
                things(all.found, "difference"),
                things(all.requests, "request"),
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
    fn that_nothing_was_found_for_long_is_said() {
        let view = examples::sync_view(model::SyncState::InSync);
        let found = Yield::of(&view.minutes).unwrap();
        assert_eq!(found.words(view.now), "0 found in 40 min: 80 requests read 10,240 rows and met no difference.");
        let html = examples::html(move || view! { <YieldSentence minutes=view.minutes now=view.now /> });
        assert!(html.contains("Before that: 4 differences at "), "{html}");
        assert!(html.contains("4 differences found by 90 requests, 0.04 a request."), "{html}");
    }

    #[test]
    fn what_was_found_just_now_is_told_with_what_it_took() {
        let minutes = [examples::minute(0, 3, 0), examples::minute(1, 1, 12)];
        let words = Yield::of(&minutes).unwrap().words(minutes[1].at);
        assert_eq!(words, "12 differences found in the last minute that was looked at, by 1 request.");
    }

    #[test]
    fn never_having_found_anything_counts_from_the_first_look() {
        let minutes = [examples::minute(0, 3, 0), examples::minute(5, 4, 0)];
        let found = Yield::of(&minutes).unwrap();
        assert_eq!((found.last, found.since, found.in_vain), (None, minutes[0].at, 7));
        assert_eq!(Yield::of(&[]), None);
        assert_eq!(per(5, 0), "0.00");
    }
}
