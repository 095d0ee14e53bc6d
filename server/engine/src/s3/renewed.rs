//! Refused credentials: a request whose credentials may have been renewed is sent once more.

use super::{
    error::{S3Error, S3Fault},
    retry::Retry,
};
use crate::credentials::{Loads, refuses};

impl Retry {
    /// For requests that stream between this store and another, whose credentials may be refused as well.
    pub fn with(&self, other: &Self) -> Self {
        Self { credentials: self.credentials.and(&other.credentials), ..self.clone() }
    }

    /// After a refusal: whether there are fresh credentials, or others than those of an attempt that began after `loads`
    /// loads. An answer without a code, as to HEAD, may refuse them or only the request.
    pub async fn renewed(&self, error: &S3Error, loads: Loads) -> bool {
        match error.fault() {
            S3Fault::BadCredentials { code, .. } => refuses(code) && self.credentials.renew(loads).await,
            S3Fault::Other(answer) if matches!(answer.status, 400 | 401) && answer.code.is_empty() => {
                self.credentials.renew_if_changed(loads).await
            }
            _ if error.denied() => self.credentials.renew_if_changed(loads).await,
            _ => false,
        }
    }
}
