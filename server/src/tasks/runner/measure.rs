//! What jobs of this process add to the counters of `/metrics`.

use metrics::counter;
use model::{Kind, Progress};

/// Counts what a job of this process did between `before` and `after`.
pub fn advanced(kind: Kind, before: &Progress, after: &Progress) {
    let kind = kind.as_str();
    let objects = [
        ("done", before.done, after.done),
        ("skipped", before.skipped, after.skipped),
        ("failed", before.failed, after.failed),
        ("deleted", before.deleted, after.deleted),
    ];
    for (outcome, before, after) in objects {
        counter!("logyard_objects_total", "kind" => kind, "outcome" => outcome).increment(after.saturating_sub(before));
    }
    counter!("logyard_bytes_total", "kind" => kind).increment(after.bytes.saturating_sub(before.bytes));
    counter!("logyard_s3_requests_total", "kind" => kind).increment(after.requests.saturating_sub(before.requests));
    counter!("logyard_s3_retries_total", "kind" => kind).increment(after.retries.saturating_sub(before.retries));
}
