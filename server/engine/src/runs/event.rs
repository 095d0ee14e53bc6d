//! The order of events in a log stream.

use model::Time;

use crate::log_event::LogEvent;

/// Where an event stands in its stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EventOrder {
    pub(super) at: Time,
    /// Of the id: numbers without leading zeros are in order by length first.
    length: usize,
    id: Box<str>,
}

impl EventOrder {
    pub(super) fn of(event: &LogEvent) -> Self {
        Self { at: event.at, length: event.id.len(), id: event.id.as_str().into() }
    }
}
