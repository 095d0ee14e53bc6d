//! The interface: pages, the live connection, and the trait through which they ask the server.
//!
//! Rendered twice: on the server (`ssr`), where every page is complete without JavaScript, and in the browser
//! (`hydrate`), which takes the same page over and keeps it up to date. Always: the first render is the same on both
//! sides, so it knows no clock, no zone and no browser; whatever those change comes later, in an effect.

#![recursion_limit = "256"] // a page is one deep type, and an optimised build computes its layout

pub mod api;
pub mod backend;
pub mod command;
pub mod context;
pub mod error;
#[cfg(test)]
mod examples;
pub mod format;
pub mod live;
pub mod pages;
pub mod query;
pub mod routes;
pub mod shell;
pub mod ui;

pub use context::Answer;
pub use routes::App;
pub use shell::{AssetPaths, shell};
