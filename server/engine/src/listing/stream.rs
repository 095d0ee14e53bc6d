//! A listing as a stream of objects, read page by page with one page of read-ahead.
//!
//! Always: it ends with `None` only if the store said that the last page was read. Any other end is an error. At most three
//! pages are in memory.

use model::{BucketName, Prefix};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::s3::{Action, Context, ListPage, Listed, Order, S3Client, S3Error, S3Fault, Start};

/// Pages read ahead, besides the one in use and the one being fetched.
const AHEAD: usize = 1;

/// Objects of a bucket under a prefix, in key order.
pub struct Listing {
    pages: mpsc::Receiver<Result<ListPage, S3Error>>,
    page: std::vec::IntoIter<Listed>,
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
        let (sender, pages) = mpsc::channel(AHEAD);
        let (store, bucket, prefix) = (self.clone(), bucket.clone(), prefix.clone());
        let context = self.context(Action::List, Some(&bucket));
        let reader = tokio::spawn(async move {
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
        Listing { pages, page: Vec::new().into_iter(), last: false, context, _reader: reader }
    }
}

impl Listing {
    /// The next object, or `None` at the end of the listing. After an error there is nothing more to come.
    pub async fn next(&mut self) -> Result<Option<Listed>, S3Error> {
        loop {
            if let Some(object) = self.page.next() {
                return Ok(Some(object));
            }
            if self.last {
                return Ok(None);
            }
            let Some(page) = self.pages.recv().await else {
                return Err(self.context.error(S3Fault::Broken { why: "its reader ended early".to_owned() }));
            };
            let page = page?;
            self.last = page.next.is_none();
            self.page = page.objects.into_iter();
        }
    }
}
