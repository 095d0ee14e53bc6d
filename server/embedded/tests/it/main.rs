//! The store as a client sees it: aws-sdk-s3 over HTTP, and what is found after a kill.

mod basics;
mod support;
