//! AWS credentials of a connection, which may live longer than they do.
//!
//! - `renewal`: the credentials in use, loaded again when due
//! - `source`: where they come from: a profile, or the SDK's chain
//! - `files`: the shared files of the AWS tools, and whether they have changed
//! - `explain`: why there are none, naming the profile and what to do
//!
//! Always: a request is signed with credentials that were compared with the shared files within the last second. A
//! refusal leads to one fresh load and one more attempt before it is an error. While credentials cannot be loaded again,
//! those at hand stay in use until the service refuses them.

mod explain;
mod files;
mod renewal;
mod source;

pub(crate) use self::{
    files::{Files, profile_setting},
    renewal::{Loads, Renewal},
    source::Source,
};

/// Why no credentials can be had. Its text is complete: it has no cause of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoCredentials(pub String);

/// Whether a service's error code refuses the credentials themselves, so that others may be accepted.
pub(crate) fn refuses(code: &str) -> bool {
    matches!(
        code,
        "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "InvalidToken"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "RequestExpired"
            | "SignatureDoesNotMatch"
            | "TokenRefreshRequired"
            | "UnrecognizedClientException"
    )
}
