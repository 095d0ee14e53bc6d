//! Why a receiver was not told.

use std::{net::IpAddr, time::Duration};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    #[error("the name {host} has no address: {why}")]
    Unresolved { host: String, why: String },
    #[error("{host} is at {address}, which is {what}; set allow_private = true if that is meant")]
    Private { host: String, address: IpAddr, what: &'static str },
    #[error("no connection to {host}: {why}")]
    Unreachable { host: String, why: String },
    /// What answers there cannot show that it is the receiver. Nothing was sent to it.
    #[error(
        "{host} is not trusted, and was told nothing: {why}; if it is the receiver, name its authority's file as ca"
    )]
    Untrusted { host: String, why: String },
    #[error("the connection to {host} broke: {why}")]
    Broken { host: String, why: String },
    #[error("{host} did not answer within {within:?}")]
    Silent { host: String, within: Duration },
    #[error("{host} answered {status}, and redirects are not followed: configure the address that it names")]
    Redirected { host: String, status: u16 },
    #[error("{host} answered {status}")]
    Refused { host: String, status: u16 },
    #[error("the topic did not take it: {why}")]
    Topic { why: String },
}

impl NotifyError {
    /// Of HTTP, where it got so far.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Redirected { status, .. } | Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}
