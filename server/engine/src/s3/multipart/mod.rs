//! Objects too large for one request: copied in parts, several at once.
//!
//! The object is looked at first, since a multipart copy brings nothing along by itself: what it carries is said when
//! the upload begins, and where the source was cut is where its copy is cut.
//!
//! Always:
//! - Every part is conditional on one ETag of the source, so that all are of one version. A source that changes
//!   meanwhile is [`S3Fault::Changed`], for the caller to begin again.
//! - Success is an ETag in the answer of every part and of the completion.
//! - A failure or a stop aborts the upload.
//! - Of one object at most [`AT_ONCE`] parts are underway, of all together no more than [`Slots`] allow; each goes
//!   piece by piece, never whole.

mod layout;
mod look;
mod upload;

use futures::{TryStreamExt, stream::FuturesUnordered};
use model::{BucketName, Fidelity, Key};
use tokio::{select, sync::Semaphore};

pub use self::layout::{LARGEST, LARGEST_PART, SMALLEST_PART, parts_of};
use self::{layout::Part, look::Seen, upload::Upload};
use super::{Action, ETag, Failed, Listed, S3Client, S3Fault};

/// Parts of one object underway at once.
const AT_ONCE: usize = 8;

/// How the bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The store copies by itself; one credential reads the source and writes the destination.
    Copied,
    /// From one store to the other through this process.
    Streamed,
}

/// What all objects in parts share. Each has a request of its own, as an object in one piece has. For further parts
/// there are half as many again as objects are copied at once, or what lets one object use all of a small number.
pub struct Slots(Semaphore);

impl Slots {
    /// `concurrency`: objects copied at once.
    pub fn beside(concurrency: usize) -> Self {
        Self(Semaphore::new((concurrency / 2).max(concurrency.min(AT_ONCE).saturating_sub(1))))
    }
}

/// A large object on its way.
pub struct InParts<'a> {
    pub source: &'a S3Client,
    pub from: &'a BucketName,
    /// As listed. At most [`LARGEST`].
    pub object: &'a Listed,
    pub destination: &'a S3Client,
    pub to: &'a BucketName,
    pub key: &'a Key,
    pub way: Way,
    pub slots: &'a Slots,
    pub fidelity: &'a Fidelity,
}

impl InParts<'_> {
    /// Answers the ETag of the copy.
    pub async fn send(&self) -> Result<ETag, Failed> {
        let seen = self.look().await?;
        let mut upload = Upload::begin(self.destination, self.to, self.key, &seen, self.way).await?;
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

    /// The first part that fails ends the others.
    async fn parts(&self, upload: &Upload, seen: &Seen) -> Result<Vec<(i32, ETag)>, Failed> {
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
        let etag = match self.way {
            Way::Copied => upload.copy_part(self.from, source, &part).await?,
            Way::Streamed => upload.stream_part(self.source, self.from, source, &part).await?,
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
    fn further_parts_are_half_as_many_or_let_one_object_use_a_small_number() {
        let slots = |concurrency| Slots::beside(concurrency).0.available_permits();
        assert_eq!([1, 2, 8, 16, 64].map(slots), [0, 1, 7, 8, 32]);
    }
}
