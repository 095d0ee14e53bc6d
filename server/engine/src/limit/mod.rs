//! Ceilings on what passes in a second, and how much passed: shared by all engines.
//!
//! ```text
//! limiter     requests, bytes, events or rows: at most so many a second, first come, first served
//! adaptive    a limiter whose rate halves with each refusal and recovers with each answer
//! throughput  how much was done a second of late, and how long the rest takes
//! ```
//! Always: time in which nothing passed is not saved up, so no burst follows a pause. A caller that stops waiting
//! takes nothing.

mod adaptive;
mod limiter;
mod throughput;

pub use model::{BytesPerSecond, NotARate};

pub use self::{
    adaptive::AdaptiveLimiter,
    limiter::Limiter,
    throughput::{Throughput, ThroughputSample},
};
