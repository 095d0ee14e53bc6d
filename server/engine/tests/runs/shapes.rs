//! Every form in which an invocation appears in a log, and its outcome.

use engine::runs::{LogEvent, Mapping, Options, Reader};
use model::{Outcome, Time};

use crate::support::{BEGAN, REQUEST, log, only, options, read, read_with};

const START: &str = "START RequestId: ID Version: $LATEST";
const OBJECT: &str = "2017-03-09T23:25:59.785Z\tID\tRetrieving ELK log file from S3 bucket/key specified in the \
                      initiating event. Bucket: [logs], Key: [a/b.log]";
const END: &str = "END RequestId: ID";
const REPORT: &str =
    "REPORT RequestId: ID\tDuration: 812.2 ms\tBilled Duration: 900 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\t";

/// The log of a run with this summary in one event.
fn with(summary: &str) -> Vec<LogEvent> {
    log([START, OBJECT, &format!("2017-03-09T23:27:35.003Z\tID\t{summary}"), END, REPORT])
}

fn lines(encountered: u64, parsed: u64, sent: u64) -> String {
    format!(r#"{{"lines":{{"encountered":{encountered},"parsed":{parsed},"sent":{sent}}}}}"#)
}

#[test]
fn outcome_follows_from_its_evidence() {
    let timeout = "2018-05-17T06:46:28.161Z ID Task timed out after 18.02 seconds";
    let emfile = "Error: connect EMFILE 10.0.0.1:5000 - Local (undefined:undefined)\n    at Object.exports._errnoException (util.js:870:11)";
    let oom = "REPORT RequestId: ID\tDuration: 812.2 ms\tBilled Duration: 900 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t";
    let at_limit = "REPORT RequestId: ID\tDuration: 300000.00 ms\tBilled Duration: 300000 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\t";
    let status = "REPORT RequestId: ID\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\tStatus: timeout";
    let cases: Vec<(&str, Vec<LogEvent>, Outcome, &str)> = vec![
        ("timed out", log([START, OBJECT, timeout, END, REPORT]), Outcome::TimedOut, "18.02 s"),
        ("said after the report", log([START, OBJECT, END, REPORT, timeout]), Outcome::TimedOut, "18.02 s"),
        ("said by the report", log([START, OBJECT, END, status]), Outcome::TimedOut, "3 s"),
        ("all of its time", log([START, OBJECT, END, at_limit]), Outcome::TimedOut, "300 s"),
        (
            "killed",
            log([START, "RequestId: ID Error: Runtime exited with error: signal: killed\nRuntime.ExitError", END, oom]),
            Outcome::Crashed,
            "128 of 128 MB",
        ),
        (
            "exit",
            log([
                START,
                "RequestId: ID Error: Runtime exited with error: exit status 134\nRuntime.ExitError",
                END,
                REPORT,
            ]),
            Outcome::Crashed,
            "exit status 134",
        ),
        (
            "long ago",
            log([START, "RequestId: ID Process exited before completing request", END, REPORT]),
            Outcome::Crashed,
            "Process exited",
        ),
        ("memory only", log([START, OBJECT, END, oom]), Outcome::Crashed, "all of its 128 MB"),
        ("sockets", log([START, OBJECT, emfile, END, REPORT]), Outcome::Crashed, "EMFILE"),
        (
            "sockets and exit",
            log([START, emfile, "RequestId: ID Process exited before completing request", END, REPORT]),
            Outcome::Crashed,
            "EMFILE",
        ),
        (
            "uncaught",
            log([
                START,
                "2017-03-09T23:27:35.003Z\tID\tERROR\tUncaught Exception \t{\"errorType\":\"Error\"}",
                END,
                REPORT,
            ]),
            Outcome::Crashed,
            "Uncaught",
        ),
        (
            "python",
            log([START, "[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n  File", END, REPORT]),
            Outcome::Crashed,
            "KeyError: 'x'",
        ),
        ("no summary", log([START, OBJECT, END, REPORT]), Outcome::Unproven, "no summary"),
        ("no report", log([START, OBJECT]), Outcome::Unknown, "300 s"),
        ("sent", with(&lines(5, 5, 5)), Outcome::Sent, "does not acknowledge"),
        ("short", with(&lines(5, 5, 4)), Outcome::Partial, "1 of 5 events were not sent"),
        ("unparsed", with(&lines(5, 4, 4)), Outcome::Partial, "1 of 5 lines were not parsed"),
        ("empty", with(&lines(0, 0, 0)), Outcome::Empty, "no lines"),
        ("none sent", with(&lines(5, 5, 0)), Outcome::Suspicious, "none of its 5 events"),
        ("too many", with(&lines(5, 5, 6)), Outcome::Suspicious, "6 events sent, of 5"),
        (
            "not counted",
            with(r#"{"lines":{"encountered":5,"parsed":5}}"#),
            Outcome::Unproven,
            "how many lines were sent",
        ),
        (
            "never connected",
            with(r#"{"lines":{"encountered":5,"parsed":5,"sent":5},"connections":{"created":0,"destroyed":0}}"#),
            Outcome::Suspicious,
            "never had a connection",
        ),
        (
            "acknowledged",
            with(r#"{"lines":{"encountered":5,"parsed":5,"sent":5,"acknowledged":5},"acknowledged":true}"#),
            Outcome::Delivered,
            "acknowledged all 5",
        ),
    ];
    for (case, events, outcome, says) in cases {
        let run = only(read(events));
        assert_eq!(run.outcome, outcome, "{case}: {}", run.reason);
        assert!(run.reason.contains(says), "{case}: {}", run.reason);
        assert!(!run.evidence.is_empty() && run.reason.ends_with('.'), "{case}: {run:?}");
        if outcome == Outcome::Crashed || outcome == Outcome::TimedOut {
            assert!(run.summary.is_none(), "{case}");
        }
    }
}

#[test]
fn platform_json_equals_platform_text() {
    let start = r#"{"time":"2017-03-09T23:25:59.785Z","type":"platform.start","record":{"requestId":"ID","version":"$LATEST"}}"#;
    let report = |status: &str| {
        format!(
            r#"{{"time":"2017-03-09T23:26:59.785Z","type":"platform.report","record":{{"requestId":"ID","status":"{status}","errorType":"Runtime.ExitError","metrics":{{"durationMs":812.2,"billedDurationMs":900,"memorySizeMB":128,"maxMemoryUsedMB":60,"initDurationMs":210.5}}}}}}"#
        )
    };
    let application = |message: &str| {
        format!(r#"{{"timestamp":"2017-03-09T23:26:00Z","level":"INFO","requestId":"ID","message":{message}}}"#)
    };
    let object = application(r#""reading. Bucket: [logs], Key: [a/b.log]""#);
    let summary = lines(7, 7, 7);
    let as_text = application(&serde_json::to_string(&summary).unwrap());
    let spread: Vec<String> =
        ["{", r#""lines": {"#, r#""encountered": 7,"#, r#""parsed": 7,"#, r#""sent": 7"#, "}", "}"]
            .iter()
            .map(|line| application(&serde_json::to_string(line).unwrap()))
            .collect();
    for summary in [vec![application(&summary)], vec![as_text], spread] {
        let (begin, end) = ([start, &object], report("success").replace(r#""errorType":"Runtime.ExitError","#, ""));
        let middle: Vec<&str> = summary.iter().map(String::as_str).collect();
        let run = only(read(log(begin.into_iter().chain(middle).chain([end.as_str()]))));
        assert_eq!((run.outcome, run.duration_ms, run.invocation.init_ms), (Outcome::Sent, 812, Some(211)));
        assert_eq!((run.invocation.billed_ms, run.memory_mb), (Some(900), Some(60)));
        assert_eq!(run.key.unwrap().as_str(), "a/b.log");
    }
    for (status, outcome) in [
        ("timeout", Outcome::TimedOut),
        ("failure", Outcome::Crashed),
        ("error", Outcome::Crashed),
        ("success", Outcome::Unproven),
    ] {
        assert_eq!(only(read(log([start, &report(status)]))).outcome, outcome, "{status}");
    }
    let done = r#"{"time":"2017-03-09T23:25:59.785Z","type":"platform.runtimeDone","record":{"requestId":"ID","status":"timeout"}}"#;
    assert_eq!(only(read(log([start, done]))).outcome, Outcome::TimedOut);
}

#[test]
fn object_is_read_from_the_logged_event() {
    let event = "2017-03-09T23:26:00.000Z\tID\tINFO\t{\n  \"Records\": [\n    { \"s3\": { \"bucket\": { \"name\": \"logs\" },\n \"object\": { \"key\": \"a+b%2F%C3%A9.log\" } } }\n  ]\n}";
    let run = only(read(log([START, event, END, REPORT])));
    assert_eq!(run.key.unwrap().as_str(), "a b/é.log");
    let spread: Vec<&str> = event.split('\n').collect();
    let run = only(read(log([START].into_iter().chain(spread).chain([END, REPORT]))));
    assert_eq!((run.bucket.unwrap().as_str(), run.key.unwrap().as_str()), ("logs", "a b/é.log"));
}

#[test]
fn mapped_counters_of_another_shipper_are_read() {
    let mapping: Mapping = serde_json::from_str(
        r#"{"encountered":"/stats/read","parsed":"/stats/read","sent":"/stats/ok","sending_failures":"/stats/failed","key":"/file","bucket":"/from"}"#,
    )
    .unwrap();
    let shipped = r#"{"from":"logs","file":"x/y.gz","stats":{"read":10,"ok":9,"failed":1}}"#;
    let options = Options { mapping, ..options() };
    let run = only(read_with(options, log([START, shipped, END, REPORT])));
    assert_eq!((run.outcome, run.key.unwrap().as_str()), (Outcome::Partial, "x/y.gz"));
    assert_eq!(run.summary.unwrap().failures.sending.total, 1);
    assert_eq!(run.logged.as_deref(), Some(shipped));
}

#[test]
fn retried_request_has_its_last_attempts_outcome() {
    let mut events = log([START, OBJECT, "2018-05-17T06:46:28.161Z ID Task timed out after 3.00 seconds", END, REPORT]);
    let again = log([START, OBJECT, &format!("2017-03-09T23:27:35.003Z\tID\t{}", lines(5, 5, 5)), END, REPORT]);
    let later = |stream: &str| {
        let move_on = |event: LogEvent| LogEvent {
            at: Time(event.at.0 + 60_000),
            id: format!("1{}", event.id),
            stream: stream.to_owned(),
            ..event
        };
        again.clone().into_iter().map(move_on).collect::<Vec<_>>()
    };
    for stream in ["another", &events[0].stream.clone()] {
        let mut all = later(stream);
        all.append(&mut events.clone());
        let run = only(read(all));
        assert_eq!((run.outcome, run.invocation.attempts), (Outcome::Sent, 2));
        assert_eq!((run.started_at, run.invocation.billed_ms), (Time(BEGAN.0 + 60_000), Some(1_800)));
    }
    events.truncate(4);
    assert_eq!(only(read(events)).outcome, Outcome::TimedOut);
}

#[test]
fn silent_run_is_reported_late_and_corrected_later() {
    let mut reader = Reader::new(options());
    let events = with(&lines(5, 5, 5));
    events[..2].iter().for_each(|event| reader.push(event.clone()));
    assert_eq!(reader.take(Time(BEGAN.0 + 300_000)), []);
    assert_eq!(reader.reread_from(), Some(BEGAN));
    let silent = only(reader.take(Time(BEGAN.0 + 311_000)));
    assert_eq!((silent.outcome, silent.settled), (Outcome::Unknown, false));
    assert_eq!(reader.take(Time(BEGAN.0 + 312_000)), [], "reported once");
    events[2..].iter().for_each(|event| reader.push(event.clone()));
    let sent = only(reader.take(Time(BEGAN.0 + 313_000)));
    assert_eq!((sent.outcome, sent.settled, reader.reread_from()), (Outcome::Sent, true, None));
    for event in events {
        reader.push(event);
    }
    assert_eq!(reader.take(Time(BEGAN.0 + 314_000)), [], "the same again is nothing new");
}

#[test]
fn run_without_its_beginning_is_not_reported() {
    let events = with(&lines(5, 5, 5));
    let mut rest = events[2..].to_vec();
    let slow = "REPORT RequestId: ID\tDuration: 3600.00 ms\tBilled Duration: 3600 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\t";
    rest.last_mut().unwrap().text = slow.replace("ID", REQUEST);
    assert_eq!(read(rest), []);
}

#[test]
fn noisy_log_is_read_in_bounded_memory() {
    let mut reader = Reader::new(options());
    let noise = (0..60_000).map(|number| match number % 4 {
        0 => "2017-03-09T23:26:00.000Z\tID\tposted to logstash".to_owned(),
        1 => format!("2017-03-09T23:26:00.000Z\tID\t{{\"line\":{number}}}"),
        2 => format!("processing {number} of {{many}}"),
        _ => "starting posting to logstash".to_owned(),
    });
    let summary = format!("2017-03-09T23:27:35.003Z\tID\t{}", lines(5, 5, 5));
    let text: Vec<String> = [START.to_owned(), OBJECT.to_owned()]
        .into_iter()
        .chain(noise)
        .chain([summary, END.to_owned(), REPORT.to_owned()])
        .collect();
    for event in log(text.iter().map(String::as_str)) {
        reader.push(LogEvent { at: BEGAN, ..event });
    }
    let run = only(reader.take(Time(BEGAN.0 + 1_000)));
    assert_eq!(run.outcome, Outcome::Sent);
    assert!(run.evidence.len() <= 20 && run.evidence.iter().all(|line| line.text.chars().count() <= 1_000));
    assert!(format!("{reader:?}").len() < 100_000, "{}", format!("{reader:?}").len());
}
