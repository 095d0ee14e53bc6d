//! Lists a bucket's index page by page.
//!
//! With a delimiter a listing is a sequence of entries in byte order, each a key or a common prefix of all keys below
//! it; without one, of keys only. A page has the entries after a given text; the text of its last entry, key or prefix,
//! starts the next page.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use super::{Key, Object};

#[derive(Debug, Clone, Copy)]
pub struct PageQuery<'a> {
    pub prefix: &'a str,
    /// Delimiter; empty for none.
    pub delimiter: &'a str,
    /// Lists only entries that sort after this text.
    pub after: &'a str,
    /// Most entries of the page.
    pub limit: usize,
}

#[derive(Debug, Clone)]
pub enum Entry {
    Object(Key, Arc<Object>),
    Prefix(String),
}

impl Entry {
    pub fn text(&self) -> &str {
        match self {
            Self::Object(key, _) => key.as_str(),
            Self::Prefix(prefix) => prefix,
        }
    }
}

#[derive(Debug, Default)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// Whether more entries follow.
    pub truncated: bool,
}

/// The part of `key` up to and with the first delimiter after the prefix, if there is one.
pub fn common_prefix<'k>(key: &'k str, prefix: &str, delimiter: &str) -> Option<&'k str> {
    if delimiter.is_empty() {
        return None;
    }
    let position = key.get(prefix.len()..)?.find(delimiter)?;
    key.get(..prefix.len() + position + delimiter.len())
}

pub fn read_page(index: &BTreeMap<Key, Arc<Object>>, query: &PageQuery<'_>) -> Page {
    let mut page = Page::default();
    if query.limit == 0 {
        return page;
    }
    let mut next = first_bound(query);
    loop {
        let mut keys = index.range::<[u8], _>((next.as_ref().map(Vec::as_slice), Bound::Unbounded));
        let skip_past = keys.find_map(|(key, object)| {
            if !key.as_str().starts_with(query.prefix) {
                return Some(None);
            }
            let prefix = common_prefix(key.as_str(), query.prefix, query.delimiter);
            let wanted = prefix.is_none_or(|prefix| prefix > query.after);
            if wanted && page.entries.len() == query.limit {
                page.truncated = true;
                return Some(None);
            }
            match prefix {
                None => page.entries.push(Entry::Object(key.clone(), Arc::clone(object))),
                Some(prefix) if wanted => page.entries.push(Entry::Prefix(prefix.to_owned())),
                Some(_) => {}
            }
            prefix.map(Some)
        });
        match skip_past.flatten() {
            Some(prefix) => next = Bound::Included(past(prefix)),
            None => return page,
        }
    }
}

fn first_bound(query: &PageQuery<'_>) -> Bound<Vec<u8>> {
    if query.after >= query.prefix && !query.after.is_empty() {
        Bound::Excluded(query.after.as_bytes().to_vec())
    } else {
        Bound::Included(query.prefix.as_bytes().to_vec())
    }
}

/// The smallest bytes that sort after everything that begins with `prefix`. UTF-8 has no byte 255, so the last byte can
/// always be incremented.
fn past(prefix: &str) -> Vec<u8> {
    let mut bytes = prefix.as_bytes().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last = last.saturating_add(1);
    }
    bytes
}
