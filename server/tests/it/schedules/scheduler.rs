//! Schedules: as the API makes and refuses them, and as the scheduler starts their jobs, on both databases.

use db::{
    NewSchedule,
    testing::{Scratch, break_schedule},
};
use logyard::{
    config::Config,
    connections::stores::Stores,
    signals::Nudge,
    tasks::scheduler::{Context, Scheduler, fire_due},
};
use model::{Fired, Firing, Job, NextTimes, Schedule, Spec, State, Task, Time, Timing};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, within};

use crate::{
    support::runners::{TestRunners, quick},
    support::server::TestServer,
};

fn request(name: &str) -> Value {
    json!({
        "name": name, "cron": " 0  2 * * * ", "zone": "Pacific/Auckland", "verify_cron": "30 5 * * *",
        "clone": {"source": "s3://source", "destination": "s3://target", "include": ["a"]},
    })
}

/// `field` and `detail` of a refusal.
async fn refused(response: Response, status: u16) -> (String, String) {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (text("field"), text("detail"))
}

async fn act(server: &TestServer, id: &str, action: &str) -> Response {
    server.request(Method::POST, &format!("/api/v1/schedules/{id}/{action}")).send().await.unwrap()
}

#[tokio::test]
async fn schedule_is_created_paused_resumed_and_deleted() {
    let server = TestServer::open().await;
    let made = server.post("/api/v1/schedules", &request("nightly")).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    let made: Value = made.json().await.unwrap();
    assert_eq!(
        (&made["cron"], &made["author"], &made["enabled"]),
        (&json!("0 2 * * *"), &json!("local"), &json!(true))
    );
    assert_eq!((&made["clone"]["include"], &made["clone"]["source"]["store"]), (&json!(["a"]), &json!("demo")));
    let next: Time = made["next_at"].as_str().unwrap().parse().unwrap();
    assert!(next > server.app.db.now() && made["verify_next_at"].is_string());
    assert_eq!(server.json(&location).await, made);
    assert_eq!(server.json("/api/v1/schedules").await, json!({"items": [made], "next": null}));

    let id = made["id"].as_str().unwrap();
    let paused: Value = act(&server, id, "pause").await.json().await.unwrap();
    assert_eq!(
        (&paused["enabled"], &paused["next_at"], &paused["verify_next_at"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    let resumed: Value = act(&server, id, "resume").await.json().await.unwrap();
    assert_eq!((&resumed["enabled"], &resumed["next_at"]), (&json!(true), &made["next_at"]));

    let deleted = server.request(Method::DELETE, &location).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.get(&location).await.status(), StatusCode::NOT_FOUND);
    for action in ["pause", "resume", "run"] {
        assert_eq!(act(&server, id, action).await.status(), StatusCode::NOT_FOUND, "{action}");
    }
    assert_eq!(refused(act(&server, "17", "pause").await, 422).await.0, "id");
}

#[tokio::test]
async fn impossible_schedule_is_refused_with_field_and_advice() {
    let server = TestServer::open().await;
    for (field, wrong, said) in [
        ("name", json!(" nightly"), "no space before or after"),
        ("cron", json!("0 2 * *"), "five fields"),
        ("cron", json!("0 25 * * *"), "in its hour, 25"),
        ("cron", json!("0 2 30 2 *"), "a day that exists"),
        ("verify_cron", json!("0 0 31 FEB *"), "a day that exists"),
        ("zone", json!("Pacific/Aukland"), "Pacific/Auckland?"),
        (
            "clone.mode",
            json!({"source": "s3://source", "destination": "s3://target", "mode": "mirror"}),
            "a preview that a person has read",
        ),
        ("clone.destination.bucket", json!({"source": "s3://source", "destination": "s3://nowhere"}), "`nowhere`"),
        ("clone.destination", json!({"source": "s3://source", "destination": "s3://source/a/"}), "within each other"),
        ("verify_cron", json!({"source": "s3://source", "destination": "s3://target", "mode": "verify"}), "left out"),
    ] {
        let mut body = request("nightly");
        let key = if wrong.is_object() { "clone" } else { field };
        body[key] = wrong.clone();
        let (at, detail) = refused(server.post("/api/v1/schedules", &body).await, 422).await;
        assert_eq!(at, field, "{wrong}: {detail}");
        assert!(detail.contains(said), "{wrong}: {detail}");
    }
    let mut typo = request("nightly");
    typo["verify"] = json!("0 5 * * *");
    assert_eq!(refused(server.post("/api/v1/schedules", &typo).await, 422).await.0, "verify");
    assert_eq!(server.json("/api/v1/schedules").await["items"], json!([]), "nothing refused was made");
}

#[tokio::test]
async fn schedule_name_is_unique_and_repeats_are_idempotent() {
    let server = TestServer::open().await;
    let first: Value = server.post("/api/v1/schedules", &request("nightly")).await.json().await.unwrap();
    let again: Value = server.post("/api/v1/schedules", &request("nightly")).await.json().await.unwrap();
    assert_eq!(first, again);
    let mut other = request("nightly");
    other["zone"] = json!("UTC");
    let (field, detail) = refused(server.post("/api/v1/schedules", &other).await, 409).await;
    assert!(field == "name" && detail.contains("`nightly`"), "{detail}");
}

#[tokio::test]
async fn manual_run_waits_for_the_last_job() {
    let server = TestServer::open().await;
    let id = server.schedule("by hand").await;
    let started = act(&server, &id, "run").await;
    assert_eq!(started.status(), StatusCode::ACCEPTED);
    let location = started.headers()["location"].to_str().unwrap().to_owned();
    let job = server.json(&location).await;
    assert_eq!((&job["author"], &job["state"]), (&json!("schedule by hand"), &json!("queued")));
    let log = server.json(&format!("{location}/log")).await;
    assert_eq!(log["items"][0]["detail"], "started by hand by local");
    assert_eq!(server.json("/api/v1/jobs?author=schedule+by+hand").await["items"], json!([job]));

    let (_, detail) = refused(act(&server, &id, "run").await, 409).await;
    assert!(detail.contains(job["id"].as_str().unwrap()), "{detail}");
    let cancelled = server.request(Method::POST, &format!("{location}/cancel")).send().await.unwrap();
    assert_eq!(cancelled.status(), StatusCode::OK);
    assert_eq!(act(&server, &id, "run").await.status(), StatusCode::ACCEPTED);
}

const DUE: Time = Time(1_770_000_000_000);
const HOUR: i64 = 3_600_000;

/// Creates a schedule that is due hourly from [`DUE`].
async fn hourly(setup: &TestRunners, zone: &str) -> Schedule {
    named(setup, "hourly", zone).await
}

async fn named(setup: &TestRunners, name: &str, zone: &str) -> Schedule {
    let job = setup.clone_to("first/").await;
    let Spec::Clone(clone) = setup.db.job(job).await.unwrap().spec else { unreachable!() };
    setup.db.act(job, model::Action::Cancel, "test").await.unwrap();
    let timing = Timing { cron: "40 * * * *".to_owned(), verify_cron: None, zone: zone.to_owned() };
    let next = NextTimes { clone: Some(DUE), verify: None };
    let new =
        NewSchedule { name: name.parse().unwrap(), timing, clone, consent: None, author: "test".to_owned(), next };
    setup.db.insert_schedule(new).await.unwrap()
}

/// The context of another server on the same database. `config` replaces the stores.
async fn context(setup: &TestRunners, config: &str) -> Context {
    let stores = match config {
        "" => setup.stores().await,
        text => Stores::connect(&Config::parse(None, text, &|_| None).unwrap()).await,
    };
    Context {
        db: setup.scratch.open().await,
        stores,
        holder: "one".into(),
        lease_ms: 15_000,
        runner: Nudge::default(),
        hub: None,
    }
}

async fn by_schedule(setup: &TestRunners) -> Vec<Job> {
    let filter = model::Filter { author: Some("schedule hourly".to_owned()), ..model::Filter::default() };
    setup.db.jobs(&filter, None, 100).await.unwrap().items
}

async fn last(setup: &TestRunners, schedule: &Schedule) -> (Schedule, Fired) {
    let schedule = setup.db.schedule(schedule.id).await.unwrap();
    let last = schedule.last.clone().unwrap();
    (schedule, last)
}

on_both_databases!(
    concurrent_servers_start_one_job,
    missed_times_are_made_up_by_one_job,
    due_time_is_skipped_while_last_job_runs,
    unstartable_schedule_records_its_reason,
    failing_schedule_does_not_block_others,
    due_schedule_starts_job_that_is_proven,
);

async fn concurrent_servers_start_one_job(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 1).await;
    let schedule = hourly(&setup, "UTC").await;
    let mut servers = Vec::new();
    for _ in 0..5 {
        let context = context(&setup, "").await;
        servers.push(tokio::spawn(async move { fire_due(&context, DUE).await.unwrap() }));
    }
    for server in servers {
        server.await.unwrap();
    }
    assert_eq!(by_schedule(&setup).await.len(), 1);
    let (after, fired) = last(&setup, &schedule).await;
    assert_eq!(after.next_at, Some(Time(DUE.0 + HOUR)), "{DUE} is twenty to an hour, too");
    assert_eq!((fired.missed, fired.task, fired.due), (0, Task::Clone, DUE));
}

async fn missed_times_are_made_up_by_one_job(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 1).await;
    let schedule = hourly(&setup, "UTC").await;
    let now = Time(DUE.0 + 5 * HOUR + 1);
    fire_due(&context(&setup, "").await, now).await.unwrap();
    let [job] = by_schedule(&setup).await.try_into().unwrap();
    let (after, fired) = last(&setup, &schedule).await;
    assert_eq!((fired.missed, fired.due, fired.at), (5, DUE, now));
    assert_eq!(after.next_at, Some(Time(DUE.0 + 6 * HOUR)));
    let events = setup.db.events(job.id, 10).await.unwrap();
    assert!(events[0].detail.contains("also for 5 missed times before it"), "{events:?}");
}

