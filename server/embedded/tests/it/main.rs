//! The store as a client sees it: aws-sdk-s3 over HTTP, and what is found after a kill.

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
