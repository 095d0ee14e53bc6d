//! The embedded store through aws-sdk-s3 over HTTP, and its recovery after SIGKILL.

mod basics;
mod content;
mod copying;
mod demo;
mod encryption;
mod front;
mod keys;
mod listing;
mod multipart;
mod raw;
mod reading;
mod recovery;
mod support;
mod tagging;
