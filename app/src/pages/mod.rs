//! One module a page. A page reads its state from the URL, loads once, and lays the live connection over what it loaded.

mod job;
mod jobs;
mod new_clone;
mod not_found;
mod overview;
mod settings;

pub use job::JobPage;
pub use jobs::{BulkPage, JobsPage, read_filter};
pub use new_clone::{CloneForm, NewClonePage};
pub use not_found::NotFound;
pub use overview::OverviewPage;
pub use settings::SettingsPage;
