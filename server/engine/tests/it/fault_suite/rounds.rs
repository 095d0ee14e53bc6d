//! A clone through rounds of trouble and two of calm, judged after each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use engine::{
    clone::{Checkpoint, CloneError, Range, Tracker, run},
    s3::S3Client,
};
use model::{CloneSpec, Failure, Key, Progress, Proof};
use rand::{SeedableRng, rngs::StdRng};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Trouble, chaos::Chaos, town::Town};
use crate::{
    multipart::above_5_mib,
    support::{connect_as_anyone, source_to_destination},
};

pub const TROUBLED: usize = 3;
/// In the first all is brought over that is known to be left; what changed behind the cursors is found by its
/// comparison, and brought over in the second.
const CALM: usize = 2;

/// How a clone goes from the one side to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Copied,
    Streamed,
}

/// What a job's row or a state file would hold.
#[derive(Default)]
pub struct Record {
    progress: Progress,
    checkpoint: Checkpoint,
    pub failures: BTreeMap<Key, Failure>,
}

pub struct Case<'a> {
    pub seed: u64,
    pub troubles: &'a [Trouble],
    pub chance: f64,
    pub way: Way,
    pub large: bool,
}

/// Answers how many rounds ended with an error and how many with failures, so that a suite can tell that it strikes.
pub async fn survive(case: &Case<'_>) -> (usize, usize) {
    let mut random = StdRng::seed_from_u64(case.seed);
    let town = Arc::new(Town::new(&mut random, case.way == Way::Copied, case.large).await);
    let chaos = Chaos::new(&town, case.troubles, case.chance, case.seed);
    let (near, far) = (chaos.before(&town.here.url()).await, chaos.before(&town.there.url()).await);
    let source = connect_as_anyone(near.url()).await;
    let destination = if case.way == Way::Copied { source.clone() } else { connect_as_anyone(far.url()).await };
    let mut record = Record::default();
    let (mut errors, mut failed) = (0, 0);
    for round in 0..TROUBLED + CALM {
        if round == TROUBLED {
            chaos.ends();
        }
        let result = one_round(&mut record, &source_to_destination(), &source, &destination).await;
        let name = format!("round {round} of seed {} with {:?} {:?}: {result:?}", case.seed, case.troubles, case.way);
        errors += usize::from(result.is_err());
        failed += usize::from(result.is_ok() && !record.failures.is_empty());
        town.assert_nothing_made_up().await;
        judge(&town, &record, &result, &name).await;
        if round + 1 == TROUBLED + CALM {
            let holds = result.as_ref().is_ok_and(|proof| proof.as_ref().is_some_and(Proof::holds));
            assert!(holds && record.failures.is_empty(), "{name}, {:?}", record.failures);
        }
    }
    (errors, failed)
}

pub async fn one_round(
    record: &mut Record,
    spec: &CloneSpec,
    source: &S3Client,
    destination: &S3Client,
) -> Result<Option<Proof>, CloneError> {
    let checkpoint = serde_json::from_str(&serde_json::to_string(&record.checkpoint).unwrap()).unwrap();
    let tracker = Tracker::resume(record.progress.clone(), checkpoint);
    let (sender, keys) = mpsc::channel(record.failures.len().max(1));
    for key in record.failures.keys() {
        sender.send(key.clone()).await.unwrap();
    }
    drop(sender);
    let stop = CancellationToken::new();
    let result = run(spec, source, destination, &above_5_mib(), Some(keys), &tracker, &stop).await;
    let taken = tracker.take();
    record.failures.extend(taken.failures.into_iter().map(|failure| (failure.key.clone(), failure)));
    for key in taken.mended {
        record.failures.remove(&key);
    }
    record.progress = taken.progress;
    record.checkpoint = taken.checkpoint;
    result
}

pub async fn judge(town: &Town, record: &Record, result: &Result<Option<Proof>, CloneError>, name: &str) {
    let wrong = town.wrong().await;
    let named: BTreeSet<&str> = record.failures.keys().map(Key::as_str).collect();
    let unnamed = |key: &&String| !named.contains(key.as_str());
    match result {
        Ok(Some(proof)) if proof.holds() => assert!(wrong.is_empty(), "{name}: proven, and wrong are {wrong:?}"),
        Ok(_) => {
            let silent: Vec<_> = wrong.iter().filter(unnamed).collect();
            assert!(silent.is_empty(), "{name}: wrong and not said are {silent:?}");
            assert_eq!(record.progress.settled(), record.progress.found, "{name}: {:?}", record.progress);
        }
        Err(error) => {
            assert!(!error.advice().is_empty());
            let passed = |key: &&String| record.checkpoint.ranges.iter().any(|range| range_passed(range, key));
            // What changed after a cursor had passed it is for the comparison to find, which was not reached.
            let wrong = town.never_right().await;
            let silent: Vec<_> = wrong.iter().filter(passed).filter(unnamed).collect();
            assert!(silent.is_empty(), "{name}: passed, wrong and not said are {silent:?}");
        }
    }
}

/// Whether a range's cursor has passed a key.
fn range_passed(range: &Range, key: &str) -> bool {
    let above = range.after.as_ref().is_none_or(|after| key > after.as_str());
    let within = range.last.as_ref().is_none_or(|last| key <= last.as_str());
    above && within && range.cursor.as_ref().is_some_and(|cursor| key <= cursor.as_str())
}
