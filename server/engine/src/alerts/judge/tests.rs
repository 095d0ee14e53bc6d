//! One test per condition, with the figures of the source texts where they give any.

use std::collections::BTreeSet;

use model::{AlertKind, Outcome, RunSource, Time};

use super::*;
use crate::alerts::facts::{Arrived, Gaps, RunFacts};

const NOW: Time = Time(1_770_000_000_000);
const MINUTE: i64 = 60_000;

/// A run that ended this many minutes ago.
fn run(minutes_ago: i64, outcome: Outcome) -> RunFacts {
    let ended_at = Time(NOW.0 - minutes_ago * MINUTE);
    RunFacts {
        id: format!("00000000-0000-7000-8000-{minutes_ago:012x}").parse().unwrap(),
        source: RunSource::Lambda,
        of_job: false,
        outcome,
        started_at: Time(ended_at.0 - 1_000),
        ended_at,
        encountered: 1_000,
        parsed: 1_000,
        lost: 0,
        memory_mb: Some(165),
        memory_limit_mb: Some(192),
        key: format!("logs/{minutes_ago}.log").parse().ok(),
    }
}

fn of_object(key: &str, minutes_ago: i64, outcome: Outcome) -> RunFacts {
    RunFacts { key: key.parse().ok(), ..run(minutes_ago, outcome) }
}

fn facts(runs: Vec<RunFacts>) -> Facts {
    Facts {
        now: NOW,
        every_s: Some(300),
        watched_since: None,
        runs,
        runs_reader: None,
        objects_reader: None,
        shipping_error: None,
        gaps: Gaps::default(),
        arrived: Some(Arrived { objects: 288, duplicates: 0 }),
    }
}

fn kinds(facts: &Facts) -> Vec<AlertKind> {
    judge(facts, &Limits::default()).findings.into_iter().map(|finding| finding.kind).collect()
}

fn reader() -> Reader {
    Reader {
        what: "the log group /aws/lambda/elb".into(),
        polled_at: Some(NOW),
        error: None,
        leased: true,
        behind_ms: 0,
    }
}

#[test]
fn pipeline_with_timely_runs_has_no_findings() {
    assert_eq!(kinds(&facts((1..12).map(|n| run(n * 5 - 3, Outcome::Delivered)).collect())), []);
}

#[test]
fn silence_is_found_after_interval_and_grace() {
    let mut silent = facts((0..12).map(|n| run(n * 5, Outcome::Delivered)).collect());
    silent.now = Time(NOW.0 + 5 * MINUTE);
    assert_eq!(kinds(&silent), []);
    silent.now = Time(NOW.0 + 5 * MINUTE + 31_000);
    assert_eq!(kinds(&silent), [AlertKind::NoRuns]);
}

#[test]
fn regularly_late_pipeline_gets_one_more_interval() {
    let mut late = facts((0..12).map(|n| run(n * 6, Outcome::Delivered)).collect());
    late.now = Time(NOW.0 + 6 * MINUTE);
    assert_eq!(kinds(&late), []);
    late.now = Time(NOW.0 + 11 * MINUTE);
    assert_eq!(kinds(&late), [AlertKind::NoRuns]);
}

#[test]
fn silence_without_runs_counts_from_start_of_monitoring() {
    let mut new = facts(Vec::new());
    assert_eq!(kinds(&new), []);
    new.watched_since = Some(Time(NOW.0 - 2 * MINUTE));
    assert_eq!(kinds(&new), []);
    new.watched_since = Some(Time(NOW.0 - 6 * MINUTE));
    assert_eq!(kinds(&new), [AlertKind::NoRuns]);
}

#[test]
fn runs_of_a_job_do_not_hide_silence() {
    let job = RunFacts { of_job: true, ..run(0, Outcome::Delivered) };
    assert_eq!(kinds(&facts(vec![job, run(60, Outcome::Delivered)])), [AlertKind::NoRuns]);
}

