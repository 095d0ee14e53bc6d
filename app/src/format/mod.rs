//! What pages say: states, outcomes and times in words. Plain functions on plain types. Numbers come from
//! [`model::number`].

mod alert;
mod moment;
mod recurrence;
mod run;
mod sync;
mod words;

pub use alert::alert_words;
pub use model::number::{
    ago, byte_rate, bytes, count, counted, counted_capped, duration, left, of, percent, rate, share, signed, took,
};
pub use moment::{Zone, moment, zone_name};
pub use recurrence::recurrence;
pub use run::{file_name, lost, shipped};
pub use sync::{Urgency, evidence_words, is_stale, shown_by, up_to};
pub use words::{Mark, doing, happened, headline, limit_words, object, outcome, standing};
