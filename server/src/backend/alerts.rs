//! Alerts: listed, dealt with, and receivers tried out.

use model::{
    Alert, AlertAction, AlertFilter, AlertId, AlertList, Invalid, Notice, Problem, ProblemCode, ReceiverStatus, Viewer,
};
use tracing::info;

use super::{AppBackend, problem};
use crate::connections::receivers::Envelope;

/// On the page of alerts.
const NOTICES: u32 = 50;
/// Longest silence. Milliseconds.
const SILENCE_MS: i64 = 31 * 86_400_000;

impl AppBackend {
    pub(super) async fn list_alerts(
        &self,
        filter: &AlertFilter,
        after: Option<AlertId>,
        limit: u32,
    ) -> Result<AlertList, Problem> {
        let (page, notices, evaluated_at) = tokio::try_join!(
            self.db.alerts(filter, after, limit),
            self.db.deliveries(None, None, NOTICES),
            self.db.evaluated_at()
        )
        .map_err(problem::database)?;
        let mut receivers = Vec::new();
        for status in self.receivers.statuses() {
            let last = self.db.deliveries(None, Some(&status.name), 1).await.map_err(problem::database)?.pop();
            receivers.push(ReceiverStatus { last, ..status });
        }
        Ok(AlertList { now: self.db.now(), page, receivers, notices, evaluated_at })
    }

    pub(super) async fn deal_with_alert(
        &self,
        viewer: &Viewer,
        id: AlertId,
        action: AlertAction,
    ) -> Result<Alert, Problem> {
        if let AlertAction::Silence { until } = action {
            let ahead = until.since(self.db.now());
            if ahead <= 0 || ahead > SILENCE_MS {
                return Err(Invalid::new("until", until.to_string(), "a time within the next 31 days").into());
            }
        }
        let alert = self.db.act_on_alert(id, action, &viewer.name).await.map_err(problem::database)?;
        info!(alert = %id, who = viewer.name, ?action, "an alert was dealt with");
        self.hub.nudge();
        Ok(alert)
    }

    /// Answers what came of it, be it a failure: that is what a test is for.
    pub(super) async fn tell_of_nothing(&self, viewer: &Viewer, name: &str) -> Result<Notice, Problem> {
        let delivery = self.db.new_alert_id().to_string();
        let envelope = Envelope { delivery: &delivery, what: "test", alert: None, attempt: 1, now: self.db.now() };
        let notice = self.receivers.send(name, &envelope).await.ok_or_else(|| self.no_receiver(name))?;
        info!(receiver = name, who = viewer.name, error = notice.error, "a receiver was tried out");
        self.db.record_delivery(&notice).await.map_err(problem::database)?;
        Ok(notice)
    }

    fn no_receiver(&self, name: &str) -> Problem {
        let known: Vec<String> = self.receivers.names().iter().map(|name| format!("`{name}`")).collect();
        let or = match known.as_slice() {
            [] => "Add it as [[webhooks]] or [[topics]]; there is none yet.".to_owned(),
            known => format!("Pick one of {}.", known.join(", ")),
        };
        Problem::new(ProblemCode::NotFound, format!("No receiver is called `{name}`. {or}"))
    }
}