async fn due_time_is_skipped_while_last_job_runs(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 1).await;
    let schedule = hourly(&setup, "UTC").await;
    let context = context(&setup, "").await;
    fire_due(&context, DUE).await.unwrap();
    fire_due(&context, Time(DUE.0 + HOUR)).await.unwrap();
    let [job] = by_schedule(&setup).await.try_into().unwrap();
    let (after, fired) = last(&setup, &schedule).await;
    assert_eq!((fired.firing, after.job), (Firing::Skipped { job: job.id }, Some(job.id)));
    assert_eq!(after.next_at, Some(Time(DUE.0 + 2 * HOUR)), "and it goes on");
    setup.db.act(job.id, model::Action::Cancel, "test").await.unwrap();
    fire_due(&context, Time(DUE.0 + 2 * HOUR)).await.unwrap();
    assert_eq!(by_schedule(&setup).await.len(), 2);
}

async fn unstartable_schedule_records_its_reason(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 1).await;
    let schedule = hourly(&setup, "UTC").await;
    let elsewhere =
        "[demo]\nenabled = false\n[[stores]]\nname = 'mars'\nendpoint_url = 'http://127.0.0.1:9'\nregion = 'a'\n";
    fire_due(&context(&setup, elsewhere).await, DUE).await.unwrap();
    let (after, fired) = last(&setup, &schedule).await;
    let Firing::Refused { reason } = fired.firing else { panic!("{fired:?}") };
    assert!(reason.contains("`demo` is not configured"), "{reason}");
    assert_eq!(after.next_at, Some(Time(DUE.0 + HOUR)), "it may be configured again by then");
    assert!(by_schedule(&setup).await.is_empty());
}

