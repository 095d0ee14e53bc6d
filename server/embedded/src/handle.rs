//! The running store: starting, stopping, seeding, counting requests.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    EmbeddedError, StorageError, demo,
    http::{Counts, Front, Pace, serve},
    storage::Storage,
};

/// Settings of a store.
pub struct Config {
    /// Folder for the objects, used by this store only; `None` keeps them in memory.
    pub dir: Option<PathBuf>,
    /// Address to listen on, loopback only. Port 0 selects a free port.
    pub addr: SocketAddr,
}

/// A running store. Stops when dropped or by [`Embedded::stop`].
pub struct Embedded {
    pub(crate) storage: Arc<Storage>,
    addr: SocketAddr,
    counts: Arc<Counts>,
    stopping: CancellationToken,
    server: Option<JoinHandle<()>>,
}

impl Embedded {
    pub async fn start(config: Config) -> Result<Self, EmbeddedError> {
        Self::start_at(config, Pace::default()).await
    }

    /// Artificial delay and write limit, for benchmarks.
    pub async fn start_at(config: Config, pace: Pace) -> Result<Self, EmbeddedError> {
        if !config.addr.ip().is_loopback() {
            return Err(EmbeddedError::NotLoopback(config.addr));
        }
        // Bind the address first: if another store has both, the address in use is the more helpful error.
        let listen = |source| EmbeddedError::Listen { addr: config.addr, source };
        let listener = TcpListener::bind(config.addr).await.map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        let storage = Arc::new(match config.dir {
            None => Storage::in_memory(),
            Some(dir) => open(dir).await?,
        });
        let counts = Arc::new(Counts::default());
        let stopping = CancellationToken::new();
        let front = Front::new(Arc::clone(&storage), Arc::clone(&counts), pace);
        let server = tokio::spawn(serve(listener, front, stopping.clone()));
        Ok(Self { storage, addr, counts, stopping, server: Some(server) })
    }

    /// Starts a store in memory on a free port, for tests.
    pub async fn in_memory() -> Result<Self, EmbeddedError> {
        Self::start(Config { dir: None, addr: (Ipv4Addr::LOCALHOST, 0).into() }).await
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// URL of the store: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops the store after requests in flight, waiting at most 5 seconds. The folder is unlocked afterwards.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if let Some(server) = self.server.take()
            && let Err(error) = server.await
        {
            tracing::error!(%error, "the store did not stop cleanly");
        }
    }

    /// Creates `demo-assets` (7,500 objects, 195 prefixes, some at the root, odd keys among them) and an empty
    /// `demo-clone`, unless `demo-assets` exists.
    pub async fn seed_demo(&self) -> Result<(), EmbeddedError> {
        demo::seed(&self.storage).await
    }

    /// Number of HTTP requests since the start by operation: `CopyObject`, `ListObjectsV2`, …
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.counts.all()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// Opens the storage on a blocking thread, because it reads journals and sweeps blobs.
async fn open(dir: PathBuf) -> Result<Storage, EmbeddedError> {
    let opened = tokio::task::spawn_blocking({
        let dir = dir.clone();
        move || Storage::open(&dir)
    });
    let opened = opened.await.map_err(|error| StorageError::io("open", dir)(std::io::Error::other(error)))?;
    Ok(opened?)
}
