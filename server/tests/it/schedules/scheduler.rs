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
    support::runners::{Workshop, quick},
    support::server::Site,
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

async fn act(site: &Site, id: &str, action: &str) -> Response {
    site.request(Method::POST, &format!("/api/v1/schedules/{id}/{action}")).send().await.unwrap()
}

#[tokio::test]
async fn a_schedule_is_made_shown_paused_resumed_and_deleted() {
    let site = Site::open().await;
    let made = site.post("/api/v1/schedules", &request("nightly")).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    let made: Value = made.json().await.unwrap();
    assert_eq!(
        (&made["cron"], &made["author"], &made["enabled"]),
        (&json!("0 2 * * *"), &json!("local"), &json!(true))
    );
    assert_eq!((&made["clone"]["include"], &made["clone"]["source"]["store"]), (&json!(["a"]), &json!("demo")));
    let next: Time = made["next_at"].as_str().unwrap().parse().unwrap();
    assert!(next > site.app.db.now() && made["verify_next_at"].is_string());
    assert_eq!(site.json(&location).await, made);
    assert_eq!(site.json("/api/v1/schedules").await, json!({"items": [made], "next": null}));

    let id = made["id"].as_str().unwrap();
    let paused: Value = act(&site, id, "pause").await.json().await.unwrap();
    assert_eq!(
        (&paused["enabled"], &paused["next_at"], &paused["verify_next_at"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    let resumed: Value = act(&site, id, "resume").await.json().await.unwrap();
    assert_eq!((&resumed["enabled"], &resumed["next_at"]), (&json!(true), &made["next_at"]));

    let deleted = site.request(Method::DELETE, &location).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(site.get(&location).await.status(), StatusCode::NOT_FOUND);
    for action in ["pause", "resume", "run"] {
        assert_eq!(act(&site, id, action).await.status(), StatusCode::NOT_FOUND, "{action}");
    }
    assert_eq!(refused(act(&site, "17", "pause").await, 422).await.0, "id");
}

#[tokio::test]
async fn what_could_never_start_is_refused_with_its_field_and_what_would_be_right() {
    let site = Site::open().await;
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
            "a fresh preview",
        ),
        ("clone.destination.bucket", json!({"source": "s3://source", "destination": "s3://nowhere"}), "`nowhere`"),
        ("clone.destination", json!({"source": "s3://source", "destination": "s3://source/a/"}), "within each other"),
        ("verify_cron", json!({"source": "s3://source", "destination": "s3://target", "mode": "verify"}), "left out"),
    ] {
        let mut body = request("nightly");
        let key = if wrong.is_object() { "clone" } else { field };
        body[key] = wrong.clone();
        let (at, detail) = refused(site.post("/api/v1/schedules", &body).await, 422).await;
        assert_eq!(at, field, "{wrong}: {detail}");
        assert!(detail.contains(said), "{wrong}: {detail}");
    }
    let mut typo = request("nightly");
    typo["verify"] = json!("0 5 * * *");
    assert_eq!(refused(site.post("/api/v1/schedules", &typo).await, 422).await.0, "verify");
    assert_eq!(site.json("/api/v1/schedules").await["items"], json!([]), "nothing refused was made");
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_repeat_is_the_same_schedule() {
    let site = Site::open().await;
    let first: Value = site.post("/api/v1/schedules", &request("nightly")).await.json().await.unwrap();
    let again: Value = site.post("/api/v1/schedules", &request("nightly")).await.json().await.unwrap();
    assert_eq!(first, again);
    let mut other = request("nightly");
    other["zone"] = json!("UTC");
    let (field, detail) = refused(site.post("/api/v1/schedules", &other).await, 409).await;
    assert!(field == "name" && detail.contains("`nightly`"), "{detail}");
}

#[tokio::test]
async fn a_schedule_run_by_hand_starts_its_clone_unless_the_last_has_not_ended() {
    let site = Site::open().await;
    let id = site.schedule("by hand").await;
    let started = act(&site, &id, "run").await;
    assert_eq!(started.status(), StatusCode::ACCEPTED);
    let location = started.headers()["location"].to_str().unwrap().to_owned();
    let job = site.json(&location).await;
    assert_eq!((&job["author"], &job["state"]), (&json!("schedule by hand"), &json!("queued")));
    let log = site.json(&format!("{location}/log")).await;
    assert_eq!(log["items"][0]["detail"], "started by hand by local");
    assert_eq!(site.json("/api/v1/jobs?author=schedule+by+hand").await["items"], json!([job]));

    let (_, detail) = refused(act(&site, &id, "run").await, 409).await;
    assert!(detail.contains(job["id"].as_str().unwrap()), "{detail}");
    let cancelled = site.request(Method::POST, &format!("{location}/cancel")).send().await.unwrap();
    assert_eq!(cancelled.status(), StatusCode::OK);
    assert_eq!(act(&site, &id, "run").await.status(), StatusCode::ACCEPTED);
}

const DUE: Time = Time(1_770_000_000_000);
const HOUR: i64 = 3_600_000;

/// Hourly from [`DUE`], in a workshop where nothing else has happened.
async fn hourly(workshop: &Workshop, zone: &str) -> Schedule {
    named(workshop, "hourly", zone).await
}

async fn named(workshop: &Workshop, name: &str, zone: &str) -> Schedule {
    let job = workshop.clone_to("first/").await;
    let Spec::Clone(clone) = workshop.db.job(job).await.unwrap().spec else { unreachable!() };
    workshop.db.act(job, model::Action::Cancel, "test").await.unwrap();
    let timing = Timing { cron: "40 * * * *".to_owned(), verify_cron: None, zone: zone.to_owned() };
    let next = NextTimes { clone: Some(DUE), verify: None };
    let new = NewSchedule { name: name.parse().unwrap(), timing, clone, author: "test".to_owned(), next };
    workshop.db.insert_schedule(new).await.unwrap()
}

/// A server of its own on the workshop's database. `config` replaces the stores.
async fn context(workshop: &Workshop, config: &str) -> Context {
    let stores = match config {
        "" => workshop.stores().await,
        text => Stores::connect(&Config::parse(None, text, &|_| None).unwrap()).await,
    };
    Context { db: workshop.scratch.open().await, stores, runner: Nudge::default(), hub: None }
}

async fn by_schedule(workshop: &Workshop) -> Vec<Job> {
    let filter = model::Filter { author: Some("schedule hourly".to_owned()), ..model::Filter::default() };
    workshop.db.jobs(&filter, None, 100).await.unwrap().items
}

async fn last(workshop: &Workshop, schedule: &Schedule) -> (Schedule, Fired) {
    let schedule = workshop.db.schedule(schedule.id).await.unwrap();
    let last = schedule.last.clone().unwrap();
    (schedule, last)
}

on_both_databases!(
    servers_that_come_at_once_start_one_job,
    times_that_passed_while_no_server_ran_are_made_up_for_by_one_job_that_says_so,
    a_time_is_skipped_while_the_last_job_has_not_ended,
    what_cannot_become_a_job_is_recorded_with_the_reason,
    a_schedule_that_fails_holds_up_no_other,
    a_scheduler_starts_what_is_due_and_the_runner_proves_it,
);

async fn servers_that_come_at_once_start_one_job(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 1).await;
    let schedule = hourly(&workshop, "UTC").await;
    let mut servers = Vec::new();
    for _ in 0..5 {
        let context = context(&workshop, "").await;
        servers.push(tokio::spawn(async move { fire_due(&context, DUE).await.unwrap() }));
    }
    for server in servers {
        server.await.unwrap();
    }
    assert_eq!(by_schedule(&workshop).await.len(), 1);
    let (after, fired) = last(&workshop, &schedule).await;
    assert_eq!(after.next_at, Some(Time(DUE.0 + HOUR)), "{DUE} is twenty to an hour, too");
    assert_eq!((fired.missed, fired.task, fired.due), (0, Task::Clone, DUE));
}

async fn times_that_passed_while_no_server_ran_are_made_up_for_by_one_job_that_says_so(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 1).await;
    let schedule = hourly(&workshop, "UTC").await;
    let now = Time(DUE.0 + 5 * HOUR + 1);
    fire_due(&context(&workshop, "").await, now).await.unwrap();
    let [job] = by_schedule(&workshop).await.try_into().unwrap();
    let (after, fired) = last(&workshop, &schedule).await;
    assert_eq!((fired.missed, fired.due, fired.at), (5, DUE, now));
    assert_eq!(after.next_at, Some(Time(DUE.0 + 6 * HOUR)));
    let events = workshop.db.events(job.id, 10).await.unwrap();
    assert!(events[0].detail.contains("in place of 5 more that were missed"), "{events:?}");
}

