//! The credentials in use, loaded again when their files change, before they expire, and after a refusal.
//!
//! Always: however many requests are refused together, one of them loads and the others wait for it. A load that fails leaves
//! the credentials at hand in use. No credential reaches a log or an error.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::Instant;

use super::{NoCredentials, files::Stamp, refuses, source::Load};

/// Interval at which the shared files are compared, and between attempts to load credentials that cannot be loaded.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long before their expiry credentials are loaded again; less for those that live for minutes only.
const BEFORE_EXPIRY: Duration = Duration::from_mins(1);
/// Credentials that name no expiry are loaded again after this time, as the SDK does.
const WITHOUT_EXPIRY: Duration = Duration::from_mins(15);

/// The credentials of an endpoint, or of the two that a request reads from and writes to; none if they are fixed. Cheap
/// to clone; clones share the credentials.
#[derive(Clone, Default)]
pub(crate) struct Renewal([Option<Arc<Inner>>; 2]);

/// Number of loads so far: what a request remembers that may be refused.
pub(crate) type Loads = [u64; 2];

struct Inner {
    source: Box<dyn Load>,
    state: Mutex<State>,
    /// Held by the one that loads.
    loading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    /// Number of loads that ended, successful or not.
    loads: u64,
    /// Number of the load that last gave other credentials than the one before.
    changed_at: u64,
    looked: Option<Instant>,
    /// Why the last load failed.
    failed: Option<NoCredentials>,
}

struct Current {
    credentials: Credentials,
    /// Of the files, before the credentials were read.
    stamp: Stamp,
    due: SystemTime,
}

impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewal")
    }
}

impl Renewal {
    /// Loads nothing yet.
    pub fn of(source: impl Load + 'static) -> Self {
        let (state, loading) = (Mutex::default(), tokio::sync::Mutex::default());
        Self([Some(Arc::new(Inner { source: Box::new(source), state, loading })), None])
    }

    /// For requests that need the credentials of both, of which either may be refused.
    pub fn and(&self, other: &Self) -> Self {
        Self([self.0[0].clone(), other.0[0].clone()])
    }

    pub fn loads(&self) -> Loads {
        [0, 1].map(|index| self.0[index].as_ref().map_or(0, |inner| inner.state().loads))
    }

    /// After a refusal of a request that began after `loads` loads: loads once more, unless someone has since and the
    /// files are still the same. Returns whether the request is worth another attempt.
    pub async fn renew(&self, loads: Loads) -> bool {
        for (inner, loads) in self.each(loads) {
            let now = inner.state().loads;
            if now == loads || inner.changed() {
                let _ = inner.load(now).await;
            }
        }
        self.each(loads).next().is_some()
    }

    /// Renews the credentials after a refusal that may have other causes, but only if the files have changed or another
    /// request has loaded them since.
    pub async fn renew_if_changed(&self, loads: Loads) -> bool {
        for (inner, _) in self.each(loads) {
            if inner.changed() {
                let now = inner.state().loads;
                let _ = inner.load(now).await;
            }
        }
        self.each(loads).any(|(inner, loads)| inner.state().loads > loads)
    }

    /// Whether the credentials at hand are others than those of a request that began after `loads` loads.
    pub fn differ(&self, loads: Loads) -> bool {
        self.each(loads).any(|(inner, loads)| inner.state().changed_at > loads)
    }

    /// A request that began before anything was loaded used what the first load gave.
    fn each(&self, loads: Loads) -> impl Iterator<Item = (&Inner, u64)> {
        self.0.iter().zip(loads).filter_map(|(inner, loads)| Some((inner.as_deref()?, loads.max(1))))
    }

    /// Sends a request, and once more if its credentials are refused.
    pub async fn send<T, E, R, F>(&self, mut request: impl FnMut() -> F) -> Result<T, SdkError<E, R>>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
        E: ProvideErrorMetadata,
    {
        let loads = self.loads();
        let answer = request().await;
        let refused = answer.as_ref().err().and_then(SdkError::as_service_error).and_then(|error| error.code());
        if refused.is_some_and(refuses) && self.renew(loads).await {
            return request().await;
        }
        answer
    }
}

