//! `[[replicas]]`: tables of this server that others keep in sync with theirs.
//!
//! Always: customer, database and table together identify one entry. Only hashes of tokens are kept.

use std::fmt;

use engine::sync::Token;
use sha2::{Digest, Sha256};
use tables::TableSpec;

use super::{
    ConfigError,
    source::Section,
    tables::{takes_a_copy, with_readable_password},
    values::{not_empty, parsed},
};

const SEGMENT: &str = "1 to 100 of a-z, A-Z, 0-9, -, _ and ., as in the URL";
const URL: &str = "the URL of the table's database: postgres://USER@HOST/NAME or sqlite:PATH";
const COLUMN: &str = "the name of a column";
const COLUMNS: &str = "a list of columns such as [\"customer\", \"total\"]";
const TOKENS: &str = "a list of at least one secret of 16 to 1,024 visible characters, best as [\"${VARIABLE}\"]; no two entries share one \
     unless they are of one customer";
/// Shortest token, in characters.
const MIN_CHARS: usize = 16;

/// A `[[replicas]]` entry.
#[derive(Clone)]
pub struct Replica {
    pub customer: String,
    pub database: String,
    /// As in the URL.
    pub table: String,
    /// URL of the database, with its password.
    pub url: String,
    /// Default: as `table`.
    pub name_in_database: String,
    pub key: String,
    pub version: String,
    /// Columns beside key and version; none: all.
    pub columns: Vec<String>,
    /// SHA-256 of each token that grants access; at least one.
    pub tokens: Vec<[u8; 32]>,
}

impl fmt::Display for Replica {
    /// Shows the path of the URL only: the database's URL may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.customer, self.database, self.table)
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replica({self})")
    }
}

impl Replica {
    /// The table as its database knows it.
    pub fn spec(&self) -> TableSpec {
        TableSpec {
            url: self.url.clone(),
            table: self.name_in_database.clone(),
            key: self.key.clone(),
            version: self.version.clone(),
            timestamp: None,
            columns: self.columns.clone(),
        }
    }
}

pub fn read(sections: Vec<Section<'_>>) -> Result<Vec<Replica>, ConfigError> {
    let mut replicas: Vec<Replica> = Vec::new();
    for mut section in sections {
        let mut segment = |key| section.get(key, SEGMENT, segment)?.ok_or_else(|| section.missing(key, SEGMENT));
        let (customer, database, table) = (segment("customer")?, segment("database")?, segment("table")?);
        let known = |text: &str| takes_a_copy(text).then(|| with_readable_password(text));
        let mut column = |key, default: &str| -> Result<String, ConfigError> {
            Ok(section.get(key, COLUMN, not_empty)?.unwrap_or_else(|| default.to_owned()))
        };
        let replica = Replica {
            name_in_database: column("name_in_database", &table)?,
            key: column("key", "id")?,
            version: column("version", "row_version")?,
            url: section.get_secret("url", URL, known)?.ok_or_else(|| section.missing("url", URL))?,
            columns: section.list("columns", COLUMNS, not_empty)?.unwrap_or_default(),
            tokens: section
                .list("tokens", TOKENS, |text| {
                    // One customer's token must not open another's table.
                    hash(text).filter(|hash| {
                        !replicas.iter().any(|other| other.customer != customer && other.tokens.contains(hash))
                    })
                })?
                .filter(|tokens| !tokens.is_empty())
                .ok_or_else(|| section.missing("tokens", TOKENS))?,
            customer,
            database,
            table,
        };
        let name = replica.to_string();
        if replicas.iter().any(|other| other.to_string() == name) {
            return Err(ConfigError::Twice { at: section.at(), what: "replicas", name });
        }
        section.finish()?;
        replicas.push(replica);
    }
    Ok(replicas)
}

fn segment(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    // Clients resolve path segments of dots.
    let fits = (1..=100).contains(&text.len()) && text.bytes().all(plain) && !text.bytes().all(|byte| byte == b'.');
    fits.then(|| text.to_owned())
}

fn hash(text: &str) -> Option<[u8; 32]> {
    let token: Token = parsed(text)?;
    (text.len() >= MIN_CHARS).then(|| Sha256::digest(token.as_str().as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    const TOKEN: &str = "0123456789abcdef";

    fn read(entries: &[&str]) -> Result<Config, String> {
        let text = entries.iter().fold(String::new(), |text, entry| text + "[[replicas]]\n" + entry + "\n");
        let environment = |name: &str| (name == "TOKEN").then(|| TOKEN.to_owned());
        Config::parse(None, &text, &environment).map_err(|error| error.to_string())
    }

    fn entry(customer: &str, rest: &str) -> String {
        format!("customer = '{customer}'\ndatabase = 'shop'\ntable = 'orders'\nurl = 'sqlite:shop.db'\n{rest}")
    }

    #[test]
    fn replica_has_defaults_and_keeps_no_token() {
        let config = read(&[&entry("acme", "tokens = ['${TOKEN}']")]).unwrap();
        let replica = &config.replicas[0];
        assert_eq!((replica.name_in_database.as_str(), replica.key.as_str()), ("orders", "id"));
        assert_eq!((replica.version.as_str(), replica.columns.len()), ("row_version", 0));
        assert_eq!(replica.tokens.len(), 1);
        let shown = format!("{config:?}");
        assert!(shown.contains("Replica(acme/shop/orders)") && !shown.contains(TOKEN) && !shown.contains("shop.db"));
    }

    #[test]
    fn columns_are_a_list() {
        let config = read(&[&entry("acme", "columns = ['customer', 'total']\ntokens = ['${TOKEN}']")]).unwrap();
        assert_eq!(config.replicas[0].columns, ["customer", "total"]);
    }

    #[test]
    fn wrong_value_is_refused_without_its_secret() {
        let tokens = format!("tokens = ['{TOKEN}']");
        let good = entry("acme", &tokens);
        for (entries, says) in [
            (vec![entry("acme", "")], "replicas.tokens is missing"),
            (vec![entry("acme", "tokens = []")], "replicas.tokens is missing"),
            (vec![entry("acme", "tokens = ['short']")], "at least one secret of 16"),
            (vec![entry("acme", "tokens = ['0123456789 abcdef']")], "at least one secret of 16"),
            (vec![entry("acme", &format!("tokens = '{TOKEN}'"))], "replicas.tokens must be a list"),
            (vec![entry("a/b", &tokens)], "replicas.customer = \"a/b\""),
            (vec![entry("..", &tokens)], "replicas.customer = \"..\""),
            (vec![good.replace("sqlite:", "mysql://u:secret@")], "replicas.url is not valid"),
            (vec![format!("{good}\ncolumns = [7]")], "replicas.columns must be a list"),
            (vec![format!("{good}\ntoken = 'x'")], "did you mean replicas.tokens?"),
            (vec![good.clone(), good.clone()], "two replicas are named acme/shop/orders"),
            (vec![good.clone(), entry("other", &tokens)], "unless they are of one customer"),
        ] {
            let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
            let error = read(&entries).unwrap_err();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("short'") && !error.contains(TOKEN) && !error.contains("u:secret"), "{error}");
        }
    }
}
