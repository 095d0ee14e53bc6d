//! The store as seen by aws-sdk-s3 over HTTP, and recovery after a kill.

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
