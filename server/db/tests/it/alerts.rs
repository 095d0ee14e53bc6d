//! Alerts: one evaluator writes them, people act on them, and deliveries are neither lost nor out of order.

use db::{AlertChange, Attempt, Db, DbError, KeptAlert, testing::Scratch};
use model::{
    Alert, AlertAction, AlertFilter, AlertKind, AlertSchedule, AlertState, MarkedEvent, Notice, PipelineName,
    ScheduleId, TableName, Time, Window,
};

use crate::support::{LEASE_MS, previous_schema};

on_both_databases!(
    only_the_lease_holder_records_alerts,
    alert_opens_once_and_reopens_after_resolution,
    evaluation_keeps_acknowledgement_and_silence,
    active_alerts_are_listed_first_by_page,
    deliveries_are_claimed_in_order_one_by_one,
    retention_deletes_resolved_alerts_only,
    delivery_pages_cover_every_attempt_once,
    canaries_are_read_by_window_and_swept,
    schedule_has_one_unresolved_alert_of_a_kind,
    table_has_one_unresolved_alert_of_a_kind,
    alerts_of_the_previous_schema_keep_their_notifications,
);

fn pipeline(name: &str) -> PipelineName {
    name.parse().unwrap()
}

fn kept(db: &Db, name: &str, kind: AlertKind) -> KeptAlert {
    let now = db.now();
    let alert = Alert {
        id: db.new_alert_id(),
        kind,
        pipeline: Some(pipeline(name)),
        sink: None,
        schedule: None,
        table: None,
        state: AlertState::Open,
        reason: "12 of 100 events did not arrive.".to_owned(),
        advice: "Mend the sink.".to_owned(),
        since: Time(now.0 - 1_000),
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        acknowledged_by: None,
        acknowledged_at: None,
        silenced_until: None,
        runs: vec![db.new_run_id()],
        keys: vec!["logs/a".to_owned()],
        window: Window::new(Time(now.0 - 1_000), now).unwrap(),
    };
    KeptAlert { alert, gone_since: None, told_at: now, told_weight: 12 }
}

fn resolved(kept: &KeptAlert, at: Time) -> KeptAlert {
    let alert = Alert { state: AlertState::Resolved, resolved_at: Some(at), updated_at: at, ..kept.alert.clone() };
    KeptAlert { alert, ..kept.clone() }
}

async fn record(db: &Db, changes: &[(AlertChange, Option<&str>)]) {
    assert!(db.acquire(db::task::EVALUATE, db::task::ALL, "one", LEASE_MS).await.unwrap());
    assert!(db.record_evaluation("one", changes, &["ops"]).await.unwrap());
}

async fn open(db: &Db, name: &str, kind: AlertKind) -> KeptAlert {
    let kept = kept(db, name, kind);
    record(db, &[(AlertChange::Opened(kept.clone()), Some("opened"))]).await;
    kept
}

async fn only_the_lease_holder_records_alerts(scratch: Scratch) {
    let db = scratch.open().await;
    assert_eq!(db.evaluated_at().await.unwrap(), None);
    assert!(db.acquire(db::task::EVALUATE, db::task::ALL, "one", LEASE_MS).await.unwrap());
    assert!(!db.acquire(db::task::EVALUATE, db::task::ALL, "two", LEASE_MS).await.unwrap());
    let change = (AlertChange::Opened(kept(&db, "api", AlertKind::Loss)), Some("opened"));
    assert!(!db.record_evaluation("two", std::slice::from_ref(&change), &["ops"]).await.unwrap());
    assert!(db.standing_alerts().await.unwrap().is_empty());
    assert!(db.record_evaluation("one", &[change], &["ops"]).await.unwrap());
    assert!(db.evaluated_at().await.unwrap().is_some());
    db.release(db::task::EVALUATE, db::task::ALL, "one").await.unwrap();
    assert!(db.acquire(db::task::EVALUATE, db::task::ALL, "two", LEASE_MS).await.unwrap());
    assert!(!db.record_evaluation("one", &[], &[]).await.unwrap());
}

