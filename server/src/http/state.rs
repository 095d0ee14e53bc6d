//! The state that every handler can use. Built once at start-up, cheap to clone.

use std::sync::Arc;

use app::backend::Backend;
use tokio_util::sync::CancellationToken;

use crate::{
    backend::hub::Hub,
    config::Config,
    http::{assets::Assets, auth::Auth, replicas::Replicas},
    signals::Pulse,
};

#[derive(Clone)]
pub struct App {
    /// Answers pages and API by the same methods.
    pub backend: Arc<dyn Backend>,
    /// Changes of jobs, for the live streams.
    pub hub: Hub,
    /// Authentication: sessions and tokens, or everybody on loopback.
    pub auth: Auth,
    /// As read at start-up; never changes.
    pub config: Arc<Config>,
    /// Scripts and styles, embedded in the binary.
    pub assets: Assets,
    /// For readiness and sessions only; everything else goes through `backend`.
    pub db: db::Db,
    /// Pulse of this process's runner, for readiness; `None` if only workers run jobs.
    pub runner: Option<Pulse>,
    /// Tables that others keep in sync with theirs.
    pub replicas: Replicas,
    /// Cancelled when the process stops: live streams end then, so that their connections can.
    pub shutdown: CancellationToken,
}
