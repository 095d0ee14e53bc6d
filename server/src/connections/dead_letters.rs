//! Where the dead letters of a job are kept: a file in the data directory.

use std::path::{Path, PathBuf};

use model::JobId;

/// The folder in the data directory.
const FOLDER: &str = "dead-letters";

/// What a job could not deliver, as a file. It is there once there is something in it.
pub fn dead_letters(data_dir: &Path, job: JobId) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{job}.ndjson"))
}
