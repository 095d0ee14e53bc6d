//! The two sides of a clone, what they hold, and what they have ever held.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use embedded::{Content, Embedded, Headers};
use rand::{Rng, rngs::StdRng};

use crate::{support::TestBuckets, traps::ODD};

const OBJECTS: usize = 50;
const EXTRAS: usize = 30;

pub struct Town {
    /// With `source`.
    pub here: Arc<Embedded>,
    /// With `destination`; the same store, or another.
    pub there: Arc<Embedded>,
    /// What the object of a key was at the source, at any time.
    versions: Mutex<BTreeMap<String, Vec<Content>>>,
    /// What the destination began with.
    before: BTreeMap<String, Content>,
}

impl Town {
    /// `large`: with objects above 5 MiB, one of them in odd parts.
    pub async fn new(random: &mut StdRng, one_store: bool, large: bool) -> Self {
        let here = TestBuckets::new().await.store;
        let there = if one_store { Arc::clone(&here) } else { TestBuckets::new().await.store };
        let mut town = Self { here, there, versions: Mutex::default(), before: BTreeMap::new() };
        for number in 0..OBJECTS {
            let (key, new) = (key(random, number), content(random));
            town.replace(&key, new.clone()).await;
            if random.random_bool(0.3) {
                let other = Content { body: format!("old {number}").into(), ..content(random) };
                town.before.insert(key, if random.random_bool(0.5) { new } else { other });
            }
        }
        town.before.insert("only there".to_owned(), Content { body: "mine".into(), ..Content::default() });
        for (key, content) in &town.before {
            town.there.put_content("destination", key, content).await.unwrap();
        }
        if large {
            town.replace("large/whole", Content { body: bulk(6 << 20), ..content(random) }).await;
            let parts = vec![5 << 20, (1 << 20) + 7, 100];
            let body = bulk((6 << 20) + 107);
            town.replace("large/parts", Content { body, parts, ..content(random) }).await;
        }
        town
    }

    /// Puts objects at the destination that the source does not have.
    pub async fn litter(&mut self, random: &mut StdRng) {
        for number in 0..EXTRAS {
            let (key, content) = (key(random, OBJECTS + number), content(random));
            if !self.versions.lock().unwrap().contains_key(&key) {
                self.there.put_content("destination", &key, &content).await.unwrap();
                self.before.insert(key, content);
            }
        }
    }

    /// Keys that only the destination has.
    pub async fn extra(&self) -> BTreeSet<String> {
        let source = self.here.contents("source").await.unwrap();
        let destination = self.there.contents("destination").await.unwrap();
        destination.into_keys().filter(|key| !source.contains_key(key)).collect()
    }

    /// Puts an object at the source in the place of what is there.
    pub async fn replace(&self, key: &str, content: Content) {
        // First, so that a copy is never judged before what it copies is known.
        self.versions.lock().unwrap().entry(key.to_owned()).or_default().push(content.clone());
        self.here.put_content("source", key, &content).await.unwrap();
    }

    pub async fn keys(&self) -> Vec<String> {
        self.here.contents("source").await.unwrap().into_keys().collect()
    }

    /// Keys of the source whose objects at the destination are not what they are at the source now.
    pub async fn wrong(&self) -> BTreeSet<String> {
        self.keys_where(|copy, now, _| copy.is_none_or(|copy| carried(copy) != carried(now))).await
    }

    /// Keys of the source whose objects at the destination are not what they ever were at the source.
    pub async fn never_right(&self) -> BTreeSet<String> {
        self.keys_where(|copy, _, versions| copy.is_none_or(|copy| !among(versions, copy))).await
    }

    async fn keys_where(&self, is: impl Fn(Option<&Content>, &Content, &[Content]) -> bool) -> BTreeSet<String> {
        let source = self.here.contents("source").await.unwrap();
        let destination = self.there.contents("destination").await.unwrap();
        let versions = self.versions.lock().unwrap();
        let found = source.iter().filter(|(key, now)| is(destination.get(*key), now, &versions[*key]));
        found.map(|(key, _)| key.clone()).collect()
    }

    /// Panics if the destination holds what never was at the source, nor there before.
    pub async fn assert_nothing_made_up(&self) {
        let destination = self.there.contents("destination").await.unwrap();
        let versions = self.versions.lock().unwrap();
        for (key, copy) in &destination {
            let known = versions.get(key).map_or(&[][..], Vec::as_slice);
            let begun_with = self.before.get(key).is_some_and(|before| carried(before) == carried(copy));
            assert!(begun_with || among(known, copy), "{key:?} never was {copy:?}, but {known:?}");
        }
    }
}

fn among(versions: &[Content], copy: &Content) -> bool {
    versions.iter().any(|version| carried(version) == carried(copy))
}

/// How an object was cut is not kept by a copy in one request.
fn carried(content: &Content) -> Content {
    Content { parts: Vec::new(), ..content.clone() }
}

fn key(random: &mut StdRng, number: usize) -> String {
    match random.random_range(0..4) {
        0 => ODD[random.random_range(0..ODD.len())].to_owned(),
        1 => format!("flat-{number:03}"),
        _ => format!("{}/{}/{number}", random.random_range(0..3), random.random_range(0..3)),
    }
}

pub fn content(random: &mut StdRng) -> Content {
    let word = |random: &mut StdRng| format!("w{:x}", random.random::<u32>());
    let some = |random: &mut StdRng| random.random_bool(0.3).then(|| word(random));
    let headers = Headers {
        content_type: Some(format!("text/{}", word(random))),
        cache_control: some(random),
        content_language: some(random),
        metadata: some(random).into_iter().map(|word| ("of".to_owned(), word)).collect(),
        ..Headers::default()
    };
    let body = if random.random_bool(0.1) { String::new() } else { word(random).repeat(random.random_range(1..20)) };
    Content {
        body: body.into(),
        headers,
        tags: some(random).into_iter().map(|word| ("tag of".to_owned(), word)).collect(),
        storage_class: random.random_bool(0.2).then(|| "STANDARD_IA".to_owned()),
        parts: Vec::new(),
    }
}

/// Bytes of which no two KiB are alike, so that a piece in the wrong place is seen.
fn bulk(size: usize) -> Bytes {
    let mut bytes = vec![0; size];
    for (number, piece) in (0_u32..).zip(bytes.chunks_mut(1 << 10)) {
        let number = number.to_be_bytes();
        piece.chunks_mut(number.len()).for_each(|four| four.copy_from_slice(&number[..four.len()]));
    }
    bytes.into()
}
