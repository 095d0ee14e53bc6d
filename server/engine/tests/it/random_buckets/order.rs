//! A bucket, what its destination holds already, and which of it is to be cloned how.

use std::collections::BTreeMap;

use embedded::Content;
use model::{CloneSpec, Mode, Selection};
use proptest::{collection, option, prelude::*};

use super::{contents, keys};
use crate::support::spec;

#[derive(Clone, Debug)]
pub struct Order {
    pub source: BTreeMap<String, Content>,
    pub destination: BTreeMap<String, Content>,
    /// Of the source and of the destination.
    pub prefixes: [&'static str; 2],
    pub logs: Logs,
    pub mode: Mode,
}

/// Which keys are chosen: all, those that end with `log`, or the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logs {
    Too,
    Only,
    Not,
}

/// What the destination has where a key of the source goes.
#[derive(Clone, Debug)]
enum Prior {
    Nothing,
    Equal,
    /// Another size, and all else is different too.
    Other(Box<Content>),
    /// As many bytes, all else as it is, from before.
    Stale,
}

impl Order {
    pub fn spec(&self) -> CloneSpec {
        let [from, to] = self.prefixes;
        let globs = vec!["**/*log".parse().unwrap()];
        let selection = match self.logs {
            Logs::Too => Selection::default(),
            Logs::Only => Selection { include: globs, ..Selection::default() },
            Logs::Not => Selection { exclude: globs, ..Selection::default() },
        };
        CloneSpec { mode: self.mode, selection, ..spec(&format!("source/{from}"), &format!("destination/{to}")) }
    }

    /// What follows the prefix, for a key that is chosen.
    pub fn chosen<'a>(&self, key: &'a str, prefix: &str) -> Option<&'a str> {
        let rest = key.strip_prefix(prefix)?;
        let chosen = match self.logs {
            Logs::Too => true,
            Logs::Only => rest.ends_with("log"),
            Logs::Not => !rest.ends_with("log"),
        };
        chosen.then_some(rest)
    }
}

fn prior() -> impl Strategy<Value = Prior> {
    prop_oneof![
        6 => Just(Prior::Nothing),
        2 => Just(Prior::Equal),
        2 => contents::small().prop_map(|other| Prior::Other(Box::new(other))),
        1 => Just(Prior::Stale),
    ]
}

/// Beside an object, what is at the destination in its place, and whether it lies under the prefix.
type Planned = BTreeMap<String, (Content, Prior, bool)>;

pub fn order() -> impl Strategy<Value = Order> {
    let object = (contents::small(), prior(), prop::bool::weighted(0.8));
    let objects = collection::btree_map(keys::key(), object, 0..20);
    let large = option::weighted(0.1, (keys::key(), contents::large(), prior()));
    let extra = collection::btree_map(keys::key(), (contents::small(), prop::bool::weighted(0.6)), 0..6);
    let logs = prop_oneof![4 => Just(Logs::Too), 1 => Just(Logs::Only), 1 => Just(Logs::Not)];
    (objects, large, extra, keys::prefix(), keys::prefix(), logs).prop_map(
        |(mut planned, large, extra, from, to, logs)| {
            planned.extend(large.map(|(key, content, prior)| (key, (content, prior, true))));
            arranged(planned, extra, [from, to], logs)
        },
    )
}

fn arranged(
    planned: Planned,
    extra: BTreeMap<String, (Content, bool)>,
    prefixes: [&'static str; 2],
    logs: Logs,
) -> Order {
    let [from, to] = prefixes;
    let under = |(key, (content, inside)): (String, (Content, bool))| {
        let key = if inside { format!("{to}{key}") } else { key };
        (key.len() <= 1_024).then_some((key, content))
    };
    let mut destination: BTreeMap<String, Content> = extra.into_iter().filter_map(under).collect();
    let mut source = BTreeMap::new();
    for (key, (content, prior, inside)) in planned {
        let at_source = if inside { format!("{from}{key}") } else { key.clone() };
        if at_source.len() > 1_024 {
            continue;
        }
        let there = match prior {
            Prior::Nothing => None,
            Prior::Equal => Some(content.clone()),
            Prior::Other(other) if other.body.len() == content.body.len() => None,
            Prior::Other(other) => Some(*other),
            // How an object of parts was put together must not be all there is to tell it by.
            Prior::Stale if content.body.is_empty() || !content.parts.is_empty() => None,
            Prior::Stale => Some(Content { body: content.body.iter().map(|byte| !byte).collect(), ..content.clone() }),
        };
        let at_destination = at_source.strip_prefix(from).map(|rest| format!("{to}{rest}"));
        if let Some(key) = at_destination.filter(|key| (1..=1_024).contains(&key.len())) {
            destination.remove(&key); // it was not meant for this place
            destination.extend(there.map(|there| (key, there)));
        }
        source.insert(at_source, content);
    }
    Order { source, destination, prefixes, logs, mode: Mode::Copy }
}
