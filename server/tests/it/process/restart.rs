//! Jobs survive the end of a process: SIGKILL, SIGTERM and restarts.

use db::{Db, testing::Scratch};
use model::{EventKind, Job, Proof, State};

use crate::support::process::ProcessSetup;

/// Copies in flight at once.
const IN_FLIGHT: u32 = 32;

fn proven(job: &Job, objects: u64) {
    let Some(Proof::Compared(comparison)) = &job.proof else { panic!("{job:?}") };
    assert!(comparison.equal, "{comparison:?}");
    assert_eq!((comparison.source_objects, comparison.destination_objects), (objects, objects));
    assert_eq!(job.progress.settled(), objects, "{:?}", job.progress);
}

#[tokio::test(flavor = "multi_thread")]
async fn clone_of_20000_objects_survives_sigkill() {
    const OBJECTS: u64 = 20_000;
    let setup = ProcessSetup::with_objects(OBJECTS).await;
    let first = setup.serve("data", &setup.sqlite(), 1, IN_FLIGHT);
    let id = first.start_clone("s3://destination").await;
    first.until(id, "well underway", |job| job.progress.done >= 2_000).await;
    first.kill();
    assert!(setup.copies() < OBJECTS, "killed before the end");

    let second = setup.serve("data", &setup.sqlite(), 1, IN_FLIGHT);
    let job = second.until(id, "succeeded", |job| job.state == State::Succeeded).await;
    proven(&job, OBJECTS);
    assert_eq!(job.attempt, 2);
    let most = OBJECTS + u64::from(IN_FLIGHT);
    assert!(setup.copies() <= most, "{} copies, {most} at most", setup.copies());
}

#[tokio::test(flavor = "multi_thread")]
async fn second_server_takes_over_job_on_postgresql() {
    const OBJECTS: u64 = 6_000;
    let setup = ProcessSetup::with_objects(OBJECTS).await;
    let database = Scratch::postgres().await;
    let one = setup.serve("one", &database.url, 1, 2);
    let two = setup.serve("two", &database.url, 1, 2);
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
    assert!(setup.copies() <= OBJECTS + 2, "{}", setup.copies());
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_releases_job_and_restart_resumes_it() {
    const OBJECTS: u64 = 5_000;
    let setup = ProcessSetup::with_objects(OBJECTS).await;
    let server = setup.serve("data", &setup.sqlite(), 1, 2);
    let id = server.start_clone("s3://destination").await;
    server.until(id, "underway", |job| job.progress.done > 100).await;
    // A live stream that nobody closes must not hold the end up.
    let _stream = reqwest::get(format!("{}/api/v1/events", server.url)).await.unwrap();
    assert!(server.terminate().await.success());

    let db = Db::open(&setup.sqlite()).await.unwrap();
    let released = db.job(id).await.unwrap();
    assert_eq!((released.state, released.holder), (State::Queued, None));

    let server = setup.serve("data", &setup.sqlite(), 1, IN_FLIGHT);
    let job = server.until(id, "succeeded", |job| job.state == State::Succeeded).await;
    proven(&job, OBJECTS);
    assert!(setup.copies() <= OBJECTS + 2, "{}", setup.copies());
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_jobs_survive_a_restart() {
    let setup = ProcessSetup::with_objects(10).await;
    let queueing = setup.serve("data", &setup.sqlite(), 0, 1);
    let mut ids = Vec::new();
    for prefix in ["a", "b", "c"] {
        ids.push(queueing.start_clone(&format!("s3://destination/{prefix}/")).await);
    }
    queueing.kill();

    let server = setup.serve("data", &setup.sqlite(), 2, 4);
    for id in ids {
        server.until(id, "succeeded", |job| job.state == State::Succeeded).await;
    }
    assert_eq!(setup.s3.count("destination").unwrap(), 30);
}
