//! The content of a message, in the formats of receivers.

use model::{Alert, Time};
use serde::Serialize;
use serde_json::json;

use super::Envelope;

/// The plain JSON format.
#[derive(Serialize)]
pub struct Message {
    /// The message's id, the same in each attempt.
    delivery: String,
    /// `opened`, `updated`, `resolved`, `test`.
    what: String,
    sent_at: Time,
    /// A line for people.
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<Alert>,
    /// The page of the pipeline or schedule, with the window of the alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl Message {
    /// `origin`: where the pages are, `https://logyard.example.com`.
    pub fn new(envelope: &Envelope<'_>, origin: Option<&str>) -> Self {
        Self {
            delivery: envelope.delivery.to_owned(),
            what: envelope.what.to_owned(),
            sent_at: envelope.now,
            text: envelope.alert.map_or_else(
                || "This is a test: alerts of Logyard arrive here.".to_owned(),
                |alert| text(alert, envelope.what),
            ),
            alert: envelope.alert.cloned(),
            link: envelope.alert.and_then(|alert| Some(link(alert, origin?))),
        }
    }

    pub fn json(&self) -> String {
        json!(self).to_string()
    }

    /// Slack's format, in which `&`, `<` and `>` are escaped.
    pub fn slack(&self) -> String {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut text = escaped(&self.text);
        if let Some(alert) = self.alert.as_ref().filter(|_| self.what != "resolved") {
            text.push('\n');
            text.push_str(&escaped(&alert.advice));
        }
        if let Some(link) = &self.link {
            text.push_str("\n<");
            text.push_str(&escaped(link));
            text.push_str("|Open it in Logyard>");
        }
        json!({ "text": text }).to_string()
    }

    /// Without the figures, which may be long.
    pub fn subject(&self) -> String {
        match &self.alert {
            Some(alert) => format!("Logyard: {} {} {}", of(alert), alert.kind.as_str(), self.what),
            None => "Logyard: a test".to_owned(),
        }
    }
}

fn of(alert: &Alert) -> String {
    match (&alert.pipeline, &alert.sink, &alert.schedule) {
        (Some(pipeline), ..) => pipeline.to_string(),
        (None, Some(sink), _) => sink.to_string(),
        (None, None, Some(schedule)) => format!("schedule {}", schedule.name),
        (None, None, None) => alert.table.as_ref().map(|table| format!("table {table}")).unwrap_or_default(),
    }
}

fn text(alert: &Alert, what: &str) -> String {
    let (of, kind, reason) = (of(alert), alert.kind.as_str(), &alert.reason);
    match what {
        "resolved" => format!("Resolved: {of}, {kind}. It was: {reason}"),
        "updated" => format!("Still: {of}, {kind}. {reason}"),
        _ => format!("{of}, {kind}. {reason}"),
    }
}

fn link(alert: &Alert, origin: &str) -> String {
    let (from, to) = (alert.window.from(), alert.window.to());
    match (&alert.pipeline, &alert.schedule, &alert.table) {
        (Some(pipeline), ..) => format!("{origin}/pipelines/{pipeline}?from={from}&to={to}"),
        (None, Some(schedule), _) => format!("{origin}/schedules/{}", schedule.id),
        (None, None, Some(table)) => format!("{origin}/syncs/{table}"),
        (None, None, None) => format!("{origin}/alerts?from={from}&to={to}"),
    }
}
