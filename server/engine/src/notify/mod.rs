//! Telling receivers: one request to a webhook, one message to a topic.
//!
//! Always: a webhook is asked at an address that was checked after its name was resolved, so that a name that changes
//! leads nowhere else; redirects are not followed. No error holds a URL's path or a secret: the path of a webhook often
//! is one.

mod address;
mod error;
mod signature;
mod topic;
mod webhook;

pub use self::{
    error::NotifyError,
    signature::{Secret, sign},
    topic::{Topic, TopicArn},
    webhook::{Webhook, WebhookUrl},
};
