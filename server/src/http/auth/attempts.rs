//! Failed sign-ins, counted for each address.
//!
//! An attempt counts from its start, so parallel attempts do not bypass the limit, and no longer counts once it succeeds.
//! Always: at most [`ADDRESSES`] addresses are remembered; beyond that, new addresses are refused for a minute.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Failed attempts within [`WITHIN`] before an address must wait.
const LIMIT: usize = 5;
const WITHIN: Duration = Duration::from_mins(1);
const ADDRESSES: usize = 10_000;

#[derive(Default)]
pub(super) struct Attempts {
    started: Mutex<HashMap<IpAddr, Vec<Instant>>>,
}

/// Too many attempts: how long to wait.
#[derive(Debug, PartialEq)]
pub(super) struct Wait(pub(super) Duration);

impl Attempts {
    pub(super) fn begin(&self, address: IpAddr, now: Instant) -> Result<(), Wait> {
        let mut started = self.lock();
        if started.len() >= ADDRESSES {
            started.retain(|_, attempts| attempts.last().is_some_and(|last| now.duration_since(*last) < WITHIN));
        }
        if started.len() >= ADDRESSES && !started.contains_key(&network(address)) {
            return Err(Wait(WITHIN)); // an attack from many addresses: refusing new ones is better than no limit
        }
        let attempts = started.entry(network(address)).or_default();
        attempts.retain(|attempt| now.duration_since(*attempt) < WITHIN);
        match attempts.first() {
            Some(first) if attempts.len() >= LIMIT => Err(Wait(WITHIN.saturating_sub(now.duration_since(*first)))),
            _ => {
                attempts.push(now);
                Ok(())
            }
        }
    }

    pub(super) fn succeeded(&self, address: IpAddr) {
        self.lock().remove(&network(address));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Vec<Instant>>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The unit that is counted: an IPv4 address, or an IPv6 network of 64 bits, which one host can use freely.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.into(),
            None => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixth_failure_within_a_minute_waits() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in 0..5 {
            assert_eq!(attempts.begin(address, at(second)), Ok(()));
        }
        assert_eq!(attempts.begin(address, at(10)), Err(Wait(Duration::from_secs(50))));
        assert_eq!(attempts.begin("192.0.2.2".parse().unwrap(), at(10)), Ok(()), "another address is not held back");
        assert_eq!(attempts.begin(address, at(60)), Ok(()));
        assert!(attempts.begin(address, at(60)).is_err());
        attempts.succeeded(address);
        assert_eq!(attempts.begin(address, at(60)), Ok(()));
    }

    #[test]
    fn ipv6_neighbours_count_as_one() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        for host in 1..=5 {
            assert_eq!(attempts.begin(format!("2001:db8::{host}").parse().unwrap(), now), Ok(()));
        }
        assert!(attempts.begin("2001:db8::6".parse().unwrap(), now).is_err());
        assert_eq!(attempts.begin("2001:db8:0:1::6".parse().unwrap(), now), Ok(()));
    }
}
