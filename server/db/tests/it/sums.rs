//! Sums equal those of all recorded runs, even after the runs were deleted.

use std::collections::BTreeMap;

use db::{
    Db, NewRun, Totals,
    testing::{self, Scratch},
};
use model::{Invocation, JobId, Outcome, PipelineName, RunFilter, Time, Window};

use crate::{
    runs::{AT, run, running},
    support::LEASE_MS,
};

on_both_databases!(
    sums_equal_a_recount_after_any_change,
    swept_run_is_not_counted_again,
    old_sums_are_swept_in_small_batches,
    percentiles_use_the_newest_runs,
    concurrent_writers_lose_no_run,
);

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// A pseudorandom number: splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn time(&mut self) -> i64 {
        AT + i64::try_from(self.roll(3 * DAY_MS.unsigned_abs())).unwrap()
    }
}

/// A plain recount of everything recorded.
#[derive(Default)]
struct Recount {
    /// Runs by job (`None`: followed) and key.
    kept: BTreeMap<(Option<JobId>, String), NewRun>,
    swept: Vec<(Option<JobId>, NewRun)>,
}

impl Recount {
    fn record(&mut self, job: Option<JobId>, runs: &[NewRun]) {
        for new in runs {
            self.kept.insert((job, new.run.key.clone().unwrap().to_string()), new.clone());
        }
    }

    fn sweep(&mut self, before: i64) {
        let old = self.kept.extract_if(.., |_, new| new.run.started_at.0 < before);
        self.swept.extend(old.map(|((job, _), new)| (job, new)));
    }

    fn delete(&mut self, job: JobId) {
        self.kept.retain(|(of, _), _| *of != Some(job));
        self.swept.retain(|(of, _)| *of != Some(job));
    }

    fn totals(&self, filter: &RunFilter, window: Window) -> Totals {
        let kept = self.kept.iter().map(|((job, _), new)| (*job, new));
        let all = kept.chain(self.swept.iter().map(|(job, new)| (*job, new)));
        let mut totals = Totals::default();
        let mut outcomes = [0; Outcome::ALL.len()];
        for (job, NewRun { run, .. }) in all {
            let chosen = window.contains(run.started_at)
                && filter.pipeline.as_ref().is_none_or(|name| run.pipeline.as_ref() == Some(name))
                && (filter.outcomes.is_empty() || filter.outcomes.contains(&run.outcome))
                && filter.job.is_none_or(|id| job == Some(id));
            if !chosen {
                continue;
            }
            let summary = run.summary.as_ref().unwrap();
            outcomes[Outcome::ALL.iter().position(|outcome| *outcome == run.outcome).unwrap()] += 1;
            totals.runs += 1;
            totals.lines += summary.lines.encountered;
            totals.parsed += summary.lines.parsed;
            totals.delivered += summary.delivered();
            totals.failures += summary.failures.parsing.total;
            if let Some(invocation) = &run.invocation {
                totals.invocations += u64::from(invocation.attempts);
                totals.billed_ms += invocation.billed_ms.unwrap();
                totals.billed_mb_ms += invocation.billed_ms.unwrap() * invocation.memory_limit_mb.unwrap();
                totals.cold_starts += u64::from(invocation.init_ms.is_some());
            }
        }
        totals.outcomes = Outcome::ALL.into_iter().zip(outcomes).filter(|(_, runs)| *runs > 0).collect();
        totals
    }
}

fn some_run(db: &Db, dice: &mut Dice, job: bool) -> NewRun {
    let (name, at, bad) = (format!("k{}", dice.roll(12)), dice.time(), dice.roll(3));
    let mut new = run(db, &name, at, bad);
    if job {
        new.run.pipeline = None; // as of a job that names no pipeline
    }
    new.run.invocation = (dice.roll(2) == 0).then(|| Invocation {
        memory_limit_mb: Some(128 * (1 + dice.roll(4))),
        billed_ms: Some(dice.roll(100_000)),
        init_ms: (dice.roll(3) == 0).then_some(500),
        attempts: u32::try_from(1 + dice.roll(3)).unwrap(),
        ..Invocation::default()
    });
    new
}

