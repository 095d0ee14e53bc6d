//! Where the dead letters of a job are kept: a file in the data directory.

use std::path::{Path, PathBuf};

use model::JobId;

/// The folder in the data directory.
const FOLDER: &str = "dead-letters";

/// The file of events that a job could not deliver. It exists once it holds an event.
pub fn dead_letters(data_dir: &Path, job: JobId) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{job}.ndjson"))
}
