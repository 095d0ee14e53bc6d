//! An event of CloudWatch Logs, as whoever fetched it hands it over.

use model::Time;

/// One event of a log group. It is known by its id: given twice, it counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    pub at: Time,
    /// Of CloudWatch. Ids of one instant are in the order of their lines, shorter ids first.
    pub id: String,
    /// The log stream.
    pub stream: String,
    pub text: String,
}

/// Where an event stands in its stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    pub(super) at: Time,
    /// Of the id: numbers without leading zeros are in order by length first.
    length: usize,
    id: Box<str>,
}

impl Order {
    pub(super) fn of(event: &LogEvent) -> Self {
        Self { at: event.at, length: event.id.len(), id: event.id.as_str().into() }
    }
}