fn pipeline() -> PipelineName {
    "api".parse().unwrap()
}

fn days() -> Window {
    Window::new(Time(AT - DAY_MS), Time(AT + 4 * DAY_MS)).unwrap()
}

/// Compares totals and charts of everything, of parts, and of windows of any length.
async fn compare(db: &Db, recount: &Recount, job: JobId, dice: &mut Dice, swept: i64, said: &str) {
    let all = RunFilter::default();
    let filters = [
        all.clone(),
        RunFilter { pipeline: Some(pipeline()), ..all.clone() },
        RunFilter { outcomes: vec![Outcome::Partial], ..all.clone() },
        RunFilter { job: Some(job), ..all },
    ];
    for filter in &filters {
        assert_eq!(db.run_totals(filter, days()).await.unwrap(), recount.totals(filter, days()), "{said}: {filter:?}");
        // Any ends, where the runs are still there.
        let from = swept.max(dice.time());
        let window = Window::new(Time(from), Time(from + 1 + dice.time() - AT)).unwrap();
        assert_eq!(db.run_totals(filter, window).await.unwrap(), recount.totals(filter, window), "{said}: {window}");
        let mut end = window.from();
        for sum in db.run_sums(filter, window, 60).await.unwrap() {
            assert_eq!(sum.window.from(), end, "{said}: neighbours");
            end = sum.window.to();
            let told = recount.totals(filter, sum.window);
            let (sums, counts) = ([sum.runs, sum.lines, sum.parsed], [told.runs, told.lines, told.parsed]);
            assert_eq!((sums, sum.delivered, sum.failures), (counts, told.delivered, told.failures), "{said}: {sum:?}");
        }
        assert_eq!(end, window.to(), "{said}: to the end");
    }
}

async fn sums_equal_a_recount_after_any_change(scratch: Scratch) {
    let db = scratch.open().await;
    for seed in 0..4 {
        let (mut dice, mut recount, mut swept) = (Dice(seed), Recount::default(), AT);
        let mut job = running(&db).await;
        db.follow(&pipeline(), "one", LEASE_MS).await.unwrap().unwrap();
        for step in 0..25 {
            let of_job = dice.roll(2) == 0;
            let mut runs: Vec<NewRun> = (0..=dice.roll(5)).map(|_| some_run(&db, &mut dice, of_job)).collect();
            // Of what was swept nothing is written again.
            runs.retain(|new| new.run.started_at.0 >= swept);
            let said = format!("seed {seed}, step {step}");
            match dice.roll(10) {
                0 => {
                    testing::delete_job(&db, job).await;
                    recount.delete(job);
                    job = running(&db).await;
                }
                1 if seed == 3 => {
                    swept = swept.max(AT + i64::try_from(dice.roll(DAY_MS.unsigned_abs())).unwrap());
                    while db.sweep_runs(None, Time(swept), 3).await.unwrap() == 3 {}
                    recount.sweep(swept);
                }
                _ if of_job => {
                    assert!(db.record_runs(job, 1, &runs).await.unwrap());
                    recount.record(Some(job), &runs);
                }
                _ => {
                    assert!(db.record_followed(&pipeline(), "one", &runs).await.unwrap());
                    recount.record(None, &runs);
                }
            }
            compare(&db, &recount, job, &mut dice, swept, &said).await;
        }
        // The next begins with nothing.
        testing::delete_job(&db, job).await;
        testing::forget_runs(&db).await;
    }
}

async fn swept_run_is_not_counted_again(scratch: Scratch) {
    let db = scratch.open().await;
    db.follow(&pipeline(), "one", LEASE_MS).await.unwrap().unwrap();
    let runs = [run(&db, "old", AT, 0), run(&db, "new", AT + HOUR_MS, 0)];
    assert!(db.record_followed(&pipeline(), "one", &runs).await.unwrap());
    assert_eq!(db.sweep_runs(Some(&pipeline()), Time(AT + 1), 10).await.unwrap(), 1);
    assert!(db.record_followed(&pipeline(), "one", &runs).await.unwrap(), "as when a window is read once more");
    let all = RunFilter::default();
    assert_eq!(db.runs(&all, None, 10).await.unwrap().items.len(), 1);
    assert_eq!(db.run_totals(&all, days()).await.unwrap().runs, 2);
}

