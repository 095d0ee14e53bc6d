//! Lists a place in key order, skipping the days that a window does not need.
//!
//! Balancers write below `AWSLogs/<account>/elasticloadbalancing/<region>/`, one folder per day of delivery. The
//! listing skips such folders outside the wanted days and lists everything else. So the place may lie above, at or
//! below those folders, with any number of accounts and regions.

use std::ops::RangeInclusive;

use model::{Location, Time, Window};

use crate::{
    listing::Listing,
    s3::{Listed, S3Client, S3Error},
};

const DAY_MS: i64 = 86_400_000;
/// 9999-12-31: days are compared as text, and a year of five digits would sort before all others.
const LAST_DAY_MS: i64 = 253_402_214_400_000;

/// The folder of a day below the folder of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DayFolder<'a> {
    /// `…/elasticloadbalancing/<region>/`
    region: &'a str,
    /// `2026/03/09`
    day: &'a str,
}

impl<'a> DayFolder<'a> {
    fn of_key(key: &'a str) -> Option<Self> {
        const SERVICE: &str = "/elasticloadbalancing/";
        let service = key.find(SERVICE)?;
        let (account_at, _) = key[..service].rmatch_indices('/').next().map_or((0, ""), |(at, _)| (at + 1, ""));
        if !key[..account_at].ends_with("AWSLogs/") {
            return None;
        }
        let region = service + SERVICE.len();
        let day = region + key[region..].find('/')? + 1;
        let text = key.get(day..day + 10)?;
        let shaped = text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'/',
            _ => byte.is_ascii_digit(),
        });
        (shaped && key.as_bytes().get(day + 10) == Some(&b'/')).then(|| Self { region: &key[..day], day: text })
    }
}

/// The day folders that may hold a window's records. A folder has the date of delivery, which may be late.
pub(super) fn days(window: &Window) -> RangeInclusive<String> {
    let folder = |ms: i64| Time(ms.clamp(0, LAST_DAY_MS)).date().replace('-', "/");
    folder(window.from().0.saturating_sub(DAY_MS))..=folder(window.to().0.saturating_add(DAY_MS))
}

/// Where to continue after a key of an unwanted day; always after that key.
fn beyond(key: &str, days: &RangeInclusive<String>) -> Option<String> {
    let DayFolder { region, day } = DayFolder::of_key(key)?;
    if day < days.start().as_str() {
        return Some(format!("{region}{}", days.start()));
    }
    (day > days.end().as_str()).then(|| format!("{region}:")) // the character after `9`: behind all years
}

/// Objects in key order.
pub(super) struct Walk {
    store: S3Client,
    place: Location,
    /// `None`: all.
    days: Option<RangeInclusive<String>>,
    listing: Listing,
}

impl Walk {
    pub fn new(store: &S3Client, place: &Location, window: Option<&Window>, after: Option<String>) -> Self {
        let listing = store.list(&place.bucket, &place.prefix, after);
        Self { store: store.clone(), place: place.clone(), days: window.map(days), listing }
    }

    pub async fn next(&mut self) -> Result<Option<Listed>, S3Error> {
        loop {
            let Some(object) = self.listing.next().await? else { return Ok(None) };
            let Some(after) = self.days.as_ref().and_then(|days| beyond(object.key.as_str(), days)) else {
                return Ok(Some(object));
            };
            self.listing = self.store.list(&self.place.bucket, &self.place.prefix, Some(after));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGION: &str = "p/AWSLogs/111122223333/elasticloadbalancing/us-east-1/";

    fn window() -> Window {
        Window::new("2026-03-01T00:30:00Z".parse().unwrap(), "2026-03-01T01:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn days_around_the_window_are_listed() {
        assert_eq!(days(&window()), "2026/02/28".to_owned()..="2026/03/02".to_owned());
    }

    #[test]
    fn endless_window_lists_every_day() {
        let endless = |from: i64, to: i64| days(&Window::new(Time(from), Time(to)).unwrap());
        let last: Time = "9999-12-31T00:00:00Z".parse().unwrap();
        assert_eq!(last.0, LAST_DAY_MS);
        for (from, to) in [(0, last.0), (i64::MIN, i64::MAX), (-62_000_000_000_000, last.0 + DAY_MS - 1)] {
            assert_eq!(endless(from, to), "1970/01/01".to_owned()..="9999/12/31".to_owned());
        }
    }

    #[test]
    fn listing_skips_unwanted_days() {
        let beyond = |key: &str| beyond(&format!("{REGION}{key}"), &days(&window()));
        assert_eq!(beyond("2025/12/31/x"), Some(format!("{REGION}2026/02/28")));
        assert_eq!(beyond("2026/02/28/x"), None);
        assert_eq!(beyond("2026/03/02/x"), None);
        assert_eq!(beyond("2026/03/03/x"), Some(format!("{REGION}:")));
    }

    #[test]
    fn other_folders_are_listed() {
        for key in [
            "2026/03/03/x",
            "AWSLogs/1/elasticloadbalancing/r/2026/03/0x/a",
            "AWSLogs/1/elasticloadbalancing/r/2026/03/03",
            "AWSLogs/1/elasticloadbalancing/2026/03/03",
            "logs/1/elasticloadbalancing/r/2026/03/03/a",
            "AWSLogs/1/elasticloadbalancing/r/2026/03/é3/a",
        ] {
            assert_eq!(beyond(key, &days(&window())), None, "{key}");
        }
        assert!(beyond("AWSLogs/1/elasticloadbalancing/r/2026/03/03/a", &days(&window())).is_some());
    }
}
