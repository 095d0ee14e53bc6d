//! What receivers are sent: one content, in their formats.

use model::{Alert, Time};
use serde::Serialize;
use serde_json::json;

use super::Telling;

/// The plain JSON format.
#[derive(Serialize)]
pub struct Message {
    /// The same in each attempt to say the same.
    delivery: String,
    /// `opened`, `updated`, `resolved`, `test`.
    what: String,
    sent_at: Time,
    /// A line for people.
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<Alert>,
    /// The pipeline's page with the window of the alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl Message {
    /// `origin`: where the pages are, `https://logyard.example.com`.
    pub fn new(telling: &Telling<'_>, origin: Option<&str>) -> Self {
        Self {
            delivery: telling.delivery.to_owned(),
            what: telling.what.to_owned(),
            sent_at: telling.now,
            text: telling.alert.map_or_else(
                || "This is a test: alerts of Logyard arrive here.".to_owned(),
                |alert| text(alert, telling.what),
            ),
            alert: telling.alert.cloned(),
            link: telling.alert.and_then(|alert| Some(link(alert, origin?))),
        }
    }

    pub fn json(&self) -> String {
        json!(self).to_string()
    }

    /// Slack reads `&`, `<` and `>` as its own.
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
    match (&alert.pipeline, &alert.sink) {
        (Some(pipeline), _) => pipeline.to_string(),
        (None, Some(sink)) => sink.to_string(),
        (None, None) => String::new(),
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
    match &alert.pipeline {
        Some(pipeline) => format!("{origin}/pipelines/{pipeline}?from={from}&to={to}"),
        None => format!("{origin}/alerts?from={from}&to={to}"),
    }
}
