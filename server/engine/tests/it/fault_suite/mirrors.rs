//! Mirrors through the same troubles. Whoever has no plan makes one, and one that does not hold any more is made anew,
//! as a job of its own.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use engine::{
    clone::{CloneError, preview},
    s3::S3Client,
};
use model::{CloneSpec, Key, Proof};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::{
    Trouble,
    chaos::Chaos,
    rounds::{Case, Record, TROUBLED, Way, judge, one_round},
    town::Town,
};
use crate::{mirror::mirror, multipart::above_5_mib, support::connect_as_anyone};

/// The first ends the job that trouble left behind, the second makes the one place equal to the other.
const CALM: usize = 2;
const LONG: Duration = Duration::from_mins(10);

/// What the suite must see to be one.
#[derive(Debug, Default)]
struct Seen {
    errors: usize,
    failed: usize,
    /// Objects deleted while there was trouble.
    deleted: usize,
}

struct Mirror {
    town: Arc<Town>,
    chaos: Arc<Chaos>,
    source: S3Client,
    destination: S3Client,
    record: Record,
    spec: CloneSpec,
    /// What only the destination had when the plan was made: all that may be deleted.
    planned: BTreeSet<String>,
    judged: usize,
}

impl Mirror {
    async fn plan(&mut self) -> Result<(), CloneError> {
        let (source, destination) = (&self.source, &self.destination);
        let seen = preview(&mirror(), source, destination, &above_5_mib(), u64::MAX, LONG).await?;
        self.record = Record::default();
        self.spec.plan = seen.plan;
        self.planned = self.town.extra().await;
        Ok(())
    }

    async fn round(&mut self) -> Result<Option<Proof>, CloneError> {
        if self.spec.plan.is_none() {
            self.plan().await?;
        }
        let result = one_round(&mut self.record, &self.spec, &self.source, &self.destination).await;
        let over = match &result {
            Ok(_) => true,
            Err(error) => ["plan_changed", "source_empty"].contains(&error.code()),
        };
        if over {
            self.spec.plan = None;
        }
        result
    }

    async fn judge(&mut self, result: &Result<Option<Proof>, CloneError>, name: &str) {
        self.town.assert_nothing_made_up().await;
        judge(&self.town, &self.record, result, name).await;
        for delete in &self.chaos.deletes()[self.judged..] {
            assert!(!delete.at_source, "{name}: {delete:?}, which the source has");
            assert!(self.planned.contains(&delete.key), "{name}: {delete:?}, which nobody confirmed");
        }
        self.judged = self.chaos.deletes().len();
        let extra = self.town.extra().await;
        match result {
            Ok(Some(proof)) if proof.holds() => {
                assert!(extra.is_empty(), "{name}: proven, and left over are {extra:?}");
            }
            Ok(_) => {
                let named: BTreeSet<&str> = self.record.failures.keys().map(Key::as_str).collect();
                let silent: Vec<_> = extra.iter().filter(|key| !named.contains(key.as_str())).collect();
                assert!(silent.is_empty(), "{name}: left over and not said are {silent:?}");
            }
            Err(_) => {}
        }
    }
}

async fn survive(case: &Case<'_>) -> Seen {
    let mut random = StdRng::seed_from_u64(case.seed);
    let mut town = Town::new(&mut random, case.way == Way::Copied, case.large).await;
    town.litter(&mut random).await;
    let town = Arc::new(town);
    let chaos = Chaos::new(&town, case.troubles, case.chance, case.seed);
    let (near, far) = (chaos.before(&town.here.url()).await, chaos.before(&town.there.url()).await);
    let source = connect_as_anyone(near.url()).await;
    let destination = if case.way == Way::Copied { source.clone() } else { connect_as_anyone(far.url()).await };
    let mut mirror = Mirror {
        town: Arc::clone(&town),
        chaos: Arc::clone(&chaos),
        source,
        destination,
        record: Record::default(),
        spec: mirror(),
        planned: BTreeSet::new(),
        judged: 0,
    };
    let mut seen = Seen::default();
    for round in 0..TROUBLED + CALM {
        if round == TROUBLED {
            seen.deleted = chaos.deletes().len();
            chaos.ends();
        }
        let result = mirror.round().await;
        let name = format!("round {round} of seed {} with {:?} {:?}: {result:?}", case.seed, case.troubles, case.way);
        seen.errors += usize::from(result.is_err());
        seen.failed += usize::from(result.is_ok() && !mirror.record.failures.is_empty());
        mirror.judge(&result, &name).await;
        if round + 1 == TROUBLED + CALM {
            let holds = result.as_ref().is_ok_and(|proof| proof.as_ref().is_some_and(Proof::holds));
            assert!(holds && mirror.record.failures.is_empty(), "{name}, {:?}", mirror.record.failures);
        }
    }
    seen
}

async fn all(cases: impl Iterator<Item = (u64, Vec<Trouble>, f64)>) {
    let mut all = Seen::default();
    for (seed, troubles, chance) in cases {
        let way = if seed % 2 == 0 { Way::Copied } else { Way::Streamed };
        let finished = survive(&Case { seed, troubles: &troubles, chance, way, large: false }).await;
        all.errors += finished.errors;
        all.failed += finished.failed;
        all.deleted += finished.deleted;
    }
    assert!(all.errors > 0 && all.failed > 0 && all.deleted > 0, "{all:?}");
}

#[tokio::test]
async fn single_fault_causes_no_wrong_delete() {
    let cases = (4_000..).zip(Trouble::ALL).zip([0.2, 0.05, 0.6].into_iter().cycle());
    let cases = cases.map(|((seed, trouble), chance)| (seed, vec![trouble], chance));
    all(cases).await;
}

#[tokio::test]
async fn mixed_faults_cause_no_wrong_delete() {
    let cases = (5_000..5_010).map(|seed| {
        let mut random = StdRng::seed_from_u64(seed);
        let kinds = random.random_range(2..8);
        let troubles = Trouble::ALL.choose_multiple(&mut random, kinds).copied().collect();
        (seed, troubles, random.random_range(0.01..0.2))
    });
    all(cases).await;
}
