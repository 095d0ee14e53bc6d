//! Forms as values: what a page's form or URL holds as text, and the request or action that the text makes.
//!
//! Pages render these forms and server functions read them. Nothing here renders or sends anything.

mod alert_action;
mod clone;
mod clone_options;
pub mod job_filter;
mod limits;
mod reprocess;
mod schedule;
mod sync_action;
mod texts;

pub use alert_action::{alert_action, offered};
pub use clone::{CloneForm, Side, form_key, idempotency_key};
pub use clone_options::OptionTexts;
pub use limits::LimitTexts;
pub use reprocess::ReprocessForm;
pub use schedule::ScheduleForm;
pub use sync_action::{done_words, sync_action};
pub use texts::{instant, local};
