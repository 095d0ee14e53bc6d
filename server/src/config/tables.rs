//! `[[tables]]`: local tables kept in sync with a remote copy; `[sync]`: limits for all of them together. Each default
//! is here, beside its key.
//!
//! Always: a remote copy belongs to one table.

use std::{
    fmt::{self, Write as _},
    num::NonZeroU32,
    time::Duration,
};

use engine::sync::{BatchLimits, Guard, Options, Strategy, Token};
use model::TableName;

use super::{
    ConfigError,
    source::Section,
    values::{NAME, WHOLE, YES_NO, not_empty, parsed, seconds, within},
};

const URL: &str = "the URL of the table's database: postgres://USER@HOST/NAME, mysql://USER@HOST/NAME or sqlite:PATH";
const REMOTE: &str = "the URL of the remote copy, of which no other table is the truth, and which is not the table itself, such as \
                      https://copy.example.com/v1/customers/acme/databases/shop/tables/orders";
const TOKEN: &str = "a secret of 1 to 1,024 visible characters, best as \"${VARIABLE}\"";
const COLUMN: &str = "the name of a column";
const COLUMNS: &str = "a list of columns such as [\"customer\", \"total\"]";
const EVERY: &str =
    "how often to check the table while it is in sync, such as \"10s\": a whole number of s, m, h or d, at most 31d";
const COMPARE: &str =
    "how often to compare the values of all rows, such as \"1d\": a whole number of s, m, h or d, at most 31d";
const TARGET: &str = "how long an upload should take, such as \"1s\", at most 60s";
const STRATEGY: &str = "ranges or scan";
/// Default requests per second.
const REQUESTS: NonZeroU32 = NonZeroU32::new(50).unwrap();
/// Default rows per second.
const ROWS: NonZeroU32 = NonZeroU32::new(200_000).unwrap();

/// A `[[tables]]` entry.
#[derive(Clone)]
pub struct Table {
    pub name: TableName,
    /// URL of the local database; may contain a password.
    pub url: String,
    /// Name of the table in its database. Default: `name`.
    pub table: String,
    pub key: String,
    pub version: String,
    pub timestamp: Option<String>,
    /// Columns beside key and version; none: all.
    pub columns: Vec<String>,
    pub remote: String,
    pub token: Option<Token>,
    pub every: Duration,
    pub strategy: Strategy,
    /// Deleting more rows than this, and more than one in a hundred, needs approval.
    pub approve_above: u64,
    pub batch_target: Duration,
    /// Sends rows although the copy's columns might change values; those that would be changed are quarantined.
    pub narrowing: bool,
    /// Longest time without a comparison of all contents; `None`: only when versions prove nothing.
    pub compare_contents: Option<Duration>,
}

/// `[sync]`: limits for all tables of this process together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sync {
    pub requests_per_second: NonZeroU32,
    pub rows_per_second: NonZeroU32,
}

impl Table {
    /// A table with every default.
    pub fn between(name: TableName, url: String, remote: String) -> Self {
        Self {
            table: name.to_string(),
            name,
            url,
            remote,
            key: "id".to_owned(),
            version: "row_version".to_owned(),
            timestamp: None,
            columns: Vec::new(),
            token: None,
            every: Duration::from_secs(10),
            strategy: Strategy::default(),
            approve_above: 1_000,
            batch_target: Duration::from_secs(1),
            narrowing: false,
            compare_contents: None,
        }
    }

    pub fn options(&self) -> Options {
        let target = u64::try_from(self.batch_target.as_millis()).unwrap_or(u64::MAX);
        Options {
            strategy: self.strategy,
            batch: BatchLimits { target, ..BatchLimits::default() },
            guard: Guard { rows: self.approve_above, ..Guard::default() },
            narrowing: self.narrowing,
            compare_every: self.compare_contents.map(|every| u64::try_from(every.as_millis()).unwrap_or(u64::MAX)),
            ..Options::default()
        }
    }
}

impl fmt::Debug for Table {
    /// Shows the name only: the URLs may contain passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({})", self.name)
    }
}

pub fn ceilings(mut section: Section<'_>) -> Result<Sync, ConfigError> {
    let mut ceiling = |key, most, default| -> Result<NonZeroU32, ConfigError> {
        let set = section.get(key, WHOLE, |text| within(text, 1, most).and_then(NonZeroU32::new))?;
        Ok(set.unwrap_or(default))
    };
    let sync = Sync {
        requests_per_second: ceiling("requests_per_second", 1_000_000, REQUESTS)?,
        rows_per_second: ceiling("rows_per_second", 1_000_000_000, ROWS)?,
    };
    section.finish()?;
    Ok(sync)
}

