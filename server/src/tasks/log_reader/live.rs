//! New events of a log group: a poll every few seconds that remembers what was read before.

use db::Watched;
use engine::logs::Stretch;
use model::Time;

use super::{Interrupted, Poll, Reading};
use crate::connections::log_groups::Group;

/// How late an event may come and still be found by a poll.
const OVERLAP_MS: i64 = 300_000;
/// In a silent log group the time of the last event stands still; once it is this old, the time of the poll counts.
const QUIET_MS: i64 = 300_000;
/// How far the clock of a function may be ahead.
const AHEAD_MS: i64 = 3_600_000;

pub struct Live {
    reading: Reading,
    /// As stored: where a restart begins to read.
    cursor: Time,
    /// Events before this time are read, except late ones.
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

    /// Where a poll begins to read.
    pub fn read_again_from(&self) -> Time {
        Time((self.read_to.0 - OVERLAP_MS).max(self.reading.begins().0))
    }

    pub fn behind_ms(&self, now: Time) -> u64 {
        now.0.saturating_sub(self.read_to.0 + QUIET_MS).max(0).unsigned_abs()
    }

    /// Reads to the end of the log. After each page it records the runs first and the cursor second.
    pub(super) async fn poll(&mut self, poll: &Poll<'_>) -> Result<(), Interrupted> {
        let began = poll.db.now();
        let stretch = Stretch { from: self.read_again_from(), to: Time(began.0 + AHEAD_MS), stream: None };
        let mut token = None;
        loop {
            let page = poll.page(&stretch, token.as_deref()).await?;
            token = self.reading.take_in(page, token.as_deref());
            // Events of a clock that is ahead must not hide later events of others.
            let newest = self.reading.newest().min(began);
            let ended = token.is_none();
            let as_of = if ended { began } else { newest };
            let invocations = self.reading.invocations(as_of, poll.group, poll.db);
            poll.record(&invocations).await?;
            let read_to = if ended { newest.max(Time(began.0 - QUIET_MS)) } else { newest };
            self.read_to = self.read_to.max(read_to);
            self.cursor = self.cursor.max(self.reading.reread_from(self.read_again_from()));
            let behind_ms = if ended { 0 } else { self.behind_ms(began) };
            poll.report(&Watched { cursor: self.cursor, behind_ms, error: None }).await?;
            if ended {
                return Ok(());
            }
        }
    }
}
