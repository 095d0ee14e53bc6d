//! What a clone should bring about, told from what there was.

use std::collections::{BTreeMap, BTreeSet};

use embedded::Content;
use model::{Mode, Reason};

use super::{
    contents::{ARCHIVES, THRESHOLD},
    order::Order,
};

pub struct Expected {
    pub destination: BTreeMap<String, Content>,
    /// By the source's key, or, of what only the destination has, by its own.
    pub failures: BTreeMap<String, Reason>,
    /// Keys at the destination that must be cut as their sources are.
    pub cuts_kept: BTreeSet<String>,
}

pub fn of(order: &Order) -> Expected {
    let [from, to] = order.prefixes;
    let mut expected =
        Expected { destination: order.destination.clone(), failures: BTreeMap::new(), cuts_kept: BTreeSet::new() };
    let mut meant = BTreeSet::new();
    for (key, content) in &order.source {
        let Some(rest) = order.chosen(key, from) else { continue };
        let target = format!("{to}{rest}");
        let there = order.destination.get(&target);
        meant.insert(target.clone());
        if there.is_some_and(|there| there.body == content.body) {
            continue;
        }
        let wrong = if order.mode == Mode::Verify {
            Some(if there.is_some() { Reason::Different } else { Reason::Missing })
        } else if target.is_empty() || target.len() > 1_024 {
            Some(Reason::KeyTooLong)
        } else if content.storage_class.as_deref().is_some_and(|class| ARCHIVES.contains(&class)) {
            Some(Reason::Archived)
        } else {
            None
        };
        if let Some(reason) = wrong {
            expected.failures.insert(key.clone(), reason);
            continue;
        }
        if evenly_cut(content) {
            expected.cuts_kept.insert(target.clone());
        }
        expected.destination.insert(target, content.clone());
    }
    let extra = order.destination.keys().filter(|key| order.chosen(key, to).is_some() && !meant.contains(*key));
    match order.mode {
        Mode::Verify => expected.failures.extend(extra.map(|key| (key.clone(), Reason::Extra))),
        Mode::Mirror if expected.failures.is_empty() => extra.for_each(|key| {
            expected.destination.remove(key);
        }),
        Mode::Copy | Mode::Mirror => {}
    }
    expected
}

/// Above the threshold, in parts that a client could have sent, all alike but the last.
fn evenly_cut(content: &Content) -> bool {
    let Some((last, others)) = content.parts.split_last() else { return false };
    let first = content.parts[0];
    content.body.len() as u64 > THRESHOLD
        && others.iter().all(|part| *part == first)
        && *last <= first
        && first >= THRESHOLD
}

/// Beside how it was cut.
pub fn carried(content: &Content) -> Content {
    Content { parts: Vec::new(), ..content.clone() }
}