async fn a_time_is_skipped_while_the_last_job_has_not_ended(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 1).await;
    let schedule = hourly(&workshop, "UTC").await;
    let context = context(&workshop, "").await;
    fire_due(&context, DUE).await.unwrap();
    fire_due(&context, Time(DUE.0 + HOUR)).await.unwrap();
    let [job] = by_schedule(&workshop).await.try_into().unwrap();
    let (after, fired) = last(&workshop, &schedule).await;
    assert_eq!((fired.firing, after.job), (Firing::Skipped { job: job.id }, Some(job.id)));
    assert_eq!(after.next_at, Some(Time(DUE.0 + 2 * HOUR)), "and it goes on");
    workshop.db.act(job.id, model::Action::Cancel, "test").await.unwrap();
    fire_due(&context, Time(DUE.0 + 2 * HOUR)).await.unwrap();
    assert_eq!(by_schedule(&workshop).await.len(), 2);
}

async fn what_cannot_become_a_job_is_recorded_with_the_reason(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 1).await;
    let schedule = hourly(&workshop, "UTC").await;
    let elsewhere =
        "[demo]\nenabled = false\n[[stores]]\nname = 'mars'\nendpoint_url = 'http://127.0.0.1:9'\nregion = 'a'\n";
    fire_due(&context(&workshop, elsewhere).await, DUE).await.unwrap();
    let (after, fired) = last(&workshop, &schedule).await;
    let Firing::Refused { reason } = fired.firing else { panic!("{fired:?}") };
    assert!(reason.contains("`demo` is not configured"), "{reason}");
    assert_eq!(after.next_at, Some(Time(DUE.0 + HOUR)), "it may be configured again by then");
    assert!(by_schedule(&workshop).await.is_empty());
}

