//! What driving an evaluation promises, one by one.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use engine::sync::{
    Activity, Allowance, Checkpoint, Controls, DriveResult, Endpoints, Evaluation, Halt, Observer, Options, Purpose,
    Span, SyncFault, SyncProgress, Verdict, drive,
};
use model::SpanState;
use tokio_util::sync::CancellationToken;

use super::ends::{Weather, WorldEnd, calm, ends};
use super::world::{Poison, World};

/// Remembers what it is told, and may take the table away.
#[derive(Default)]
struct Witness {
    kept: Vec<Checkpoint>,
    uploaded: Vec<u64>,
    behind: Vec<Option<u64>>,
    activities: Vec<Activity>,
    ours_for: Option<usize>,
    stop_after: Option<usize>,
    stop: CancellationToken,
}

#[async_trait]
impl Observer for Witness {
    async fn report(&mut self, progress: &SyncProgress<'_>) -> bool {
        self.kept.extend(progress.evaluation.to_keep().cloned());
        self.uploaded.push(progress.evaluation.work().uploaded);
        self.behind.push(progress.behind);
        self.activities.push(progress.evaluation.activity());
        if self.stop_after.is_some_and(|times| self.activities.len() >= times) {
            self.stop.cancel();
        }
        self.ours_for.is_none_or(|times| self.activities.len() <= times)
    }
}

impl Witness {
    async fn drive(&mut self, evaluation: &mut Evaluation, local: &WorldEnd, remote: &WorldEnd) -> DriveResult {
        let allowance = Allowance::new(NonZeroU32::MAX, NonZeroU32::MAX);
        let stop = self.stop.clone();
        let controls = Controls { allowance: &allowance, stop: &stop };
        drive(evaluation, Endpoints { local, remote, timeout: Duration::from_secs(30) }, &controls, self).await
    }
}

fn evaluation() -> Evaluation {
    Evaluation::new(Options::default(), Checkpoint::default(), 0)
}

fn empty_remote(rows: u64) -> World {
    World { remote: [].into(), ..World::in_step(rows) }
}

#[tokio::test]
async fn the_observer_is_told_after_each_change_and_how_many_rows_are_left() {
    let (shared, local, remote) = ends(empty_remote(450), calm());
    let (mut witness, mut evaluation) = (Witness::default(), evaluation());
    let driven = witness.drive(&mut evaluation, &local, &remote).await;
    assert!(matches!(driven.verdict, Ok(Verdict::InSync { quarantined: 0, .. })), "{driven:?}");
    assert!(shared.world().differing().is_empty());
    assert_eq!(witness.uploaded, [0, 100, 300, 450], "batches of 100, 200 and the rest");
    assert_eq!(witness.behind, [Some(450), Some(350), Some(150), Some(0)]);
    assert_eq!(witness.activities, [Activity::Uploading; 4]);
    assert_eq!(driven.behind, Some(0));
    assert!(driven.usage.remote.requests > 3 && driven.usage.local.rows > 3, "{driven:?}");
}

#[tokio::test]
async fn nothing_is_changed_once_the_table_is_anothers() {
    let (shared, local, remote) = ends(empty_remote(5_000), calm());
    let mut witness = Witness { ours_for: Some(2), ..Witness::default() };
    let driven = witness.drive(&mut evaluation(), &local, &remote).await;
    assert_eq!(driven.verdict, Err(Halt::LeaseLost));
    assert_eq!(shared.world().sent, 300, "the second batch was under way, the third was not sent");
}

#[tokio::test]
async fn stopped_it_keeps_what_was_done_and_goes_on_from_there() {
    let (shared, local, remote) = ends(empty_remote(5_000), calm());
    let mut witness = Witness { stop_after: Some(3), ..Witness::default() };
    let driven = witness.drive(&mut evaluation(), &local, &remote).await;
    assert_eq!(driven.verdict, Err(Halt::Stopped));
    let checkpoint = witness.kept.pop().unwrap();
    let mut again = Evaluation::new(Options::default(), checkpoint, 1);
    let driven = Witness::default().drive(&mut again, &local, &remote).await;
    assert!(matches!(driven.verdict, Ok(Verdict::InSync { .. })), "{driven:?}");
    assert_eq!(shared.world().sent, 5_000, "each row once");
}

