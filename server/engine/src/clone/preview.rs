//! What a clone would do, judged from both listings alone and within a time limit. For a mirror it is also the plan, if both
//! listings were read to their ends.

use std::time::Duration;

use model::{Acl, ClonePreview, CloneSpec, Compare, Mode, ObjectLock, RequestCounts};
use tokio::time::{Instant, timeout_at};

use super::{
    CloneError, Options,
    check::{apart, mover, named},
    compare::{Verdict, by_form, by_listing},
    endpoints::Endpoints,
    plan_builder::PlanBuilder,
};
use crate::{
    clock::now,
    listing::{KeyRange, OddAt, Pair},
    s3::{LARGEST, Listed, S3Client, parts_of, was_cut},
};

const EXAMPLES: usize = 10;
const PAGE: u64 = 1_000;

/// Requests of a multipart copy besides its parts: begin and completion.
const AROUND_PARTS: u64 = 2;

/// Lists both places up to `most_keys` or `most_time`, and counts what a run with these options would do. Objects whose
/// ETags decide nothing are judged by size and time; a run sends requests for them.
pub async fn preview(
    spec: &CloneSpec,
    source: &S3Client,
    destination: &S3Client,
    options: &Options,
    most_keys: u64,
    most_time: Duration,
) -> Result<ClonePreview, CloneError> {
    apart(spec, source, destination)?;
    mover(spec, source, destination)?;
    let (source, destination) = (source.hasty(), destination.hasty());
    named(spec, &source).await?;
    let endpoints = Endpoints::new(spec, &source, &destination, options);
    let mut pairs = endpoints.listings().read(&KeyRange::default());
    let mut preview = empty(spec);
    let mut builder = PlanBuilder::of(spec);
    let deadline = Instant::now() + most_time;
    let (mut keys, mut missing, mut all_equal) = (0, 0, true);
    while keys < most_keys {
        let Ok(pair) = timeout_at(deadline, pairs.next()).await else { break };
        let Some(pair) = pair? else {
            preview.complete = true;
            break;
        };
        keys += 1;
        missing += u64::from(matches!(pair, Pair::Source(_)));
        all_equal &= needs_nothing(&pair);
        count(&mut preview, &mut builder, &endpoints, pair);
    }
    let (at_source, at_destination) = pairs.listed();
    let pages = |at_destination: u64| at_source.div_ceil(PAGE).max(1) + at_destination.div_ceil(PAGE).max(1);
    // Copying lists both places, deleting lists both twice, the comparison once more; the destination then has the
    // copies, and not the deleted objects. A copy that has nothing to do is its own comparison.
    let copying = pages(at_destination);
    let deleting = 2 * pages(at_destination + missing);
    let by_itself = spec.mode == Mode::Copy && preview.complete && all_equal;
    let comparing = if by_itself || !options.verify { 0 } else { pages(at_destination + missing - preview.to_delete) };
    let heads = Heads::of(spec, options, &preview);
    preview.requests = match spec.mode {
        Mode::Verify => RequestCounts { list: copying, head: heads.finding_out, ..RequestCounts::default() },
        _ if spec.dry_run => RequestCounts { list: copying, head: heads.finding_out, ..RequestCounts::default() },
        Mode::Copy => RequestCounts { list: copying + comparing, head: heads.all(), ..preview.requests },
        Mode::Mirror => RequestCounts {
            list: copying + deleting + comparing,
            head: heads.all() + preview.to_delete,
            delete: preview.to_delete,
            ..preview.requests
        },
    };
    if spec.mode == Mode::Mirror && preview.complete {
        preview.plan = Some(builder.finish(preview.at));
    }
    Ok(preview)
}

/// Whether a run sends no request for this pair.
fn needs_nothing(pair: &Pair) -> bool {
    match pair {
        Pair::Source(_) | Pair::Odd(OddAt::Source(_)) => false,
        Pair::Both(source, destination) => by_listing(source, destination) == Some(Verdict::Equal),
        Pair::Destination(_) | Pair::Odd(OddAt::Destination(_)) | Pair::PassedOver | Pair::LeftOut => true,
    }
}

/// HEAD requests that the options of the clone need.
struct Heads {
    /// For objects that are equal by listing, at both places.
    finding_out: u64,
    copying: u64,
    comparing: u64,
}

impl Heads {
    fn of(spec: &CloneSpec, options: &Options, preview: &ClonePreview) -> Self {
        let fidelity = &spec.fidelity;
        let headers =
            fidelity.website_redirects || fidelity.object_lock == ObjectLock::Copy || !fidelity.set_headers.is_empty();
        let a_copy = u64::from(headers) + u64::from(fidelity.acl == Some(Acl::Copy));
        let both = if fidelity.compare == Compare::Metadata { 2 } else { 0 };
        Self {
            finding_out: both * preview.to_skip,
            copying: a_copy * preview.to_copy,
            comparing: if options.verify { both * (preview.to_skip + preview.to_copy) } else { 0 },
        }
    }

    fn all(&self) -> u64 {
        self.finding_out + self.copying + self.comparing
    }
}

fn empty(spec: &CloneSpec) -> ClonePreview {
    ClonePreview {
        spec: spec.clone(),
        at: now(),
        complete: false,
        objects: 0,
        bytes: 0,
        to_copy: 0,
        to_copy_bytes: 0,
        to_skip: 0,
        extra: 0,
        to_delete: 0,
        to_delete_bytes: 0,
        refused: 0,
        left_out: 0,
        requests: RequestCounts::default(),
        price: None,
        examples: Vec::new(),
        delete_examples: Vec::new(),
        plan: None,
    }
}

fn count(preview: &mut ClonePreview, builder: &mut PlanBuilder, endpoints: &Endpoints, pair: Pair) {
    let equal = |source: &Listed, destination: &Listed| by_form(source, destination) != Verdict::Different;
    let (source, equal) = match pair {
        Pair::Source(source) => {
            builder.copied(&source, None);
            (source, false)
        }
        Pair::Both(source, destination) if equal(&source, &destination) => {
            builder.equal();
            (source, true)
        }
        Pair::Both(source, destination) => {
            builder.copied(&source, Some(&destination));
            (source, false)
        }
        Pair::Destination(extra) => {
            preview.extra += 1;
            if preview.spec.mode == Mode::Mirror {
                builder.extras.add(&extra);
                preview.to_delete += 1;
                preview.to_delete_bytes += extra.size;
                if preview.delete_examples.len() < EXAMPLES {
                    preview.delete_examples.push(extra.key.to_string());
                }
            }
            return;
        }
        Pair::Odd(OddAt::Source(odd)) => {
            preview.objects += 1;
            preview.bytes += odd.object.size;
            preview.refused += 1;
            return;
        }
        Pair::Odd(OddAt::Destination(_)) => {
            preview.extra += 1;
            return;
        }
        Pair::PassedOver => return,
        Pair::LeftOut => {
            preview.left_out += 1;
            return;
        }
    };
    preview.objects += 1;
    preview.bytes += source.size;
    if equal {
        preview.to_skip += 1;
    } else if source.size > LARGEST || endpoints.destination_key(&source.key).is_none() {
        preview.refused += 1;
    } else {
        preview.to_copy += 1;
        preview.to_copy_bytes += source.size;
        let in_parts = source.size > endpoints.multipart_threshold.bytes() || was_cut(&source);
        preview.requests.copy += if in_parts { parts_of(&source) + AROUND_PARTS } else { 1 };
        if preview.examples.len() < EXAMPLES {
            preview.examples.push(source.key.to_string());
        }
    }
}
