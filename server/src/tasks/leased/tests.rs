//! The driver against a table of leases in memory, on a clock that the tests drive.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use db::DbError;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{Lease, LeaseTable, LeaseTerms, LeasedTask, TaskError, driver::drive};

const LEASE: Duration = Duration::from_secs(15);
const HOUR: Duration = Duration::from_hours(1);

/// Leases in memory, by the clock of the test.
#[derive(Clone, Default)]
struct Table(Arc<Inner>);

#[derive(Default)]
struct Inner {
    leases: Mutex<HashMap<String, (String, Instant)>>,
    recorded: Mutex<Vec<Option<String>>>,
    silent: AtomicBool,
}

impl Table {
    fn holder(&self) -> Option<String> {
        let leases = self.0.leases.lock().unwrap();
        leases.get("key").filter(|(_, until)| *until > Instant::now()).map(|(holder, _)| holder.clone())
    }

    fn hand_to(&self, holder: &str) {
        self.0.leases.lock().unwrap().insert("key".to_owned(), (holder.to_owned(), Instant::now() + HOUR));
    }

    async fn answer(&self) {
        if self.0.silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl LeaseTable for Table {
    async fn acquire(&self, lease: &Lease) -> Result<bool, DbError> {
        self.answer().await;
        let (mut leases, now) = (self.0.leases.lock().unwrap(), Instant::now());
        let free = leases.get(&lease.key).is_none_or(|(holder, until)| *until <= now || **holder == *lease.holder);
        if free {
            leases.insert(lease.key.clone(), (lease.holder.to_string(), now + lease.length));
        }
        Ok(free)
    }

    async fn renew(&self, lease: &Lease) -> Result<bool, DbError> {
        self.answer().await;
        let mut leases = self.0.leases.lock().unwrap();
        let Some((holder, until)) = leases.get_mut(&lease.key) else { return Ok(false) };
        let ours = **holder == *lease.holder;
        if ours {
            *until = Instant::now() + lease.length;
        }
        Ok(ours)
    }

    async fn release(&self, lease: &Lease) -> Result<(), DbError> {
        self.0.leases.lock().unwrap().retain(|_, (holder, _)| **holder != *lease.holder);
        Ok(())
    }

    async fn record_round(&self, _lease: &Lease, error: Option<&str>) -> Result<(), DbError> {
        self.0.recorded.lock().unwrap().push(error.map(ToOwned::to_owned));
        Ok(())
    }
}

/// What a task did.
#[derive(Default)]
struct Seen {
    began: AtomicU32,
    ended: AtomicU32,
    dropped: AtomicU32,
    /// Rounds since the lease was acquired, as the task's state counts them.
    in_a_row: AtomicU32,
}

impl Seen {
    fn counts(&self) -> [u32; 3] {
        [&self.began, &self.ended, &self.dropped].map(|count| count.load(Ordering::Relaxed))
    }
}

/// A task whose rounds take a while.
struct Work<const DRAIN_S: u64, const TURNS: bool> {
    seen: Arc<Seen>,
    takes: Duration,
    failing: Arc<AtomicBool>,
}

/// Counts a round that is dropped before its end.
struct Guard(Arc<Seen>, bool);

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.1 {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<const DRAIN_S: u64, const TURNS: bool> LeasedTask for Work<DRAIN_S, TURNS> {
    const NAME: &'static str = "work";
    const DRAIN: Duration = Duration::from_secs(DRAIN_S);
    const TAKES_TURNS: bool = TURNS;
    type State = u32;

    fn key(&self) -> &'static str {
        "key"
    }

    async fn round(&mut self, state: &mut u32, _lease: &Lease) -> Result<Duration, TaskError> {
        let mut guard = Guard(Arc::clone(&self.seen), false);
        self.seen.began.fetch_add(1, Ordering::Relaxed);
        sleep(self.takes).await;
        guard.1 = true;
        if self.failing.load(Ordering::Relaxed) {
            return Err(TaskError::Failed { error: "away".to_owned(), retry_in: Duration::from_secs(1) });
        }
        *state += 1;
        self.seen.in_a_row.store(*state, Ordering::Relaxed);
        self.seen.ended.fetch_add(1, Ordering::Relaxed);
        Ok(Duration::from_secs(10))
    }
}

/// A process that runs the task.
struct Process {
    seen: Arc<Seen>,
    failing: Arc<AtomicBool>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Process {
    fn start<const DRAIN_S: u64, const TURNS: bool>(table: &Table, holder: &str, takes: Duration) -> Self {
        let (seen, failing, shutdown) =
            (Arc::<Seen>::default(), Arc::<AtomicBool>::default(), CancellationToken::new());
        let work = Work::<DRAIN_S, TURNS> { seen: Arc::clone(&seen), takes, failing: Arc::clone(&failing) };
        let terms = LeaseTerms { table: Arc::new(table.clone()), holder: holder.into(), lease: LEASE };
        let task = tokio::spawn(drive(work, terms, shutdown.clone()));
        Self { seen, failing, shutdown, task }
    }

    async fn stop(self) -> (Arc<Seen>, Duration) {
        let asked_at = Instant::now();
        self.shutdown.cancel();
        self.task.await.unwrap();
        (self.seen, asked_at.elapsed())
    }
}

fn plain(table: &Table, holder: &str, takes: Duration) -> Process {
    Process::start::<0, false>(table, holder, takes)
}

#[tokio::test(start_paused = true)]
async fn one_of_two_processes_runs_the_task() {
    let table = Table::default();
    let (one, two) = (plain(&table, "one", Duration::ZERO), plain(&table, "two", Duration::ZERO));
    sleep(HOUR).await;
    let ended = [&one, &two].map(|process| process.seen.counts()[1]);
    assert!(ended.contains(&0) && ended.iter().sum::<u32>() > 300, "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn dead_holder_is_replaced_once_its_lease_expires() {
    let table = Table::default();
    let one = plain(&table, "one", Duration::ZERO);
    sleep(Duration::from_mins(1)).await;
    one.task.abort();
    let two = plain(&table, "two", Duration::ZERO);
    let died = Instant::now();
    while two.seen.counts()[0] == 0 {
        assert!(died.elapsed() < LEASE + Duration::from_secs(6), "nobody took the task over");
        sleep(Duration::from_millis(100)).await;
    }
    assert!(died.elapsed() >= LEASE.checked_sub(Duration::from_secs(5)).unwrap(), "the lease had not expired yet");
}

#[tokio::test(start_paused = true)]
async fn lost_lease_stops_the_round() {
    let table = Table::default();
    let one = plain(&table, "one", HOUR);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(one.seen.counts(), [1, 0, 0], "the lease is renewed beside the round");
    table.hand_to("two");
    sleep(LEASE).await;
    assert_eq!(one.seen.counts(), [1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn silent_database_stops_the_round_within_the_lease() {
    let table = Table::default();
    let one = plain(&table, "one", HOUR);
    sleep(Duration::from_mins(1)).await;
    table.0.silent.store(true, Ordering::Relaxed);
    sleep(LEASE).await;
    assert_eq!(one.seen.counts(), [1, 0, 1]);
    assert_eq!(one.stop().await.1, Duration::ZERO, "waiting for the database does not hold up the end");
}

#[tokio::test(start_paused = true)]
async fn state_is_forgotten_with_the_lease() {
    let table = Table::default();
    let one = plain(&table, "one", Duration::ZERO);
    sleep(Duration::from_mins(1)).await;
    assert!(one.seen.in_a_row.load(Ordering::Relaxed) > 3);
    table.hand_to("two");
    sleep(LEASE).await;
    table.0.leases.lock().unwrap().clear();
    sleep(Duration::from_secs(6)).await;
    assert_eq!(one.seen.in_a_row.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn shutdown_releases_the_lease() {
    let table = Table::default();
    let one = plain(&table, "one", HOUR);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(table.holder().as_deref(), Some("one"));
    let (seen, took) = one.stop().await;
    assert_eq!((table.holder(), seen.counts()), (None, [1, 0, 1]));
    assert!(took < Duration::from_millis(10), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn round_ends_within_the_drain_limit() {
    let table = Table::default();
    let one = Process::start::<3, false>(&table, "one", Duration::from_secs(2));
    sleep(Duration::from_secs(1)).await;
    let (seen, took) = one.stop().await;
    assert_eq!((seen.counts(), table.holder()), ([1, 1, 0], None));
    assert!(took <= Duration::from_secs(2), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn round_is_dropped_after_the_drain_limit() {
    let table = Table::default();
    let one = Process::start::<3, false>(&table, "one", HOUR);
    sleep(Duration::from_secs(1)).await;
    let (seen, took) = one.stop().await;
    assert_eq!((seen.counts(), table.holder()), ([1, 0, 1], None));
    assert!((Duration::from_secs(3)..Duration::from_secs(4)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn failed_round_is_recorded_and_retried() {
    let table = Table::default();
    let one = plain(&table, "one", Duration::ZERO);
    one.failing.store(true, Ordering::Relaxed);
    sleep(Duration::from_mins(1)).await;
    let [began, ended, _] = one.seen.counts();
    assert!(began > 50 && ended == 0, "{began} {ended}");
    one.failing.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(2)).await;
    let recorded = table.0.recorded.lock().unwrap().clone();
    assert_eq!((recorded.first(), recorded.last()), (Some(&Some("away".to_owned())), Some(&None)));
    assert!(recorded.len() < 20, "rounds that change nothing are recorded every few seconds only");
}

#[tokio::test(start_paused = true)]
async fn processes_take_turns_where_the_task_does() {
    let table = Table::default();
    let start = |holder| Process::start::<0, true>(&table, holder, Duration::from_secs(1));
    let (one, two) = (start("one"), start("two"));
    sleep(HOUR).await;
    let ended = [&one, &two].map(|process| process.seen.counts()[1]);
    assert!(ended.iter().all(|count| *count > 100), "{ended:?}");
}