async fn alert_opens_once_and_reopens_after_resolution(scratch: Scratch) {
    let db = scratch.open().await;
    let first = open(&db, "api", AlertKind::Loss).await;
    assert_eq!(db.alert(first.alert.id).await.unwrap(), first.alert);
    open(&db, "api", AlertKind::Loss).await;
    open(&db, "api", AlertKind::Lag).await;
    open(&db, "web", AlertKind::Loss).await;
    assert_eq!(db.standing_alerts().await.unwrap().len(), 3);
    let over = resolved(&first, db.now());
    let end = || (AlertChange::Resolved(over.clone()), Some("resolved"));
    record(&db, &[end()]).await;
    assert_eq!(db.alert(first.alert.id).await.unwrap(), over.alert);
    let told = db.claim_outgoing(&["ops"], LEASE_MS, 100).await.unwrap().len();
    record(&db, &[end()]).await;
    assert_eq!(db.claim_outgoing(&["ops"], LEASE_MS, 100).await.unwrap().len(), 0, "{told} were told before");
    let again = open(&db, "api", AlertKind::Loss).await;
    assert_ne!(again.alert.id, first.alert.id);
    assert_eq!(db.standing_alerts().await.unwrap().len(), 3);
}

async fn evaluation_keeps_acknowledgement_and_silence(scratch: Scratch) {
    let db = scratch.open().await;
    let kept = open(&db, "api", AlertKind::Loss).await;
    let id = kept.alert.id;
    assert_eq!(db.counts().await.unwrap().alerts, 1);
    let alert = db.act_on_alert(id, AlertAction::Acknowledge, "operator").await.unwrap();
    assert_eq!(db.counts().await.unwrap().alerts, 0, "somebody deals with it");
    assert_eq!((alert.state, alert.acknowledged_by.as_deref()), (AlertState::Acknowledged, Some("operator")));
    // The evaluator had read it before.
    let mut seen = kept.clone();
    "13 of 100 events did not arrive.".clone_into(&mut seen.alert.reason);
    seen.gone_since = Some(db.now());
    record(&db, &[(AlertChange::Updated(seen.clone()), None)]).await;
    let standing = &db.standing_alerts().await.unwrap()[0];
    assert_eq!((standing.alert.state, &standing.alert.reason), (AlertState::Acknowledged, &seen.alert.reason));
    assert_eq!(standing.gone_since, seen.gone_since);

    let until = Time(db.now().0 + 60_000);
    let alert = db.act_on_alert(id, AlertAction::Silence { until }, "operator").await.unwrap();
    assert_eq!((alert.state, alert.silenced_until), (AlertState::Silenced, Some(until)));
    record(&db, &[(AlertChange::Woken(kept.clone()), Some("updated"))]).await;
    let alert = db.alert(id).await.unwrap();
    assert_eq!((alert.state, alert.silenced_until), (AlertState::Open, None));

    record(&db, &[(AlertChange::Resolved(resolved(&kept, db.now())), None)]).await;
    let refused = db.act_on_alert(id, AlertAction::Reopen, "operator").await.unwrap_err();
    assert!(matches!(refused, DbError::AlertOver(over) if over == id));
    let unheard = db.act_on_alert(db.new_alert_id(), AlertAction::Reopen, "operator").await.unwrap_err();
    assert!(matches!(unheard, DbError::NoAlert(_)));
}

async fn active_alerts_are_listed_first_by_page(scratch: Scratch) {
    let db = scratch.open().await;
    let mut all = Vec::new();
    for (index, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        let kept = open(&db, name, AlertKind::Loss).await;
        if index % 2 == 0 {
            record(&db, &[(AlertChange::Resolved(resolved(&kept, db.now())), None)]).await;
        }
        all.push(kept.alert.id);
    }
    let expected = [3, 1, 4, 2, 0].map(|index: usize| all[index]).to_vec();
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = db.alerts(&AlertFilter::default(), after, 2).await.unwrap();
        read.extend(page.items.iter().map(|alert| alert.id));
        let Some(next) = page.next else { break };
        after = Some(next.parse().unwrap());
    }
    assert_eq!(read, expected);
    let reading = &db;
    let of = |filter: AlertFilter| async move { reading.alerts(&filter, None, 100).await.unwrap().items.len() };
    assert_eq!(of(AlertFilter { pipeline: Some(pipeline("b")), ..AlertFilter::default() }).await, 1);
    assert_eq!(of(AlertFilter { states: vec![AlertState::Open], ..AlertFilter::default() }).await, 2);
    assert_eq!(of(AlertFilter { kind: Some(AlertKind::Lag), ..AlertFilter::default() }).await, 0);
    // All held a moment ago; tomorrow only those that are not resolved.
    let tomorrow = Time(db.now().0 + 86_400_000);
    assert_eq!(of(AlertFilter { from: Some(tomorrow), ..AlertFilter::default() }).await, 2);
    assert_eq!(of(AlertFilter { to: Some(Time(0)), ..AlertFilter::default() }).await, 0);
}