impl ProvideCredentials for Renewal {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let [Some(inner), _] = &self.0 else {
            return future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("none")));
        };
        match inner.at_hand() {
            Ok(credentials) => future::ProvideCredentials::ready(Ok(credentials)),
            Err(loads) => {
                future::ProvideCredentials::new(
                    async move { inner.load(loads).await.map_err(CredentialsError::not_loaded) },
                )
            }
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the files have changed since the credentials were read from them.
    fn changed(&self) -> bool {
        let stamp = self.source.stamp();
        self.state().current.as_ref().is_some_and(|current| current.stamp != stamp)
    }

    /// The credentials, unless it is time to load them: then the number of loads so far.
    fn at_hand(&self) -> Result<Credentials, u64> {
        let mut state = self.state();
        let loads = state.loads;
        let Some(current) = &state.current else { return Err(loads) };
        if state.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY) {
            return Ok(current.credentials.clone());
        }
        let now = SystemTime::now();
        let due = current.due <= now || current.stamp != self.source.stamp();
        // While another loads, those at hand serve as long as they last.
        if due && (current.credentials.expiry().is_some_and(|expiry| expiry <= now) || self.loading.try_lock().is_ok())
        {
            return Err(loads);
        }
        if due {
            return Ok(current.credentials.clone());
        }
        let credentials = current.credentials.clone();
        state.looked = Some(Instant::now());
        Ok(credentials)
    }

    /// Loads once, however many ask at the same time. An error leaves the credentials at hand in use.
    async fn load(&self, loads: u64) -> Result<Credentials, NoCredentials> {
        let _one = self.loading.lock().await;
        if let Some(result) = self.loaded_since(loads) {
            return result;
        }
        let stamp = self.source.stamp();
        let loaded = self.source.load().await;
        let mut state = self.state();
        state.loads += 1;
        state.looked = Some(Instant::now());
        match loaded {
            Ok(credentials) => {
                if state.failed.take().is_some() && state.current.is_some() {
                    tracing::info!("credentials loaded again");
                }
                if !state.current.as_ref().is_some_and(|current| same(&current.credentials, &credentials)) {
                    state.changed_at = state.loads;
                }
                let due = due(&credentials, SystemTime::now());
                state.current = Some(Current { credentials: credentials.clone(), stamp, due });
                Ok(credentials)
            }
            Err(error) => {
                if state.failed.replace(error.clone()).is_none() && state.current.is_some() {
                    tracing::warn!(%error, "credentials could not be loaded again; using those at hand");
                }
                state.current.as_ref().map(|current| current.credentials.clone()).ok_or(error)
            }
        }
    }

    /// Returns what another request has loaded after `loads` loads, or its error if it failed a moment ago.
    fn loaded_since(&self, loads: u64) -> Option<Result<Credentials, NoCredentials>> {
        let state = self.state();
        let recent = state.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY);
        match (&state.current, &state.failed) {
            (Some(current), _) if state.loads != loads => Some(Ok(current.credentials.clone())),
            (None, Some(error)) if recent => Some(Err(error.clone())),
            _ => None,
        }
    }
}

/// Whether requests with these credentials are signed alike.
fn same(one: &Credentials, other: &Credentials) -> bool {
    let parts = |from: &Credentials| {
        (from.access_key_id().to_owned(), from.secret_access_key().to_owned(), from.session_token().map(str::to_owned))
    };
    parts(one) == parts(other)
}

/// When to load again.
fn due(credentials: &Credentials, now: SystemTime) -> SystemTime {
    let Some(expiry) = credentials.expiry() else { return now + WITHOUT_EXPIRY };
    let lifetime = expiry.duration_since(now).unwrap_or_default();
    expiry - BEFORE_EXPIRY.min(lifetime / 4)
}

#[cfg(test)]
mod tests;
