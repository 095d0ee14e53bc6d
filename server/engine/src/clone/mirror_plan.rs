//! The plan of a mirror that nobody previews, from listings that take as long as they need.
//!
//! Always: both listings are read to their ends, or there is no plan. It is the plan that a preview of the same listings
//! makes. Nothing is written.

use model::{CloneSpec, Plan};
use tokio::select;
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Options, Tracker,
    compare::{Verdict, by_form},
    endpoints::Endpoints,
    plan_builder::PlanBuilder,
};
use crate::{
    clock::now,
    listing::{KeyRange, OddAt, Pair},
    s3::S3Client,
};

/// Keys named as examples.
const EXAMPLES: usize = 10;

pub struct MirrorPlan {
    pub plan: Plan,
    /// Objects at the destination, before the mirror writes any.
    pub destination_objects: u64,
    /// Up to ten keys that the plan deletes.
    pub examples: Vec<String>,
}

/// Lists both places and makes the plan. Every error says that nothing was deleted.
pub async fn plan_mirror(
    spec: &CloneSpec,
    source: &S3Client,
    destination: &S3Client,
    options: &Options,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<MirrorPlan, CloneError> {
    let endpoints = Endpoints::new(spec, source, destination, options).metered(tracker, stop);
    let planned = select! {
        biased;
        () = stop.cancelled() => Err(CloneError::Stopped),
        planned = list(spec, &endpoints, tracker) => planned,
    };
    planned.map_err(|error| match error {
        CloneError::Stopped => error,
        error => CloneError::NothingDeleted(Box::new(error)),
    })
}

async fn list(spec: &CloneSpec, endpoints: &Endpoints, tracker: &Tracker) -> Result<MirrorPlan, CloneError> {
    let mut pairs = endpoints.listings().read(&KeyRange::default());
    let mut builder = PlanBuilder::of(spec);
    let (mut destination_objects, mut examples) = (0, Vec::new());
    while let Some(pair) = pairs.next().await? {
        tracker.passed_over();
        match pair {
            Pair::Source(source) => builder.copied(&source, None),
            Pair::Both(source, destination) => {
                destination_objects += 1;
                match by_form(&source, &destination) {
                    Verdict::Different => builder.copied(&source, Some(&destination)),
                    _ => builder.equal(),
                }
            }
            Pair::Destination(extra) => {
                destination_objects += 1;
                builder.extras.add(&extra);
                if examples.len() < EXAMPLES {
                    examples.push(extra.key.to_string());
                }
            }
            Pair::Odd(OddAt::Source(_) | OddAt::Destination(_)) | Pair::PassedOver | Pair::LeftOut => {}
        }
    }
    Ok(MirrorPlan { plan: builder.finish(now()), destination_objects, examples })
}
