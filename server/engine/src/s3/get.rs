//! Reads an object from its first byte to its last, across broken connections.
//!
//! If a body breaks off or stalls, a ranged GET continues at the byte reached, on condition that the object is still the
//! version of the first answer.
//!
//! Always: the bytes are those of one version of the object, in order and without a gap. `None` comes only after the
//! last of them.

use std::{ops::Range, time::Duration};

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use model::BucketName;
use rand::Rng;
use tokio::time::sleep;

use super::{Action, ETag, Listed, S3Client, S3Error, S3Fault, error::Failed, head, limiter_wait::LimiterWait};

/// Time without a byte after which a body counts as broken.
const STILL: Duration = Duration::from_secs(30);

pub struct Reading {
    store: S3Client,
    bucket: BucketName,
    object: Listed,
    /// `None`: a request at `at` must open it.
    body: Option<ByteStream>,
    at: u64,
    /// Breaks since the last byte that arrived.
    broken: u32,
    /// Waits at the store's ceiling, which do not count as stalls.
    wait: LimiterWait,
}

impl S3Client {
    /// Reads the object as listed; if it was listed without an `ETag`, as it is now.
    pub async fn read(&self, bucket: &BucketName, object: &Listed) -> Result<Reading, Failed> {
        let (bucket, object) = (bucket.clone(), object.clone());
        let mut reading =
            Reading { store: self.clone(), bucket, object, body: None, at: 0, broken: 0, wait: LimiterWait::default() };
        reading.open().await?;
        Ok(reading)
    }
}

impl Reading {
    pub fn etag(&self) -> Option<&ETag> {
        self.object.etag.as_ref()
    }

    /// Bytes read so far.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The next piece; `None` at the end. Not cancel-safe: after a dropped call, drop the reading too.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failed> {
        loop {
            let Some(body) = &mut self.body else {
                self.open().await?;
                continue;
            };
            let why = match self.wait.within(STILL, body.next()).await {
                Some(Some(Ok(bytes))) if bytes.is_empty() => continue,
                Some(Some(Ok(bytes))) if self.at + bytes.len() as u64 <= self.object.size => {
                    self.at += bytes.len() as u64;
                    self.broken = 0;
                    return Ok(Some(bytes));
                }
                Some(None) if self.at == self.object.size => return Ok(None),
                Some(Some(Ok(_))) => return Err(self.failed(self.unclear("more bytes came than the object has"))),
                Some(Some(Err(error))) => self.fault(S3Fault::Broken { why: error.to_string() }),
                Some(None) => self.fault(S3Fault::Broken { why: "the body ends early".to_owned() }),
                None => self.fault(S3Fault::Timeout { seconds: STILL.as_secs() }),
            };
            self.body = None;
            self.broken += 1;
            self.wait(why).await?;
        }
    }

    async fn open(&mut self) -> Result<(), Failed> {
        let context = self.store.context(Action::Get, Some(&self.bucket));
        let rest: Option<Range<u64>> = (self.at > 0).then_some(self.at..self.object.size);
        let opened = {
            let (store, bucket, object) = (&self.store, &self.bucket, &self.object);
            let request = || store.open(bucket, object, rest.as_ref(), None);
            store.retry.send(&context, head::LIMIT, request).await?
        };
        if self.object.etag.is_none() {
            self.object.etag = opened.e_tag().and_then(ETag::parse);
        }
        self.body = Some(self.store.watched(opened.body, &self.store, &self.wait));
        Ok(())
    }

    /// Waits before a retry, if there are attempts left.
    async fn wait(&self, why: S3Error) -> Result<(), Failed> {
        let policy = self.store.retry.policy;
        if self.broken >= policy.attempts {
            return Err(self.failed(why));
        }
        let most = policy.base.saturating_mul(1 << self.broken.min(16)).min(policy.most);
        let pause = rand::rng().random_range(Duration::ZERO..=most);
        tokio::select! {
            () = sleep(pause) => Ok(()),
            () = self.store.retry.stop.cancelled() => Err(self.failed(self.fault(S3Fault::Stopped))),
        }
    }

    fn failed(&self, error: S3Error) -> Failed {
        Failed { error, attempts: self.broken.max(1) }
    }

    fn fault(&self, fault: S3Fault) -> S3Error {
        self.store.context(Action::Get, Some(&self.bucket)).error(fault)
    }

    fn unclear(&self, what: &str) -> S3Error {
        self.store.context(Action::Get, Some(&self.bucket)).unclear(what)
    }
}
