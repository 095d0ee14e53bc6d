//! Two listings side by side, in key order: what is at the source only, at both, at the destination only.
//!
//! Keys are compared by what follows each side's prefix. That is the order of both listings, since all keys of one
//! side start alike. Order is that of UTF-8 bytes, as S3 lists.
//!
//! Here, and for a key looked at by itself in [`Sides::chosen`], it is decided which objects the clone is about: plan,
//! comparison and preview read the same pairs, so they cannot differ over it.

use std::cmp::Ordering;

use model::{Location, Prefix, Selection};

use super::sides::Sides;
use crate::s3::{Listed, Listing, S3Client, S3Error};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pair {
    Source(Listed),
    Both(Listed, Listed),
    Destination(Listed),
    /// What the spec does not choose, at either side or both.
    PassedOver,
}

pub(super) struct Merge {
    selection: Selection,
    /// What follows the prefix in the key of the last pair.
    at: String,
    source: Side,
    destination: Side,
}

struct Side {
    listing: Listing,
    /// Bytes of the prefix, cut off for comparing.
    prefix: usize,
    /// What follows the prefix in the key to begin after, and in the last key to give.
    after: Option<String>,
    last: Option<String>,
    head: Option<Listed>,
    ended: bool,
    /// Keys read so far.
    listed: u64,
}

impl Merge {
    /// Of keys after `after`, up to and with `last`, both without either side's prefix.
    pub fn open(sides: &Sides, after: Option<&str>, last: Option<&str>) -> Self {
        let (spec, order) = (&sides.spec, sides.order());
        let side = |store: &S3Client, at: &Location| Side {
            listing: store.list_in(
                order,
                &at.bucket,
                &at.prefix,
                after.and_then(|after| start_after(&at.prefix, after)),
            ),
            prefix: at.prefix.as_str().len(),
            after: after.map(str::to_owned),
            last: last.map(str::to_owned),
            head: None,
            ended: false,
            listed: 0,
        };
        Self {
            selection: spec.selection.clone(),
            at: String::new(),
            source: side(&sides.source, &spec.source),
            destination: side(&sides.destination, &spec.destination),
        }
    }

    /// Keys read at source and destination, chosen or not.
    pub fn listed(&self) -> (u64, u64) {
        (self.source.listed, self.destination.listed)
    }

    /// What follows the prefix in the key that [`Merge::next`] answered last.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// The next key of either side, or `None` when both are at their end.
    pub async fn next(&mut self) -> Result<Option<Pair>, S3Error> {
        tokio::try_join!(self.source.fill(), self.destination.fill())?;
        let order = match (&self.source.head, &self.destination.head) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(destination)) => self.source.rest(source).cmp(self.destination.rest(destination)),
        };
        let source = if order.is_le() { self.source.head.take() } else { None };
        let destination = if order.is_ge() { self.destination.head.take() } else { None };
        self.at.clear();
        self.at.push_str(match (&source, &destination) {
            (Some(source), _) => self.source.rest(source),
            (None, Some(destination)) => self.destination.rest(destination),
            (None, None) => "",
        });
        Ok(match (source, destination) {
            (Some(source), _) if !self.chooses(&source) => Some(Pair::PassedOver),
            (Some(source), Some(destination)) => Some(Pair::Both(source, destination)),
            (Some(source), None) => Some(Pair::Source(source)),
            (None, Some(destination)) if !self.judges_extra(&destination) => Some(Pair::PassedOver),
            (None, destination) => destination.map(Pair::Destination),
        })
    }

    fn chooses(&self, source: &Listed) -> bool {
        self.selection.chooses(self.source.rest(source), source.modified)
    }

    fn judges_extra(&self, destination: &Listed) -> bool {
        self.selection.judges_extra(self.destination.rest(destination))
    }
}

impl Side {
    fn rest<'a>(&self, object: &'a Listed) -> &'a str {
        object.key.as_str().get(self.prefix..).unwrap_or_default()
    }

    async fn fill(&mut self) -> Result<(), S3Error> {
        while self.head.is_none() && !self.ended {
            let Some(object) = self.listing.next().await? else {
                self.ended = true;
                break;
            };
            let rest = self.rest(&object);
            if self.last.as_deref().is_some_and(|last| rest > last) {
                self.ended = true;
            } else if self.after.as_deref().is_none_or(|after| rest > after) {
                self.head = Some(object);
                self.listed += 1;
            }
        }
        Ok(())
    }
}

/// What a listing begins after, cut to what a key may hold: it then begins earlier, and the rest is passed over.
fn start_after(prefix: &Prefix, rest: &str) -> Option<String> {
    let whole = format!("{prefix}{rest}");
    let end = whole.floor_char_boundary(1_024);
    (end > 0).then(|| whole[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_no_key_could_be_is_cut_to_one() {
        let prefix: Prefix = "p/".parse().unwrap();
        assert_eq!(start_after(&prefix, "a").unwrap(), "p/a");
        assert_eq!(start_after(&prefix, &"é".repeat(600)).unwrap().len(), 1_024);
        assert_eq!(start_after(&Prefix::default(), ""), None);
    }
}
