//! The preview of a reprocess of dead letters: the file that a job left on this server.

use model::{JobId, Problem, ProblemCode, ReprocessPreview, ReprocessSpec};

use super::AppBackend;
use crate::connections::dead_letters::dead_letters;

impl AppBackend {
    pub(super) async fn has_dead_letters(&self, job: JobId) -> bool {
        let file = dead_letters(&self.config.server.data_dir, job);
        tokio::fs::metadata(file).await.is_ok_and(|file| file.len() > 0)
    }

    /// Has no plan: the file may still grow, so no plan of it would hold.
    pub(super) async fn preview_dead_letters(
        &self,
        spec: &ReprocessSpec,
        job: JobId,
    ) -> Result<ReprocessPreview, Problem> {
        let file = dead_letters(&self.config.server.data_dir, job);
        let Ok(file) = tokio::fs::metadata(&file).await else {
            let detail = format!("Job {job} left no dead letters on this server.");
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
