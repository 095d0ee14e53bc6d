//! Where the dead letters of a job or a followed pipeline are kept: a file in the data directory.

use std::path::{Path, PathBuf};

use model::{JobId, PipelineName};

/// The folder in the data directory.
const FOLDER: &str = "dead-letters";

/// The file of events that a job could not deliver. It exists once it holds an event.
pub fn dead_letters(data_dir: &Path, job: JobId) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{job}.ndjson"))
}

/// The same file once another job has sent them again.
pub fn sent_letters(data_dir: &Path, job: JobId, by: JobId) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{job}.sent-by-{by}.ndjson"))
}

/// The file of what the follower of a pipeline could not parse or its sink refused.
pub fn of_pipeline(data_dir: &Path, name: &PipelineName) -> PathBuf {
    data_dir.join(FOLDER).join(format!("pipeline-{name}.ndjson"))
}