#[test]
fn object_waiting_beyond_the_limit_is_lag() {
    let mut behind = facts(vec![run(1, Outcome::Delivered)]);
    behind.gaps = Gaps { count: 41, oldest: Some(Time(NOW.0 - 14 * MINUTE)), keys: vec!["logs/a".into()] };
    assert_eq!(kinds(&behind), []);
    behind.gaps.oldest = Some(Time(NOW.0 - 2 * 86_400_000));
    let lag = &judge(&behind, &Limits::default()).findings[0];
    assert_eq!((lag.kind, lag.keys.len()), (AlertKind::Lag, 1));
    assert_eq!(lag.reason, "41 objects not processed; the oldest has waited 2 days 0 h, the limit is 15 min.");
}

#[test]
fn successful_run_that_sent_nothing_is_suspicious() {
    let nothing_sent = RunFacts { encountered: 76_464, parsed: 76_464, ..run(0, Outcome::Suspicious) };
    assert_eq!(kinds(&facts(vec![nothing_sent, run(5, Outcome::Delivered)])), [AlertKind::Suspicious]);
}

#[test]
fn missing_summary_is_suspicious_after_thirty_seconds() {
    let mut silent = facts(vec![run(0, Outcome::Unproven)]);
    assert_eq!(kinds(&silent), []);
    silent.now = Time(NOW.0 + 31_000);
    assert_eq!(kinds(&silent), [AlertKind::Suspicious]);
}

#[test]
fn failures_in_a_row_are_found_one_alone_not() {
    let good = run(5, Outcome::Delivered);
    assert_eq!(kinds(&facts(vec![run(1, Outcome::TimedOut), good.clone()])), []);
    let row = vec![run(1, Outcome::TimedOut), run(2, Outcome::Crashed), run(3, Outcome::Unknown), good];
    let judgement = judge(&facts(row), &Limits::default());
    assert_eq!(judgement.findings[0].kind, AlertKind::Failing);
    assert_eq!(judgement.findings[0].reason, "The last 3 runs failed: 1 timed out, 1 crashed, 1 logged no end.");
}

#[test]
fn timeout_is_loss_unless_later_run_succeeds() {
    let timeout = || of_object("logs/x", 20, Outcome::TimedOut);
    let mut runs = vec![run(1, Outcome::Delivered), timeout()];
    assert_eq!(kinds(&facts(runs.clone())), [AlertKind::Loss]);
    runs.insert(1, of_object("logs/x", 18, Outcome::Delivered));
    assert_eq!(kinds(&facts(runs)), []);
}

#[test]
fn loss_is_found_above_one_in_a_thousand() {
    let partial = |lost| RunFacts { parsed: 100_000, encountered: 100_000, lost, ..run(1, Outcome::Partial) };
    assert_eq!(kinds(&facts(vec![partial(100)])), []);
    let judgement = judge(&facts(vec![partial(101)]), &Limits::default());
    assert_eq!(judgement.findings[0].reason, "101 of 100,000 events were not sent or not acknowledged (0.1 %).");
}

#[test]
fn memory_near_the_limit_is_found_usual_share_not() {
    let used = |mb| RunFacts { memory_mb: Some(mb), ..run(1, Outcome::Delivered) };
    assert_eq!(kinds(&facts(vec![used(165)])), []);
    assert_eq!(kinds(&facts(vec![used(190), used(165)])), [AlertKind::Memory]);
}

#[test]
fn changed_format_is_found_single_bad_line_not() {
    let parsed = |parsed| RunFacts { parsed, ..run(1, Outcome::Partial) };
    assert_eq!(kinds(&facts(vec![parsed(995)])), []);
    assert_eq!(kinds(&facts(vec![parsed(980)])), [AlertKind::Parsing]);
    let small = RunFacts { encountered: 3, ..parsed(0) };
    assert_eq!(kinds(&facts(vec![small])), [AlertKind::Parsing]);
}

