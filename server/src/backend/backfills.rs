//! Backfills: a pipeline and a window become a job.

use app::command::{Commands, quoted};
use db::NewJob;
use model::{BackfillSpec, Invalid, Job, PipelineName, Problem, ProblemCode, Spec, Viewer, Window};

use super::{AppBackend, problem};

impl AppBackend {
    /// What lies ahead cannot be read yet: a window ends now at the latest.
    pub(super) async fn insert_backfill(
        &self,
        viewer: &Viewer,
        name: &PipelineName,
        window: Window,
    ) -> Result<Job, Problem> {
        let pipeline = self
            .configured(name)
            .ok_or_else(|| Problem::new(ProblemCode::NotFound, problem::no_pipeline(name, &self.config.pipelines)))?;
        if pipeline.function.is_none() {
            let detail = format!("Pipeline `{name}` has no log_group in the configuration: there is no log to read.");
            return Err(Problem::new(ProblemCode::Conflict, detail));
        }
        let now = self.db.now();
        let window = Window::new(window.from(), window.to().min(now))
            .map_err(|_| Invalid::new("from", window.from().to_string(), format!("a time before now, {now}")))?;
        let source = pipeline.source.clone();
        let spec = Spec::Backfill(BackfillSpec { pipeline: name.clone(), window, source });
        let new = NewJob { spec, author: viewer.name.clone(), idempotency: None };
        let (job, _is_new) = self.db.insert(new).await.map_err(problem::database)?;
        self.changed();
        Ok(job)
    }

    /// There is no command line for it: it is the server that has the log group.
    pub(super) fn commands_of_backfill(&self, spec: &BackfillSpec) -> Commands {
        let url = quoted(&format!("{}/api/v1/pipelines/{}/backfill", self.origin, spec.pipeline));
        let body = quoted(&serde_json::to_string(&spec.window).unwrap_or_default());
        let curl = format!("curl -X POST {url} \\\n  -H 'Content-Type: application/json' \\\n  -d {body}");
        Commands { line: String::new(), call: self.call(curl) }
    }
}
