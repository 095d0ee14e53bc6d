//! What makes other tools lose objects, or what is in them.
//!
//! | trap | where it is sprung |
//! | --- | --- |
//! | keys with control characters; the source of a copy; what looks like folders | [`keys`], [`crate::random_buckets`] |
//! | an error in a listing, a listing out of order, success with an error inside or nothing | [`crate::faults`], [`crate::multipart_faults`], [`crate::fault_suite`] |
//! | objects in parts carry nothing by themselves; uploads left behind | [`crate::multipart`], [`crate::multipart_faults`] |
//! | ETags that are no MD5, times, storage classes, archives, tags, keys of encryption | [`objects`] |
//! | objects that change or go | [`changes`], [`crate::fault_suite`] |
//! | one credential cannot read the one and write the other | [`crate::streamed`] |
//!
//! [`moto`] is another store than the embedded one, made by others: the same, seen by a third.

mod carried;
mod changes;
mod keys;
mod moto;
mod objects;

use std::collections::BTreeMap;

use embedded::{Content, Headers};

pub use self::{
    carried::{look, multipart},
    keys::ODD,
};
use crate::yard::Yard;

/// An object that carries all that a copy keeps, and says which it is.
fn full(name: &str) -> Content {
    let headers = Headers {
        content_type: Some("text/x-trap; charset=utf-8".to_owned()),
        cache_control: Some("max-age=7, private".to_owned()),
        content_disposition: Some("attachment; filename=\"a b.txt\"".to_owned()),
        content_encoding: Some("br".to_owned()),
        content_language: Some("de-CH".to_owned()),
        expires: Some("Wed, 18 May 2033 03:33:20 GMT".to_owned()),
        website_redirect: None,
        metadata: BTreeMap::from([("a-b.c_d".to_owned(), "a =+ \"b\"".to_owned()), ("e".to_owned(), "1".to_owned())]),
    };
    Content {
        body: format!("the bytes of {name}").into(),
        headers,
        tags: BTreeMap::from([("team of".to_owned(), "a+b=c/d".to_owned()), ("é".to_owned(), String::new())]),
        storage_class: Some("STANDARD_IA".to_owned()),
        parts: Vec::new(),
    }
}

/// Every object of the one's source is in the other's destination, with all it carries, and nothing else is.
async fn assert_same(here: &Yard, there: &Yard) {
    let source = here.store.contents("source").await.unwrap();
    let destination = there.store.contents("destination").await.unwrap();
    assert!(source.keys().eq(destination.keys()), "{:?} and {:?}", source.keys(), destination.keys());
    for (key, content) in &source {
        assert_eq!(&destination[key], content, "{key:?}");
    }
}
