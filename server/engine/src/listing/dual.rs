//! Two listings side by side, in key order: what is at the source only, at both, at the destination only.
//!
//! Keys are compared by what follows each place's prefix. That is the order of both listings, since all keys of one
//! place start alike. Order is that of UTF-8 bytes, as S3 lists.
//!
//! Always: whether the selection chooses an object is decided here alone, so that all who read pairs agree on it.

use std::{cmp::Ordering, collections::VecDeque};

use model::{Location, Prefix, Selection};

use super::{Entry, KeyRange, Listing, Named};
use crate::s3::{Listed, OddKey, Order, S3Client, S3Error};

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    Source(Listed),
    Both(Listed, Listed),
    Destination(Listed),
    /// An object at one of the places whose key is none, or a named one that the source does not have. It is not copied,
    /// compared or deleted.
    Odd(OddAt),
    /// An object that the selection does not choose, at either place or both.
    PassedOver,
    /// An object of the source whose key at the destination would be empty.
    LeftOut,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OddAt {
    Source(OddKey),
    Destination(OddKey),
}

/// The two listings to read.
pub(crate) struct Listings {
    pub source: ListedPlace,
    pub destination: ListedPlace,
    pub selection: Selection,
    /// Whether what follows the source's prefix is the whole key at the destination, so that it must not be empty.
    pub keyless: bool,
    /// Order in which both stores list.
    pub order: Order,
}

pub(crate) struct ListedPlace {
    pub store: S3Client,
    pub place: Location,
    /// The keys to look at; `None` for all that the store lists.
    pub named: Option<Named>,
}

/// A range of keys of both listings, read pair by pair.
pub(crate) struct DualListing {
    selection: Selection,
    keyless: bool,
    /// What follows the prefix in the key of the last pair.
    at: String,
    source: Side,
    destination: Side,
}

/// One of the two listings.
struct Side {
    listing: Listing,
    /// Bytes of the prefix, cut off for comparing.
    prefix: usize,
    range: KeyRange,
    head: Option<Listed>,
    /// Objects whose keys are none, read before the head.
    odd: VecDeque<OddKey>,
    ended: bool,
    /// Keys read so far.
    listed: u64,
}

impl Listings {
    pub fn read(&self, range: &KeyRange) -> DualListing {
        let side = |place: &ListedPlace| Side::open(place, self.order, range.clone());
        DualListing {
            selection: self.selection.clone(),
            keyless: self.keyless,
            at: String::new(),
            source: side(&self.source),
            destination: side(&self.destination),
        }
    }
}

impl DualListing {
    /// Keys read at source and destination, chosen or not.
    pub fn listed(&self) -> (u64, u64) {
        (self.source.listed, self.destination.listed)
    }

    /// What follows the prefix in the key that [`DualListing::next`] returned last.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// The next key of either place, or `None` at the end of both.
    pub async fn next(&mut self) -> Result<Option<Pair>, S3Error> {
        tokio::try_join!(self.source.fill(), self.destination.fill())?;
        if let Some(pair) = self.odd() {
            return Ok(Some(pair));
        }
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
            (Some(source), _) if self.keyless && self.source.rest(&source).is_empty() => Some(Pair::LeftOut),
            (Some(source), Some(destination)) => Some(Pair::Both(source, destination)),
            (Some(source), None) => Some(Pair::Source(source)),
            (None, Some(destination)) if !self.judges_extra(&destination) => Some(Pair::PassedOver),
            (None, destination) => destination.map(Pair::Destination),
        })
    }

    /// The next object whose key is none, as long as there is one before the next pair.
    fn odd(&mut self) -> Option<Pair> {
        let (source, destination) = (&mut self.source, &mut self.destination);
        let at = source.odd.pop_front().map(OddAt::Source);
        let at = at.or_else(|| destination.odd.pop_front().map(OddAt::Destination))?;
        let chosen = match &at {
            OddAt::Source(odd) => {
                let rest = String::from_utf8_lossy(odd.bytes.get(source.prefix..)?);
                let by_attributes = !odd.has_attributes() || self.selection.chooses(&rest, odd.object.attributes());
                self.selection.names(&rest) && by_attributes
            }
            OddAt::Destination(odd) => {
                self.selection.judges_extra(&String::from_utf8_lossy(odd.bytes.get(destination.prefix..)?))
            }
        };
        Some(if chosen { Pair::Odd(at) } else { Pair::PassedOver })
    }

    fn chooses(&self, source: &Listed) -> bool {
        self.selection.chooses(self.source.rest(source), source.attributes())
    }

    fn judges_extra(&self, destination: &Listed) -> bool {
        self.selection.judges_extra(self.destination.rest(destination))
    }
}

impl Side {
    fn open(ListedPlace { store, place, named }: &ListedPlace, order: Order, range: KeyRange) -> Self {
        let after = range.after.as_deref().and_then(|after| start_after(&place.prefix, after));
        Self {
            listing: store.list_or_find(named.as_ref(), order, &place.bucket, &place.prefix, after),
            prefix: place.prefix.as_str().len(),
            range,
            head: None,
            odd: VecDeque::new(),
            ended: false,
            listed: 0,
        }
    }

    fn rest<'a>(&self, object: &'a Listed) -> &'a str {
        object.key.as_str().get(self.prefix..).unwrap_or_default()
    }

    async fn fill(&mut self) -> Result<(), S3Error> {
        while self.head.is_none() && !self.ended {
            let object = match self.listing.next_entry().await? {
                Some(Entry::Object(object)) => object,
                Some(Entry::Odd(odd)) => {
                    self.fill_odd(odd);
                    continue;
                }
                None => {
                    self.ended = true;
                    break;
                }
            };
            let rest = self.rest(&object);
            if self.range.last.as_deref().is_some_and(|last| rest > last) {
                self.ended = true;
            } else if self.range.after.as_deref().is_none_or(|after| rest > after) {
                self.head = Some(object);
                self.listed += 1;
            }
        }
        Ok(())
    }
}

impl Side {
    fn fill_odd(&mut self, odd: OddKey) {
        let rest = odd.bytes.get(self.prefix..).unwrap_or_default();
        if self.range.last.as_ref().is_some_and(|last| rest > last.as_bytes()) {
            self.ended = true;
        } else if self.range.after.as_ref().is_none_or(|after| rest > after.as_bytes()) {
            self.listed += 1;
            self.odd.push_back(odd);
        }
    }
}

/// Where a listing starts, cut to the length of a key: it then starts earlier, and [`Side::fill`] skips the rest.
fn start_after(prefix: &Prefix, rest: &str) -> Option<String> {
    let whole = format!("{prefix}{rest}");
    let end = whole.floor_char_boundary(1_024);
    (end > 0).then(|| whole[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_after_is_cut_to_the_longest_key() {
        let prefix: Prefix = "p/".parse().unwrap();
        assert_eq!(start_after(&prefix, "a").unwrap(), "p/a");
        assert_eq!(start_after(&prefix, &"é".repeat(600)).unwrap().len(), 1_024);
        assert_eq!(start_after(&Prefix::default(), ""), None);
    }
}
