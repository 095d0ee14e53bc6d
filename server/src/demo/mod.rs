//! The embedded store beside the server, to try everything without an account.
//!
//! A server starts it in its data directory and writes its address there, where a worker beside it finds it. Servers
//! that share a PostgreSQL share their jobs, so `demo` must be the same store for all of them: there the first to
//! bind the address serves it, and the others on that machine use it.
//!
//! The server that serves it also delivers load-balancer logs into it and receives what the demo's pipeline ships,
//! unless other pipelines are configured. It also has a shop whose tables are synced, unless other tables are
//! configured.

mod logs;
mod receiver;
mod shop;

use std::{fs, io, net::SocketAddr, path::Path, sync::Arc};

use embedded::{Embedded, EmbeddedError};
use engine::clock::now;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use crate::config::{Config, DEMO_PIPELINE, DEMO_SINK, DEMO_STORE, DataDir};
use receiver::Receiver;

/// Files in the data directory that hold the addresses of store and receiver.
const ADDRESS_FILE: &str = "demo.addr";
const RECEIVER_FILE: &str = "demo-receiver.addr";
/// Where the copies of the shop's tables are: at the server itself.
const SHOP_FILE: &str = "demo-shop.addr";
/// Distance from the store's port to the first port that the receiver tries.
const RECEIVER_PORT: u16 = 3002;
/// How many ports are tried after a taken one.
const MORE_PORTS: u16 = 20;

/// The embedded store, and what makes it live; all of it ends when this is dropped.
pub struct Demo {
    store: Arc<Embedded>,
    _alive: Vec<AbortOnDropHandle<()>>,
}

impl Demo {
    pub fn url(&self) -> String {
        self.store.url()
    }
}

/// Starts and seeds the store, if it is on, and points the configured `demo` at it. `None` where it is off, or served
/// by another server already. `addr`: where this server listens.
pub async fn start(config: &mut Config, data_dir: &DataDir, addr: SocketAddr) -> Result<Option<Demo>, EmbeddedError> {
    if !config.demo.enabled {
        return Ok(None);
    }
    let shared = !config.database.url.starts_with("sqlite:");
    let Some(store) = listen(config.demo.addr, data_dir.path(), shared).await? else {
        info!(addr = %config.demo.addr, "embedded store is served by another process; using that");
        return Ok(None);
    };
    store.seed_demo().await?;
    leave(data_dir, ADDRESS_FILE, store.addr());
    point_to(config, store.addr());
    let store = Arc::new(store);
    let mut alive = if ships(config) { bring_to_life(config, data_dir, &store).await } else { Vec::new() };
    if let Some(shop) = shop::open(config, data_dir, addr).await {
        leave(data_dir, SHOP_FILE, addr);
        alive.push(shop);
    }
    Ok(Some(Demo { store, _alive: alive }))
}

fn ships(config: &Config) -> bool {
    config.pipelines.iter().any(|pipeline| pipeline.name.as_str() == DEMO_PIPELINE)
}

/// Without a receiver no logs are delivered: they would only pile up.
async fn bring_to_life(config: &mut Config, data_dir: &DataDir, store: &Arc<Embedded>) -> Vec<AbortOnDropHandle<()>> {
    // A store on whatever port is free has a receiver on one, too.
    let port = if config.demo.addr.port() == 0 { 0 } else { RECEIVER_PORT };
    let first = SocketAddr::new(config.demo.addr.ip(), port);
    let bound = Receiver::bind(first, data_dir.path()).await;
    let receiver = match bound.and_then(|receiver| receiver.addr().map(|addr| (receiver, addr))) {
        Ok((receiver, addr)) => {
            leave(data_dir, RECEIVER_FILE, addr);
            point_sink_to(config, addr);
            receiver
        }
        Err(error) => {
            warn!(%error, "demo receiver not started; the demo pipeline ships nothing");
            return Vec::new();
        }
    };
    let delivery = logs::deliver(Arc::clone(store), now);
    [tokio::spawn(receiver.receive()), tokio::spawn(delivery)].map(AbortOnDropHandle::new).into()
}

fn leave(data_dir: &DataDir, file: &str, addr: SocketAddr) {
    if let Err(error) = fs::write(data_dir.path().join(file), addr.to_string()) {
        warn!(%error, "demo address not written; workers use the configured one");
    }
}

/// For a worker or a command: the embedded store of the server on the same data directory, else at its configured
/// address.
pub fn find(config: &mut Config) {
    if !config.demo.enabled {
        return;
    }
    let left = |file: &str| fs::read_to_string(config.server.data_dir.join(file)).ok()?.parse().ok();
    let (store, receiver, shop) = (left(ADDRESS_FILE), left(RECEIVER_FILE), left(SHOP_FILE));
    if let Some(addr) = store {
        point_to(config, addr);
    }
    if let Some(addr) = receiver {
        point_sink_to(config, addr);
    }
    if let Some(addr) = shop {
        shop::find(config, addr);
    }
}

/// `None`: the address is taken, and `shared` with the process that has it.
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
                    warn!(taken = %first, "port of the embedded store is taken; it listens on {addr} instead");
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

fn point_sink_to(config: &mut Config, addr: SocketAddr) {
    let sink = config.sinks.iter_mut().find(|sink| sink.name.as_str() == DEMO_SINK);
    if let (Some(sink), Ok(url)) = (sink, format!("tcp://{addr}").parse()) {
        sink.settings.url = url;
    }
}
