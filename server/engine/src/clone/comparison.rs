//! The comparison that planning and verification fill in.

use model::{CloneSpec, Compare, Comparison, UnreadableTags};

use crate::clock::now;

/// A comparison without any object.
pub(super) fn empty_comparison(spec: &CloneSpec) -> Comparison {
    Comparison {
        at: now(),
        mode: spec.mode,
        source_objects: 0,
        source_bytes: 0,
        destination_objects: 0,
        equal_by_etag: 0,
        equal_by_digest: 0,
        equal_by_content: 0,
        unverified: 0,
        equal_by_size: 0,
        unproven: 0,
        missing: 0,
        different: 0,
        extra: 0,
        left_out: 0,
        equal: false,
        nothing: false,
        selection: spec.selection.clone(),
        compare: spec.fidelity.compare,
        unreadable_tags: match spec.fidelity.compare {
            Compare::Listing | Compare::Content => UnreadableTags::Fail,
            Compare::Metadata => spec.fidelity.unreadable_tags,
        },
    }
}
