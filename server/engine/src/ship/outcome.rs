//! Judges the outcome of a run over one object from its summary alone.

use model::{Outcome, Summary};

use crate::log_object::Foreign;

/// Returns the outcome and the sentence that explains it.
pub(super) fn outcome(summary: &Summary, foreign: Option<Foreign>) -> (Outcome, String) {
    if let Some(foreign) = foreign.filter(|_| summary.clean()) {
        return (Outcome::Empty, format!("Left out: it is {}, not a load balancer's log.", foreign.describe()));
    }
    let lines = &summary.lines;
    let events = lines.parsed - lines.filtered;
    if !summary.clean() {
        return (Outcome::Partial, shortfall(summary));
    }
    if lines.encountered == 0 {
        return (Outcome::Empty, "The object holds no records.".to_owned());
    }
    if events == 0 {
        return (
            Outcome::Empty,
            format!(
                "None of its {} lies in the window, or is kept by the pipeline's conditions.",
                records(lines.encountered)
            ),
        );
    }
    if !summary.acknowledged {
        let sent = format!("All {events} events were written and the connection closed cleanly");
        return (Outcome::Sent, format!("{sent}; this sink does not acknowledge."));
    }
    let known = match lines.duplicate {
        0 => String::new(),
        some => format!(", {some} of them as duplicates"),
    };
    (Outcome::Delivered, format!("The sink acknowledged all {events} events{known}."))
}

/// Describes what is missing, as a sentence.
fn shortfall(summary: &Summary) -> String {
    let failures = &summary.failures;
    let mut parts = Vec::new();
    if failures.parsing.total > 0 {
        let of = records(summary.lines.encountered);
        let kept = match failures.quarantined {
            0 => String::new(),
            all if all == failures.parsing.total => " and are quarantined".to_owned(),
            some => format!(", {some} of them quarantined"),
        };
        parts.push(format!("{} of {of} could not be parsed{kept}", failures.parsing.total));
    }
    if failures.sending.total > 0 {
        let what = if summary.acknowledged { "were not acknowledged" } else { "are not confirmed as sent" };
        parts.push(format!("{} events {what}", failures.sending.total));
    }
    match failures.reading.last_few.back() {
        Some(failure) if failure.byte == 0 && summary.lines.encountered == 0 => {
            parts.push(format!("the object could not be read: {}", failure.reason));
        }
        Some(failure) => parts.push(format!("the object could not be read to its end, {failure}")),
        None => {}
    }
    let text = parts.join("; ");
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect::<String>() + ".").unwrap_or_default()
}

fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}

#[cfg(test)]
mod tests {
    use model::{Lines, ReadingFailure};

    use super::*;

    fn summary(encountered: u64, filtered: u64, acknowledged: bool) -> Summary {
        let events = encountered - filtered;
        let lines = Lines {
            encountered,
            parsed: encountered,
            filtered,
            sent: events,
            acknowledged: if acknowledged { events } else { 0 },
            ..Lines::default()
        };
        Summary { lines, acknowledged, ..Summary::default() }
    }

    #[test]
    fn outcome_claims_no_more_than_the_summary() {
        for (summary, expected) in [
            (summary(3, 1, true), Outcome::Delivered),
            (summary(3, 1, false), Outcome::Sent),
            (summary(3, 3, true), Outcome::Empty),
            (summary(0, 0, true), Outcome::Empty),
        ] {
            assert_eq!(outcome(&summary, None).0, expected);
        }
        let mut broken = summary(3, 0, true);
        broken.failures.reading.add(ReadingFailure { byte: 9, reason: "the gzip stream is truncated".into() });
        let (outcome, reason) = outcome(&broken, None);
        assert_eq!(outcome, Outcome::Partial);
        assert_eq!(reason, "The object could not be read to its end, at byte 9: the gzip stream is truncated.");
    }
}
