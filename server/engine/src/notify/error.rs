//! Why a receiver of alerts could not be notified.

use std::{net::IpAddr, time::Duration};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    #[error("the name {host} has no address: {why}")]
    Unresolved { host: String, why: String },
    #[error("{host} is at {address}, which is {what}; set allow_private = true if that is meant")]
    Private { host: String, address: IpAddr, what: &'static str },
    #[error("no connection to {host}: {why}")]
    Unreachable { host: String, why: String },
    /// The peer's certificate is not trusted. Nothing was sent to it.
    #[error("{host} is not trusted, nothing was sent: {why}; if it is the receiver, set ca to its authority's file")]
    Untrusted { host: String, why: String },
    #[error("the connection to {host} broke: {why}")]
    Broken { host: String, why: String },
    #[error("{host} did not answer within {within:?}")]
    Silent { host: String, within: Duration },
    #[error("{host} answered {status}; redirects are not followed: configure the address it redirects to")]
    Redirected { host: String, status: u16 },
    #[error("{host} answered {status}")]
    Refused { host: String, status: u16 },
    #[error("the topic did not accept the message: {why}")]
    Topic { why: String },
}

impl NotifyError {
    /// The HTTP status, if the receiver answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Redirected { status, .. } | Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}
