//! Settles one object: compared where that needs requests, copied as it is now, or failed with a reason.

use model::{Failure, Key, Reason, UnreadableTags};

use super::{CloneError, endpoints::Endpoints, mover::Unit, window::Outcome};
use crate::{
    clock::now,
    s3::{
        Copied, Failed, LARGEST, Listed, MultipartCopy, OddKey, S3Error, S3Fault, StreamedCopy, Transfer, was_cut,
        why_odd,
    },
};

/// Changes of an object during its copy after which it fails.
const CHANGES: u32 = 3;

pub(super) fn failure(key: &Key, reason: Reason, message: impl Into<String>, attempts: u32) -> Failure {
    Failure { key: key.clone(), reason, message: message.into(), attempts, at: now() }
}

fn failed(key: &Key, reason: Reason, message: impl Into<String>, attempts: u32) -> Outcome {
    Outcome::Failed(Box::new(failure(key, reason, message, attempts)))
}

/// The outcome of an object whose key is none.
pub(super) fn failed_by_key(key: &Key) -> Outcome {
    failed(key, Reason::NotAKey, why_odd(key), 0)
}

/// The outcome of an object that cannot be copied.
pub(super) fn failed_as_odd(odd: &OddKey) -> Outcome {
    let (reason, why) = odd.why();
    failed(&odd.object.key, reason, why, 0)
}

/// Result of settling an object.
pub(super) enum Settlement {
    Settled(Outcome),
    /// Its folder throttles: it must be copied when its turn has come.
    HeldBack(Failed),
    /// It failed as many before it did: unless something is at the destination already, all will.
    Hopeless(Outcome, CloneError),
}

impl Endpoints {
    /// Fails only if the error concerns more than this object.
    pub async fn settle(&self, mut source: Listed, destination: Option<&Listed>) -> Result<Settlement, CloneError> {
        let Some(to) = self.destination_key(&source.key) else {
            let message = "the key at the destination would be empty or over 1,024 bytes";
            return Ok(Settlement::Settled(failed(&source.key, Reason::KeyTooLong, message, 0)));
        };
        if let Some(destination) = destination
            && self.compare(&source, destination).await.settled()
        {
            self.completions.found(&source, destination);
            return Ok(Settlement::Settled(Outcome::Skipped));
        }
        let (mut attempts, mut refusal) = (0, String::new());
        for _ in 0..=CHANGES {
            if source.size > LARGEST {
                let message = format!("{} bytes; 10,000 parts of 5 GiB are the most there can be", source.size);
                return Ok(Settlement::Settled(failed(&source.key, Reason::TooLarge, message, attempts)));
            }
            if self.spec.dry_run {
                return Ok(Settlement::Settled(Outcome::Copied { bytes: source.size }));
            }
            let refused = match self.copy(&source, &to).await {
                Ok(copied) => {
                    self.records.add(&source, &copied);
                    self.completions.copied(&source, &to, &copied);
                    return Ok(Settlement::Settled(Outcome::Copied { bytes: source.size }));
                }
                Err(refused) => refused,
            };
            attempts += refused.attempts;
            if matches!(refused.error.fault(), S3Fault::Throttled { .. })
                && self.throttle.holds(self.folder(&source.key))
            {
                return Ok(Settlement::HeldBack(Failed { attempts, ..refused }));
            }
            if *refused.error.fault() != S3Fault::Changed {
                let outcome = give_up(&source.key, &refused.error, attempts)?;
                return Ok(match self.refusals.add(&refused.error) {
                    Some(count) => {
                        let error = CloneError::AllRefused { refused: count, error: refused.error };
                        Settlement::Hopeless(outcome, error)
                    }
                    None => Settlement::Settled(outcome),
                });
            }
            match self.source.head(&self.spec.source.bucket, &source.key).await {
                Ok(head) => {
                    attempts += 1;
                    let unchanged =
                        source.etag.is_some() && (head.object.size, &head.object.etag) == (source.size, &source.etag);
                    refusal = if unchanged { refused.error.to_string() } else { String::new() };
                    source = head.object;
                    if !self.chosen(&source) {
                        let message = "it was replaced while being copied, and is not selected as it is now";
                        return Ok(Settlement::Settled(failed(&source.key, Reason::Changed, message, attempts)));
                    }
                }
                Err(refused) => {
                    return give_up(&source.key, &refused.error, attempts + refused.attempts).map(Settlement::Settled);
                }
            }
        }
        if !refusal.is_empty() {
            let message = format!("{refusal}; but its size and ETag are as they were");
            return Ok(Settlement::Settled(failed(&source.key, Reason::Store, message, attempts)));
        }
        let message = format!("it was replaced more than {CHANGES} times while being copied");
        Ok(Settlement::Settled(failed(&source.key, Reason::Changed, message, attempts)))
    }