#[tokio::test]
async fn a_verification_leaves_no_checkpoint_and_says_where_they_differ() {
    let mut world = World::in_step(1_000);
    world.remote.remove(&500);
    let (shared, local, remote) = ends(world, calm());
    let options = Options { purpose: Purpose::Verify, ..Options::default() };
    let (mut witness, mut evaluation) = (Witness::default(), Evaluation::new(options, Checkpoint::default(), 0));
    let driven = witness.drive(&mut evaluation, &local, &remote).await;
    assert_eq!(driven.verdict, Ok(Verdict::Differs { stale: 0, missing: 1, all: true }));
    assert_eq!((witness.kept.len(), shared.world().sent), (0, 0));
    let coverage = evaluation.coverage();
    let of = |from, until| coverage.of(Span { from, until });
    assert_eq!(
        (of(0, 500), of(490, 510), of(501, 1_001)),
        (Some(SpanState::Verified), Some(SpanState::Differing), Some(SpanState::Verified))
    );
    assert_eq!(of(1_001, 2_000), None);
}

#[tokio::test]
async fn a_row_in_quarantine_is_a_spot_on_a_map_that_is_verified_elsewhere() {
    let world = World { poison: [(400, Poison::Named)].into(), ..empty_remote(1_000) };
    let (_, local, remote) = ends(world, calm());
    let mut evaluation = evaluation();
    let driven = Witness::default().drive(&mut evaluation, &local, &remote).await;
    assert!(matches!(driven.verdict, Ok(Verdict::InSync { quarantined: 1, .. })), "{driven:?}");
    let coverage = evaluation.coverage();
    assert_eq!(coverage.of(Span { from: 0, until: 400 }), Some(SpanState::Verified));
    assert_eq!(coverage.of(Span { from: 400, until: 500 }), Some(SpanState::Differing));
}

/// An end that hangs: no real part does so at a wish.
struct Silent(WorldEnd);

mod silent {
    use engine::sync::{Cell, Mark, Meta, Order, Page, Refusal, Remote, Row, TableEndpoint, Usage};

    use super::*;

    #[async_trait]
    impl TableEndpoint for Silent {
        fn location(&self) -> String {
            "the remote at https://copy.example.com".to_owned()
        }

        fn usage(&self) -> Usage {
            self.0.usage()
        }

        async fn meta(&self) -> Result<Meta, SyncFault> {
            std::future::pending().await
        }

        async fn cells(&self, _: &[Span], _: bool, _: u64) -> Result<Vec<Cell>, SyncFault> {
            std::future::pending().await
        }

        async fn count(&self, _: Span) -> Result<u64, SyncFault> {
            std::future::pending().await
        }

        async fn list(&self, _: &[Span], _: u64) -> Result<Vec<Vec<Mark>>, SyncFault> {
            std::future::pending().await
        }

        async fn page(&self, _: Span, _: Order, _: usize) -> Result<Page, SyncFault> {
            std::future::pending().await
        }
    }

    #[async_trait]
    impl Remote for Silent {
        async fn upload(&self, _: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
            std::future::pending().await
        }

        async fn delete(&self, _: &[Mark]) -> Result<(), SyncFault> {
            std::future::pending().await
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_that_says_nothing_is_named_and_the_table_kept_meanwhile() {
    let (_, local, remote) = ends(World::in_step(10), calm());
    let (mut witness, allowance) = (Witness::default(), Allowance::new(NonZeroU32::MAX, NonZeroU32::MAX));
    let stop = CancellationToken::new();
    let ends = Endpoints { local: &local, remote: &Silent(remote), timeout: Duration::from_secs(30) };
    let controls = Controls { allowance: &allowance, stop: &stop };
    let driven = drive(&mut evaluation(), ends, &controls, &mut witness).await;
    let error = "the remote at https://copy.example.com: no answer within 30 s".to_owned();
    assert_eq!(driven.verdict, Ok(Verdict::Unreachable { error }));
    assert_eq!(witness.activities.len(), 29, "once a second");
}

#[tokio::test]
async fn a_fault_says_at_which_end_it_is() {
    let mut first = true;
    let weather: Weather = Box::new(move |_| {
        let fault = std::mem::take(&mut first).then(|| SyncFault::Refused("no permission".to_owned()));
        fault.map_or(Ok(()), Err)
    });
    let (_, local, remote) = ends(World::in_step(10), weather);
    let driven = Witness::default().drive(&mut evaluation(), &local, &remote).await;
    assert_eq!(driven.verdict, Ok(Verdict::Refused { error: "the local world: no permission".to_owned() }));
}
