//! The embedded S3 store.

use std::{net::SocketAddr, path::PathBuf};

/// Where objects are kept and where the store listens.
pub struct Config {
    /// A folder of its own; `None`: in memory, gone with the process.
    pub dir: Option<PathBuf>,
    /// Loopback only. Port 0 picks a free one.
    pub addr: SocketAddr,
}

/// The known pair of credentials; others, and none, are accepted too, as it listens on loopback only.
pub const ACCESS_KEY: &str = "logyard";
pub const SECRET_KEY: &str = "logyard-demo";

/// A running store. Stops when dropped or by [`Embedded::stop`].
pub struct Embedded {}

#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {}

impl Embedded {
    pub async fn start(_config: Config) -> Result<Self, EmbeddedError> {
        todo!()
    }

    pub fn addr(&self) -> SocketAddr {
        todo!()
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        todo!()
    }

    pub async fn stop(self) {
        todo!()
    }

    /// Makes `demo-assets` (7,500 objects, 195 prefixes, some at the root, odd keys among them) and an empty
    /// `demo-clone`, unless `demo-assets` exists.
    pub async fn seed_demo(&self) -> Result<(), EmbeddedError> {
        todo!()
    }
}
