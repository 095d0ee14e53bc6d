//! The rules for outcomes, in the order in which they apply, and the sentence that explains each outcome.

use model::Outcome;

use super::History;
use crate::runs::Figures;

/// How an invocation ended, according to the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The function returned.
    Returned,
    /// Lambda stopped it at its timeout; milliseconds it ran, where logged.
    TimedOut { after_ms: Option<u64> },
    /// It did not return. `how` quotes the log: `Runtime exited with error: exit status 1`.
    Crashed { how: String },
    /// It was killed for using too much memory.
    OutOfMemory,
    /// The log shows no end, and its timeout has passed.
    Silent,
}

/// The evidence that a run is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub ending: Ending,
    /// `None` without a summary.
    pub figures: Option<Figures>,
    /// Whether a log line reports that sockets ran out (`EMFILE`).
    pub sockets_exhausted: bool,
    /// Stored size of the log object in bytes.
    pub size: Option<u64>,
    pub duration_ms: Option<u64>,
    /// The function's timeout.
    pub timeout_ms: u64,
    pub memory_mb: Option<u64>,
    pub memory_limit_mb: Option<u64>,
}

/// Returns the outcome and the sentence that explains it.
pub fn judge(evidence: &Evidence, history: &History) -> (Outcome, String) {
    ended_badly(evidence).unwrap_or_else(|| match &evidence.figures {
        None => unproven(evidence),
        Some(figures) => contradiction(figures)
            .or_else(|| nothing_sent(figures))
            .or_else(|| shortfall(figures))
            .or_else(|| unusual(figures, evidence.size, history))
            .unwrap_or_else(|| complete(figures)),
    })
}

fn ended_badly(evidence: &Evidence) -> Option<(Outcome, String)> {
    let claim = claim(evidence.figures.as_ref());
    match &evidence.ending {
        Ending::Returned => None,
        Ending::Silent => {
            let after = seconds(evidence.timeout_ms);
            let text = format!("It started and logged no end, although its timeout of {after} has passed{claim}.");
            Some((Outcome::Unknown, text))
        }
        Ending::TimedOut { after_ms } => {
            let after = after_ms.or(evidence.duration_ms).unwrap_or(evidence.timeout_ms);
            Some((Outcome::TimedOut, format!("Lambda stopped it at its timeout, after {}{claim}.", seconds(after))))
        }
        Ending::OutOfMemory => {
            let memory = match (evidence.memory_mb, evidence.memory_limit_mb) {
                (Some(used), Some(limit)) => format!(": it used {used} of {limit} MB"),
                _ => String::new(),
            };
            Some((Outcome::Crashed, format!("It ran out of memory{memory}{claim}.")))
        }
        Ending::Crashed { how } => {
            let sockets = if evidence.sockets_exhausted { ", after it ran out of sockets (EMFILE)" } else { "" };
            Some((Outcome::Crashed, format!("It crashed: {}{sockets}{claim}.", how.trim_end_matches('.'))))
        }
    }
}

/// What the summary of a badly ended run reports, as the end of a sentence. The bad end decides the outcome.
fn claim(figures: Option<&Figures>) -> String {
    match figures {
        None => "; it left no summary".to_owned(),
        Some(Figures { parsed: Some(parsed), sent: Some(sent), .. }) => {
            format!("; its summary reports {sent} of {parsed} events sent")
        }
        Some(_) => "; its summary does not report what was sent".to_owned(),
    }
}

/// Judges a run that returned and left no summary.
fn unproven(evidence: &Evidence) -> (Outcome, String) {
    if evidence.sockets_exhausted {
        return (Outcome::Crashed, "It ran out of sockets (EMFILE) and left no summary.".to_owned());
    }
    if let (Some(used), Some(limit)) = (evidence.memory_mb, evidence.memory_limit_mb)
        && used >= limit
    {
        return (Outcome::Crashed, format!("It used all of its {limit} MB of memory and left no summary."));
    }
    if evidence.duration_ms.is_some_and(|duration| duration >= evidence.timeout_ms) {
        let after = seconds(evidence.timeout_ms);
        return (Outcome::TimedOut, format!("It ran for its whole timeout of {after} and left no summary."));
    }
    (Outcome::Unproven, "It ended and left no summary: nothing reports what it sent.".to_owned())
}

