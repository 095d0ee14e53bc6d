//! Notifies receivers: one request to a webhook, one message to a topic.
//!
//! Always: a webhook is called only at an address that was checked after its name was resolved, so that a changed DNS
//! entry leads nowhere else; redirects are not followed. No error contains a URL's path or a secret: the path of a
//! webhook often is a secret.

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
