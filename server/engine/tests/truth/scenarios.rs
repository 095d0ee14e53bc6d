//! Sixteen failures that leave a pipeline looking healthy.

use model::{AlertKind, Outcome, Time};

use crate::{
    monitor::{monitor, object},
    random::Random,
    simulation::{EVERY, Log, MINUTE, Object, Simulation},
};

/// Objects that are shipped well before the failure begins.
const BEFORE: usize = 36;
/// Objects that are written after the failure began.
const AFTER: usize = 8;
/// Longest time from the moment a failure can be known to its notification, in milliseconds.
const AT_MOST: i64 = MINUTE;
const FIRST: Time = Time(1_489_104_000_000);

struct Scenario {
    name: &'static str,
    known_from: &'static str,
    /// Outcome of the affected runs; `None` if there are none, or none can be read.
    outcome: Option<Outcome>,
    alert: AlertKind,
    /// Milliseconds from the first sign until the failure can be known at all.
    knowable_after: i64,
    /// Simulates what happens to one object after the failure began; returns the time of the first sign.
    simulate: fn(&mut Simulation, &Object, &mut Random) -> Time,
}

const SOURCE: &str = "elb-logs-processor";
const BACKLOG: &str = "kinesis-backlog";
const LAMBDA: &str = "Lambda";

/// Logs a run that starts three seconds after its object was written.
fn logged(simulation: &mut Simulation, object: &Object, log: &Log, random: &mut Random) -> Time {
    simulation.run(object, Time(object.written_at.0 + 3_000), log, random)
}

const SCENARIOS: [Scenario; 16] = [
    Scenario {
        name: "Sockets not yet connected: small files are parsed, none of it is sent, the function succeeds",
        known_from: SOURCE,
        outcome: Some(Outcome::Suspicious),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        simulate: |simulation, object, random| logged(simulation, object, &Log::counting(40, 40, 0, 8), random),
    },
    Scenario {
        name: "Counts as sent what it wrote to sockets that never connected",
        known_from: SOURCE,
        outcome: Some(Outcome::Suspicious),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        simulate: |simulation, object, random| logged(simulation, object, &Log::counting(40, 40, 40, 0), random),
    },
    Scenario {
        name: "The default timeout of 3 s ends each run over a large file",
        known_from: SOURCE,
        outcome: Some(Outcome::TimedOut),
        alert: AlertKind::Failing,
        knowable_after: 2 * EVERY,
        simulate: |simulation, object, random| {
            let log = Log { duration_ms: 3_000, ..Log::silent() }.saying("AT ID Task timed out after 3.00 seconds");
            logged(simulation, object, &log, random)
        },
    },
    Scenario {
        name: "Sockets run out part-scenario (EMFILE), and the process ends",
        known_from: SOURCE,
        outcome: Some(Outcome::Crashed),
        alert: AlertKind::Failing,
        knowable_after: 2 * EVERY,
        simulate: |simulation, object, random| {
            let log = Log::silent().saying("Error: connect EMFILE 10.0.0.1:5000 - Local (undefined:undefined)");
            logged(simulation, object, &log.saying("RequestId: ID Process exited before completing request"), random)
        },
    },
    Scenario {
        name: "The function returns before its work is done: no summary, no error",
        known_from: SOURCE,
        outcome: Some(Outcome::Unproven),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        simulate: |simulation, object, random| logged(simulation, object, &Log::silent(), random),
    },
    Scenario {
        name: "Killed without a word: START and nothing after it",
        known_from: LAMBDA,
        outcome: Some(Outcome::Unknown),
        alert: AlertKind::Failing,
        knowable_after: 2 * EVERY + 70_000,
        simulate: |simulation, object, random| {
            logged(simulation, object, &Log { reported: false, ..Log::silent() }, random)
        },
    },
    Scenario {
        name: "The trigger is gone: objects appear, nothing runs",
        known_from: BACKLOG,
        outcome: None,
        alert: AlertKind::NoRuns,
        knowable_after: EVERY,
        simulate: |_, object, _| {
            Time(object.written_at.0 - EVERY + 8_000) // about the end of the last run
        },
    },
    Scenario {
        name: "One of two prefixes is never picked up, the other is",
        known_from: SOURCE,
        outcome: Some(Outcome::Sent),
        alert: AlertKind::Lag,
        knowable_after: 15 * MINUTE,
        simulate: |simulation, object, random| {
            let other = Object::new(format!("ci/{}", object.key), 12, object.written_at);
            let written_at = other.written_at;
            simulation.objects.push(other);
            logged(simulation, object, &Log::good(object, random), random);
            written_at
        },
    },
    Scenario {
        name: "A consumer that falls behind: each object waits longer than the one before",
        known_from: BACKLOG,
        outcome: Some(Outcome::Sent),
        alert: AlertKind::Lag,
        knowable_after: 15 * MINUTE,
        simulate: |simulation, object, random| {
            // It was down for two days and resumed with the oldest object.
            let old = Object::new(format!("old/{}", object.key), 500, object.written_at);
            logged(simulation, &old, &Log::good(&old, random), random);
            simulation.objects.push(old);
            object.written_at
        },
    },
    Scenario {
        name: "A part of a batch is dropped: sent < parsed, status success",
        known_from: SOURCE,
        outcome: Some(Outcome::Partial),
        alert: AlertKind::Loss,
        knowable_after: 0,
        simulate: |simulation, object, random| {
            let lines = object.lines;
            logged(simulation, object, &Log::counting(lines, lines, lines - lines / 50, 8), random)
        },
    },
    Scenario {
        name: "A summary of zeros over objects that hold records",
        known_from: "shippers that log on exit",
        outcome: Some(Outcome::Suspicious),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        simulate: |simulation, object, random| logged(simulation, object, &Log::counting(0, 0, 0, 0), random),
    },
    Scenario {
        name: "Reads the first of several gzip members and takes it for the whole",
        known_from: "gzip readers",
        outcome: Some(Outcome::Suspicious),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        simulate: |simulation, object, random| logged(simulation, object, &Log::counting(12, 12, 12, 8), random),
    },
    Scenario {
        name: "The log format gains a field: records are no longer parsed",
        known_from: "ALB and NLB logs",
        outcome: Some(Outcome::Partial),
        alert: AlertKind::Parsing,
        knowable_after: 0,
        simulate: |simulation, object, random| {
            let parsed = object.lines / 10;
            logged(simulation, object, &Log::counting(object.lines, parsed, parsed, 8), random)
        },
    },
    Scenario {
        name: "Its trigger is configured twice: two runs ship each object, and both deliver it",
        known_from: "S3 notifications",
        outcome: Some(Outcome::Sent),
        alert: AlertKind::Twice,
        knowable_after: 2 * EVERY,
        simulate: |simulation, object, random| {
            let log = Log::good(object, random);
            logged(simulation, object, &log, random);
            logged(simulation, object, &log, random)
        },
    },
    Scenario {
        name: "The reader loses its permission, or the log group is deleted: nobody sees anything any more",
        known_from: "CloudWatch",
        outcome: None,
        alert: AlertKind::Unknown,
        knowable_after: 0,
        simulate: |simulation, object, random| {
            let from = Time(object.written_at.0 - MINUTE);
            simulation.unreadable.push((from, Time(i64::MAX), "AccessDeniedException: logs:FilterLogEvents"));
            logged(simulation, object, &Log::good(object, random), random);
            from
        },
    },
    Scenario {
        name: "The sink takes everything and keeps nothing",
        known_from: "Logstash without an output",
        outcome: Some(Outcome::Sent),
        alert: AlertKind::Canary,
        knowable_after: 10 * MINUTE,
        simulate: |simulation, object, random| {
            simulation.sink_drops_from = simulation.sink_drops_from.or(Some(object.written_at));
            logged(simulation, object, &Log::good(object, random), random);
            object.written_at
        },
    },
];

