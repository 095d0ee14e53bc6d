//! Whether the tables are those of the last evaluation: asked anew in each, before anything is sent or deleted.
//!
//! - Another database, or the same one in an older state: nothing is done until a person accepts it.
//! - Versions that went back: a few of the newest rows were deleted, and rows at their versions are sent again; or many
//!   are gone, as after a restore, and a person must accept it.
//! - Storage that was rewritten as a whole, columns that were not sent before, a copy that had rows before: versions
//!   prove nothing, and all contents are compared.
//! - Columns that the copy lacks, or would change: nothing is sent.

use std::collections::BTreeSet;

use super::contents::ContentCheck;
use super::context::Context;
use super::shape;
use super::verdict::Verdict;

/// Newest rows of the copy that may be gone from the local table without a question, and rows of the copy that may be
/// newer than the local ones.
pub const GONE: u64 = 10;

/// What forbids to go on. Otherwise remembers the tables as they are now.
pub fn obstacle(context: &mut Context) -> Option<Verdict> {
    let local = &context.meta.local;
    let checkpoint = &mut context.checkpoint;
    if let Some(was) = checkpoint.epoch.as_ref().filter(|was| !is_same(was, &local.epoch)) {
        return Some(Verdict::EpochChanged { was: was.clone(), is: local.epoch.clone() });
    }
    if let (Some(was), Some(is)) = (checkpoint.clock, local.clock)
        && is < was
    {
        let [was, is] = [was, is].map(|clock| format!("{}, change {clock}", local.epoch));
        return Some(Verdict::EpochChanged { was, is });
    }
    if let (Some(here), Some(there)) = (&local.columns, &context.meta.remote.columns) {
        let obstacles = shape::obstacles(here, there, context.options.narrowing);
        if !obstacles.is_empty() {
            // A column of the copy that is dropped and made again has lost its values.
            let accepted = checkpoint.contents.as_ref().is_some_and(|check| check.accepted);
            let reason = "the copy had other columns".to_owned();
            checkpoint.contents = Some(ContentCheck { reason, accepted, ..ContentCheck::default() });
            return Some(Verdict::ShapeDiffers { obstacles });
        }
    }
    context.fresh = checkpoint.epoch.is_none() && checkpoint.contents.is_none();
    let reason = suspicion(context);
    let Context { checkpoint, meta, now, .. } = context;
    checkpoint.epoch = Some(meta.local.epoch.clone());
    checkpoint.clock = meta.local.clock;
    checkpoint.storage.clone_from(&meta.local.storage);
    checkpoint.columns = meta.local.columns.as_ref().map(|columns| names(columns));
    if let Some(reason) = reason {
        let accepted = checkpoint.contents.as_ref().is_some_and(|check| check.accepted);
        checkpoint.contents = Some(ContentCheck { reason, accepted, ..ContentCheck::default() });
    }
    if let Some(check) = &mut checkpoint.contents {
        check.resend |= !meta.remote.compares;
    }
    // What cannot be compared is compared when it can.
    if checkpoint.contents.is_none() && checkpoint.compared_at.is_none() && context.options.compare_every.is_some() {
        checkpoint.compared_at = Some(*now);
    }
    None
}

/// Why the contents must be compared although nobody asked for it.
fn suspicion(context: &Context) -> Option<String> {
    let Context { checkpoint, meta, options, now, .. } = context;
    let changed = checkpoint.storage.as_ref().zip(meta.local.storage.as_ref()).is_some_and(|(was, is)| was != is);
    if changed {
        return Some("the local table was rewritten as a whole".to_owned());
    }
    let columns = meta.local.columns.as_ref().map(|columns| names(columns)).unwrap_or_default();
    if let Some(sent) = &checkpoint.columns
        && let Some(new) = columns.difference(sent).next()
    {
        return Some(format!("column {new} was not sent before"));
    }
    if context.fresh && meta.remote.compares && meta.remote.count > 0 {
        return Some("the copy had rows before".to_owned());
    }
    let due = |at: u64| options.compare_every.is_some_and(|every| at.saturating_add(every) <= *now);
    let due = checkpoint.compared_at.is_some_and(due) && checkpoint.contents.is_none() && meta.remote.compares;
    due.then(|| "it is time to".to_owned())
}

fn names(columns: &[shape::Column]) -> BTreeSet<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

/// Equal as far as both tell: a migration, or a later version of Logyard, may add to what is known of a database.
fn is_same(was: &str, is: &str) -> bool {
    let extends =
        |one: &str, other: &str| one.strip_prefix(other).is_some_and(|more| more.is_empty() || more.starts_with(", "));
    extends(is, was) || extends(was, is)
}

/// The version above the newest local row, if rows above it were settled before and the copy still has some.
pub fn went_back_to(context: &mut Context) -> Option<u64> {
    let end = |extremes: Option<(u64, u64)>| extremes.map_or(0, |(_, highest)| highest.saturating_add(1));
    let [here, there] = [context.meta.local.extremes, context.meta.remote.extremes].map(end);
    if context.checkpoint.settled <= here {
        return None;
    }
    context.checkpoint.settled = here;
    // An empty table is a mass delete, which waits for approval as such.
    let accepted = context.checkpoint.contents.as_ref().is_some_and(|check| check.accepted);
    (here > 0 && there > here && !accepted).then_some(here)
}

/// The verdict on this number of rows that the copy has above the newest local row.
pub fn gone(context: &Context, rows: u64) -> Option<Verdict> {
    let newest = context.meta.local.extremes.map_or(0, |(_, highest)| highest);
    let highest = context.meta.remote.extremes.map_or(0, |(_, highest)| highest);
    (rows > GONE).then(|| Verdict::EpochChanged {
        was: format!("a table with rows up to version {highest}"),
        is: format!("one with rows up to version {newest}, without the {rows} rows of the copy above it"),
    })
}
