//! Events that came too late for a poll: the last day is read again and again from its beginning.
//!
//! A day of one page is read a few times a minute. A day of many pages is read in parts, one after each poll, so that
//! new events need not wait, and ever more rarely.

use std::time::Duration;

use model::Time;
use tokio::time::Instant;

use super::{BACK_MS, Interrupted, Poll, Reading};

/// Pause between two sweeps, at least.
const BETWEEN: Duration = Duration::from_secs(10);
/// Sweeping takes one part in this many of the time.
const SHARE: u32 = 20;
/// Time that a sweep takes after a poll, at most.
const AT_ONCE: Duration = Duration::from_secs(2);

pub struct Sweep {
    at_work: Option<AtWork>,
    next: Instant,
    /// How long the current sweep has worked.
    spent: Duration,
}

struct AtWork {
    reading: Reading,
    to: Time,
    token: Option<String>,
}

impl Sweep {
    pub fn new() -> Self {
        Self { at_work: None, next: Instant::now() + BETWEEN, spent: Duration::ZERO }
    }

    /// Reads on, up to where polls begin.
    pub(super) async fn go_on(&mut self, poll: &Poll<'_>, to: Time) -> Result<(), Interrupted> {
        let began = Instant::now();
        if self.at_work.is_none() && self.next > began {
            return Ok(());
        }
        let from = Time(poll.db.now().0 - BACK_MS);
        let AtWork { mut reading, to, mut token } =
            self.at_work.take().unwrap_or_else(|| AtWork { reading: Reading::new(poll.group, from), to, token: None });
        loop {
            let page = poll.page(&reading.stretch(to), token.as_deref()).await?;
            token = reading.take_in(page, token.as_deref());
            let as_of = if token.is_none() { to } else { reading.newest() };
            let invocations = reading.invocations(as_of, poll.group, poll.db);
            poll.record(&invocations).await?;
            if token.is_none() || began.elapsed() > AT_ONCE {
                break;
            }
        }
        self.spent += began.elapsed();
        if token.is_some() {
            self.at_work = Some(AtWork { reading, to, token });
        } else {
            self.next = Instant::now() + BETWEEN.max(self.spent * SHARE);
            self.spent = Duration::ZERO;
        }
        Ok(())
    }
}
