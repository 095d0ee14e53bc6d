//! The embedded store beside the server: a place to try everything on, with no account anywhere.
//!
//! A server starts it in its data directory and leaves its address there, where a worker beside it finds it. Servers
//! that share a PostgreSQL share their jobs, so `demo` must be the same store for all of them: there the first to
//! bind the address serves it, and the others on that machine use it.

use std::{fs, io, net::SocketAddr, path::Path};

use embedded::{Embedded, EmbeddedError};
use tracing::{info, warn};

use crate::{
    config::{Config, DEMO_STORE},
    data_dir::DataDir,
};

/// Where in the data directory the address is left.
const ADDRESS_FILE: &str = "demo.addr";
/// Ports tried after a taken one.
const MORE_PORTS: u16 = 20;

/// Starts and seeds the store, if it is on, and points the configured `demo` at it. `None` where it is off, or served
/// by another server already.
pub async fn start(config: &mut Config, data_dir: &DataDir) -> Result<Option<Embedded>, EmbeddedError> {
    if !config.demo.enabled {
        return Ok(None);
    }
    let shared = !config.database.url.starts_with("sqlite:");
    let Some(store) = listen(config.demo.addr, data_dir.path(), shared).await? else {
        info!(addr = %config.demo.addr, "the embedded store is served by another process: using that");
        return Ok(None);
    };
    store.seed_demo().await?;
    if let Err(error) = fs::write(data_dir.path().join(ADDRESS_FILE), store.addr().to_string()) {
        warn!(%error, "the embedded store's address could not be left for workers");
    }
    point_to(config, store.addr());
    Ok(Some(store))
}

/// For a worker: the embedded store of the server on the same data directory, else at its configured address.
pub fn find(config: &mut Config) {
    let left = fs::read_to_string(config.server.data_dir.join(ADDRESS_FILE)).ok();
    if let Some(addr) = left.and_then(|text| text.parse().ok()) {
        point_to(config, addr);
    }
}

/// `None`: the address is taken, and `shared` with whoever has it.
async fn listen(first: SocketAddr, data_dir: &Path, shared: bool) -> Result<Option<Embedded>, EmbeddedError> {
    let mut addr = first;
    loop {
        match Embedded::start(embedded::Config { dir: Some(data_dir.join("s3")), addr }).await {
            Err(EmbeddedError::Listen { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
                if shared {
                    return Ok(None);
                }
                if addr.port() - first.port() == MORE_PORTS {
                    return Err(EmbeddedError::Listen { addr, source });
                }
                addr.set_port(addr.port().saturating_add(1));
            }
            Err(error) => return Err(error),
            Ok(store) => {
                if addr != first {
                    warn!(taken = %first, "the embedded store's port is taken; it listens on {addr} instead");
                }
                return Ok(Some(store));
            }
        }
    }
}

fn point_to(config: &mut Config, addr: SocketAddr) {
    if let Some(store) = config.stores.iter_mut().find(|store| store.name.as_str() == DEMO_STORE) {
        store.endpoint_url = Some(format!("http://{addr}"));
    }
}
