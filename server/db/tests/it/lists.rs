//! Pages, filters and counts, compared with a model that checks every job.

use db::{
    Db, End, NewJob,
    testing::{Scratch, insert_jobs, sample},
};
use model::{Action, Count, Filter, Job, JobId, Retry, State, Time};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use crate::support::*;

async fn every_page(db: &Db, filter: &Filter, limit: u32) -> Vec<JobId> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = db.jobs(filter, after, limit).await.unwrap();
        ids.extend(page.items.iter().map(|job| job.id));
        match page.next {
            Some(next) => after = Some(next.parse().unwrap()),
            None => return ids,
        }
    }
}

async fn pages_hold_every_job_once_while_more_are_inserted(scratch: Scratch) {
    let db = scratch.open().await;
    let mut expected = Vec::new();
    for _ in 0..50 {
        expected.insert(0, insert(&db).await.id);
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = db.jobs(&Filter::default(), after, 7).await.unwrap();
        assert!(page.items.len() <= 7);
        found.extend(page.items.iter().map(|job| job.id));
        insert(&db).await;
        let Some(next) = page.next else { break };
        after = Some(next.parse().unwrap());
    }
    assert_eq!(found, expected);
}

async fn the_last_page_says_that_it_is_the_last(scratch: Scratch) {
    let db = scratch.open().await;
    assert_eq!(db.jobs(&Filter::default(), None, 10).await.unwrap().next, None);
    for _ in 0..10 {
        insert(&db).await;
    }
    let page = db.jobs(&Filter::default(), None, 10).await.unwrap();
    assert_eq!((page.items.len(), page.next), (10, None));
}

const PREFIXES: [&str; 6] = ["", "100%/", "a_b/", r"c\d/", "Ünï/ΣΑΣ", "axb/"];
const AUTHORS: [&str; 3] = ["operator", "Night Shift", "ÉQUIPE"];
const STORES: [&str; 3] = ["aws", "demo", "backup"];
const BUCKETS: [&str; 4] = ["assets", "copy", "logs", "logs-old"];

fn any_job() -> impl Strategy<Value = (State, String, String, usize, u64)> {
    let place =
        (prop::sample::select(&STORES[..]), prop::sample::select(&BUCKETS[..]), prop::sample::select(&PREFIXES[..]))
            .prop_map(|(store, bucket, prefix)| format!("{store}/{bucket}/{prefix}"));
    (prop::sample::select(&State::ALL[..]), place.clone(), place, 0..AUTHORS.len(), 0_u64..2)
}

fn jobs(seeds: &[(State, String, String, usize, u64)], now: Time) -> Vec<Job> {
    let of = seeds.len() as u64;
    let job = |(index, (state, source, destination, author, failed)): (usize, &(State, String, String, usize, u64))| {
        let base = sample(index as u64, of, now);
        Job {
            state: *state,
            spec: clone(source, destination),
            author: AUTHORS[*author].to_owned(),
            ended_at: state.ended().then_some(base.updated_at),
            proof: (*state == State::Succeeded).then(|| proof(0)),
            error: (*state == State::Failed).then(|| error("50% of Objects FAILED")),
            progress: progress(10, *failed),
            ..base
        }
    };
    seeds.iter().enumerate().map(job).collect()
}

