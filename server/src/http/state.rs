//! What every handler can reach. Built once at start-up, cheap to clone.

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
    /// All that pages and API ask; the same methods for both.
    pub backend: Arc<dyn Backend>,
    /// Changes of jobs, for the live streams.
    pub hub: Hub,
    /// Who may ask: sessions and tokens, or everybody on loopback.
    pub auth: Auth,
    /// As read at start-up; never changes.
    pub config: Arc<Config>,
    /// Scripts and styles, held in the binary.
    pub assets: Assets,
    /// For readiness and sessions only; everything else goes through `backend`.
    pub db: db::Db,
    /// Of this process's runner, for readiness; `None` where workers do the jobs.
    pub runner: Option<Pulse>,
    /// Tables that are held for others.
    pub replicas: Replicas,
    /// Cancelled when the process stops: live streams end then, so that their connections can.
    pub shutdown: CancellationToken,
}
