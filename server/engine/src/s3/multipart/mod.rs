//! Copies objects that are too large for one request in parts, several at once.
//!
//! A HEAD comes first, since a multipart copy carries nothing by itself: the begin of the upload repeats the metadata, and
//! the copy is split where the source was.
//!
//! Always:
//! - Every part is conditional on one ETag of the source, so that all are of one version. If the source changes meanwhile,
//!   the error is [`S3Fault::Changed`], and the caller starts again.
//! - Success is an ETag in the answer of every part and of the completion.
//! - A failure or a stop aborts the upload.
//! - At most [`AT_ONCE`] parts of one object are in flight, and no more of all objects than [`Slots`] allow; each is
//!   streamed piece by piece.

mod inspect;
mod layout;
mod upload;

use futures::{TryStreamExt, stream::FuturesUnordered};
use model::{BucketName, Fidelity, Key};
use tokio::{select, sync::Semaphore};

pub use self::layout::{LARGEST, LARGEST_PART, SMALLEST_PART, parts_of};
use self::{inspect::SourceInfo, layout::Part, upload::Upload};
use super::{Action, ETag, Failed, Listed, S3Client, S3Fault};

/// Most parts of one object in flight.
const AT_ONCE: usize = 8;

/// How the bytes get to the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// The store copies by itself: one credential reads the source and writes the destination.
    Copied,
    /// Through this process, from one store to the other.
    Streamed,
}

/// Permits for parts, shared by all multipart copies. Each object has one request of its own, as any object has. Further
/// parts share half as many permits as objects are copied at once, or enough for one object to use a small number fully.
pub struct Slots(Semaphore);

impl Slots {
    /// Permits for `concurrency` objects copied at once.
    pub fn for_concurrency(concurrency: usize) -> Self {
        Self(Semaphore::new((concurrency / 2).max(concurrency.min(AT_ONCE).saturating_sub(1))))
    }
}

/// The copy of a large object.
pub struct MultipartCopy<'a> {
    pub source: &'a S3Client,
    pub from: &'a BucketName,
    /// The object as listed, at most [`LARGEST`].
    pub object: &'a Listed,
    pub destination: &'a S3Client,
    pub to: &'a BucketName,
    pub key: &'a Key,
    pub transfer: Transfer,
    pub slots: &'a Slots,
    pub fidelity: &'a Fidelity,
}

impl MultipartCopy<'_> {
    /// Copies the object; returns the ETag of the copy.
    pub async fn send(&self) -> Result<ETag, Failed> {
        let seen = self.inspect().await?;
        let mut upload = Upload::begin(self.destination, self.to, self.key, &seen, self.transfer).await?;
        let parts = select! {
            biased;
            () = self.destination.retry.stop.cancelled() => Err(self.stopped()),
            parts = self.parts(&upload, &seen) => parts,
        };
        let ended = match parts {
            Ok(parts) => upload.complete(parts, seen.object.size).await,
            Err(failed) => Err(failed),
        };
        if ended.is_err() {
            upload.abort().await;
        }
        ended
    }

    /// Copies all parts; the first failure ends the others.
    async fn parts(&self, upload: &Upload, seen: &SourceInfo) -> Result<Vec<(i32, ETag)>, Failed> {
        let own = Semaphore::new(1);
        let mut underway = FuturesUnordered::new();
        let mut done = Vec::new();
        for part in seen.layout.parts() {
            if underway.len() == AT_ONCE {
                done.extend(underway.try_next().await?);
            }
            underway.push(self.part(upload, &seen.object, &own, part));
        }
        while let Some(part) = underway.try_next().await? {
            done.push(part);
        }
        Ok(done)
    }

    async fn part(&self, upload: &Upload, source: &Listed, own: &Semaphore, part: Part) -> Result<(i32, ETag), Failed> {
        let _slot = select! {
            slot = own.acquire() => slot,
            slot = self.slots.0.acquire() => slot,
        };
        let etag = match self.transfer {
            Transfer::Copied => upload.copy_part(self.from, source, &part).await?,
            Transfer::Streamed => upload.stream_part(self.source, self.from, source, &part).await?,
        };
        Ok((part.number, etag))
    }

    fn stopped(&self) -> Failed {
        let context = self.destination.context(Action::Put, Some(self.to));
        Failed { error: context.error(S3Fault::Stopped), attempts: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_parts_share_half_the_concurrency() {
        let slots = |concurrency| Slots::for_concurrency(concurrency).0.available_permits();
        assert_eq!([1, 2, 8, 16, 64].map(slots), [0, 1, 7, 8, 32]);
    }
}
