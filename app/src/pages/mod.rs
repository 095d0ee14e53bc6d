//! The pages, one module each. A page reads its state from the URL, loads its data once, and is rendered completely.

#![expect(clippy::needless_pass_by_value, reason = "a component owns what it is given")]

mod alerts;
mod docs;
mod job;
mod jobs;
mod mirror;
mod new_clone;
mod new_reprocess;
mod not_found;
mod overview;
mod pipelines;
mod run;
mod runs;
mod schedules;
mod settings;
mod syncs;

pub use alerts::{AlertPage, AlertsPage};
pub use docs::DocsPage;
pub use job::JobPage;
pub use jobs::{BulkPage, JobsPage};
pub use mirror::MirrorPage;
pub use new_clone::NewClonePage;
pub use new_reprocess::NewReprocessPage;
pub use not_found::NotFound;
pub use overview::OverviewPage;
pub use pipelines::{DeadLettersPage, PipelinePage, PipelinesPage, TemplatePage};
pub use run::{RunLogPage, RunPage};
pub use runs::{RunsPage, run_query};
pub use schedules::{EditSchedulePage, NewSchedulePage, SchedulePage, SchedulesPage};
pub use settings::SettingsPage;
pub use syncs::{SyncPage, SyncsInBrief, SyncsPage};
