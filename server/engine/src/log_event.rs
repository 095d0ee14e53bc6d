//! An event of `CloudWatch` Logs, as whoever fetched it hands it over.

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