pub fn read(sections: Vec<Section<'_>>) -> Result<Vec<Table>, ConfigError> {
    let mut tables: Vec<Table> = Vec::new();
    for mut section in sections {
        let name: TableName = section.get("name", NAME, parsed)?.ok_or_else(|| section.missing("name", NAME))?;
        if tables.iter().any(|table| table.name == name) {
            return Err(ConfigError::Twice { at: section.at(), what: "tables", name: name.to_string() });
        }
        let inside = section.get("table", "the name of a table", not_empty)?.unwrap_or_else(|| name.to_string());
        let same = |one: &str, other: &str| one.trim_end_matches('/') == other.trim_end_matches('/');
        let followed = |text: &str| takes_a_copy(text) || is_mysql(text);
        let database = |text: &str| followed(text).then(|| with_readable_password(text));
        let short = |text: &str| seconds(text).filter(|seconds| *seconds <= 60);
        let url = section.get_secret("url", URL, database)?.ok_or_else(|| section.missing("url", URL))?;
        // A copy in a database is one table of it; an API's URL names its table.
        let taken = |table: &Table, text: &str| same(&table.remote, text) && (is_api(text) || table.table == inside);
        let remote = |text: &str| {
            let free = !same(text, &url) && tables.iter().all(|table| !taken(table, text));
            (free && (is_api(text) || takes_a_copy(text))).then(|| with_readable_password(text))
        };
        let remote = section.get_secret("remote", REMOTE, remote)?.ok_or_else(|| section.missing("remote", REMOTE))?;
        let default = Table::between(name, url, remote);
        let most = |text: &str| within(text, 0, u32::MAX);
        let table = Table {
            table: inside.clone(),
            key: section.get("key", COLUMN, not_empty)?.unwrap_or(default.key),
            version: section.get("version", COLUMN, not_empty)?.unwrap_or(default.version),
            timestamp: section.get("timestamp", COLUMN, not_empty)?,
            columns: section.list("columns", COLUMNS, not_empty)?.unwrap_or_default(),
            token: section.get_secret("token", TOKEN, parsed)?,
            every: section.get("every", EVERY, seconds)?.map_or(default.every, Duration::from_secs),
            strategy: section.get("strategy", STRATEGY, strategy)?.unwrap_or_default(),
            approve_above: section.get("approve_above", WHOLE, most)?.map_or(default.approve_above, u64::from),
            batch_target: section.get("batch_target", TARGET, short)?.map_or(default.batch_target, Duration::from_secs),
            narrowing: section.get("narrowing", YES_NO, parsed)?.unwrap_or_default(),
            compare_contents: section.get("compare_contents", COMPARE, seconds)?.map(Duration::from_secs),
            ..default
        };
        section.finish()?;
        tables.push(table);
    }
    Ok(tables)
}

/// True for the URL of a remote table's API, false for a database's.
pub fn is_api(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// True for the URL of a database that can hold a remote copy.
pub fn takes_a_copy(url: &str) -> bool {
    ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
}

/// The URL of a database whose password may contain what separates the parts of a URL, such as `/`, `@` and `#`: they
/// are encoded. A password that is encoded already stays as it is.
pub fn with_readable_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://").filter(|_| !is_api(url)) else { return url.to_owned() };
    let Some(((user, password), host)) =
        rest.rsplit_once('@').and_then(|(who, host)| Some((who.split_once(':')?, host)))
    else {
        return url.to_owned();
    };
    let mut encoded = String::with_capacity(password.len());
    for (at, character) in password.char_indices() {
        let escape = character == '%'
            && password.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        if "/?#@:[]%".contains(character) && !escape {
            let _ = write!(encoded, "%{:02X}", u32::from(character));
        } else {
            encoded.push(character);
        }
    }
    format!("{scheme}://{user}:{encoded}@{host}")
}

fn is_mysql(url: &str) -> bool {
    ["mysql://", "mariadb://"].iter().any(|scheme| url.starts_with(scheme))
}

