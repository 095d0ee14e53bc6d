//! Sixteen ways in which a pipeline can look fine and is not.

use model::{AlertKind, Outcome, Time};

use crate::{
    chance::Chance,
    told::{object, play},
    world::{EVERY, Log, MINUTE, Object, World},
};

/// So many objects are shipped well before anything goes wrong.
const BEFORE: usize = 36;
/// And so many are written from then on.
const AFTER: usize = 8;
/// From when on a thing can be known to when it must be told.
const AT_MOST: i64 = MINUTE;
const FIRST: Time = Time(1_489_104_000_000);

struct Way {
    name: &'static str,
    known_from: &'static str,
    /// What the runs show; `None`: there are none, or nobody sees them.
    outcome: Option<Outcome>,
    alert: AlertKind,
    /// How long after the first sign it can be known at all.
    knowable_after: i64,
    /// What happens to an object from then on; answers when the first sign was there.
    plays: fn(&mut World, &Object, &mut Chance) -> Time,
}

const SOURCE: &str = "elb-logs-processor";
const BACKLOG: &str = "kinesis-backlog";
const LAMBDA: &str = "Lambda";

/// Logs a run that begins a few seconds after its object was written.
fn logged(world: &mut World, object: &Object, log: &Log, chance: &mut Chance) -> Time {
    world.run(object, Time(object.written_at.0 + 3_000), log, chance)
}

const WAYS: [Way; 16] = [
    Way {
        name: "Sockets not yet connected: small files are parsed, none of it is sent, the function succeeds",
        known_from: SOURCE,
        outcome: Some(Outcome::Suspicious),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        plays: |world, object, chance| logged(world, object, &Log::counting(40, 40, 0, 8), chance),
    },
    Way {
        name: "Counts as sent what it wrote to sockets that never connected",
        known_from: SOURCE,
        outcome: Some(Outcome::Suspicious),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        plays: |world, object, chance| logged(world, object, &Log::counting(40, 40, 40, 0), chance),
    },
    Way {
        name: "The default timeout of 3 s ends each run over a large file",
        known_from: SOURCE,
        outcome: Some(Outcome::TimedOut),
        alert: AlertKind::Failing,
        knowable_after: 2 * EVERY,
        plays: |world, object, chance| {
            let log = Log { duration_ms: 3_000, ..Log::silent() }.saying("AT ID Task timed out after 3.00 seconds");
            logged(world, object, &log, chance)
        },
    },
    Way {
        name: "Sockets run out part-way (EMFILE), and the process ends",
        known_from: SOURCE,
        outcome: Some(Outcome::Crashed),
        alert: AlertKind::Failing,
        knowable_after: 2 * EVERY,
        plays: |world, object, chance| {
            let log = Log::silent().saying("Error: connect EMFILE 10.0.0.1:5000 - Local (undefined:undefined)");
            logged(world, object, &log.saying("RequestId: ID Process exited before completing request"), chance)
        },
    },
    Way {
        name: "The function returns before its work is done: no summary, no error",
        known_from: SOURCE,
        outcome: Some(Outcome::Unproven),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        plays: |world, object, chance| logged(world, object, &Log::silent(), chance),
    },
    Way {
        name: "Killed without a word: START and nothing after it",
        known_from: LAMBDA,
        outcome: Some(Outcome::Unknown),
        alert: AlertKind::Failing,
        knowable_after: 2 * EVERY + 70_000,
        plays: |world, object, chance| logged(world, object, &Log { reported: false, ..Log::silent() }, chance),
    },
    Way {
        name: "The trigger is gone: objects appear, nothing runs",
        known_from: BACKLOG,
        outcome: None,
        alert: AlertKind::NoRuns,
        knowable_after: EVERY,
        plays: |_, object, _| {
            Time(object.written_at.0 - EVERY + 8_000) // the last sign of life, about
        },
    },
    Way {
        name: "One of two prefixes is never picked up, the other is",
        known_from: SOURCE,
        outcome: Some(Outcome::Sent),
        alert: AlertKind::Lag,
        knowable_after: 15 * MINUTE,
        plays: |world, object, chance| {
            let other = Object::new(format!("ci/{}", object.key), 12, object.written_at);
            let written_at = other.written_at;
            world.objects.push(other);
            logged(world, object, &Log::good(object, chance), chance);
            written_at
        },
    },
    Way {
        name: "A consumer that falls behind: each object waits longer than the one before",
        known_from: BACKLOG,
        outcome: Some(Outcome::Sent),
        alert: AlertKind::Lag,
        knowable_after: 15 * MINUTE,
        plays: |world, object, chance| {
            // It was down for two days, and began again with the oldest.
            let old = Object::new(format!("old/{}", object.key), 500, object.written_at);
            logged(world, &old, &Log::good(&old, chance), chance);
            world.objects.push(old);
            object.written_at
        },
    },
    Way {
        name: "A part of a batch is dropped: sent < parsed, status success",
        known_from: SOURCE,
        outcome: Some(Outcome::Partial),
        alert: AlertKind::Loss,
        knowable_after: 0,
        plays: |world, object, chance| {
            let lines = object.lines;
            logged(world, object, &Log::counting(lines, lines, lines - lines / 50, 8), chance)
        },
    },
    Way {
        name: "A summary of zeros over objects that hold records",
        known_from: "shippers that log on exit",
        outcome: Some(Outcome::Suspicious),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        plays: |world, object, chance| logged(world, object, &Log::counting(0, 0, 0, 0), chance),
    },
    Way {
        name: "Reads the first of several gzip members and takes it for the whole",
        known_from: "gzip readers",
        outcome: Some(Outcome::Suspicious),
        alert: AlertKind::Suspicious,
        knowable_after: 0,
        plays: |world, object, chance| logged(world, object, &Log::counting(12, 12, 12, 8), chance),
    },
    Way {
        name: "The log format gains a field: records are no longer parsed",
        known_from: "ALB and NLB logs",
        outcome: Some(Outcome::Partial),
        alert: AlertKind::Parsing,
        knowable_after: 0,
        plays: |world, object, chance| {
            let parsed = object.lines / 10;
            logged(world, object, &Log::counting(object.lines, parsed, parsed, 8), chance)
        },
    },
    Way {
        name: "Its trigger is configured twice: two runs ship each object, and both deliver it",
        known_from: "S3 notifications",
        outcome: Some(Outcome::Sent),
        alert: AlertKind::Twice,
        knowable_after: 2 * EVERY,
        plays: |world, object, chance| {
            let log = Log::good(object, chance);
            logged(world, object, &log, chance);
            logged(world, object, &log, chance)
        },
    },
    Way {
        name: "The reader loses its permission, or the log group is deleted: nobody sees anything any more",
        known_from: "CloudWatch",
        outcome: None,
        alert: AlertKind::Unknown,
        knowable_after: 0,
        plays: |world, object, chance| {
            let from = Time(object.written_at.0 - MINUTE);
            world.unreadable.push((from, Time(i64::MAX), "AccessDeniedException: logs:FilterLogEvents"));
            logged(world, object, &Log::good(object, chance), chance);
            from
        },
    },
    Way {
        name: "The sink takes everything and keeps nothing",
        known_from: "Logstash without an output",
        outcome: Some(Outcome::Sent),
        alert: AlertKind::Canary,
        knowable_after: 10 * MINUTE,
        plays: |world, object, chance| {
            world.sink_drops_from = world.sink_drops_from.or(Some(object.written_at));
            logged(world, object, &Log::good(object, chance), chance);
            object.written_at
        },
    },
];

