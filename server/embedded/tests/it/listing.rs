//! Listings have the same entries for any page size and delimiter.

use std::collections::BTreeSet;

use aws_sdk_s3::{Client, types::EncodingType};
use percent_encoding::percent_decode_str;
use proptest::{prelude::*, test_runner::TestRunner};
use tokio::runtime::Runtime;

use crate::support::{client, in_memory, put};

/// Expected listing: sorted keys of the prefix after the start, with those below a delimiter rolled up.
fn model(keys: &BTreeSet<String>, prefix: &str, delimiter: &str, after: &str) -> Vec<String> {
    let entry = |key: &String| {
        let rest = key.strip_prefix(prefix)?;
        let rolled = (!delimiter.is_empty()).then(|| rest.find(delimiter)).flatten();
        Some(match rolled {
            Some(position) => format!("{prefix}{}", &rest[..position + delimiter.len()]),
            None => key.clone(),
        })
    };
    let entries: BTreeSet<_> = keys.iter().filter_map(entry).collect();
    entries.into_iter().filter(|entry| entry.as_str() > after).collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

async fn second_version(client: &Client, bucket: &str, query: &Query) -> Vec<String> {
    let mut entries = Vec::new();
    let mut token = None;
    loop {
        let list = client.list_objects_v2().bucket(bucket).encoding_type(EncodingType::Url).max_keys(query.page);
        let list = list.prefix(&query.prefix).delimiter(&query.delimiter).start_after(&query.after);
        let page = list.set_continuation_token(token).send().await.unwrap();
        let mut texts: Vec<_> = page.contents().iter().filter_map(|object| object.key()).map(decode).collect();
        texts.extend(page.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).map(decode));
        texts.sort();
        assert_eq!(page.key_count, i32::try_from(texts.len()).ok());
        assert!(texts.len() <= usize::try_from(query.page).unwrap());
        entries.extend(texts);
        assert_eq!(page.is_truncated, Some(page.next_continuation_token.is_some()));
        token = page.next_continuation_token;
        if token.is_none() {
            return entries;
        }
    }
}

async fn first_version(client: &Client, bucket: &str, query: &Query) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let mut marker = query.after.clone();
    loop {
        let list = client.list_objects().bucket(bucket).encoding_type(EncodingType::Url).max_keys(query.page);
        let page = list.prefix(&query.prefix).delimiter(&query.delimiter).marker(&marker).send().await.unwrap();
        let mut texts: Vec<_> = page.contents().iter().filter_map(|object| object.key()).map(decode).collect();
        texts.extend(page.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).map(decode));
        texts.sort();
        entries.extend(texts);
        if page.is_truncated != Some(true) {
            return entries;
        }
        marker = page.next_marker().map(decode).or_else(|| entries.last().cloned()).unwrap();
    }
}

#[derive(Debug)]
struct Query {
    prefix: String,
    delimiter: String,
    after: String,
    page: i32,
}

fn queries() -> impl Strategy<Value = (BTreeSet<String>, Query)> {
    let text = "[ab/é\u{1}+ ]{1,4}";
    let part = "[ab/é]{0,2}";
    let delimiter = prop_oneof![Just(""), Just("/"), Just("a"), Just("b/"), Just("é")];
    (proptest::collection::btree_set(text, 0..30), part, delimiter, part, 1..8_i32).prop_map(
        |(keys, prefix, delimiter, after, page)| (keys, Query { prefix, delimiter: delimiter.to_owned(), after, page }),
    )
}

#[test]
fn pages_of_any_size_add_up_to_listing() {
    let runtime = Runtime::new().unwrap();
    let store = runtime.block_on(in_memory());
    let client = runtime.block_on(async { client(&store) });
    let case = std::cell::Cell::new(0);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() });
    let outcome = runner.run(&queries(), |(keys, query)| {
        let bucket = format!("case-{}", case.replace(case.get() + 1));
        let (second, first) = runtime.block_on(async {
            store.create_bucket(&bucket).unwrap();
            for key in &keys {
                store.put(&bucket, key, "x").await.unwrap();
            }
            (second_version(&client, &bucket, &query).await, first_version(&client, &bucket, &query).await)
        });
        let expected = model(&keys, &query.prefix, &query.delimiter, &query.after);
        prop_assert_eq!(&second, &expected);
        prop_assert_eq!(&first, &expected);
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn page_has_zero_to_thousand_keys() {
    let store = in_memory().await;
    let client = client(&store);
    store.create_bucket("yard").unwrap();
    store.seed_objects("yard", 1_001).await.unwrap();
    let page = client.list_objects_v2().bucket("yard").max_keys(5_000).send().await.unwrap();
    assert_eq!((page.contents().len(), page.is_truncated), (1_000, Some(true)));
    let page = client.list_objects_v2().bucket("yard").max_keys(0).send().await.unwrap();
    assert_eq!((page.contents().len(), page.is_truncated), (0, Some(false)));
    assert!(client.list_objects_v2().bucket("yard").max_keys(-1).send().await.is_err());
}

#[tokio::test]
async fn listing_returns_etag_size_time_and_class() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let etag = put(&client, "yard", "a", "hello").await;
    let cold = client.put_object().bucket("yard").key("b").storage_class("STANDARD_IA".into());
    cold.send().await.unwrap();
    let page = client.list_objects_v2().bucket("yard").send().await.unwrap();
    let [a, b] = page.contents() else { panic!("two objects: {page:?}") };
    assert_eq!((a.e_tag(), a.size()), (Some(etag.as_str()), Some(5)));
    assert!(a.last_modified().is_some());
    let classes = [a, b].map(|object| object.storage_class().unwrap().as_str().to_owned());
    assert_eq!(classes, ["STANDARD", "STANDARD_IA"]);
    let unknown = client.put_object().bucket("yard").key("c").storage_class("TEPID".into());
    assert_eq!(crate::support::code(unknown.send().await), "InvalidStorageClass");
}
