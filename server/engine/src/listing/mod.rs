//! Listings of buckets: in key order, complete or an error, and two of them side by side.
//!
//! ```text
//! stream   one listing as a stream of objects, page by page
//! sorted   the same of a store that lists in an order of its own: sorted on disk
//! key_list the keys that a user names in place of a listing
//! inventory the same from an inventory that S3 made
//! named    a listing of these, by a HEAD of each
//! dual     two listings side by side in key order: at the source only, at both, at the destination only
//! readers  the same by several readers, which share the keys among themselves
//! ranges   which reader reads which range of keys; idle readers take the upper half of another's range
//! split    where to split a range
//! ```
//! Always: a listing ends only where the store said that the last page was read. Each pair is shown once. Memory is
//! bounded by pages, whatever the size of the bucket.

mod dual;
mod inventory;
mod key_list;
mod named;
mod ranges;
mod readers;
mod sorted;
mod split;
mod stream;

use self::stream::Entry;
pub(crate) use self::{
    dual::{DualListing, ListedPlace, Listings, OddAt, Pair},
    named::{Absent, Named},
    ranges::{KeyRange, LabelledRange},
    readers::{DualListingError, PairVisitor, read_pairs},
};
pub use self::{
    inventory::{Inventory, InventoryError},
    key_list::{KeyList, KeyListError},
    stream::Listing,
};
