//! The successful run printed in the source text, with its summary as one event, joined by `\r`, and as many events.

use engine::runs::LogEvent;
use model::{Outcome, Time};

use crate::support::{BEGAN, REQUEST, only, read};

const SUMMARY: &str = r#"{
    "lines": {
        "encountered": 76464,
        "parsed": 76464,
        "sent": 76464
    },
    "connections": {
        "created": 48,
        "destroyed": 48
    },
    "failures": {
        "parsing": {
            "total": 0,
            "lastFew": []
        },
        "sending": {
            "total": 0,
            "lastFew": []
        }
    }
}"#;

/// The sample's events, with the separator that the function wrote or that the page shows.
fn sample(blank: &str, summary: &[String]) -> Vec<LogEvent> {
    let start = "START RequestId: ID Version: $LATEST".to_owned();
    let mut lines = vec![
        (0, start),
        (0, "2017-03-09T23:25:59.785Z~ID~Retrieving ELK log file from S3 bucket/key specified in the initiating event. Bucket: [elb-logs], Key: [AWSLogs/a.log]".to_owned()),
        (91_559, "2017-03-09T23:27:31.344Z~ID~File reader for ELB log file is closing because all lines have been read. Waiting for all promises (for sending parsed lines to logstash) to resolve".to_owned()),
        (95_139, "2017-03-09T23:27:34.924Z~ID~Cleaning up the connection pool, which has [48/100] (current/max) connections".to_owned()),
        (95_182, "2017-03-09T23:27:34.967Z~ID~All processing complete. Summary follows".to_owned()),
    ];
    lines.extend(summary.iter().map(|line| (95_218, line.clone())));
    lines.push((95_230, "END RequestId: ID".to_owned()));
    lines.push((95_230, "REPORT RequestId: ID~Duration: 95227.56 ms~Billed Duration: 95300 ms Memory Size: 192 MB~Max Memory Used: 165 MB".to_owned()));
    let event = |(number, (ms, text)): (usize, &(i64, String))| LogEvent {
        at: Time(BEGAN.0 + ms),
        id: number.to_string(),
        stream: "stream".to_owned(),
        text: text.replace('~', blank).replace("ID", REQUEST),
    };
    lines.iter().enumerate().map(event).collect()
}

#[test]
fn source_text_sample_gives_its_exact_figures() {
    let heading = "2017-03-09T23:27:35.003Z~ID~";
    let one = vec![format!("{heading}\n{SUMMARY}")];
    let carriage = vec![format!("{heading}{}", SUMMARY.replace('\n', "\r"))];
    let many: Vec<String> = std::iter::once(heading).chain(SUMMARY.lines()).map(str::to_owned).collect();
    let named: Vec<String> = SUMMARY.lines().map(|line| format!("{heading}{line}")).collect();
    let bare = vec![SUMMARY.to_owned()];
    for summary in [one, carriage, many, named, bare] {
        for blank in ["\t", "    "] {
            let run = only(read(sample(blank, &summary)));
            let figures = run.summary.clone().unwrap();
            assert_eq!((figures.lines.encountered, figures.lines.parsed, figures.lines.sent), (76_464, 76_464, 76_464));
            assert_eq!((figures.connections.created, figures.connections.destroyed), (48, 48));
            assert_eq!((figures.failures.parsing.total, figures.failures.sending.total), (0, 0));
            assert_eq!((run.duration_ms, run.invocation.billed_ms), (95_228, Some(95_300)));
            assert_eq!((run.memory_mb, run.invocation.memory_limit_mb), (Some(165), Some(192)));
            assert_eq!((run.request_id.as_str(), run.started_at, run.invocation.attempts), (REQUEST, BEGAN, 1));
            assert_eq!(run.key.unwrap().as_str(), "AWSLogs/a.log");
            assert_eq!(run.outcome, Outcome::Sent, "the receiver did not acknowledge");
            assert!(run.reason.contains("76464") && run.settled, "{}", run.reason);
            let logged: serde_json::Value = serde_json::from_str(&run.logged.unwrap()).unwrap();
            assert_eq!(logged, serde_json::from_str::<serde_json::Value>(SUMMARY).unwrap());
            assert!(run.evidence.iter().any(|line| line.text.contains("95227.56")));
        }
    }
}
