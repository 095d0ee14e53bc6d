//! What survives the end of a process, however it ends.

use db::{Db, testing::Scratch};
use model::{EventKind, Job, Proof, State};

use crate::support::process::Grounds;

/// Copies in flight at once.
const IN_FLIGHT: u32 = 32;

fn proven(job: &Job, objects: u64) {
    let Some(Proof::Compared(comparison)) = &job.proof else { panic!("{job:?}") };
    assert!(comparison.equal, "{comparison:?}");
    assert_eq!((comparison.source_objects, comparison.destination_objects), (objects, objects));
    assert_eq!(job.progress.settled(), objects, "{:?}", job.progress);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_of_20000_objects_survives_kill_9_and_copies_nothing_twice_but_what_was_in_flight() {
    const OBJECTS: u64 = 20_000;
    let grounds = Grounds::with_objects(OBJECTS).await;
    let first = grounds.serve("data", &grounds.sqlite(), 1, IN_FLIGHT);
    let id = first.start_clone("s3://destination").await;
    first.until(id, "well underway", |job| job.progress.done >= 2_000).await;
    first.kill();
    assert!(grounds.copies() < OBJECTS, "killed before the end");

    let second = grounds.serve("data", &grounds.sqlite(), 1, IN_FLIGHT);
    let job = second.until(id, "succeeded", |job| job.state == State::Succeeded).await;
    proven(&job, OBJECTS);
    assert_eq!(job.attempt, 2);
    let most = OBJECTS + u64::from(IN_FLIGHT);
    assert!(grounds.copies() <= most, "{} copies, {most} at most", grounds.copies());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_on_one_postgresql_one_goes_on_with_the_job_of_the_other() {
    const OBJECTS: u64 = 6_000;
    let grounds = Grounds::with_objects(OBJECTS).await;
    let database = Scratch::postgres().await;
    let one = grounds.serve("one", &database.url, 1, 2);
    let two = grounds.serve("two", &database.url, 1, 2);
    let id = one.start_clone("s3://destination").await;
    let job = one.until(id, "underway", |job| job.progress.done > 100).await;
    let (holder, other) = if one.holds(&job) { (one, two) } else { (two, one) };
    assert!(holder.holds(&job) && !other.holds(&job));
    holder.kill();

    let job = other.until(id, "succeeded", |job| job.state == State::Succeeded).await;
    proven(&job, OBJECTS);
    assert_eq!(job.attempt, 2);
    let db = Db::open(&database.url).await.unwrap();
    let events = db.events(id, 50).await.unwrap();
    assert!(events.iter().any(|event| event.kind == EventKind::TakenOver), "{events:?}");
    assert!(grounds.copies() <= OBJECTS + 2, "{}", grounds.copies());
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_gives_the_job_back_within_5_seconds_and_it_goes_on_after_a_restart() {
    const OBJECTS: u64 = 5_000;
    let grounds = Grounds::with_objects(OBJECTS).await;
    let server = grounds.serve("data", &grounds.sqlite(), 1, 2);
    let id = server.start_clone("s3://destination").await;
    server.until(id, "underway", |job| job.progress.done > 100).await;
    // A live stream that nobody closes must not hold the end up.
    let _stream = reqwest::get(format!("{}/api/v1/events", server.url)).await.unwrap();
    assert!(server.terminate().await.success());

    let db = Db::open(&grounds.sqlite()).await.unwrap();
    let released = db.job(id).await.unwrap();
    assert_eq!((released.state, released.holder), (State::Queued, None));

    let server = grounds.serve("data", &grounds.sqlite(), 1, IN_FLIGHT);
    let job = server.until(id, "succeeded", |job| job.state == State::Succeeded).await;
    proven(&job, OBJECTS);
    assert!(grounds.copies() <= OBJECTS + 2, "{}", grounds.copies());
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_jobs_survive_a_restart() {
    let grounds = Grounds::with_objects(10).await;
    let queueing = grounds.serve("data", &grounds.sqlite(), 0, 1);
    let mut ids = Vec::new();
    for prefix in ["a", "b", "c"] {
        ids.push(queueing.start_clone(&format!("s3://destination/{prefix}/")).await);
    }
    queueing.kill();

    let server = grounds.serve("data", &grounds.sqlite(), 2, 4);
    for id in ids {
        server.until(id, "succeeded", |job| job.state == State::Succeeded).await;
    }
    assert_eq!(grounds.s3.count("destination").unwrap(), 30);
}
