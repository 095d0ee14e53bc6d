//! One reading of a log group: from a time on, page by page, into runs. The log reader and backfills share it.
//!
//! Always: only runs that began at or after `from` are returned. To read them from their first line, and to recognise
//! runs that began before, it reads from a function's timeout earlier.

use db::{Db, NewInvocation};
use engine::{
    logs::{Page, Stretch},
    runs::Reader,
};
use model::Time;

use crate::connections::log_groups::{Group, invocation};

/// How long after a function's timeout its last lines may come.
const LEAD_MS: i64 = 60_000;

pub struct Reading {
    reader: Reader,
    from: Time,
    /// Time of the newest event read.
    newest: Option<Time>,
    /// Events are read from here on.
    begins: Time,
    events: u64,
}

impl Reading {
    pub fn new(group: &Group, from: Time) -> Self {
        let timeout_ms = i64::try_from(group.options.timeout_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Self {
            reader: Reader::new(group.options.clone()),
            from,
            newest: None,
            begins: Time(from.0 - LEAD_MS - timeout_ms),
            events: 0,
        }
    }

    /// Takes all events of a page; returns the token of the next page, if there is one.
    pub fn take_in(&mut self, page: Page, token: Option<&str>) -> Option<String> {
        for event in page.events {
            self.newest = self.newest.max(Some(event.at));
            self.events += 1;
            self.reader.push(event);
        }
        // A token that leads to itself would never end.
        page.next.filter(|next| Some(next.as_str()) != token)
    }

    /// Invocations known better than at the last call; all events before `as_of` must have been read.
    pub fn invocations(&mut self, as_of: Time, group: &Group, db: &Db) -> Vec<NewInvocation> {
        let reads = self.reader.take(as_of);
        let seen = reads.into_iter().filter(|read| read.started_at >= self.from);
        seen.map(|read| invocation(read, &group.pipeline, db)).collect()
    }

    /// The time of the newest event, which is that of all streams, as pages are in the order of time.
    pub fn newest(&self) -> Time {
        self.newest.unwrap_or(self.begins)
    }

    /// Where a later reading must begin to read again all runs that have not settled, and none that has by
    /// `settled_by`.
    pub fn reread_from(&self, settled_by: Time) -> Time {
        self.reader.reread_from().map_or(settled_by, |open| open.min(settled_by)).max(self.from)
    }

    pub fn events(&self) -> u64 {
        self.events
    }

    /// Time of the first event to read.
    pub fn begins(&self) -> Time {
        self.begins
    }

    /// All events to read, up to a time.
    pub fn stretch(&self, to: Time) -> Stretch {
        Stretch { from: self.begins, to, stream: None }
    }
}
