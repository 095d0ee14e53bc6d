//! A listing of named keys: a HEAD tells of each whether it is there, and what.
//!
//! Always: complete or an error, in key order, as any listing. A key that the source does not have, or does not show, costs a
//! failure of its own, not the listing; only what is gone since an inventory named it is left out. At the destination such
//! a key is left out: its object is then written.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use model::{BucketName, Key, Prefix, Reason};
use tokio::sync::mpsc;

use super::KeyList;
use crate::s3::{Action, ListPage, Listed, OddKey, S3Client, S3Error, S3Fault, Start};

/// Requests at once.
const AT_ONCE: usize = 64;

/// The named keys as they are called at one place.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub keys: Arc<KeyList>,
    /// The prefix with which they are named.
    pub prefix: Prefix,
    pub absent: Absent,
}

/// How a clone treats a listed key whose object the source does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// A user named it: it fails.
    Fails,
    /// An inventory named it, which may be older than its deletion: it is left out. One that is refused fails all the same.
    IsLeftOut,
    /// At the destination: its object is written, also if it is not known whether there is one.
    IsWritten,
}

enum Found {
    Object(Listed),
    Odd(OddKey),
    Nothing,
}

impl S3Client {
    /// Sends the pages; an error is the last.
    pub(super) async fn send_named(
        &self,
        named: &Named,
        bucket: &BucketName,
        prefix: &Prefix,
        after: Option<&str>,
        pages: mpsc::Sender<Result<ListPage, S3Error>>,
    ) {
        let after =
            after.map(|after| format!("{}{}", named.prefix, after.get(prefix.as_str().len()..).unwrap_or_default()));
        let mut number = named.keys.block_after(after.as_deref());
        loop {
            let page = self.named_page(named, number, bucket, prefix).await;
            number += 1;
            let ends = page.as_ref().map_or(true, |page| page.next.is_none());
            if pages.send(page).await.is_err() || ends {
                return;
            }
        }
    }

    async fn named_page(
        &self,
        named: &Named,
        number: usize,
        bucket: &BucketName,
        prefix: &Prefix,
    ) -> Result<ListPage, S3Error> {
        let context = self.context(Action::List, Some(bucket));
        let keys = named.keys.block(number).map_err(|error| {
            context.error(S3Fault::Broken { why: format!("the named keys could not be read again: {error}") })
        })?;
        let Some(keys) = keys else { return Ok(ListPage { objects: Vec::new(), odd: Vec::new(), next: None }) };
        let moved = keys.iter().filter_map(|key| key.moved(&named.prefix, prefix));
        let finding: Vec<_> = moved.map(|key| self.find_named(named, bucket, key)).collect();
        let found = stream::iter(finding).buffered(AT_ONCE);
        let (mut objects, mut odd) = (Vec::new(), Vec::new());
        for found in found.try_collect::<Vec<_>>().await? {
            match found {
                Found::Object(object) => objects.push(object),
                Found::Odd(one) => odd.push(one),
                Found::Nothing => {}
            }
        }
        Ok(ListPage { objects, odd, next: Some(Start::Key(None)) })
    }

    async fn find_named(&self, named: &Named, bucket: &BucketName, key: Key) -> Result<Found, S3Error> {
        let error = match self.head(bucket, &key).await.map_err(S3Error::from) {
            Ok(head) => return Ok(Found::Object(head.object)),
            Err(error) if error.fatal() => return Err(error),
            Err(error) if named.absent == Absent::IsLeftOut && *error.fault() == S3Fault::NotFound => {
                return Ok(Found::Nothing);
            }
            Err(error) if named.absent != Absent::IsWritten => error,
            Err(error) => {
                if *error.fault() != S3Fault::NotFound {
                    tracing::warn!(%error, key = key.as_str(), "not known whether the destination has it; it is written");
                }
                return Ok(Found::Nothing);
            }
        };
        let why = match error.reason() {
            Reason::Gone => (Reason::Gone, "it is named in the list, and the source has no such object".to_owned()),
            reason => (reason, error.to_string()),
        };
        Ok(Found::Odd(OddKey::refused(key, why)))
    }
}