/// Runs a scenario; returns how many milliseconds after the first sign it was notified, or what is wrong.
fn detected(scenario: &Scenario) -> Result<i64, String> {
    let (mut simulation, mut random) = (Simulation::default(), Random(7));
    let (mut first_sign, mut first_bad) = (None, String::new());
    for number in 0..BEFORE + AFTER {
        let written_at = Time(FIRST.0 + i64::try_from(number).unwrap() * EVERY);
        let object = object("prod", number, random.between(400, 900), written_at);
        if number < BEFORE {
            let log = Log::good(&object, &mut random);
            logged(&mut simulation, &object, &log, &mut random);
        } else {
            let sign = (scenario.simulate)(&mut simulation, &object, &mut random);
            if number == BEFORE {
                first_sign = Some(sign);
                first_bad = format!("{:08x}", BEFORE + 1);
            }
        }
        simulation.objects.push(object);
    }
    let first_sign = first_sign.ok_or("it left no sign")?;
    let end = Time(FIRST.0 + i64::try_from(BEFORE + AFTER).unwrap() * EVERY);
    let observed = monitor(&simulation, FIRST, end, 15_000);
    if let Some(early) = observed.notifications.iter().find(|sent| sent.at < first_sign) {
        return Err(format!("notified too early: {}", early.reason));
    }
    if let Some(outcome) = scenario.outcome {
        let shown = observed.outcomes.iter().find(|(id, _)| id.starts_with(&first_bad)).map(|(_, outcome)| *outcome);
        if shown != Some(outcome) {
            return Err(format!("its first bad run is {shown:?}, not {outcome:?}"));
        }
    }
    let notification = observed.notifications.iter().find(|sent| sent.kind == scenario.alert);
    let notification = notification.ok_or_else(|| format!("never notified; what was: {:?}", observed.notifications))?;
    let after = notification.at.since(first_sign);
    if after <= scenario.knowable_after + AT_MOST {
        Ok(after)
    } else {
        Err(format!("notified only after {} s", after / 1_000))
    }
}

#[test]
fn every_silent_failure_is_notified_in_time() {
    let mut missed = Vec::new();
    println!(); // the test harness has started a line
    println!("| # | A pipeline looks fine, and … | known from | its runs | alert | notified after | at most |");
    println!("| --: | --- | --- | --- | --- | --: | --: |");
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        let detected = detected(scenario);
        let after = detected.as_ref().map_or("never".to_owned(), |after| span(*after));
        let outcome = scenario.outcome.map_or("none", Outcome::as_str);
        let (alert, most) = (scenario.alert.as_str(), span(scenario.knowable_after + AT_MOST));
        println!(
            "| {} | {} | {} | `{outcome}` | `{alert}` | {after} | {most} |",
            number + 1,
            scenario.name,
            scenario.known_from
        );
        missed.extend(detected.err().map(|why| format!("{}: {why}", scenario.name)));
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

fn span(ms: i64) -> String {
    let seconds = ms / 1_000;
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min {:02} s", seconds / 60, seconds % 60) }
}
