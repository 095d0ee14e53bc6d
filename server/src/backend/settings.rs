//! What this server is and how it is configured.

use app::backend::SettingsBackend;
use async_trait::async_trait;
use model::{Problem, Settings};

use super::{AppBackend, problem};
use crate::connections::sinks::Sinks;

#[async_trait]
impl SettingsBackend for AppBackend {
    async fn get_settings(&self) -> Result<Settings, Problem> {
        Ok(Settings {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            database: self.db.describe().to_owned(),
            data_dir: self.config.server.data_dir.display().to_string(),
            config_file: self.config.file.as_ref().map(|file| file.display().to_string()),
            worker: self.holder.to_string(),
            auth: self.config.auth.is_some(),
            stores: self.health.statuses().await,
            sinks: self.sinks.iter().map(Sinks::status).collect(),
            pipelines: self.config.pipelines.clone(),
            replicas: self.config.replicas.iter().map(ToString::to_string).collect(),
            tasks: self.db.leases().await.map_err(problem::database)?,
            runs_tasks: self.config.tasks.names().into_iter().map(ToOwned::to_owned).collect(),
        })
    }
}
