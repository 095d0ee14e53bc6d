//! Decides for each copy whether the store makes it by itself, or this process streams the object.
//!
//! Always: a store that cannot copy by itself is found out by its own answer, and only a streamed copy that succeeds shows
//! that it was that; later objects are then streamed at once.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use model::CopyBy;

use crate::s3::{Failed, S3Error, Transfer};

/// What one request copies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Object,
    Part,
}

#[derive(Debug)]
pub(super) struct Mover {
    by: CopyBy,
    /// Whether one credential reads the source and writes the destination, so that the store can copy by itself.
    one_credential: bool,
    streams_objects: AtomicBool,
    streams_parts: AtomicBool,
}

impl Mover {
    pub fn new(by: CopyBy, one_credential: bool) -> Self {
        let streams = by == CopyBy::Stream || !one_credential;
        let flag = || AtomicBool::new(streams);
        Self { by, one_credential, streams_objects: flag(), streams_parts: flag() }
    }

    /// Whether the store may not copy by itself although that was asked for.
    pub fn lacks_credential(&self) -> bool {
        self.by == CopyBy::Store && !self.one_credential
    }

    /// Whether whole objects are streamed, as far as is known.
    pub fn streams(&self) -> bool {
        self.streams_objects.load(Relaxed)
    }

    /// Copies by the store, and through this process if the store cannot; `prepare` then comes first.
    pub async fn run<T, Preparing, Copying>(
        &self,
        unit: Unit,
        prepare: impl FnOnce() -> Preparing,
        copy: impl Fn(Transfer) -> Copying,
    ) -> Result<T, Failed>
    where
        Preparing: Future<Output = Result<(), Failed>>,
        Copying: Future<Output = Result<T, Failed>>,
    {
        let streams = match unit {
            Unit::Object => &self.streams_objects,
            Unit::Part => &self.streams_parts,
        };
        if streams.load(Relaxed) {
            return copy(Transfer::Streamed).await;
        }
        match copy(Transfer::Copied).await {
            Err(refused) if self.by == CopyBy::Auto && refused.error.cannot_copy() => {
                // Behind pointers: seldom needed, and part of each copy in flight.
                Box::pin(prepare()).await?;
                let streamed = Box::pin(copy(Transfer::Streamed)).await.map_err(|failed| failed.and(&refused))?;
                if !streams.swap(true, Relaxed) {
                    log_once(&refused.error);
                }
                Ok(streamed)
            }
            result => result,
        }
    }
}

fn log_once(error: &S3Error) {
    tracing::warn!(%error, "the store cannot copy by itself; streaming objects through this process");
}
