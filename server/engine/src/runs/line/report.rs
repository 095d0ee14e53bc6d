//! Reads the platform's report of an invocation, from text or JSON.

use serde_json::Value;

use super::Status;

/// The platform's report. Fields that it lacks are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::runs) struct Report {
    pub(in crate::runs) duration_ms: Option<u64>,
    pub(in crate::runs) billed_ms: Option<u64>,
    pub(in crate::runs) memory_limit_mb: Option<u64>,
    pub(in crate::runs) memory_mb: Option<u64>,
    pub(in crate::runs) init_ms: Option<u64>,
    pub(in crate::runs) status: Option<Status>,
    /// `Runtime.ExitError`
    pub(in crate::runs) error: Option<Box<str>>,
}

/// Parses the text after the request id: fields separated by tabs, or by spaces if copied from a page.
pub(super) fn read(text: &str) -> Report {
    let amount = |label: &str| after(text, label).and_then(|value| whole(value.parse().ok()?));
    Report {
        duration_ms: amount("Duration:"),
        billed_ms: amount("Billed Duration:"),
        memory_limit_mb: amount("Memory Size:"),
        memory_mb: amount("Max Memory Used:"),
        init_ms: amount("Init Duration:"),
        status: after(text, "Status:").and_then(Status::read),
        error: after(text, "Error Type:").map(|error| error.chars().take(100).collect::<String>().into()),
    }
}

/// Parses the `record` of a `platform.report` event.
pub(super) fn of_record(record: &Value) -> Report {
    let amount = |name: &str| record.pointer("/metrics")?.get(name)?.as_f64().and_then(whole);
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    Report {
        duration_ms: amount("durationMs"),
        billed_ms: amount("billedDurationMs"),
        memory_limit_mb: amount("memorySizeMB"),
        memory_mb: amount("maxMemoryUsedMB"),
        init_ms: amount("initDurationMs"),
        status: text("status").and_then(Status::read),
        error: text("errorType").map(|error| error.chars().take(100).collect::<String>().into()),
    }
}

/// The word after a label that is not part of a longer label: `Duration:` is not `Billed Duration:`.
fn after<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let longer = ["Billed ", "Init ", "Restore "];
    let mut found = text.match_indices(label).filter(|(at, _)| {
        let before = &text[..*at];
        !longer.iter().any(|word| before.ends_with(word)) && !before.ends_with(char::is_alphanumeric)
    });
    let (at, _) = found.next()?;
    text[at + label.len()..].split_whitespace().next()
}

/// Rounds a plausible, non-negative number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range just asked for")]
pub(super) fn whole(number: f64) -> Option<u64> {
    (0.0..1e15).contains(&number).then(|| number.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_is_read_with_tabs_or_spaces() {
        let tabs = "\tDuration: 3003.17 ms\tBilled Duration: 3000 ms\tMemory Size: 192 MB\tMax Memory Used: 165 MB\t\
                    Init Duration: 210.4 ms\tStatus: timeout\nXRAY TraceId: 1-5\tSegmentId: 1\tSampled: true";
        let report = read(tabs);
        assert_eq!((report.duration_ms, report.billed_ms, report.init_ms), (Some(3_003), Some(3_000), Some(210)));
        assert_eq!((report.memory_limit_mb, report.memory_mb), (Some(192), Some(165)));
        assert_eq!(report.status, Some(Status::Timeout));
        let page =
            "    Duration: 95227.56 ms    Billed Duration: 95300 ms Memory Size: 192 MB    Max Memory Used: 165 MB";
        let report = read(page);
        assert_eq!((report.duration_ms, report.billed_ms, report.memory_mb), (Some(95_228), Some(95_300), Some(165)));
        assert_eq!((report.init_ms, report.status), (None, None));
    }

    #[test]
    fn missing_report_fields_are_unknown() {
        assert_eq!(read("\tBilled Duration: soon ms\tInit Duration: 5 ms").duration_ms, None);
        assert_eq!(read(""), Report::default());
    }
}
