//! Previews what a reprocess would send, from the listing alone and within a time limit.

use std::{sync::Arc, time::Duration};

use model::{LogObject, ReprocessPreview, ReprocessSpec};
use tokio::time::{Instant, timeout_at};

use super::{Checked, Found, Ledger, PlanDigest, time_line::TimeLine, to_send};
use crate::{
    clock::now,
    log_object::LogName,
    s3::{ETag, Listed, S3Client},
    ship::ShipError,
};

const EXAMPLES: usize = 100;
const INTERVALS: usize = 120;

/// Lists up to `most_objects` objects or for `most_time`. The preview has a plan only if the listing was complete.
pub async fn preview(
    spec: &ReprocessSpec,
    store: &S3Client,
    ledger: &Arc<dyn Ledger>,
    most_objects: u64,
    most_time: Duration,
) -> Result<ReprocessPreview, ShipError> {
    let store = store.hasty();
    let mut objects = Checked::new(spec, &store, ledger, None);
    let mut count = Count { preview: empty(spec), digest: PlanDigest::of(spec), line: TimeLine::default() };
    let deadline = Instant::now() + most_time;
    while count.preview.objects + count.preview.left_out < most_objects {
        let Ok(next) = timeout_at(deadline, objects.next()).await else { break };
        match next? {
            Some((Found::Object(object), delivered)) => count.add(object, delivered),
            Some((Found::LeftOut(_), _)) => count.preview.left_out += 1,
            Some((Found::Unreadable(key, failed), _)) => return Err(ShipError::Key { key, source: failed.error }),
            None => {
                count.preview.complete = true;
                break;
            }
        }
    }
    Ok(count.finish())
}

struct Count {
    preview: ReprocessPreview,
    digest: PlanDigest,
    line: TimeLine,
}

impl Count {
    fn add(&mut self, object: Listed, delivered: bool) {
        let preview = &mut self.preview;
        preview.objects += 1;
        preview.bytes += object.size;
        preview.delivered += u64::from(delivered);
        if to_send(preview.spec.extent, delivered) {
            preview.to_send += 1;
            preview.to_send_bytes += object.size;
            self.digest.add(&object);
        }
        let name = LogName::of_key(object.key.as_str());
        if let Some(name) = &name {
            self.line.add(name, object.size, delivered);
        }
        if preview.examples.len() < EXAMPLES {
            preview.examples.push(LogObject {
                ends: name.map(|name| name.end),
                size: object.size,
                etag: object.etag.as_ref().map(ETag::to_string).unwrap_or_default(),
                last_modified: object.modified,
                delivered,
                key: object.key,
            });
        }
    }

    fn finish(self) -> ReprocessPreview {
        let mut preview = self.preview;
        preview.plan = preview.complete.then(|| self.digest.finish());
        preview.covers = self.line.covers();
        preview.intervals = self.line.intervals(INTERVALS);
        preview
    }
}

fn empty(spec: &ReprocessSpec) -> ReprocessPreview {
    ReprocessPreview {
        spec: spec.clone(),
        at: now(),
        complete: false,
        objects: 0,
        bytes: 0,
        delivered: 0,
        left_out: 0,
        to_send: 0,
        to_send_bytes: 0,
        covers: None,
        intervals: Vec::new(),
        examples: Vec::new(),
        plan: None,
    }
}
