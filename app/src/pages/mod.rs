//! One module a page. A page reads its state from the URL, asks for its data once, and is rendered whole.

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

pub use alerts::{AlertPage, AlertsPage, alert_action, offered};
pub use docs::DocsPage;
pub use job::JobPage;
pub use jobs::{BulkPage, JobsPage, read_filter};
pub use mirror::MirrorPage;
pub use new_clone::{CloneForm, NewClonePage};
use new_clone::{FieldFault, form_key, idempotency_key};
pub use new_reprocess::{NewReprocessPage, ReprocessForm};
pub use not_found::NotFound;
pub use overview::OverviewPage;
pub use pipelines::{PipelinePage, PipelinesPage};
pub use run::{RunLogPage, RunPage};
pub use runs::{RunsPage, run_query};
pub use schedules::{NewSchedulePage, ScheduleForm, SchedulesPage};
pub use settings::SettingsPage;
pub use syncs::{SyncPage, SyncsInBrief, SyncsPage, sync_action};