async fn old_sums_are_swept_in_small_batches(scratch: Scratch) {
    let db = scratch.open().await;
    db.follow(&pipeline(), "one", LEASE_MS).await.unwrap().unwrap();
    let runs: Vec<NewRun> = (0..40).map(|n| run(&db, &format!("k{n}"), AT + n * HOUR_MS, 0)).collect();
    assert!(db.record_followed(&pipeline(), "one", &runs).await.unwrap());
    let left = async || {
        let window = Window::new(Time(AT + 20 * HOUR_MS), Time(AT + 40 * HOUR_MS)).unwrap();
        let sums = db.run_sums(&RunFilter::default(), window, 20).await.unwrap();
        sums.iter().map(|sum| sum.runs).sum::<u64>()
    };
    let mut batches = 0;
    while db.sweep_sums(Time(AT + 20 * HOUR_MS), 5).await.unwrap() > 0 {
        batches += 1;
        assert_eq!(left().await, 20, "what is younger stays");
    }
    assert!(batches > 3, "{batches}");
    let old = Window::new(Time(AT - DAY_MS), Time(AT + 19 * HOUR_MS)).unwrap();
    assert_eq!(
        db.run_sums(&RunFilter { pipeline: Some(pipeline()), ..RunFilter::default() }, old, 500)
            .await
            .unwrap()
            .iter()
            .map(|sum| sum.runs)
            .sum::<u64>(),
        0
    );
}

async fn percentiles_use_the_newest_runs(scratch: Scratch) {
    let db = scratch.open().await;
    db.follow(&pipeline(), "one", LEASE_MS).await.unwrap().unwrap();
    let runs: Vec<NewRun> = (1..=200)
        .map(|n: i64| {
            let mut new = run(&db, &format!("k{n}"), AT + n, 0);
            new.run.duration_ms = n.unsigned_abs();
            new.run.memory_mb = (n % 2 == 0).then_some(n.unsigned_abs());
            new
        })
        .collect();
    assert!(db.record_followed(&pipeline(), "one", &runs).await.unwrap());
    let window = Window::new(Time(AT), Time(AT + 101)).unwrap();
    let measures = db.run_measures(&pipeline(), window).await.unwrap();
    let (duration, memory) = (measures.duration_ms, measures.memory_mb);
    assert_eq!((measures.runs, duration.p50, duration.p95, duration.p99, duration.max), (100, 50, 95, 99, 100));
    assert_eq!((memory.p50, memory.p95, memory.p99, memory.max), (50, 96, 100, 100));
    let nothing = Window::new(Time(AT - 2), Time(AT - 1)).unwrap();
    assert_eq!(db.run_measures(&pipeline(), nothing).await.unwrap(), db::Measures::default());
}

/// Writes as a follower and a job do that ship the same pipeline from two servers.
async fn concurrent_writers_lose_no_run(scratch: Scratch) {
    let db = scratch.open().await;
    let job = running(&db).await;
    db.follow(&pipeline(), "one", LEASE_MS).await.unwrap().unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4_u8 {
        let db = scratch.open().await;
        writers.spawn(async move {
            for round in 0..10 {
                // The same keys again and again, each time elsewhere in time.
                let runs: Vec<NewRun> = (0..6)
                    .map(|n| run(&db, &format!("w{writer}-{}", n % 4), AT + (round * 7 + n) * HOUR_MS, 0))
                    .collect();
                let recorded = if writer % 2 == 0 {
                    db.record_runs(job, 1, &runs).await
                } else {
                    db.record_followed(&pipeline(), "one", &runs).await
                };
                assert!(recorded.unwrap());
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    let window = Window::new(Time(AT), Time(AT + 30 * DAY_MS)).unwrap();
    assert_eq!(db.run_totals(&RunFilter::default(), window).await.unwrap().runs, 16);
}