/// Facts in which two runs, one minute apart, sent each object.
fn doubled(objects: i64) -> Facts {
    let delivered = |number: i64, minutes_ago| of_object(&format!("logs/{number}"), minutes_ago, Outcome::Sent);
    let runs = (0..objects).flat_map(|number| [delivered(number, number * 5 + 1), delivered(number, number * 5 + 2)]);
    Facts { arrived: Some(Arrived { objects: 288, duplicates: objects.unsigned_abs() }), ..facts(runs.collect()) }
}

#[test]
fn duplicates_are_found_with_runs_rare_ones_not() {
    assert_eq!(kinds(&doubled(2)), []);
    let judgement = judge(&doubled(3), &Limits::default());
    let finding = &judgement.findings[0];
    assert_eq!(
        (finding.kind, finding.runs.len(), &finding.keys[..]),
        (AlertKind::Twice, 3, &["logs/0", "logs/1", "logs/2"].map(String::from)[..])
    );
    assert_eq!(finding.reason, "3 of 288 objects of the last day were sent by more than one run (1.0 %).");
    let many = Facts { arrived: Some(Arrived { objects: 1_000, duplicates: 3 }), ..doubled(3) };
    assert_eq!(kinds(&many), [], "three in a thousand are no pattern");
    let limits = Limits { duplicates: 0.002, ..Limits::default() };
    assert_eq!(judge(&many, &limits).findings.len(), 1);
}

#[test]
fn object_repeated_by_a_job_is_no_duplicate() {
    let mut facts = doubled(20);
    for run in facts.runs.iter_mut().step_by(2) {
        run.of_job = true;
    }
    assert_eq!(kinds(&facts), []);
}

#[test]
fn old_duplicates_expire_and_uncounted_ones_are_unknown() {
    let mut facts = doubled(10);
    facts.every_s = None;
    facts.now = Time(NOW.0 + 3 * 60 * MINUTE);
    assert_eq!(kinds(&facts), []);
    let uncounted = Facts { arrived: None, ..doubled(10) };
    let judgement = judge(&uncounted, &Limits::default());
    assert_eq!((judgement.findings, judgement.unknown), (Vec::new(), BTreeSet::from([AlertKind::Twice])));
}

#[test]
fn failing_reader_makes_its_kinds_unknown() {
    let mut blind = facts(vec![run(90, Outcome::Suspicious), run(91, Outcome::TimedOut)]);
    blind.runs_reader = Some(Reader { error: Some("AccessDenied.".into()), ..reader() });
    let judgement = judge(&blind, &Limits::default());
    assert_eq!(judgement.findings.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [AlertKind::Unknown]);
    assert_eq!(
        judgement.findings[0].reason,
        "State unknown: the log group /aws/lambda/elb cannot be read: AccessDenied."
    );
    assert_eq!(judgement.unknown, BTreeSet::from(RUN_KINDS));
}

#[test]
fn unleased_or_lagging_reader_makes_kinds_unknown() {
    for reader in [Reader { leased: false, ..reader() }, Reader { behind_ms: 3_600_000, ..reader() }] {
        let mut facts = facts(vec![run(1, Outcome::Delivered)]);
        facts.objects_reader = Some(reader);
        let judgement = judge(&facts, &Limits::default());
        assert_eq!(judgement.findings[0].kind, AlertKind::Unknown);
        assert_eq!(judgement.unknown, BTreeSet::from([AlertKind::Lag]));
    }
}

#[test]
fn shipping_error_is_found_before_the_lag_limit() {
    let mut refused = facts(vec![run(1, Outcome::Delivered)]);
    refused.shipping_error = Some("sink logs refuses connections.".into());
    refused.gaps = Gaps { count: 1, oldest: Some(Time(NOW.0 - MINUTE)), keys: Vec::new() };
    assert_eq!(kinds(&refused), [AlertKind::Failing]);
}

#[test]
fn switched_off_kind_is_not_found() {
    let facts = facts(vec![run(1, Outcome::Suspicious)]);
    let limits = Limits { off: vec![AlertKind::Suspicious], ..Limits::default() };
    assert_eq!(judge(&facts, &limits).findings, []);
}
