//! An event of `CloudWatch` Logs, shared by the reader of log groups and the reader of runs.

use model::Time;

/// One event of a log group, identified by its id: an event that comes twice counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    pub at: Time,
    /// CloudWatch's event id. Ids of one instant sort in the order of their lines, shorter ids first.
    pub id: String,
    /// Name of its log stream.
    pub stream: String,
    pub text: String,
}
