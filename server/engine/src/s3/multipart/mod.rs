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
//! - Parts that were streamed are digested ([`super::digest`]). Cut as the source was, their digests make its ETag; an
//!   object that cannot be cut as its source was is read in order, to have its digest all the same. If the source promises
//!   another one, the object is read once more: what was altered on the way is not kept.
//! - At most [`AT_ONCE`] parts of one object are in flight, and no more of all objects than [`Slots`] allow; each is
//!   streamed piece by piece.

mod inspect;
mod layout;
mod upload;

use futures::{TryStreamExt, stream::FuturesUnordered};
use model::{BucketName, Fidelity, Key};
use tokio::{select, sync::Semaphore};

pub use self::layout::{LARGEST, LARGEST_PART, SMALLEST_PART, parts_of, was_cut};
use self::{
    inspect::SourceInfo,
    layout::Part,
    upload::{SentPart, Upload},
};
use super::{
    Action, Copied, Evidence, Failed, Listed, S3Client, S3Fault,
    digest::{Md5Sum, of_parts},
    running::{Promise, Running},
};

/// Most parts of one object in flight.
const AT_ONCE: usize = 8;

/// Times that an object is read whose parts do not make the ETag of their source.
const READS: usize = 3;

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
    /// Copies the object.
    pub async fn send(&self) -> Result<Copied, Failed> {
        self.send_seen(&self.inspect().await?).await
    }

    /// Copies the object in the parts that its source was cut in, so that both get the same ETag; `None` if they are not
    /// known, or the ETag is no digest, and another way of copying is better.
    pub async fn send_as_cut(&self) -> Result<Option<Copied>, Failed> {
        let seen = self.inspect().await?;
        let kept = matches!(seen.promise, Some(Promise::Parts(_))) && seen.in_order.is_none();
        if kept { self.send_seen(&seen).await.map(Some) } else { Ok(None) }
    }

    /// A store that takes only parts of one size, as R2 does, gets such parts: the ETag then differs.
    async fn send_seen(&self, seen: &SourceInfo) -> Result<Copied, Failed> {
        let sent = self.send_cut(seen).await;
        let refused = sent.as_ref().is_err_and(|failed| failed.error.fault().is_answer("InvalidPart"));
        match seen.cut_evenly(self.transfer).filter(|_| refused) {
            Some(even) => Box::pin(self.send_cut(&even)).await,
            None => sent,
        }
    }

    async fn send_cut(&self, seen: &SourceInfo) -> Result<Copied, Failed> {
        let mut doubted = None;
        for _ in 0..READS {
            match self.attempt(seen, doubted.as_ref()).await? {
                Attempt::Completed(copied) => return Ok(copied),
                Attempt::Doubtful(digest) => doubted = Some(digest),
            }
        }
        let context = self.source.context(Action::Get, Some(self.from));
        let what = format!("each of {READS} readings of its parts gave other bytes");
        Err(Failed { error: context.error(S3Fault::Altered { what }), attempts: 1 })
    }

    /// One upload. If its parts do not have the digest of their source, it is aborted; unless they gave the same `doubted`
    /// digest before, and it is that of parts: then the store makes such ETags in a way of its own.
    async fn attempt(&self, seen: &SourceInfo, doubted: Option<&Promise>) -> Result<Attempt, Failed> {
        let mut upload = Upload::begin(self.destination, self.to, self.key, seen, self.transfer).await?;
        let parts = select! {
            biased;
            () = self.destination.retry.stop.cancelled() => Err(self.stopped()),
            parts = self.parts(&upload, seen) => parts,
        };
        let parts = match parts {
            Ok(parts) => parts,
            Err(failed) => {
                upload.abort().await;
                return Err(failed);
            }
        };
        let digest = seen.promise.as_ref().and_then(|_| digest(&parts, seen.in_order.is_some()));
        let kept = digest.is_some() && digest == seen.promise;
        if let Some(digest) = digest.filter(|_| !kept) {
            let of_its_own = matches!(digest, Promise::Parts(_)) && doubted == Some(&digest);
            if !of_its_own {
                upload.abort().await;
                return Ok(Attempt::Doubtful(digest));
            }
        }
        match upload.complete(&parts, seen.object.size).await {
            Ok(etag) => {
                let evidence = Evidence::of(kept, parts.iter().all(|part| part.answered));
                Ok(Attempt::Completed(Copied { etag, evidence }))
            }
            Err(failed) => {
                upload.abort().await;
                Err(failed)
            }
        }
    }

    /// Copies all parts and returns them in order; the first failure ends the others.
    async fn parts(&self, upload: &Upload, seen: &SourceInfo) -> Result<Vec<SentPart>, Failed> {
        let own = Semaphore::new(1);
        if let Some(object) = seen.in_order.as_ref().filter(|_| self.transfer == Transfer::Streamed) {
            return self.parts_in_order(upload, seen, &own, object).await;
        }
        let mut underway = FuturesUnordered::new();
        let mut done = Vec::new();
        for part in seen.layout.parts() {
            if underway.len() == AT_ONCE {
                done.extend(underway.try_next().await?);
            }
            underway.push(self.part(upload, &seen.object, &own, part, None));
        }
        while let Some(part) = underway.try_next().await? {
            done.push(part);
        }
        done.sort_unstable_by_key(|part| part.number);
        Ok(done)
    }

    /// One part after the other, so that the digest of the object is known at the end.
    async fn parts_in_order(
        &self,
        upload: &Upload,
        seen: &SourceInfo,
        own: &Semaphore,
        object: &Running,
    ) -> Result<Vec<SentPart>, Failed> {
        let mut done: Vec<SentPart> = Vec::new();
        for part in seen.layout.parts() {
            let before = done.last().map_or(Some(object), |part| part.object.as_ref());
            done.push(self.part(upload, &seen.object, own, part, before).await?);
        }
        Ok(done)
    }

    async fn part(
        &self,
        upload: &Upload,
        source: &Listed,
        own: &Semaphore,
        part: Part,
        before: Option<&Running>,
    ) -> Result<SentPart, Failed> {
        let _slot = select! {
            slot = own.acquire() => slot,
            slot = self.slots.0.acquire() => slot,
        };
        match self.transfer {
            Transfer::Copied => upload.copy_part(self.from, source, &part).await,
            Transfer::Streamed => upload.stream_part(self.source, self.from, source, &part, before).await,
        }
    }

    fn stopped(&self) -> Failed {
        let context = self.destination.context(Action::Put, Some(self.to));
        Failed { error: context.error(S3Fault::Stopped), attempts: 0 }
    }
}

enum Attempt {
    Completed(Copied),
    /// The digest of the parts, which is not that of the source.
    Doubtful(Promise),
}

/// The digest of an object of these parts, in the form of its source's ETag; `None` unless each was digested.
fn digest(parts: &[SentPart], in_order: bool) -> Option<Promise> {
    if in_order {
        return Some(parts.last()?.object.clone()?.finish());
    }
    let sums: Option<Vec<Md5Sum>> = parts.iter().map(|part| part.digest).collect();
    sums.map(|sums| Promise::Parts(of_parts(&sums)))
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