fn any_filter(jobs: &[Job]) -> impl Strategy<Value = Filter> + use<> {
    let times: Vec<Time> = jobs
        .iter()
        .flat_map(|job| [-1, 0, 1].map(|by| Time(job.created_at.0 + by)))
        .chain([Time(-1), Time(i64::MAX)])
        .collect();
    let id = jobs[jobs.len() / 2].id;
    let mut texts: Vec<String> =
        ["%", "_", r"\", "ünï", "ΑΣ", "σας", "a_b", "LOGS → copy", "équipe", "50% of objects", "'", "nothing", " "]
            .map(str::to_owned)
            .to_vec();
    texts.extend([id.short().to_uppercase(), id.to_string()[..20].to_owned()]);
    (
        prop::collection::vec(prop::sample::select(&State::ALL[..]), 0..4),
        prop::option::of(prop::sample::select(&STORES[..])),
        prop::option::of(prop::sample::select(&BUCKETS[..])),
        prop::option::of(prop::sample::select(&AUTHORS[..])),
        prop::option::of(prop::sample::select(texts)),
        prop::option::of(prop::sample::select(times.clone())),
        prop::option::of(prop::sample::select(times)),
        prop::option::of(prop::sample::select(vec![model::Kind::Clone, model::Kind::Reprocess])),
    )
        .prop_map(|(states, store, bucket, author, text, from, to, kind)| Filter {
            kind,
            states,
            store: store.map(|store| store.parse().unwrap()),
            bucket: bucket.map(|bucket| bucket.parse().unwrap()),
            author: author.map(str::to_owned),
            text,
            from,
            to,
        })
}

fn without_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn matches(filter: &Filter, job: &Job) -> bool {
    let places = [job.spec.source(), job.spec.destination()];
    let text = filter.text.as_deref().unwrap_or_default().trim();
    let texts = [
        job.title(),
        job.author.clone(),
        job.id.to_string(),
        job.error.as_ref().map_or(String::new(), |error| error.message.clone()),
    ];
    filter.kind.is_none_or(|kind| job.kind == kind)
        && (filter.states.is_empty() || filter.states.contains(&job.state))
        && filter.store.as_ref().is_none_or(|store| places.iter().any(|place| place.store == *store))
        && filter.bucket.as_ref().is_none_or(|bucket| places.iter().any(|place| place.bucket == *bucket))
        && filter.author.as_ref().is_none_or(|author| job.author == *author)
        && texts.iter().any(|within| without_case(within).contains(&without_case(text)))
        && filter.from.is_none_or(|from| job.created_at >= from)
        && filter.to.is_none_or(|to| job.created_at < to)
}

async fn every_filter_finds_what_looking_at_every_job_finds(scratch: Scratch) {
    let db = scratch.open().await;
    let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    let seeds = prop::collection::vec(any_job(), 90).new_tree(&mut runner).unwrap().current();
    let jobs = jobs(&seeds, db.now());
    insert_jobs(&db, &jobs).await.unwrap();
    let actions =
        [Action::Cancel, Action::Pause, Action::Resume, Action::Retry(Retry::All), Action::Retry(Retry::Failed)];
    let strategy = (any_filter(&jobs), prop::sample::select(actions.to_vec()), 1_u32..40);
    let held = runner.run(&strategy, |(filter, action, limit)| {
        let expected: Vec<&Job> = jobs.iter().rev().filter(|job| matches(&filter, job)).collect();
        let allowing = expected.iter().filter(|job| job.allows(action).is_ok()).count() as u64;
        let (found, counted, counted_allowing) = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                let found = every_page(&db, &filter, limit).await;
                (found, db.count(&filter).await.unwrap(), db.count_allowing(&filter, action).await.unwrap())
            })
        });
        prop_assert_eq!(&found, &expected.iter().map(|job| job.id).collect::<Vec<_>>());
        prop_assert_eq!(counted, Count { at_least: found.len() as u64, capped: false });
        prop_assert_eq!(counted_allowing, Count { at_least: allowing, capped: false });
        Ok(())
    });
    held.unwrap_or_else(|error| panic!("{error}"));
}

async fn counting_and_searching_without_a_window_stop_at_their_limits(scratch: Scratch) {
    let db = scratch.open().await;
    let now = db.now();
    let mut jobs: Vec<Job> = (0..50_001).map(|index| sample(index, 50_001, now)).collect();
    for index in [0, 1] {
        "somebody else".clone_into(&mut jobs[index].author);
    }
    insert_jobs(&db, &jobs).await.unwrap();
    let capped = Count { at_least: Count::CAP, capped: true };
    assert_eq!(db.count(&Filter::default()).await.unwrap(), capped);
    let text = Filter { text: Some("Somebody".to_owned()), ..Filter::default() };
    assert_eq!(every_page(&db, &text, 50).await, [jobs[1].id], "the newest 50,000 are searched");
    let windowed = Filter { from: Some(Time(0)), ..text.clone() };
    assert_eq!(every_page(&db, &windowed, 50).await, [jobs[1].id, jobs[0].id]);
    let earlier = Filter { to: Some(jobs[50_000].created_at), ..text };
    assert_eq!(every_page(&db, &earlier, 50).await, [jobs[1].id, jobs[0].id], "the newest 50,000 before that");
}

async fn a_text_too_long_to_look_for_is_refused(scratch: Scratch) {
    let db = scratch.open().await;
    let filter = Filter { text: Some("x".repeat(201)), ..Filter::default() };
    let Err(db::DbError::Invalid(invalid)) = db.jobs(&filter, None, 10).await else {
        panic!("it was not refused");
    };
    assert_eq!(invalid.field, "text");
}

