//! What makes other tools lose objects, or what is in them.
//!
//! | trap | where it is sprung |
//! | --- | --- |
//! | keys with control characters; the source of a copy; what looks like folders | [`keys`], [`crate::random_buckets`] |
//! | an error in a listing, a listing out of order, success with an error inside or nothing | [`crate::faults`], [`crate::multipart_faults`], [`crate::unordered`], [`crate::fault_suite`] |
//! | objects in parts carry nothing by themselves; uploads left behind | [`crate::multipart`], [`crate::multipart_faults`] |
//! | ETags that are no MD5, times, storage classes, archives, keys of encryption | [`objects`] |
//! | tags that cannot be read, or that the destination does not take | [`tags`] |
//! | headers lost, forged, parsed or doubled on the way | [`headers`] |
//! | objects that change or go | [`changes`], [`crate::fault_suite`] |
//! | the requester pays | [`payer`] |
//! | keys of a key service, keys of the customer's own | [`encryption`] |
//! | an ACL goes private, retention and legal hold go, redirects go | [`access`], [`locks`], [`redirects`] |
//! | equal content with other metadata; nothing to tell by but the size | [`metadata`], [`unproven`] |
//! | refusals that pass, refusals that are no missing permission, answers that are not S3's | [`crate::answers`] |
//! | a wrong clock, another region, redirects, objects decompressed on the way, keys that are none | [`crate::answers`] |
//! | one credential cannot read the one and write the other | [`crate::streamed`] |
//!
//! [`moto`] is another store than the embedded one, made by others: the same, seen by a third.

mod access;
mod altered;
mod carried;
mod changes;
mod encryption;
mod headers;
mod keys;
mod locks;
mod metadata;
mod moto;
mod objects;
mod overrides;
mod payer;
mod redirects;
mod tags;
mod unproven;
mod whole;

use self::whole::assert_same;
pub use self::{
    carried::{look, multipart},
    keys::ODD,
    whole::full,
};
