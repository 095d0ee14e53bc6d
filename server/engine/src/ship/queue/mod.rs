//! A queue that tells of new objects: what S3 itself, SNS or `EventBridge` puts into SQS.
//!
//! ```text
//! Queue         receive, hold, postpone, delete: messages as they are
//! Notification  the body of a message → the objects that it tells of; no I/O
//! ```
//! Always: nothing here decides about a message. It is gone when the caller deletes it, and until then comes back once
//! it is no longer held.

mod client;
mod error;
mod notification;

pub use self::{
    client::{Message, Queue},
    error::QueueError,
    notification::{Created, NotANotification, Notification},
};
