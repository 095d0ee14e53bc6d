//! Objects with everything there is to carry, and whether all of it arrived.

use std::collections::BTreeMap;

use embedded::{Content, Headers};

use crate::support::TestBuckets;

/// An object that carries all that a copy keeps, and says which it is.
pub fn full(name: &str) -> Content {
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
pub async fn assert_same(here: &TestBuckets, there: &TestBuckets) {
    let source = here.store.contents("source").await.unwrap();
    let destination = there.store.contents("destination").await.unwrap();
    assert!(source.keys().eq(destination.keys()), "{:?} and {:?}", source.keys(), destination.keys());
    for (key, content) in &source {
        assert_eq!(&destination[key], content, "{key:?}");
    }
}
