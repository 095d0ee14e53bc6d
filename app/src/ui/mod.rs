//! Pieces that pages are made of. Each knows its data and nothing of the page around it.

#![expect(clippy::needless_pass_by_value, reason = "a component owns what it is given")]

mod accept;
mod actions;
mod alert_cards;
mod bar;
mod chart;
mod copyable;
mod faults;
mod field_fault;
mod follow;
mod frame;
mod job_table;
mod jump;
mod keys;
mod loaded;
mod moment;
mod name_field;
mod run_table;
mod scope_picker;
mod state_mark;
mod status;
mod store_list;
mod textarea;
mod tiles;
mod zone;

pub use accept::{Accept, Accepted, not_accepted};
pub use actions::{Act, ActForm, JobActions};
pub use alert_cards::AlertCards;
pub use bar::Bar;
pub use chart::{BarChart, FlowChart, GapChart, Measure, RateChart, Strip, TimeBar};
pub use copyable::Copyable;
pub use faults::Fault;
pub use field_fault::FieldFault;
pub use follow::{Follow, Followed};
pub use frame::{Frame, PageTitle};
pub use job_table::JobTable;
pub use loaded::Loaded;
pub use moment::{Elapsed, Moment};
pub use name_field::NameField;
pub use run_table::RunTable;
pub use scope_picker::ScopeFields;
pub use state_mark::StateMark;
pub use store_list::StoreList;
pub use textarea::in_textarea;
pub use tiles::{Tiles, answer, summary};
