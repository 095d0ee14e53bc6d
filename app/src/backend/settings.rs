//! What this server is and how it is configured.

use async_trait::async_trait;
use model::{Problem, Settings};

#[async_trait]
pub trait SettingsBackend: Send + Sync {
    async fn get_settings(&self) -> Result<Settings, Problem>;
}
