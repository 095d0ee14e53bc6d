//! A queue that announces new objects: SQS messages from S3 itself, SNS or `EventBridge`.
//!
//! ```text
//! Queue         receives, holds, releases and deletes messages
//! Notification  the body of a message → the objects that it announces; no I/O
//! ```
//! Always: the caller decides about each message. A message that is not deleted comes back after its visibility
//! timeout.

mod client;
mod error;
mod notification;

pub use self::{
    client::{Message, Queue},
    error::QueueError,
    notification::{Created, NotANotification, Notification},
};
