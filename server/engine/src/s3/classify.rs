//! Turns the SDK's errors into [`S3Error`]. What codes and statuses mean is in [`super::codes`].

use std::{error::Error, sync::Arc};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::client::result::DispatchFailure;
use model::{BucketName, Key};

use super::{
    Action, Answer, Endpoint, S3Error, S3Fault,
    answer::{innermost, safe},
    exchange::Transcoded,
    routes::Routes,
};
use crate::tls::Untrusted;

/// Longest reason of the SDK, in characters.
const REASON: usize = 160;

/// What an error must name, known before the request is sent.
#[derive(Clone)]
pub(crate) struct Context {
    pub endpoint: Arc<Endpoint>,
    pub bucket: Option<BucketName>,
    pub action: Action,
    /// Permissions that the options of the request need besides the action's own.
    pub also: Vec<&'static str>,
    /// Where requests go, as the store has said.
    pub routes: Arc<Routes>,
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
        if let Some(transcoded) = find::<Transcoded>(error) {
            return self.error(S3Fault::Unreadable { what: transcoded.to_string(), passes: true });
        }
        self.error(match error {
            SdkError::ServiceError(service) => {
                let answer = Answer::of(service.err(), service.raw());
                let why = if answer.code.is_empty() { safe(&innermost(service.err()), REASON) } else { String::new() };
                return self.error(self.fault(&answer, service.raw(), why)).said(answer);
            }
            SdkError::DispatchFailure(failure) => dispatch(failure),
            SdkError::TimeoutError(_) => S3Fault::Timeout { seconds: 0 },
            SdkError::ResponseError(_) => S3Fault::Broken { why: innermost(error) },
            other => credentials(other).unwrap_or_else(|| S3Fault::Broken { why: innermost(other) }),
        })
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
            routes: Arc::default(),
        }
    }
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