async fn what_is_under_way_is_counted_and_listed_newest_first(scratch: Scratch) {
    let db = scratch.open().await;
    let (running, paused, queued, failed, done) =
        (insert(&db).await, insert(&db).await, insert(&db).await, insert(&db).await, insert(&db).await);
    for _ in 0..5 {
        claim(&db, "one").await.unwrap();
    }
    let fetched = |job: JobId| {
        let db = db.clone();
        async move { db.job(job).await.unwrap() }
    };
    assert!(end(&db, &fetched(paused.id).await, End::Paused).await);
    assert!(end(&db, &fetched(queued.id).await, End::Released).await);
    assert!(end(&db, &fetched(failed.id).await, End::Failed { error: error("no bucket"), proof: None }).await);
    assert!(end(&db, &fetched(done.id).await, End::Succeeded { proof: proof(0) }).await);
    let counts = db.counts().await.unwrap();
    assert_eq!((counts.running, counts.queued, counts.paused, counts.failed_lately), (1, 1, 1, 1));
    let active: Vec<JobId> = db.active(20).await.unwrap().iter().map(|job| job.id).collect();
    assert_eq!(active, [queued.id, paused.id, running.id]);
    assert_eq!(db.active(1).await.unwrap().len(), 1);
}

async fn what_ended_lately_is_listed_by_its_end(scratch: Scratch) {
    let db = scratch.open().await;
    let now = db.now();
    let (mut jobs, mut expected): (Vec<Job>, Vec<(Time, JobId)>) =
        ((0..40).map(|at| sample(at, 40, now)).collect(), Vec::new());
    for (index, job) in jobs.iter_mut().enumerate() {
        job.state = State::ALL[index % State::ALL.len()];
        job.proof = (job.state == State::Succeeded).then(|| proof(0));
        // Three at a time, and against the order of creation.
        job.ended_at = job.state.ended().then_some(Time(now.0 - i64::try_from(index / 9).unwrap() * 1_000));
        expected.extend(job.ended_at.map(|at| (at, job.id)));
    }
    insert_jobs(&db, &jobs).await.unwrap();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    let ids = |jobs: Vec<Job>| jobs.iter().map(|job| job.id).collect::<Vec<_>>();
    assert_eq!(
        ids(db.recently_ended(&[], None, 100).await.unwrap()),
        expected.iter().map(|of| of.1).collect::<Vec<_>>()
    );
    assert_eq!(
        ids(db.recently_ended(&[], None, 5).await.unwrap()),
        expected[..5].iter().map(|of| of.1).collect::<Vec<_>>()
    );
    let failed = db.recently_ended(&[State::Failed, State::Queued], Some(Time(now.0 - 1_000)), 100).await.unwrap();
    assert!(!failed.is_empty());
    assert!(failed.iter().all(|job| job.state == State::Failed && job.ended_at >= Some(Time(now.0 - 1_000))));
}

async fn a_change_is_found_by_when_it_happened(scratch: Scratch) {
    let db = scratch.open().await;
    let (first, second) = (insert(&db).await, insert(&db).await);
    let third = db.insert(NewJob { author: "night shift".to_owned(), ..new_job() }).await.unwrap().0;
    let cancelled = db.act(first.id, Action::Cancel, "operator").await.unwrap();
    let changed = db.changed(second.created_at, 10).await.unwrap();
    let ids: Vec<JobId> = changed.iter().map(|job| job.id).collect();
    assert!(ids.contains(&second.id) && ids.contains(&third.id) && ids.contains(&first.id));
    assert!(changed.is_sorted_by_key(|job| job.updated_at));
    assert!(changed.contains(&cancelled));
    assert!(db.changed(Time(db.now().0 + 60_000), 10).await.unwrap().is_empty());
}

on_both_databases! {
    pages_hold_every_job_once_while_more_are_inserted,
    the_last_page_says_that_it_is_the_last,
    every_filter_finds_what_looking_at_every_job_finds,
    counting_and_searching_without_a_window_stop_at_their_limits,
    a_text_too_long_to_look_for_is_refused,
    what_is_under_way_is_counted_and_listed_newest_first,
    what_ended_lately_is_listed_by_its_end,
    a_change_is_found_by_when_it_happened,
}