fn notice(outgoing: &db::Outgoing, error: Option<&str>) -> Notice {
    Notice {
        alert: Some(outgoing.alert.id),
        receiver: outgoing.receiver.clone(),
        at: outgoing.made_at,
        attempt: outgoing.attempt,
        what: outgoing.what.clone(),
        status: Some(503),
        error: error.map(ToOwned::to_owned),
        took_ms: 5,
    }
}

async fn deliveries_are_claimed_in_order_one_by_one(scratch: Scratch) {
    let db = scratch.open().await;
    let kept = open(&db, "api", AlertKind::Loss).await;
    record(&db, &[(AlertChange::Resolved(resolved(&kept, db.now())), Some("resolved"))]).await;
    assert!(db.claim_outgoing(&["other"], LEASE_MS, 100).await.unwrap().is_empty());

    // Claimed and never heard of again, as by a process that was killed: due again once its time is over.
    let dropped = db.claim_outgoing(&["ops"], 0, 100).await.unwrap();
    let first = db.claim_outgoing(&["ops"], LEASE_MS, 100).await.unwrap();
    assert_eq!((dropped.len(), first.len()), (1, 1), "the end waits for the beginning");
    assert_eq!((&first[0].id, first[0].attempt), (&dropped[0].id, 2));
    assert!(db.claim_outgoing(&["ops"], LEASE_MS, 100).await.unwrap().is_empty());

    // Whoever comes back late changes nothing.
    db.attempted(&dropped[0], &notice(&dropped[0], None), Attempt::Over).await.unwrap();
    db.attempted(&first[0], &notice(&first[0], Some("down")), Attempt::Again(db.now())).await.unwrap();
    let again = db.claim_outgoing(&["ops"], LEASE_MS, 100).await.unwrap();
    assert_eq!((again[0].what.as_str(), again[0].attempt), ("opened", 3));
    db.attempted(&again[0], &notice(&again[0], None), Attempt::Over).await.unwrap();
    let last = db.claim_outgoing(&["ops"], LEASE_MS, 100).await.unwrap();
    assert_eq!((last[0].what.as_str(), last[0].attempt), ("resolved", 1));
    assert_eq!(last[0].alert.state, AlertState::Resolved);

    let log = db.list_deliveries(Some(kept.alert.id), Some("ops"), None, 100).await.unwrap().items;
    assert_eq!(log.iter().map(|notice| notice.attempt).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!((log[1].error.as_deref(), log[1].status), (Some("down"), Some(503)));
}

/// Claims and completes the next delivery, which must be of this alert.
async fn tell(db: &Db, of: &KeptAlert) {
    let [told] = &db.claim_outgoing(&["ops"], LEASE_MS, 100).await.unwrap()[..] else { panic!("one at a time") };
    assert_eq!(told.alert.id, of.alert.id);
    db.attempted(told, &notice(told, None), Attempt::Over).await.unwrap();
}

async fn retention_deletes_resolved_alerts_only(scratch: Scratch) {
    let db = scratch.open().await;
    let day = 86_400_000;
    let mut over = Vec::new();
    // Three that ended days ago, one that ended just now, one that holds since long ago.
    for (name, ended) in [("a", 4), ("b", 3), ("c", 2), ("d", 0)] {
        let kept = open(&db, name, AlertKind::Loss).await;
        tell(&db, &kept).await;
        let at = Time(db.now().0 - ended * day);
        record(&db, &[(AlertChange::Resolved(resolved(&kept, at)), None)]).await;
        over.push(kept.alert.id);
    }
    let holding = open(&db, "e", AlertKind::Loss).await;
    tell(&db, &holding).await;
    db.record_delivery(&test_notice(&db)).await.unwrap();

    let before = Time(db.now().0 - day);
    assert_eq!(db.sweep_alerts(before, 2).await.unwrap(), 2);
    assert_eq!(db.alert(over[2]).await.unwrap().id, over[2], "the oldest go first");
    assert_eq!(db.sweep_alerts(before, 2).await.unwrap(), 1);
    assert_eq!(db.sweep_alerts(before, 2).await.unwrap(), 0, "attempts of today are not old");
    assert!(matches!(db.alert(over[0]).await, Err(DbError::NoAlert(_))));
    assert_eq!(db.list_deliveries(None, None, None, 100).await.unwrap().items.len(), 6);

    // As if long had passed since: those of the alerts that are gone, the fourth alert, its attempt, and the test.
    let later = Time(db.now().0 + 1_000);
    while db.sweep_alerts(later, 2).await.unwrap() > 0 {}
    assert!(matches!(db.alert(over[3]).await, Err(DbError::NoAlert(_))));
    assert_eq!(db.alert(holding.alert.id).await.unwrap(), holding.alert);
    let attempts = db.list_deliveries(None, None, None, 100).await.unwrap().items;
    assert_eq!(attempts.iter().map(|notice| notice.alert).collect::<Vec<_>>(), [Some(holding.alert.id)]);
}

async fn delivery_pages_cover_every_attempt_once(scratch: Scratch) {
    let db = scratch.open().await;
    let alert = open(&db, "a", AlertKind::Loss).await;
    tell(&db, &alert).await;
    for attempt in 2..=7 {
        db.record_delivery(&Notice { attempt, ..test_notice(&db) }).await.unwrap();
    }
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = db.list_deliveries(None, Some("ops"), after, 3).await.unwrap();
        pages.push(page.items.iter().map(|notice| notice.attempt).collect::<Vec<_>>());
        let Some(next) = page.next else { break };
        after = Some(next.parse().unwrap());
    }
    assert_eq!(pages, [vec![7, 6, 5], vec![4, 3, 2], vec![1]], "newest first");
    let of_alert = db.list_deliveries(Some(alert.alert.id), None, None, 1).await.unwrap();
    assert_eq!((of_alert.items.len(), of_alert.next), (1, None), "a full last page is the last");
}