    async fn copy(&self, source: &Listed, to: &Key) -> Result<Copied, Failed> {
        if source.size > self.multipart_threshold.bytes() {
            let copy = async |transfer| self.in_parts(source, to, transfer).send().await;
            return self.mover.run(Unit::Part, || self.tells_tags(source), copy).await;
        }
        if was_cut(source) {
            let copy = async |transfer| self.in_parts(source, to, transfer).send_as_cut().await;
            if let Some(copied) = self.mover.run(Unit::Part, || self.tells_tags(source), copy).await? {
                return Ok(copied);
            }
        }
        let copy = async |transfer| match transfer {
            Transfer::Copied => self.copy_by_store(source, to).await,
            Transfer::Streamed => self.streamed(source, to).send().await,
        };
        self.mover.run(Unit::Object, || self.tells_tags(source), copy).await
    }

    /// Fails if the object may have tags that the source does not tell of, and the clone must keep them. A store that copies
    /// by itself carries them unseen; a streamed copy would lose them.
    pub async fn tells_tags(&self, source: &Listed) -> Result<(), Failed> {
        if self.spec.fidelity.unreadable_tags != UnreadableTags::Fail {
            return Ok(());
        }
        let told = self.source.tells_tags(&self.spec.source.bucket, &source.key).await;
        told.map_err(|error| Failed { error, attempts: 1 })
    }

    async fn copy_by_store(&self, source: &Listed, to: &Key) -> Result<Copied, Failed> {
        let (from_bucket, to_bucket) = (&self.spec.source.bucket, &self.spec.destination.bucket);
        let (fidelity, folder) = (&self.spec.fidelity, self.folder(&source.key));
        let slow_down = || {
            let held = self.throttle.refused(folder);
            if held {
                self.destination.meter().place();
            }
            held
        };
        let options = self.source.copy_options(from_bucket, source, fidelity).await?;
        let copied = self.destination.copy(from_bucket, source, to_bucket, to, &options, &slow_down).await;
        copied.inspect(|_| self.throttle.taken(folder))
    }

    fn streamed<'a>(&'a self, source: &'a Listed, to: &'a Key) -> StreamedCopy<'a> {
        StreamedCopy {
            source: &self.source,
            from: &self.spec.source.bucket,
            object: source,
            destination: &self.destination,
            to: &self.spec.destination.bucket,
            key: to,
            fidelity: &self.spec.fidelity,
        }
    }

    fn in_parts<'a>(&'a self, source: &'a Listed, to: &'a Key, transfer: Transfer) -> MultipartCopy<'a> {
        MultipartCopy {
            source: &self.source,
            from: &self.spec.source.bucket,
            object: source,
            destination: &self.destination,
            to: &self.spec.destination.bucket,
            key: to,
            transfer,
            slots: &self.slots,
            fidelity: &self.spec.fidelity,
        }
    }
}

pub(super) fn give_up(key: &Key, error: &S3Error, attempts: u32) -> Result<Outcome, CloneError> {
    match error.fault() {
        S3Fault::Stopped => Err(CloneError::Stopped),
        _ if error.fatal() => Err(error.clone().into()),
        _ => Ok(failed(key, error.reason(), error.to_string(), attempts)),
    }
}
