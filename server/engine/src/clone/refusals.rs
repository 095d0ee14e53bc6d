//! Refused copies, counted until one object is at the destination: a destination that takes nothing is not asked for each
//! of a million objects.
//!
//! Always: it counts refusals of one kind in a row, of objects that are planned for the first time. Once anything was
//! copied or found equal, each object fails by itself.

use std::sync::{Mutex, PoisonError};

use crate::s3::{S3Error, S3Fault};

/// Refusals of one kind after which a clone that has nothing at its destination ends.
pub(super) const MOST: u32 = 100;

#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Option<(String, u32)>>);

impl Refusals {
    /// Counts a refusal; returns the count once there are too many of this kind.
    pub fn add(&self, error: &S3Error) -> Option<u32> {
        let kind = kind(error)?;
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = match last.take() {
            Some((before, count)) if before == kind => count + 1,
            _ => 1,
        };
        *last = Some((kind, count));
        (count >= MOST).then_some(count)
    }
}

/// Names the kind of a refusal, without the words that differ from object to object; `None` for errors of the object itself, and for those
/// that may pass.
fn kind(error: &S3Error) -> Option<String> {
    match error.fault() {
        S3Fault::Other(answer) if (400..500).contains(&answer.status) || answer.status == 501 => {
            Some(format!("{} {}", answer.status, answer.code))
        }
        S3Fault::NoAcls | S3Fault::NoObjectLock => Some(error.fault().to_string()),
        _ if error.denied() => Some("denied".to_owned()),
        _ => None,
    }
}
