//! The synced tables: the one place that turns a `[[tables]]` entry into two ends.
//!
//! Always: each end is opened at most once in this process, when it is first needed. Requests and rows of all tables
//! count against one allowance.

use std::sync::Arc;

use engine::sync::{Allowance, Remote, RemoteTable, TableEndpoint as _};
use model::{Direction, Invalid, TableName};
use tables::{TableError, TableSpec};
use tokio::sync::OnceCell;

use crate::config::{self, Config};

/// Cheap to clone.
#[derive(Clone)]
pub struct Syncs {
    entries: Arc<[Entry]>,
    allowance: Arc<Allowance>,
}

struct Entry {
    config: config::Table,
    local: OnceCell<tables::Table>,
    remote: OnceCell<Arc<dyn Remote>>,
}

/// Both ends of a table, open. Cheap to clone.
#[derive(Clone)]
pub struct Pair {
    pub local: tables::Table,
    pub remote: Arc<dyn Remote>,
}

/// Which end could not be opened, and why.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("The local end: {0}.")]
    Local(TableError),
    #[error("The remote end: {0}.")]
    Remote(TableError),
    #[error("The remote end: {0}.")]
    Address(Invalid),
}

impl OpenError {
    /// Whether a retry may help.
    pub fn unreachable(&self) -> bool {
        matches!(self, Self::Local(TableError::Unreachable { .. }) | Self::Remote(TableError::Unreachable { .. }))
    }

    /// What to do now.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Local(error) | Self::Remote(error) => match error {
                TableError::Unreachable { .. } => {
                    "Check that the database is up, and its host, user and password in the URL."
                }
                TableError::Refused { .. } => "Check what the user in the URL may do there.",
                _ => "Check the entry under [[tables]], and the table itself.",
            },
            Self::Address(_) => "Check `remote` of the entry under [[tables]].",
        }
    }
}

impl Syncs {
    /// Nothing is connected yet.
    pub fn new(config: &Config) -> Self {
        let entry =
            |table: &config::Table| Entry { config: table.clone(), local: OnceCell::new(), remote: OnceCell::new() };
        let allowance = Allowance::new(config.sync.requests_per_second, config.sync.rows_per_second);
        Self { entries: config.tables.iter().map(entry).collect(), allowance: Arc::new(allowance) }
    }

    /// In the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &config::Table> {
        self.entries.iter().map(|entry| &entry.config)
    }

    pub fn get(&self, table: &TableName) -> Option<&config::Table> {
        self.iter().find(|entry| entry.name == *table)
    }

    pub fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// Opens both ends at the first call; later calls share them. `None`: the table is not configured here.
    pub async fn open(&self, table: &TableName) -> Option<Result<Pair, OpenError>> {
        let entry = self.entries.iter().find(|entry| entry.config.name == *table)?;
        Some(entry.open().await)
    }

    /// Opens the local end alone. `None`: the table is not configured here.
    pub async fn open_local(&self, table: &TableName) -> Option<Result<tables::Table, OpenError>> {
        let entry = self.entries.iter().find(|entry| entry.config.name == *table)?;
        Some(entry.local().await.cloned())
    }

    /// Where the ends are, without secrets, whether they are open or not.
    pub fn places(&self, table: &TableName) -> Vec<Direction> {
        let Some(entry) = self.entries.iter().find(|entry| entry.config.name == *table) else { return Vec::new() };
        let local = entry.local.get().map_or_else(|| entry.place(&entry.config.url), tables::Table::location);
        let remote = entry.remote.get().map_or_else(|| entry.place(&entry.config.remote), |remote| remote.location());
        [("local", local), ("remote", remote)].map(|(end, place)| Direction { end: end.to_owned(), place }).into()
    }
}

impl Entry {
    async fn open(&self) -> Result<Pair, OpenError> {
        let local = self.local().await?.clone();
        let remote = self.remote.get_or_try_init(|| self.open_remote()).await?.clone();
        Ok(Pair { local, remote })
    }

    async fn local(&self) -> Result<&tables::Table, OpenError> {
        let open = || tables::Table::open(self.spec(&self.config.url));
        self.local.get_or_try_init(open).await.map_err(OpenError::Local)
    }

    async fn open_remote(&self) -> Result<Arc<dyn Remote>, OpenError> {
        let config::Table { remote, token, .. } = &self.config;
        if config::is_api(remote) {
            let table = RemoteTable::connect(remote, token.as_ref()).map_err(OpenError::Address)?;
            return Ok(Arc::new(table));
        }
        let table = tables::Table::open(self.spec(remote)).await.map_err(OpenError::Remote)?;
        Ok(Arc::new(table.as_copy()))
    }

    /// The table's description in one of the two databases.
    fn spec(&self, url: &str) -> TableSpec {
        let config::Table { table, key, version, timestamp, columns, .. } = self.config.clone();
        TableSpec { url: url.to_owned(), table, key, version, timestamp, columns }
    }

    /// The place in a URL, without user, password and options.
    fn place(&self, url: &str) -> String {
        let bare = url.split(['?', '#']).next().unwrap_or_default();
        let shown = match bare.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                let host = authority.rsplit('@').next().unwrap_or_default();
                format!("{scheme}://{host}/{path}")
            }
            None => bare.to_owned(),
        };
        if config::is_api(url) { shown } else { format!("table {} of {shown}", self.config.table) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syncs(entry: &str) -> (Syncs, TableName) {
        let text = format!("[[tables]]\nname = 'orders'\n{entry}");
        (Syncs::new(&Config::parse(None, &text, &|_| None).unwrap()), "orders".parse().unwrap())
    }

    #[test]
    fn place_is_shown_without_secrets() {
        let (syncs, orders) = syncs(
            "url = 'postgres://shop:pa@ss@db.internal:5432/shop?password=x'\nremote = 'https://u:p@copy.example.com/v1/t?ca=f'",
        );
        let places: Vec<_> = syncs.places(&orders).into_iter().map(|end| end.place).collect();
        assert_eq!(places, ["table orders of postgres://db.internal:5432/shop", "https://copy.example.com/v1/t"]);
    }

    #[tokio::test]
    async fn missing_end_is_named_with_advice() {
        let (syncs, orders) = syncs("url = 'sqlite:/nowhere/shop.db'\nremote = 'https://copy.example.com/t'");
        let Some(Err(error)) = syncs.open(&orders).await else { panic!("opened") };
        assert!(
            error.to_string().starts_with("The local end: ") && error.to_string().contains("/nowhere/shop.db"),
            "{error}"
        );
        assert!(error.unreachable() && error.advice().contains("is up"), "{error}");
        assert!(syncs.open(&"other".parse().unwrap()).await.is_none());
    }
}