fn strategy(text: &str) -> Option<Strategy> {
    match text {
        "ranges" => Some(Strategy::Ranges),
        "scan" => Some(Strategy::Scan),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const REMOTE: &str = "https://copy.example.com/v1/customers/acme/databases/shop/tables/orders";

    fn read(text: &str) -> Result<Config, String> {
        let environment = |name: &str| match name {
            "TOKEN" => Some("open-sesame".to_owned()),
            "LOGYARD_SYNC_ROWS_PER_SECOND" => Some("5".to_owned()),
            _ => None,
        };
        Config::parse(None, text, &environment).map_err(|error| error.to_string())
    }

    fn entry(rest: &str) -> String {
        format!("[[tables]]\nname = 'orders'\nurl = 'sqlite:shop.db'\nremote = '{REMOTE}'\n{rest}\n")
    }

    #[test]
    fn table_has_defaults_and_shows_no_secret() {
        let config = read(&entry("token = '${TOKEN}'\ncolumns = ['customer', 'total']")).unwrap();
        let table = &config.tables[0];
        assert_eq!((table.table.as_str(), table.key.as_str(), table.version.as_str()), ("orders", "id", "row_version"));
        assert_eq!((table.every, table.batch_target), (Duration::from_secs(10), Duration::from_secs(1)));
        assert_eq!(table.columns, ["customer", "total"]);
        assert_eq!(table.options(), Options::default());
        assert!(!format!("{config:?}").contains("sesame"));
        assert_eq!((config.sync.requests_per_second.get(), config.sync.rows_per_second.get()), (50, 5));
    }

    #[test]
    fn password_may_contain_what_separates_a_url() {
        for (given, read) in [
            (
                "postgres://shop:p/a@s#s%@db:5432/shop?sslmode=require",
                "postgres://shop:p%2Fa%40s%23s%25@db:5432/shop?sslmode=require",
            ),
            ("mysql://shop:p%2Fa@db/shop", "mysql://shop:p%2Fa@db/shop"),
            ("postgres://db/shop", "postgres://db/shop"),
            ("sqlite:/a@b:c.db", "sqlite:/a@b:c.db"),
        ] {
            assert_eq!(with_readable_password(given), read);
        }
    }

    #[test]
    fn copies_of_several_tables_may_lie_in_one_database() {
        let copy = entry("").replace(REMOTE, "sqlite:copies.db");
        let other = copy.replace("'orders'", "'other'");
        assert_eq!(read(&format!("{copy}{other}")).unwrap().tables.len(), 2);
        let error = read(&format!("{copy}{other}\ntable = 'orders'")).unwrap_err();
        assert!(error.contains("no other table is the truth"), "{error}");
    }

    #[test]
    fn settings_reach_the_engine() {
        let config = read(&entry("strategy = 'scan'\napprove_above = 7\nbatch_target = '3s'\nevery = '1h'")).unwrap();
        let options = config.tables[0].options();
        assert_eq!((options.strategy, options.guard.rows, options.batch.target), (Strategy::Scan, 7, 3_000));
        assert_eq!(config.tables[0].every, Duration::from_hours(1));
    }

    #[test]
    fn wrong_value_is_refused_without_its_secret() {
        let other = entry("").replace("'orders'", "'other'");
        for (text, says) in [
            ("[[tables]]\nname = 'orders'".to_owned(), "tables.url is missing"),
            (entry("").replace("sqlite:", "oracle://u:secret@"), "tables.url is not valid"),
            (entry("").replace("https://", "mysql://u:secret@"), "tables.remote is not valid"),
            (entry("").replace("https://", "ftp://"), "tables.remote is not valid"),
            (entry("").replace("'orders'", "'Orders!'"), "tables.name = \"Orders!\""),
            (entry("strategy = 'guess'"), "ranges or scan"),
            (entry("every = '5'"), "tables.every = \"5\""),
            (entry("batch_target = '2h'"), "at most 60s"),
            (entry("columns = 'total'"), "tables.columns must be a list"),
            (entry("token = 'a b'"), "tables.token is not valid"),
            (entry("tokens = 'x'"), "did you mean tables.token?"),
            (format!("{}{}", entry(""), entry("")), "two tables are named orders"),
            (format!("{}{other}", entry("")), "no other table is the truth"),
            (entry("").replace(REMOTE, "sqlite:shop.db"), "not the table itself"),
            ("[sync]\nrequests_per_second = 0".to_owned(), "sync.requests_per_second = \"0\""),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("secret@") && !error.contains("a b"), "{error}");
        }
    }
}
