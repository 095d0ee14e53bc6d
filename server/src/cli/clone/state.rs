//! The state file: the checkpoint from which a clone resumes.
//!
//! Always: the file is complete, also after a power cut: a temporary file is written, synced and renamed, and the folder
//! synced. It names its clone, and any other clone refuses it.

use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use engine::clone::Checkpoint;
use model::{CloneSpec, Failure, Plan, Progress};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{arguments::Order, completions::ReportPosition};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    spec: CloneSpec,
    /// Endpoints of source and destination.
    endpoint_urls: [Option<String>; 2],
    pub progress: Progress,
    pub checkpoint: Checkpoint,
    pub failures: Vec<Failure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportPosition>,
    #[serde(skip)]
    file: PathBuf,
}

impl State {
    pub fn new(
        order: &Order,
        progress: Progress,
        checkpoint: Checkpoint,
        failures: Vec<Failure>,
        report: Option<ReportPosition>,
    ) -> Self {
        let file = order.state.clone();
        Self { spec: order.spec.clone(), endpoint_urls: order.urls(), progress, checkpoint, failures, report, file }
    }

    /// A mirror's plan, as confirmed when it started.
    pub fn plan(&self) -> Option<Plan> {
        self.spec.plan.clone()
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Reads the file, which must exist and belong to this clone.
    pub async fn read(file: &Path, order: &Order) -> Result<Self, String> {
        let state = Self::read_if_there(file, order).await?;
        state.ok_or_else(|| {
            format!(
                "there is no state file {}. Without --resume the clone starts again and skips what is equal",
                file.display()
            )
        })
    }

    pub async fn read_if_there(file: &Path, order: &Order) -> Result<Option<Self>, String> {
        let shown = file.display();
        let text = match tokio::fs::read(file).await {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("the state file {shown} cannot be read: {error}")),
        };
        let mut state: Self = serde_json::from_slice(&text)
            .map_err(|error| format!("{shown} is not a state file of a clone: {error}"))?;
        let differences = state.differences(order);
        if !differences.is_empty() {
            return Err(format!(
                "the state file {shown} belongs to another clone: {}. Give the same options as then, or name another file",
                differences.join(", ")
            ));
        }
        file.clone_into(&mut state.file);
        Ok(Some(state))
    }

    /// The differences between the state's clone and the order, such as `mode was "copy" and is "verify"`.
    fn differences(&self, order: &Order) -> Vec<String> {
        let mut found = Vec::new();
        // The plan of a mirror is the state's own: it was confirmed when the clone started.
        let then = CloneSpec { plan: None, ..self.spec.essence() };
        let (then, now) = (serde_json::to_value(&then), serde_json::to_value(order.spec.essence()));
        differ("", &then.unwrap_or_default(), &now.unwrap_or_default(), &mut found);
        for (side, (then, now)) in ["source", "destination"].iter().zip(self.endpoint_urls.iter().zip(&order.urls())) {
            if then != now {
                let url = |url: &Option<String>| url.clone().unwrap_or_else(|| "AWS".to_owned());
                found.push(format!("the {side}'s endpoint was {} and is {}", url(then), url(now)));
            }
        }
        found
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
        std::fs::rename(&name, &self.file)?;
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

/// Compares leaf by leaf, so that a new field of the spec is compared without being named here.
fn differ(path: &str, then: &Value, now: &Value, found: &mut Vec<String>) {
    let (Value::Object(was), Value::Object(is)) = (then, now) else {
        if then != now {
            let shown = |value: &Value| if value.is_null() { "not set".to_owned() } else { value.to_string() };
            found.push(format!("{path} was {} and is {}", shown(then), shown(now)));
        }
        return;
    };
    for name in was.keys().chain(is.keys().filter(|name| !was.contains_key(*name))) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        differ(&path, was.get(name).unwrap_or_default(), is.get(name).unwrap_or_default(), found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn difference_is_named_with_both_values() {
        let mut found = Vec::new();
        let then = json!({"mode": "copy", "source": {"bucket": "a", "prefix": "p"}, "selection": {}});
        let now = json!({"mode": "verify", "source": {"bucket": "a", "prefix": "q"}, "selection": {"exclude": ["x"]}});
        differ("", &then, &now, &mut found);
        assert_eq!(
            found,
            [
                r#"mode was "copy" and is "verify""#,
                r#"selection.exclude was not set and is ["x"]"#,
                r#"source.prefix was "p" and is "q""#
            ]
        );
    }
}
