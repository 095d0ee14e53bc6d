//! Numbers and times as a page writes them. Plain functions on plain types; integers only, as formatting floats would
//! weigh more in the browser than all of this.

mod alert;
mod duration;
mod moment;
mod number;
mod recurrence;
mod run;
mod sync;
mod words;

pub use alert::{alert_words, of, share};
pub use duration::{ago, duration, left, took};
pub use moment::{Zone, moment, zone_name};
pub use number::{byte_rate, bytes, capped, count, percent, rate, things};
pub use recurrence::recurrence;
pub use run::{file_name, lost, shipped};
pub use sync::{Urgency, evidence_words, nobody_looks, shown_by, up_to};
pub use words::{Mark, doing, happened, headline, limit_words, object, outcome, signed, standing};
