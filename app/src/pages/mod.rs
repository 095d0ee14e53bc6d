//! One module a page. A page reads its state from the URL, asks for its data once, and is rendered whole.

#![expect(clippy::needless_pass_by_value, reason = "a component owns what it is given")]

mod job;
mod jobs;
mod mirror;
mod new_clone;
mod not_found;
mod overview;
mod schedules;
mod settings;

pub use job::JobPage;
pub use jobs::{BulkPage, JobsPage, read_filter};
pub use mirror::MirrorPage;
pub use new_clone::{CloneForm, NewClonePage};
pub use not_found::NotFound;
pub use overview::OverviewPage;
pub use schedules::{NewSchedulePage, ScheduleForm, SchedulesPage};
pub use settings::SettingsPage;
