//! The demo's shop: two tables that change all the time, and a copy of each at this server, which the syncer keeps in
//! sync over HTTP as with any remote.
//!
//! Always: on loopback only, as everybody knows the token; and only where no other server shares the database, as each
//! would have a shop of its own.

use std::{net::SocketAddr, time::Duration};

use sha2::{Digest as _, Sha256};
use tables::demo::{Shop, Writer};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use crate::config::{Config, DataDir, Replica, Table};

const CUSTOMER: &str = "demo";
const DATABASE: &str = "shop";
const TOKEN: &str = "logyard-demo-copy";
const EVERY: Duration = Duration::from_secs(2);
const LOOKED_AT_EVERY: Duration = Duration::from_secs(5);

/// Whether the demo has a shop: no other tables are configured.
fn wanted(config: &Config) -> bool {
    config.demo.enabled && config.tables.is_empty() && config.replicas.is_empty()
}

/// Opens the shop, and adds its tables to the configuration; adds none if its files cannot be made.
pub async fn open(config: &mut Config, data_dir: &DataDir, addr: SocketAddr) -> Option<AbortOnDropHandle<()>> {
    let shared = !config.database.url.starts_with("sqlite:");
    if shared || !wanted(config) || !addr.ip().is_loopback() {
        return None;
    }
    let shop = Shop::within(data_dir.path());
    let writer = match shop.open().await {
        Ok(writer) => writer,
        Err(error) => {
            warn!(%error, "demo shop not opened; the demo has no tables to sync");
            return None;
        }
    };
    config.tables = Shop::TABLES.iter().filter_map(|table| followed(&shop, table, addr)).collect();
    config.replicas = Shop::TABLES.iter().map(|table| held(&shop, table)).collect();
    Some(AbortOnDropHandle::new(tokio::spawn(work(writer))))
}

/// Adds the tables of the shop for a command or a worker beside its server.
pub fn find(config: &mut Config, addr: SocketAddr) {
    if wanted(config) {
        let shop = Shop::within(&config.server.data_dir);
        config.tables = Shop::TABLES.iter().filter_map(|table| followed(&shop, table, addr)).collect();
    }
}

fn followed(shop: &Shop, table: &str, addr: SocketAddr) -> Option<Table> {
    let remote = format!("http://{addr}/v1/customers/{CUSTOMER}/databases/{DATABASE}/tables/{table}");
    let mut entry = Table::between(table.parse().ok()?, shop.local_url(), remote);
    entry.token = TOKEN.parse().ok();
    entry.every = LOOKED_AT_EVERY;
    Some(entry)
}

fn held(shop: &Shop, table: &str) -> Replica {
    Replica {
        customer: CUSTOMER.to_owned(),
        database: DATABASE.to_owned(),
        table: table.to_owned(),
        url: shop.copy_url(),
        name_in_database: table.to_owned(),
        key: "id".to_owned(),
        version: "row_version".to_owned(),
        columns: Vec::new(),
        tokens: vec![Sha256::digest(TOKEN).into()],
    }
}

async fn work(mut writer: Writer) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = writer.write_batch().await {
            warn!(%error, "demo shop not changed; the next change is tried in time");
        }
    }
}