fn test_notice(db: &Db) -> Notice {
    let (receiver, what) = ("ops".to_owned(), "test".to_owned());
    Notice { alert: None, receiver, at: db.now(), attempt: 1, what, status: Some(204), error: None, took_ms: 1 }
}

async fn canaries_are_read_by_window_and_swept(scratch: Scratch) {
    let db = scratch.open().await;
    let sink = "logs".parse().unwrap();
    let event = |at, error: Option<&str>| MarkedEvent {
        at: Time(at),
        latency_ms: 7,
        proof: error.is_none().then(|| "read back".to_owned()),
        error: error.map(ToOwned::to_owned),
    };
    for (at, error) in [(1, None), (2, None), (3, Some("gone"))] {
        db.record_marked_event(&sink, 100, &event(at, error)).await.unwrap();
    }
    let newest = [event(3, Some("gone")), event(2, None), event(1, None)];
    assert_eq!(db.marked_events(&sink, 100, None, 9).await.unwrap(), newest);
    assert_eq!(db.marked_events(&sink, 100, None, 1).await.unwrap(), newest[..1]);
    let before = Window::new(Time(1), Time(3)).unwrap();
    assert_eq!(db.marked_events(&sink, 100, Some(before), 9).await.unwrap(), newest[1..]);
    assert!(db.marked_events(&sink, 10_000, None, 9).await.unwrap().is_empty());
    assert_eq!(db.sweep_marked_events(Time(db.now().0 - 1_000), 9).await.unwrap(), 0);
    let later = Time(db.now().0 + 1_000);
    let mut swept = [0; 3];
    for count in &mut swept {
        *count = db.sweep_marked_events(later, 2).await.unwrap();
    }
    assert_eq!(swept, [2, 1, 0]);
}

