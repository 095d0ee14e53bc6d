//! The engine against a real S3 store, the embedded one, over HTTP.

mod check;
mod copy;
mod faults;
mod mirror;
mod mirror_resume;
mod multipart;
mod multipart_faults;
mod preview;
mod proxy;
mod resume;
mod retry;
mod selection;
mod streamed;
mod traps;
mod verify;
mod yard;
