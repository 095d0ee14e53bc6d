//! The ceilings of one clone, and bandwidth by the hour, beside what its stores allow all jobs together.
//!
//! Always: each store has its own, shared by both endpoints of a clone within one store. A ceiling that changes by the
//! hour does so within the minute, also for requests that wait at the old one.

use std::{num::NonZeroU64, sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use model::{BytesPerSecond, Hours, Invalid, Limits, Time};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use crate::{clock::now, limit::Limiter, recurrence::zone, s3::S3Client};

const MINUTE_MS: i64 = 60_000;

/// Refuses limits under which no clone can run.
pub fn check_limits(limits: &Limits) -> Result<(), Invalid> {
    limits.check()?;
    zone(limits.zone()).map(drop).map_err(|invalid| Invalid { field: "limits.bandwidth_zone".to_owned(), ..invalid })
}

/// Bandwidth at each time.
struct Bandwidth {
    hours: Option<Hours>,
    zone: TimeZone,
    otherwise: Option<BytesPerSecond>,
}

impl Bandwidth {
    fn of(limits: &Limits) -> Result<Self, Invalid> {
        let (hours, otherwise) = (limits.bandwidth_hours.clone(), limits.bytes_per_second);
        Ok(Self { hours, zone: zone(limits.zone())?, otherwise })
    }

    fn at(&self, time: Time) -> Option<BytesPerSecond> {
        let local = Timestamp::from_millisecond(time.0).ok().map(|at| at.to_zoned(self.zone.clone()));
        let minute = local.and_then(|at| u16::try_from(i32::from(at.hour()) * 60 + i32::from(at.minute())).ok());
        let by_hour = self.hours.as_ref().zip(minute).and_then(|(hours, minute)| hours.at(minute));
        by_hour.or(self.otherwise)
    }
}

/// Both clients under the ceilings of `limits`, and the task that follows the hours, which ends when it is dropped.
pub(super) fn limited(
    source: &S3Client,
    destination: &S3Client,
    limits: &Limits,
) -> Result<(S3Client, S3Client, Option<AbortOnDropHandle<()>>), Invalid> {
    let bandwidth = Bandwidth::of(limits)?;
    let by_hour = bandwidth.hours.is_some();
    let own = |store: &S3Client| {
        let pace = limits.requests_per_second.map(|most| Arc::new(Limiter::new(most)));
        let bytes = (by_hour || bandwidth.otherwise.is_some()).then(|| Arc::new(Limiter::unlimited()));
        (store.also_under(pace, bytes.clone()), bytes)
    };
    let (from, from_bytes) = own(source);
    let (to, to_bytes) = if source.endpoint() == destination.endpoint() {
        (destination.also_under_those_of(&from), None)
    } else {
        own(destination)
    };
    let limiters: Vec<Arc<Limiter>> = from_bytes.into_iter().chain(to_bytes).collect();
    set(&limiters, bandwidth.at(now()));
    let following = by_hour.then(|| AbortOnDropHandle::new(tokio::spawn(follow(bandwidth, limiters, now))));
    Ok((from, to, following))
}

fn set(limiters: &[Arc<Limiter>], most: Option<BytesPerSecond>) {
    for limiter in limiters {
        limiter.set(most.map(NonZeroU64::from));
    }
}

/// Sets the ceiling of each minute as it begins. Never ends.
async fn follow(bandwidth: Bandwidth, limiters: Vec<Arc<Limiter>>, clock: impl Fn() -> Time) {
    loop {
        let rest = MINUTE_MS - clock().0.rem_euclid(MINUTE_MS);
        sleep(Duration::from_millis(u64::try_from(rest).unwrap_or(0))).await;
        set(&limiters, bandwidth.at(clock()));
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn bandwidth(hours: &str, zone: &str, otherwise: Option<&str>) -> Bandwidth {
        let limits = Limits {
            bandwidth_hours: Some(hours.parse().unwrap()),
            bandwidth_zone: Some(zone.to_owned()),
            bytes_per_second: otherwise.map(|most| most.parse().unwrap()),
            ..Limits::default()
        };
        check_limits(&limits).unwrap();
        Bandwidth::of(&limits).unwrap()
    }

    #[test]
    fn hours_are_those_of_the_zone() {
        let office = bandwidth("08:00-18:00 10MB", "Europe/Zurich", Some("1GB"));
        let at = |time: &str| office.at(time.parse().unwrap()).unwrap().to_string();
        assert_eq!(at("2026-01-15T06:59:59Z"), "1GB");
        assert_eq!(at("2026-01-15T07:00:00Z"), "10MB", "winter: an hour ahead");
        assert_eq!(at("2026-07-15T06:00:00Z"), "10MB", "summer: two");
        assert_eq!(at("2026-07-15T16:00:00Z"), "1GB");
        let free = bandwidth("08:00-18:00 10MB", "UTC", None);
        assert_eq!(free.at("2026-01-15T19:00:00Z".parse().unwrap()), None);
    }

    #[test]
    fn unknown_zone_is_refused_with_its_field() {
        let limits = Limits {
            bandwidth_hours: Some("08:00-18:00 1MB".parse().unwrap()),
            bandwidth_zone: Some("Europe/Zuerich".to_owned()),
            ..Limits::default()
        };
        let refused = check_limits(&limits).unwrap_err();
        assert_eq!(refused.field, "limits.bandwidth_zone");
        assert!(refused.to_string().contains("did you mean Europe/Zurich?"), "{refused}");
    }

    /// Until 08:00 a byte a second; a thousand bytes wait there, and pass in a second once the ceiling is a thousand.
    #[tokio::test(start_paused = true)]
    async fn ceiling_changes_for_requests_that_wait() {
        let (began, eight) = (Instant::now(), "2026-01-15T08:00:00Z".parse::<Time>().unwrap());
        let clock = move || Time(eight.0 - 30_000 + i64::try_from(began.elapsed().as_millis()).unwrap());
        let bandwidth = bandwidth("06:00-08:00 1, 08:00-09:00 1kB", "UTC", None);
        let limiter = Arc::new(Limiter::unlimited());
        set(&[Arc::clone(&limiter)], bandwidth.at(clock()));
        let _following = AbortOnDropHandle::new(tokio::spawn(follow(bandwidth, vec![Arc::clone(&limiter)], clock)));
        limiter.acquire(100_000).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        limiter.acquire(1_000).await;
        assert_eq!(began.elapsed().as_secs(), 30, "what passed before eight is forgiven");
        limiter.acquire(1).await;
        assert_eq!(began.elapsed().as_secs(), 31);
    }
}
