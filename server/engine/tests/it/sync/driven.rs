//! The promises of driving an evaluation, one by one.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use engine::sync::{
    Activity, Allowance, Checkpoint, Controls, DriveResult, Endpoints, Evaluation, Halt, Observer, Options, Purpose,
    Span, SyncFault, SyncProgress, Verdict, drive,
};
use model::SpanState;
use tokio_util::sync::CancellationToken;

use super::test_endpoints::{Disturbance, TestEndpoint, ends, undisturbed};
use super::test_tables::{Poison, TestTables};

/// Records its reports; can simulate a lost lease and a stop.
#[derive(Default)]
struct RecordingObserver {
    kept: Vec<Checkpoint>,
    uploaded: Vec<u64>,
    behind: Vec<Option<u64>>,
    activities: Vec<Activity>,
    lease_reports: Option<usize>,
    stop_after: Option<usize>,
    stop: CancellationToken,
}

#[async_trait]
impl Observer for RecordingObserver {
    async fn report(&mut self, progress: &SyncProgress<'_>) -> bool {
        self.kept.extend(progress.evaluation.to_keep().cloned());
        self.uploaded.push(progress.evaluation.work().uploaded);
        self.behind.push(progress.behind);
        self.activities.push(progress.evaluation.activity());
        if self.stop_after.is_some_and(|times| self.activities.len() >= times) {
            self.stop.cancel();
        }
        self.lease_reports.is_none_or(|times| self.activities.len() <= times)
    }
}

impl RecordingObserver {
    async fn drive(&mut self, evaluation: &mut Evaluation, local: &TestEndpoint, remote: &TestEndpoint) -> DriveResult {
        let allowance = Allowance::new(NonZeroU32::MAX, NonZeroU32::MAX);
        let stop = self.stop.clone();
        let controls = Controls { allowance: &allowance, stop: &stop };
        drive(evaluation, Endpoints { local, remote, timeout: Duration::from_secs(30) }, &controls, self).await
    }
}

fn evaluation() -> Evaluation {
    Evaluation::new(Options::default(), Checkpoint::default(), 0)
}

fn empty_remote(rows: u64) -> TestTables {
    TestTables { remote: [].into(), ..TestTables::in_sync(rows) }
}

#[tokio::test]
async fn observer_gets_rows_left_after_each_change() {
    let (shared, local, remote) = ends(empty_remote(450), undisturbed());
    let (mut observer, mut evaluation) = (RecordingObserver::default(), evaluation());
    let driven = observer.drive(&mut evaluation, &local, &remote).await;
    assert!(matches!(driven.verdict, Ok(Verdict::InSync { quarantined: 0, .. })), "{driven:?}");
    assert!(shared.tables().differing().is_empty());
    assert_eq!(observer.uploaded, [0, 100, 300, 450], "batches of 100, 200 and the rest");
    assert_eq!(observer.behind, [Some(450), Some(350), Some(150), Some(0)]);
    assert_eq!(observer.activities, [Activity::Uploading; 4]);
    assert_eq!(driven.behind, Some(0));
    assert!(driven.usage.remote.requests > 3 && driven.usage.local.rows > 3, "{driven:?}");
}

#[tokio::test]
async fn drive_changes_nothing_after_lease_is_lost() {
    let (shared, local, remote) = ends(empty_remote(5_000), undisturbed());
    let mut observer = RecordingObserver { lease_reports: Some(2), ..RecordingObserver::default() };
    let driven = observer.drive(&mut evaluation(), &local, &remote).await;
    assert_eq!(driven.verdict, Err(Halt::LeaseLost));
    assert_eq!(shared.tables().sent, 300, "the second batch was under way, the third was not sent");
}

#[tokio::test]
async fn drive_resumes_after_stop() {
    let (shared, local, remote) = ends(empty_remote(5_000), undisturbed());
    let mut observer = RecordingObserver { stop_after: Some(3), ..RecordingObserver::default() };
    let driven = observer.drive(&mut evaluation(), &local, &remote).await;
    assert_eq!(driven.verdict, Err(Halt::Stopped));
    let checkpoint = observer.kept.pop().unwrap();
    let mut again = Evaluation::new(Options::default(), checkpoint, 1);
    let driven = RecordingObserver::default().drive(&mut again, &local, &remote).await;
    assert!(matches!(driven.verdict, Ok(Verdict::InSync { .. })), "{driven:?}");
    let sent = shared.tables().sent;
    assert!((5_000..=5_400).contains(&sent), "{sent} sent: each row once, but for the batch under way");
}