/// What became of a way: told in time, or a sentence that says what was missing.
fn tried(way: &Way) -> Result<i64, String> {
    let (mut world, mut chance) = (World::default(), Chance(7));
    let (mut first_sign, mut first_bad) = (None, String::new());
    for number in 0..BEFORE + AFTER {
        let written_at = Time(FIRST.0 + i64::try_from(number).unwrap() * EVERY);
        let object = object("prod", number, chance.between(400, 900), written_at);
        if number < BEFORE {
            let log = Log::good(&object, &mut chance);
            logged(&mut world, &object, &log, &mut chance);
        } else {
            let sign = (way.plays)(&mut world, &object, &mut chance);
            if number == BEFORE {
                first_sign = Some(sign);
                first_bad = format!("{:08x}", BEFORE + 1);
            }
        }
        world.objects.push(object);
    }
    let first_sign = first_sign.ok_or("it left no sign")?;
    let end = Time(FIRST.0 + i64::try_from(BEFORE + AFTER).unwrap() * EVERY);
    let account = play(&world, FIRST, end, 15_000);
    if let Some(early) = account.told.iter().find(|told| told.at < first_sign) {
        return Err(format!("told too early: {}", early.reason));
    }
    if let Some(outcome) = way.outcome {
        let shown = account.outcomes.iter().find(|(id, _)| id.starts_with(&first_bad)).map(|(_, outcome)| *outcome);
        if shown != Some(outcome) {
            return Err(format!("its first bad run is {shown:?}, not {outcome:?}"));
        }
    }
    let told = account.told.iter().find(|told| told.kind == way.alert);
    let told = told.ok_or_else(|| format!("never told; what was: {:?}", account.told))?;
    let after = told.at.since(first_sign);
    if after <= way.knowable_after + AT_MOST { Ok(after) } else { Err(format!("told only after {} s", after / 1_000)) }
}

#[test]
fn every_way_to_fail_silently_is_told_of_within_its_time() {
    let mut missed = Vec::new();
    println!(); // the harness has begun a line
    println!("| # | A pipeline looks fine, and … | known from | its runs | alert | told after | at most |");
    println!("| --: | --- | --- | --- | --- | --: | --: |");
    for (number, way) in WAYS.iter().enumerate() {
        let tried = tried(way);
        let after = tried.as_ref().map_or("never".to_owned(), |after| span(*after));
        let outcome = way.outcome.map_or("none", Outcome::as_str);
        let (alert, most) = (way.alert.as_str(), span(way.knowable_after + AT_MOST));
        println!("| {} | {} | {} | `{outcome}` | `{alert}` | {after} | {most} |", number + 1, way.name, way.known_from);
        missed.extend(tried.err().map(|why| format!("{}: {why}", way.name)));
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

fn span(ms: i64) -> String {
    let seconds = ms / 1_000;
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min {:02} s", seconds / 60, seconds % 60) }
}