async fn failing_schedule_does_not_block_others(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 1).await;
    let broken = named(&setup, "broken", "UTC").await;
    let schedule = hourly(&setup, "UTC").await;
    break_schedule(&setup.db, broken.id).await;
    let error = fire_due(&context(&setup, "").await, DUE).await.unwrap_err();
    assert!(error.to_string().contains("spec"), "{error}");
    assert_eq!(by_schedule(&setup).await.len(), 1);
    assert_eq!(last(&setup, &schedule).await.0.next_at, Some(Time(DUE.0 + HOUR)));
}

/// End to end by the clock: a due schedule starts a normal job.
async fn due_schedule_starts_job_that_is_proven(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 3).await;
    let schedule = hourly(&setup, "Pacific/Auckland").await;
    let runner = setup.runner("one", quick()).await;
    let context = context(&setup, "").await;
    let scheduler = Scheduler::start(Context { runner: runner.nudge(), ..context });
    let started = || async { setup.db.schedule(schedule.id).await.unwrap().job };
    let job = eventually_async("the schedule starts a job", within(1.mins()), started).await;
    let job = setup.until_state(job, State::Succeeded).await;
    assert_eq!((job.author.as_str(), job.progress.done), ("schedule hourly", 3));
    let (after, fired) = last(&setup, &schedule).await;
    assert_eq!(fired.missed, Fired::MOST_MISSED, "it was due long ago");
    assert!(after.next_at.unwrap() > setup.db.now());
    scheduler.stop().await;
    runner.stop().await;
}