async fn a_schedule_that_fails_holds_up_no_other(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 1).await;
    let broken = named(&workshop, "broken", "UTC").await;
    let schedule = hourly(&workshop, "UTC").await;
    break_schedule(&workshop.db, broken.id).await;
    let error = fire_due(&context(&workshop, "").await, DUE).await.unwrap_err();
    assert!(error.to_string().contains("spec"), "{error}");
    assert_eq!(by_schedule(&workshop).await.len(), 1);
    assert_eq!(last(&workshop, &schedule).await.0.next_at, Some(Time(DUE.0 + HOUR)));
}

/// By the clock, from end to end: what is due starts by itself, and is a job like any other.
async fn a_scheduler_starts_what_is_due_and_the_runner_proves_it(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 3).await;
    let schedule = hourly(&workshop, "Pacific/Auckland").await;
    let runner = workshop.runner("one", quick()).await;
    let context = context(&workshop, "").await;
    let scheduler = Scheduler::start(Context { runner: runner.nudge(), ..context });
    let started = || async { workshop.db.schedule(schedule.id).await.unwrap().job };
    let job = eventually_async("the schedule starts a job", within(1.mins()), started).await;
    let job = workshop.until_state(job, State::Succeeded).await;
    assert_eq!((job.author.as_str(), job.progress.done), ("schedule hourly", 3));
    let (after, fired) = last(&workshop, &schedule).await;
    assert_eq!(fired.missed, Fired::MOST_MISSED, "it was due long ago");
    assert!(after.next_at.unwrap() > workshop.db.now());
    scheduler.stop().await;
    runner.stop().await;
}
