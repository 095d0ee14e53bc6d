//! Numbers as people read them: counts, sizes, rates, shares and durations.
//!
//! Pages, command-line output, alerts and job errors all use these functions, so that a figure looks the same wherever
//! it is shown. They format with integers only: floating-point formatting would weigh more in the browser than all of
//! this module.

mod count;
mod duration;

pub use count::{byte_rate, bytes, count, counted, counted_capped, of, percent, rate, share};
pub use duration::{ago, duration, left, signed, took};
