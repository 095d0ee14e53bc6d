//! Pieces that pages are made of. Each knows its data and nothing of the page around it.

mod actions;
mod bar;
mod chart;
mod copyable;
mod faults;
mod frame;
mod get_form;
mod job_table;
mod jump;
mod keys;
mod loaded;
mod moment;
mod post_form;
mod state_mark;
mod status;
mod store_list;
mod zone;

pub use actions::{Act, ActForm, JobActions};
pub use bar::Bar;
pub use chart::{Measure, RateChart, appended};
pub use copyable::{Copyable, listen_for_copying};
pub use faults::Fault;
pub use frame::{Frame, PageTitle};
pub use get_form::GetForm;
pub use job_table::JobTable;
pub use loaded::Loaded;
pub use moment::{Elapsed, Moment};
pub use post_form::{PostForm, Posted};
pub use state_mark::StateMark;
pub use store_list::StoreList;
