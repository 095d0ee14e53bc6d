//! The engine against a real S3 store, the embedded one, over HTTP.

mod bandwidth;
mod check;
mod copy;
mod fault_suite;
mod faults;
mod mirror;
mod mirror_crashes;
mod mirror_plans;
mod mirror_resume;
mod multipart;
mod multipart_faults;
mod preview;
mod proxy;
mod random_buckets;
mod ranges;
mod remote;
mod resume;
mod retry;
mod selection;
mod ship;
mod streamed;
mod sync;
mod traps;
mod unordered;
mod verify;
mod yard;
