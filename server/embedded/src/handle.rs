//! The running store.

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

/// Where objects are kept and where the store listens.
pub struct Config {
    /// A folder of its own; `None`: in memory, gone with the process.
    pub dir: Option<PathBuf>,
    /// Loopback only. Port 0 picks a free one.
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

    /// Slower on purpose; for benchmarks.
    pub async fn start_at(config: Config, pace: Pace) -> Result<Self, EmbeddedError> {
        if !config.addr.ip().is_loopback() {
            return Err(EmbeddedError::NotLoopback(config.addr));
        }
        // First the address: whoever has it may have the folder too, and that is the likelier thing to be told.
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

    /// A store in memory on a free port: what a test wants.
    pub async fn in_memory() -> Result<Self, EmbeddedError> {
        Self::start(Config { dir: None, addr: (Ipv4Addr::LOCALHOST, 0).into() }).await
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Lets requests under way finish, for 5 seconds at most. Afterwards the folder is free for another.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if let Some(server) = self.server.take()
            && let Err(error) = server.await
        {
            tracing::error!(%error, "the store did not stop cleanly");
        }
    }

    /// Makes `demo-assets` (7,500 objects, 195 prefixes, some at the root, odd keys among them) and an empty
    /// `demo-clone`, unless `demo-assets` exists.
    pub async fn seed_demo(&self) -> Result<(), EmbeddedError> {
        demo::seed(&self.storage).await
    }

    /// How many requests came over HTTP since the start, by operation: `CopyObject`, `ListObjectsV2`, …
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.counts.all()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// Reading journals and sweeping blobs blocks.
async fn open(dir: PathBuf) -> Result<Storage, EmbeddedError> {
    let opened = tokio::task::spawn_blocking({
        let dir = dir.clone();
        move || Storage::open(&dir)
    });
    let opened = opened.await.map_err(|error| StorageError::io("open", dir)(std::io::Error::other(error)))?;
    Ok(opened?)
}
