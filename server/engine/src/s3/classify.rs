//! Turns the SDK's errors into [`S3Error`]: the one place that knows their codes and statuses.

use std::{error::Error, sync::Arc};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::client::result::DispatchFailure;
use model::{BucketName, Key};

use super::{Action, Answer, Endpoint, S3Error, S3Fault, complete::BrokenOff};
use crate::tls::Untrusted;

/// What an error must name, known before the request is sent.
#[derive(Clone)]
pub(crate) struct Context {
    pub endpoint: Arc<Endpoint>,
    pub bucket: Option<BucketName>,
    pub action: Action,
    /// Permissions that the options of the request need besides the action's own.
    pub also: Vec<&'static str>,
}

impl Context {
    /// The same for a request whose options need these permissions.
    pub fn asking_also(self, permissions: Vec<&'static str>) -> Self {
        Self { also: permissions, ..self }
    }

    pub fn error(&self, fault: S3Fault) -> S3Error {
        S3Error::new(Arc::clone(&self.endpoint), self.bucket.clone(), self.action, self.also.clone(), fault)
    }

    pub fn unclear(&self, what: impl Into<String>) -> S3Error {
        self.error(S3Fault::Unclear { what: what.into() })
    }

    /// An error of a listing after `key`.
    pub fn listing(&self, what: &str, key: Option<&Key>) -> S3Error {
        let place = key.map(|key| format!(" after {:?}", key.as_str())).unwrap_or_default();
        self.error(S3Fault::Listing { what: format!("{what}{place}") })
    }

    /// An error of a listing out of order: `key` came after `last`.
    pub fn unordered(&self, key: &Key, last: Option<&Key>) -> S3Error {
        let place = last.map(|last| format!(" after {:?}", last.as_str())).unwrap_or_default();
        self.error(S3Fault::Unordered { what: format!("{:?} is out of order or listed twice{place}", key.as_str()) })
    }

    /// Turns the SDK's error into ours.
    pub fn classify<E>(&self, error: &SdkError<E, HttpResponse>) -> S3Error
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.error(match error {
            SdkError::ServiceError(service) => self.answered(service.err(), service.raw()),
            SdkError::DispatchFailure(failure) => dispatch(failure),
            SdkError::TimeoutError(_) => S3Fault::Timeout { seconds: 0 },
            SdkError::ResponseError(_) => S3Fault::Broken { why: innermost(error) },
            other if find::<BrokenOff>(other).is_some() => S3Fault::Broken { why: BrokenOff.to_string() },
            other => credentials(other).unwrap_or_else(|| S3Fault::Broken { why: innermost(other) }),
        })
    }

    fn answered<E: ProvideErrorMetadata>(&self, error: &E, response: &HttpResponse) -> S3Fault {
        let status = response.status().as_u16();
        let code = error.code().unwrap_or_default();
        let header = |name: &str| response.headers().get(name).map(str::to_owned);
        let answer = || {
            S3Fault::Other(Box::new(Answer {
                status,
                code: code.to_owned(),
                message: error.message().unwrap_or_default().to_owned(),
                request_id: header("x-amz-request-id"),
            }))
        };
        match (code, status) {
            ("NoSuchBucket", _) => S3Fault::NoBucket,
            ("NoSuchKey" | "NotFound", _) => S3Fault::NotFound,
            ("PreconditionFailed", _) | (_, 412) => S3Fault::Changed,
            ("InvalidObjectState", _) => S3Fault::Archived,
            ("AccessControlListNotSupported", _) => S3Fault::NoAcls,
            ("NotImplemented", _) if self.action == Action::ReadAcl => S3Fault::NoAcls,
            ("ObjectLockConfigurationNotFoundError", _) => S3Fault::NoObjectLock,
            ("NotImplemented", _) if self.action == Action::ReadLockSettings => S3Fault::NoObjectLock,
            ("InvalidRequest", _) if error.message().is_some_and(says_no_lock) => S3Fault::NoObjectLock,
            (
                "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "ExpiredToken"
                | "InvalidToken"
                | "TokenRefreshRequired"
                | "RequestTimeTooSkewed"
                | "NotSignedUp",
                _,
            ) => S3Fault::BadCredentials { code: code.to_owned() },
            ("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException", _)
            | (_, 301 | 307) => S3Fault::WrongRegion { region: header("x-amz-bucket-region") },
            ("AccessDenied" | "AllAccessDisabled" | "AccountProblem", _) | (_, 403) => {
                let message = error.message().unwrap_or_default();
                let key = permission(message, "kms:").map(|permission| S3Fault::KeyDenied { permission });
                let named = || permission(message, "perform: s3:");
                key.or_else(|| named().map(|permission| S3Fault::NamedDenied { permission })).unwrap_or(S3Fault::Denied)
            }
            ("SlowDown" | "ServiceUnavailable" | "TooManyRequests" | "RequestLimitExceeded" | "Throttling", _)
            | (_, 429 | 503) => {
                S3Fault::Throttled { code: if code.is_empty() { status.to_string() } else { code.into() } }
            }
            ("RequestTimeout", _) => S3Fault::Broken { why: "the store waited in vain for the request".to_owned() },
            // Aborted by someone else, or completed by a request whose answer was lost: it says nothing of the object.
            ("NoSuchUpload", _) => answer(),
            (_, 404) if self.action == Action::List => S3Fault::NoBucket,
            (_, 404) => S3Fault::NotFound,
            _ => answer(),
        }
    }

    #[cfg(test)]
    pub fn for_tests() -> Self {
        let endpoint = Endpoint {
            name: "here".parse().unwrap(),
            url: Some("http://127.0.0.1:1".to_owned()),
            region: None,
            path_style: None,
            profile: None,
            credentials: None,
            anonymous: false,
            requester_pays: false,
        };
        Self {
            endpoint: Arc::new(endpoint),
            bucket: Some("photos".parse().unwrap()),
            action: Action::List,
            also: Vec::new(),
        }
    }
}

