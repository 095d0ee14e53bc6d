//! Alerts: lists, actions on them, deliveries to receivers, and tests of receivers.

use app::backend::AlertBackend;
use async_trait::async_trait;
use model::{
    Alert, AlertAction, AlertFilter, AlertId, AlertList, DeliveryId, Invalid, Notice, Page, Problem, ProblemCode,
    ReceiverStatus, Viewer,
};
use tracing::info;

use super::{AppBackend, problem};
use crate::connections::receivers::Envelope;

/// Deliveries on the page *Alerts*.
const DELIVERIES: u32 = 50;
/// Longest silence. Milliseconds.
const SILENCE_MS: i64 = 31 * 86_400_000;

#[async_trait]
impl AlertBackend for AppBackend {
    async fn list_alerts(
        &self,
        filter: &AlertFilter,
        after: Option<AlertId>,
        limit: u32,
    ) -> Result<AlertList, Problem> {
        let (page, notices, evaluated_at) = tokio::try_join!(
            self.db.alerts(filter, after, limit),
            self.db.list_deliveries(None, None, None, DELIVERIES),
            self.db.evaluated_at()
        )
        .map_err(problem::database)?;
        let mut receivers = Vec::new();
        for status in self.receivers.statuses() {
            let last = self
                .db
                .list_deliveries(None, Some(&status.name), None, 1)
                .await
                .map_err(problem::database)?
                .items
                .pop();
            receivers.push(ReceiverStatus { last, ..status });
        }
        Ok(AlertList { now: self.db.now(), page, receivers, notices: notices.items, evaluated_at })
    }

    async fn get_alert(&self, id: AlertId) -> Result<Alert, Problem> {
        self.db.alert(id).await.map_err(problem::database)
    }

    async fn act_on_alert(&self, viewer: &Viewer, id: AlertId, action: AlertAction) -> Result<Alert, Problem> {
        if let AlertAction::Silence { until } = action {
            let ahead = until.since(self.db.now());
            if ahead <= 0 || ahead > SILENCE_MS {
                return Err(Invalid::new("until", until.to_string(), "a time within the next 31 days").into());
            }
        }
        let alert = self.db.act_on_alert(id, action, &viewer.name).await.map_err(problem::database)?;
        info!(alert = %id, who = viewer.name, ?action, "alert changed by a user");
        self.hub.nudge();
        Ok(alert)
    }

    /// A failed notification is a result like any other: showing it is what the test is for.
    async fn test_receiver(&self, viewer: &Viewer, name: &str) -> Result<Notice, Problem> {
        let delivery = self.db.new_alert_id().to_string();
        let envelope = Envelope { delivery: &delivery, what: "test", alert: None, attempt: 1, now: self.db.now() };
        let notice = self.receivers.send(name, &envelope).await.ok_or_else(|| self.no_receiver(name))?;
        info!(receiver = name, who = viewer.name, error = notice.error, "receiver tested");
        self.db.record_delivery(&notice).await.map_err(problem::database)?;
        Ok(notice)
    }

    async fn list_deliveries(
        &self,
        alert: Option<AlertId>,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Page<Notice>, Problem> {
        self.db.list_deliveries(alert, None, after, limit).await.map_err(problem::database)
    }
}

impl AppBackend {
    fn no_receiver(&self, name: &str) -> Problem {
        let known: Vec<String> = self.receivers.names().iter().map(|name| format!("`{name}`")).collect();
        let or = match known.as_slice() {
            [] => "Add it as [[webhooks]] or [[topics]]; there is none yet.".to_owned(),
            known => format!("Pick one of {}.", known.join(", ")),
        };
        Problem::new(ProblemCode::NotFound, format!("No receiver is called `{name}`. {or}"))
    }
}