async fn schedule_has_one_unresolved_alert_of_a_kind(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = AlertSchedule { id: ScheduleId(uuid::Uuid::from_u128(7)), name: "nightly".parse().unwrap() };
    let about = |kind| {
        let kept = kept(&db, "api", kind);
        let alert = Alert { pipeline: None, schedule: Some(schedule.clone()), ..kept.alert };
        KeptAlert { alert, ..kept }
    };
    let first = about(AlertKind::JobFailed);
    let changes = [first.clone(), about(AlertKind::JobFailed), about(AlertKind::Skipped)];
    record(&db, &changes.map(|kept| (AlertChange::Opened(kept), Some("opened")))).await;
    open(&db, "api", AlertKind::Loss).await;
    let of = AlertFilter { schedule: Some(schedule.id), ..AlertFilter::default() };
    let found = db.alerts(&of, None, 10).await.unwrap().items;
    assert_eq!((found.len(), &found[1]), (2, &first.alert));
}

async fn table_has_one_unresolved_alert_of_a_kind(scratch: Scratch) {
    let db = scratch.open().await;
    let table: TableName = "orders".parse().unwrap();
    let about = |kind| {
        let kept = kept(&db, "api", kind);
        let alert = Alert { pipeline: None, table: Some(table.clone()), ..kept.alert };
        KeptAlert { alert, ..kept }
    };
    let first = about(AlertKind::TableStopped);
    let changes = [first.clone(), about(AlertKind::TableStopped), about(AlertKind::TableBehind)];
    record(&db, &changes.map(|kept| (AlertChange::Opened(kept), Some("opened")))).await;
    open(&db, "api", AlertKind::Loss).await;
    let of = AlertFilter { table: Some(table), ..AlertFilter::default() };
    let found = db.alerts(&of, None, 10).await.unwrap().items;
    assert_eq!((found.len(), &found[1]), (2, &first.alert));
}

/// What the schema before alerts of schedules held, as SQL that both databases take.
const PREVIOUS: &str = r#"
INSERT INTO alerts (id, kind, pipeline, sink, state, reason, advice, since, opened_at, updated_at, runs, object_keys,
    window_from, window_to, told_at, told_weight) VALUES
('0198c0de-0000-7000-8000-000000000001', 'loss', 'api', NULL, 'open', 'Lost.', 'Mend.', 1, 2, 3, '[]', '["k"]', 1, 2, 2, 9),
('0198c0de-0000-7000-8000-000000000002', 'canary', NULL, 'logs', 'open', 'Lost.', 'Mend.', 1, 2, 3, '[]', '[]', 1, 2, 2, 9);
INSERT INTO outbox (id, alert_id, receiver, what, alert, made_at, next_at) VALUES
('1', '0198c0de-0000-7000-8000-000000000001', 'ops', 'opened', '{"id":"0198c0de-0000-7000-8000-000000000001",
"kind":"loss","pipeline":"api","sink":null,"state":"open","reason":"Lost.","advice":"Mend.",
"since":"1970-01-01T00:00:00Z","opened_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z",
"resolved_at":null,"acknowledged_by":null,"acknowledged_at":null,"silenced_until":null,"runs":[],"keys":[],
"window":{"from":"1970-01-01T00:00:00Z","to":"1970-01-01T00:00:01Z"}}', 5, 6);
"#;

async fn alerts_of_the_previous_schema_keep_their_notifications(scratch: Scratch) {
    previous_schema(&scratch, 16, PREVIOUS).await;
    let db = scratch.open().await;
    let standing = db.standing_alerts().await.unwrap();
    let about: Vec<_> =
        standing.iter().map(|kept| (&kept.alert.pipeline, &kept.alert.sink, kept.told_weight)).collect();
    assert_eq!(about, [(&Some(pipeline("api")), &None, 9), (&None, &Some("logs".parse().unwrap()), 9)]);
    assert_eq!((standing[0].alert.keys.as_slice(), standing[0].alert.since), (["k".to_owned()].as_slice(), Time(1)));
    let [outgoing] = db.claim_outgoing(&["ops"], 1_000, 10).await.unwrap().try_into().unwrap();
    assert_eq!((outgoing.alert.kind, outgoing.alert.schedule), (AlertKind::Loss, None));
    open(&db, "api", AlertKind::Loss).await;
    assert_eq!(db.standing_alerts().await.unwrap().len(), 2, "still one of a kind");
}