/// The `kms:Decrypt` of "… is not authorized to perform: kms:Decrypt on resource …", as stores name what is missing.
fn permission(message: &str, mark: &str) -> Option<String> {
    let (_, rest) = message.split_once(mark)?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let service = mark.rsplit(' ').next().unwrap_or_default();
    (end > 0).then(|| format!("{service}{}", &rest[..end]))
}

/// "Bucket is missing Object Lock Configuration", as AWS and others say it.
fn says_no_lock(message: &str) -> bool {
    let message = message.to_ascii_lowercase().replace(' ', "");
    message.contains("objectlockconfiguration") && message.contains("missing")
}

fn dispatch(failure: &DispatchFailure) -> S3Fault {
    let Some(error) = failure.as_connector_error() else { return S3Fault::Broken { why: "no answer".to_owned() } };
    if let Some(fault) = credentials(error) {
        return fault;
    }
    let why = innermost(error);
    if find::<Untrusted>(error).is_some() {
        return S3Fault::Unreachable { why };
    }
    let connecting =
        find::<hyper_util::client::legacy::Error>(error).is_some_and(hyper_util::client::legacy::Error::is_connect);
    if connecting || (error.is_timeout() && find::<hyper::Error>(error).is_none()) {
        S3Fault::Unreachable { why }
    } else {
        S3Fault::Broken { why }
    }
}

fn credentials(error: &(dyn Error + 'static)) -> Option<S3Fault> {
    let found = find::<aws_credential_types::provider::error::CredentialsError>(error)?;
    let why = innermost(found);
    Some(S3Fault::NoCredentials { why: why.trim_end_matches('.').to_owned() })
}

/// The first error of a type among an error and its causes.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source()).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permission_is_read_from_the_stores_message() {
        let message =
            |what: &str| format!("User: arn:aws:iam::1:user/u is not authorized to perform: {what} on resource: x");
        assert_eq!(permission(&message("kms:Decrypt"), "kms:").as_deref(), Some("kms:Decrypt"));
        let s3 = permission(&message("s3:PutObjectRetention"), "perform: s3:");
        assert_eq!(s3.as_deref(), Some("s3:PutObjectRetention"));
        assert_eq!(permission("Access Denied", "kms:"), None);
    }

    #[test]
    fn missing_object_lock_is_read_from_the_message() {
        assert!(says_no_lock("Bucket is missing Object Lock Configuration"));
        assert!(says_no_lock("Bucket is missing ObjectLockConfiguration"));
        assert!(!says_no_lock("The Object Lock configuration is odd"));
    }
}
