//! What a reprocess of dead letters would send: the file that a job has left on this server.

use model::{JobId, Problem, ProblemCode, ReprocessPreview, ReprocessSpec};

use super::AppBackend;
use crate::connections::dead_letters::dead_letters;

impl AppBackend {
    /// Without a plan: a file that grows would never hold it.
    pub(super) async fn preview_of_letters(
        &self,
        spec: &ReprocessSpec,
        job: JobId,
    ) -> Result<ReprocessPreview, Problem> {
        let file = dead_letters(&self.config.server.data_dir, job);
        let Ok(file) = tokio::fs::metadata(&file).await else {
            let detail = format!("Job {job} has left no dead letters on this server.");
            return Err(Problem::new(ProblemCode::Invalid, detail).on("dead_letters_of"));
        };
        Ok(ReprocessPreview {
            spec: spec.clone(),
            at: self.db.now(),
            complete: true,
            objects: 1,
            bytes: file.len(),
            delivered: 0,
            left_out: 0,
            to_send: 1,
            to_send_bytes: file.len(),
            covers: None,
            intervals: Vec::new(),
            examples: Vec::new(),
            plan: None,
        })
    }
}
