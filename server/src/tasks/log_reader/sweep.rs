//! What came too late for a look: the last day, read again and again with fresh eyes.
//!
//! Where a day is a page, that is done a few times a minute; where it is many, a part after each look, so that what is
//! new need not wait, and ever more rarely.

use std::time::Duration;

use model::Time;
use tokio::time::Instant;

use super::{BACK_MS, Interrupted, Reading, Watch};

/// Between the end of a sweep and the next, at least.
const BETWEEN: Duration = Duration::from_secs(10);
/// Sweeping takes one part in so many of the time.
const SHARE: u32 = 20;
/// After a look, at most.
const AT_ONCE: Duration = Duration::from_secs(2);

pub struct Sweep {
    at_work: Option<AtWork>,
    next: Instant,
    /// How long this one has worked.
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

    /// Up to where looks begin.
    pub(super) async fn go_on(&mut self, watch: &Watch, to: Time) -> Result<(), Interrupted> {
        let began = Instant::now();
        if self.at_work.is_none() && self.next > began {
            return Ok(());
        }
        let from = Time(watch.db().now().0 - BACK_MS);
        let AtWork { mut reading, to, mut token } = self.at_work.take().unwrap_or_else(|| AtWork {
            reading: Reading::new(&watch.group, from),
            to,
            token: None,
        });
        loop {
            let page = watch.page(&reading.stretch(to), token.as_deref()).await?;
            token = reading.take_in(page, token.as_deref());
            let as_of = if token.is_none() { to } else { reading.newest() };
            let invocations = reading.invocations(as_of, &watch.group, watch.db());
            watch.record(&invocations).await?;
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