#[tokio::test]
async fn verification_leaves_no_checkpoint_and_locates_differences() {
    let mut tables = TestTables::in_sync(1_000);
    tables.remote.remove(&500);
    let (shared, local, remote) = ends(tables, undisturbed());
    let options = Options { purpose: Purpose::Verify, ..Options::default() };
    let (mut observer, mut evaluation) =
        (RecordingObserver::default(), Evaluation::new(options, Checkpoint::default(), 0));
    let driven = observer.drive(&mut evaluation, &local, &remote).await;
    assert_eq!(driven.verdict, Ok(Verdict::Differs { stale: 0, missing: 1, changed: 0, all: true }));
    assert_eq!((observer.kept.len(), shared.tables().sent), (0, 0));
    let coverage = evaluation.coverage();
    let of = |from, until| coverage.of(Span { from, until });
    assert_eq!(
        (of(0, 500), of(490, 510), of(501, 1_001)),
        (Some(SpanState::Verified), Some(SpanState::Differing), Some(SpanState::Verified))
    );
    assert_eq!(of(1_001, 2_000), None);
}

#[tokio::test]
async fn coverage_marks_quarantined_row_as_differing() {
    let tables = TestTables { poison: [(400, Poison::Named)].into(), ..empty_remote(1_000) };
    let (_, local, remote) = ends(tables, undisturbed());
    let mut evaluation = evaluation();
    let driven = RecordingObserver::default().drive(&mut evaluation, &local, &remote).await;
    assert!(matches!(driven.verdict, Ok(Verdict::InSync { quarantined: 1, .. })), "{driven:?}");
    let coverage = evaluation.coverage();
    assert_eq!(coverage.of(Span { from: 0, until: 400 }), Some(SpanState::Verified));
    assert_eq!(coverage.of(Span { from: 400, until: 500 }), Some(SpanState::Differing));
}

/// A test double that never answers: no real endpoint hangs on demand.
struct HangingEndpoint(TestEndpoint);

mod hanging_endpoint {
    use engine::sync::{Cell, ContentSum, Mark, Meta, Order, Page, Refusal, Remote, Row, TableEndpoint, Usage};

    use super::*;

    #[async_trait]
    impl TableEndpoint for HangingEndpoint {
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

        async fn contents(&self, _: &[Span], _: &[String], _: u64) -> Result<Vec<ContentSum>, SyncFault> {
            std::future::pending().await
        }

        async fn content_rows(&self, _: Span, _: &[String], _: u64) -> Result<Vec<(Mark, u128)>, SyncFault> {
            std::future::pending().await
        }
    }

    #[async_trait]
    impl Remote for HangingEndpoint {
        async fn upload(&self, _: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
            std::future::pending().await
        }

        async fn delete(&self, _: &[Mark]) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
            std::future::pending().await
        }
    }
}

#[tokio::test(start_paused = true)]
async fn hanging_endpoint_is_named_and_progress_reported_meanwhile() {
    let (_, local, remote) = ends(TestTables::in_sync(10), undisturbed());
    let (mut observer, allowance) = (RecordingObserver::default(), Allowance::new(NonZeroU32::MAX, NonZeroU32::MAX));
    let stop = CancellationToken::new();
    let ends = Endpoints { local: &local, remote: &HangingEndpoint(remote), timeout: Duration::from_secs(30) };
    let controls = Controls { allowance: &allowance, stop: &stop };
    let driven = drive(&mut evaluation(), ends, &controls, &mut observer).await;
    let error = "the remote at https://copy.example.com: no answer within 30 s".to_owned();
    assert_eq!(driven.verdict, Ok(Verdict::Unreachable { error }));
    assert_eq!(observer.activities.len(), 29, "once a second");
}

#[tokio::test]
async fn fault_names_its_endpoint() {
    let mut first = true;
    let disturbance: Disturbance = Box::new(move |_| {
        let fault = std::mem::take(&mut first).then(|| SyncFault::Refused("no permission".to_owned()));
        fault.map_or(Ok(()), Err)
    });
    let (_, local, remote) = ends(TestTables::in_sync(10), disturbance);
    let driven = RecordingObserver::default().drive(&mut evaluation(), &local, &remote).await;
    assert_eq!(driven.verdict, Ok(Verdict::Refused { error: "the local table: no permission".to_owned() }));
}
