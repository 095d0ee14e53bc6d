//! What is new in a log group: a look every few seconds, with what was read before kept in mind.

use db::Watched;
use engine::logs::Stretch;
use model::Time;

use super::{Interrupted, Reading, Watch};
use crate::connections::log_groups::Group;

/// Events may come so late, and are found by a look.
const OVERLAP_MS: i64 = 300_000;
/// Where nothing comes, the time of the last event stands still; from so long ago on, the look before counts.
const QUIET_MS: i64 = 300_000;
/// Clocks of functions may be ahead.
const AHEAD_MS: i64 = 3_600_000;

pub struct Live {
    reading: Reading,
    /// As stored: what a restart begins with.
    cursor: Time,
    /// Up to here nothing more is expected, but for what is late.
    read_to: Time,
}

impl Live {
    pub fn new(group: &Group, from: Time) -> Self {
        let reading = Reading::new(group, from);
        Self { read_to: reading.begins(), reading, cursor: from }
    }

    pub fn cursor(&self) -> Time {
        self.cursor
    }

    /// What a look begins with.
    pub fn read_again_from(&self) -> Time {
        Time((self.read_to.0 - OVERLAP_MS).max(self.reading.begins().0))
    }

    pub fn behind_ms(&self, now: Time) -> u64 {
        now.0.saturating_sub(self.read_to.0 + QUIET_MS).max(0).unsigned_abs()
    }

    /// To the end of the log. After each page, first the runs are recorded, then how far that is.
    pub(super) async fn look(&mut self, watch: &Watch) -> Result<(), Interrupted> {
        let began = watch.db().now();
        let stretch = Stretch { from: self.read_again_from(), to: Time(began.0 + AHEAD_MS), stream: None };
        let mut token = None;
        loop {
            let page = watch.page(&stretch, token.as_deref()).await?;
            token = self.reading.take_in(page, token.as_deref());
            // A clock that is ahead must not make us pass over what others say.
            let newest = self.reading.newest().min(began);
            let ended = token.is_none();
            let as_of = if ended { began } else { newest };
            let invocations = self.reading.invocations(as_of, &watch.group, watch.db());
            watch.record(&invocations).await?;
            let read_to = if ended { newest.max(Time(began.0 - QUIET_MS)) } else { newest };
            self.read_to = self.read_to.max(read_to);
            self.cursor = self.cursor.max(self.reading.reread_from(self.read_again_from()));
            let behind_ms = if ended { 0 } else { self.behind_ms(began) };
            watch.told(&Watched { cursor: self.cursor, behind_ms, error: None }).await?;
            if ended {
                return Ok(());
            }
        }
    }
}