/// Finds figures that cannot be true together.
fn contradiction(figures: &Figures) -> Option<(Outcome, String)> {
    let suspicious = |text: String| Some((Outcome::Suspicious, format!("Its figures contradict each other: {text}.")));
    let over = |more: Option<u64>, less: Option<u64>| more.zip(less).filter(|(more, less)| more > less);
    if let Some((parsed, encountered)) = over(figures.parsed, figures.encountered) {
        return suspicious(format!("{parsed} lines parsed, of {encountered} encountered"));
    }
    let failed = figures.parsing_failures.unwrap_or(0);
    if let Some((all, encountered)) =
        over(figures.parsed.map(|parsed| parsed.saturating_add(failed)), figures.encountered)
    {
        return suspicious(format!("{all} lines parsed or failed, of {encountered} encountered"));
    }
    if let Some((filtered, parsed)) = over(figures.filtered, figures.parsed) {
        return suspicious(format!("{filtered} events filtered, of {parsed} parsed"));
    }
    if let Some((sent, parsed)) = over(figures.sent, figures.parsed) {
        return suspicious(format!("{sent} events sent, of {parsed} parsed"));
    }
    if let Some((acknowledged, events)) = over(figures.delivered(), figures.events()) {
        return suspicious(format!("{acknowledged} events sent or acknowledged, of {events} to send"));
    }
    if let Some((acknowledged, sent)) = over(figures.acknowledged, figures.sent) {
        return suspicious(format!("{acknowledged} events acknowledged, of {sent} sent"));
    }
    if let Some((destroyed, created)) = over(figures.connections_destroyed, figures.connections_created) {
        return suspicious(format!("{destroyed} connections closed, of {created} opened"));
    }
    let given_up = figures.sending_failures.unwrap_or(0);
    let accounted = figures.delivered().map(|delivered| delivered.saturating_add(given_up));
    if let Some((accounted, events)) = over(accounted, figures.events()) {
        return suspicious(format!("{accounted} events sent, acknowledged or given up, of {events} to send"));
    }
    None
}

/// Finds a run that reports success and cannot have sent anything.
fn nothing_sent(figures: &Figures) -> Option<(Outcome, String)> {
    let events = figures.events().filter(|events| *events > 0)?;
    let delivered = figures.delivered()?;
    let admitted = [figures.sending_failures, figures.socket_failures, figures.reading_failures];
    let admitted = admitted.iter().flatten().any(|failures| *failures > 0);
    if delivered == 0 && !admitted {
        let verb = if figures.acknowledged.is_some() { "acknowledged" } else { "sent" };
        let text = format!("It reports success, but none of its {events} events were {verb}.");
        return Some((Outcome::Suspicious, text));
    }
    if delivered > 0 && figures.acknowledged.is_none() && figures.connections_created == Some(0) {
        let text = format!("It reports {delivered} events sent, but it never had a connection.");
        return Some((Outcome::Suspicious, text));
    }
    None
}

/// Finds events or lines that are missing by the run's own figures.
fn shortfall(figures: &Figures) -> Option<(Outcome, String)> {
    let mut missing = Vec::new();
    let unparsed = match (figures.encountered, figures.parsed) {
        (Some(encountered), Some(parsed)) => encountered.saturating_sub(parsed),
        _ => figures.parsing_failures.unwrap_or(0),
    };
    if unparsed > 0 {
        let of = figures.read_lines().map(|lines| format!(" of {lines}")).unwrap_or_default();
        missing.push(format!("{unparsed}{of} lines were not parsed"));
    }
    let given_up = figures.sending_failures.unwrap_or(0);
    let undelivered = match (figures.events(), figures.delivered()) {
        (Some(events), Some(delivered)) => events.saturating_sub(delivered).max(given_up),
        _ => given_up,
    };
    if undelivered > 0 {
        let of = figures.events().map(|events| format!(" of {events}")).unwrap_or_default();
        let verb = if figures.acknowledged.is_some() { "acknowledged" } else { "sent" };
        missing.push(format!("{undelivered}{of} events were not {verb}"));
    }
    if figures.reading_failures.is_some_and(|failures| failures > 0) {
        missing.push("the object could not be read to its end".to_owned());
    }
    let text = missing.join("; ");
    let mut rest = text.chars();
    let first = rest.next()?;
    Some((Outcome::Partial, format!("{}{}.", first.to_uppercase(), rest.as_str())))
}

/// Finds a line count far from what runs over objects of this size usually read.
fn unusual(figures: &Figures, size: Option<u64>, history: &History) -> Option<(Outcome, String)> {
    Some((Outcome::Suspicious, history.unusual(size?, figures.read_lines()?)?))
}

/// Judges a run without a fault by how much of it is proven.
fn complete(figures: &Figures) -> (Outcome, String) {
    let (Some(events), Some(delivered)) = (figures.events(), figures.delivered()) else {
        let what = if figures.events().is_none() { "parsed" } else { "sent" };
        return (Outcome::Unproven, format!("Its summary does not report how many lines were {what}."));
    };
    if events == 0 {
        let text = match figures.read_lines().unwrap_or(0) {
            0 => "The object holds no lines.".to_owned(),
            lines => format!("None of its {lines} lines had to be sent."),
        };
        return (Outcome::Empty, text);
    }
    match figures.acknowledged {
        Some(_) => (Outcome::Delivered, format!("The receiver acknowledged all {events} events.")),
        None => (Outcome::Sent, format!("All {delivered} events were written; the receiver does not acknowledge.")),
    }
}

fn seconds(ms: u64) -> String {
    match ms % 1_000 {
        0 => format!("{} s", ms / 1_000),
        _ => format!("{}.{:02} s", ms / 1_000, ms % 1_000 / 10),
    }
}
