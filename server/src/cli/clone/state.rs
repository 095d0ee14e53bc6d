//! The state file: where a clone was, for `--resume`.
//!
//! Always whole: written beside and renamed. It names the clone it belongs to, and is refused by any other.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use app::command::only;
use engine::clone::Checkpoint;
use model::{CloneSpec, Failure, Plan, Progress};
use serde::{Deserialize, Serialize};

use super::arguments::Order;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    spec: CloneSpec,
    /// Of source and destination.
    endpoint_urls: [Option<String>; 2],
    pub progress: Progress,
    pub checkpoint: Checkpoint,
    pub failures: Vec<Failure>,
    #[serde(skip)]
    file: PathBuf,
}

impl State {
    pub fn new(order: &Order, progress: Progress, checkpoint: Checkpoint, failures: Vec<Failure>) -> Self {
        let file = order.state.clone();
        Self { spec: order.spec.clone(), endpoint_urls: order.urls(), progress, checkpoint, failures, file }
    }

    /// Of a mirror: what was confirmed when it began.
    pub fn plan(&self) -> Option<Plan> {
        self.spec.plan.clone()
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    pub async fn read(file: &Path, order: &Order) -> Result<Self, String> {
        let shown = file.display();
        let text = tokio::fs::read(file).await.map_err(|error| {
            format!("the state file {shown} cannot be read: {error}. Without --resume the clone starts afresh and skips what is equal")
        })?;
        let mut state: Self = serde_json::from_slice(&text)
            .map_err(|error| format!("{shown} is not a state file of a clone: {error}"))?;
        if (CloneSpec { plan: None, ..state.spec.clone() }) != order.spec || state.endpoint_urls != order.urls() {
            let (source, destination) = (state.spec.source.url(), state.spec.destination.url());
            let only = only(&state.spec.selection);
            return Err(format!(
                "the state file {shown} is of another clone: {source} → {destination}{only}, with its own endpoints, mode \
                 and --dry-run. Give the same as then, or leave --resume away"
            ));
        }
        file.clone_into(&mut state.file);
        Ok(state)
    }

    pub async fn write(self) -> Result<(), String> {
        let shown = self.file.display().to_string();
        let written = tokio::task::spawn_blocking(move || self.write_now()).await;
        let written = written.map_err(std::io::Error::other).and_then(|written| written);
        written.map_err(|error| format!("the state file {shown} cannot be written: {error}"))
    }

    fn write_now(&self) -> std::io::Result<()> {
        let mut name = self.file.clone().into_os_string();
        name.push(".tmp");
        let mut beside = File::create(&name)?;
        beside.write_all(&serde_json::to_vec(self)?)?;
        beside.sync_all()?;
        std::fs::rename(&name, &self.file)
    }
}
