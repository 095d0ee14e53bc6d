//! A listing as a stream of objects, read page by page with one page of read-ahead.
//!
//! Always: it ends with `None` only if the store said that the last page was read. Any other end is an error. At most three
//! pages are in memory.

use std::iter::Peekable;

use model::{BucketName, Prefix};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::Named;
use crate::s3::{Action, Context, ListPage, Listed, OddKey, Order, S3Client, S3Error, S3Fault, Start};

/// Pages read ahead, besides the one in use and the one being fetched.
const AHEAD: usize = 1;

/// The next object of a listing.
pub(crate) enum Entry {
    Object(Listed),
    /// An object that cannot be copied.
    Odd(OddKey),
}

/// Objects of a bucket under a prefix, in key order.
pub struct Listing {
    pages: mpsc::Receiver<Result<ListPage, S3Error>>,
    page: Peekable<std::vec::IntoIter<Listed>>,
    odd: Peekable<std::vec::IntoIter<OddKey>>,
    last: bool,
    context: Context,
    _reader: AbortOnDropHandle<()>,
}

impl S3Client {
    /// Lists a prefix in key order. `after` need not be an existing key, nor start with the prefix.
    pub fn list(&self, bucket: &BucketName, prefix: &Prefix, after: Option<String>) -> Listing {
        self.list_in(Order::Bytes, bucket, prefix, after)
    }

    /// The same for a store that lists in this order. A listing that must be sorted ignores `after`.
    pub fn list_in(&self, order: Order, bucket: &BucketName, prefix: &Prefix, after: Option<String>) -> Listing {
        self.list_or_find(None, order, bucket, prefix, after)
    }

    /// The same, or the objects with the named keys.
    pub(super) fn list_or_find(
        &self,
        named: Option<&Named>,
        order: Order,
        bucket: &BucketName,
        prefix: &Prefix,
        after: Option<String>,
    ) -> Listing {
        let (sender, pages) = mpsc::channel(AHEAD);
        let (store, bucket, prefix) = (self.clone(), bucket.clone(), prefix.clone());
        let context = self.context(Action::List, Some(&bucket));
        let named = named.cloned();
        let reader = tokio::spawn(async move {
            if let Some(named) = &named {
                return store.send_named(named, &bucket, &prefix, after.as_deref(), sender).await;
            }
            if order == Order::Any {
                return store.send_sorted(&bucket, &prefix, sender).await;
            }
            let mut next = Some(Start::Key(after));
            while let Some(from) = next {
                let page = store.page(&bucket, &prefix, &from).await;
                next = page.as_ref().ok().and_then(|page| page.next.clone());
                if sender.send(page.map_err(S3Error::from)).await.is_err() {
                    return;
                }
            }
        });
        let reader = AbortOnDropHandle::new(reader);
        let (page, odd) = (Vec::new().into_iter().peekable(), Vec::new().into_iter().peekable());
        Listing { pages, page, odd, last: false, context, _reader: reader }
    }
}

impl Listing {
    /// The next object, or `None` at the end of the listing. After an error there is nothing more to come. Objects whose
    /// keys are none are passed over, with a line in the log.
    pub async fn next(&mut self) -> Result<Option<Listed>, S3Error> {
        loop {
            match self.next_entry().await? {
                Some(Entry::Object(object)) => return Ok(Some(object)),
                Some(Entry::Odd(odd)) => {
                    tracing::warn!(key = odd.object.key.as_str(), "passed over an object whose key is not one");
                }
                None => return Ok(None),
            }
        }
    }

    /// Reads on, and also returns objects whose keys Logyard cannot use, in the order of the listing.
    pub(crate) async fn next_entry(&mut self) -> Result<Option<Entry>, S3Error> {
        loop {
            let before = match (self.odd.peek(), self.page.peek()) {
                (Some(odd), Some(object)) => odd.bytes.as_slice() < object.key.as_str().as_bytes(),
                (odd, None) => odd.is_some(),
                (None, Some(_)) => false,
            };
            let next = if before { self.odd.next().map(Entry::Odd) } else { self.page.next().map(Entry::Object) };
            if next.is_some() {
                return Ok(next);
            }
            if self.last {
                return Ok(None);
            }
            let Some(page) = self.pages.recv().await else {
                return Err(self.context.error(S3Fault::Broken { why: "its reader ended early".to_owned() }));
            };
            let page = page?;
            self.last = page.next.is_none();
            self.page = page.objects.into_iter().peekable();
            self.odd = page.odd.into_iter().peekable();
        }
    }
}
