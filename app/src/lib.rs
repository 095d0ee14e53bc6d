//! The interface: pages, live updates, and the traits through which pages query the server.
//!
//! Pages are rendered only on the server (`ssr`), complete without JavaScript. The browser (`hydrate`) runs the islands of
//! the frame and [`live`], which keeps the page up to date. Always: the first rendering of an island is the same on the
//! server and in the browser, so it depends on no clock, time zone or browser; those take effect later.

#![recursion_limit = "256"] // a page is one deep type, and an optimised build computes its layout

pub mod api;
pub mod backend;
pub mod command;
pub mod context;
pub mod docs;
pub mod error;
#[cfg(test)]
mod examples;
pub mod format;
pub mod forms;
pub mod live;
pub mod pages;
pub mod query;
pub mod routes;
pub mod scope;
pub mod shell;
pub mod ui;

pub use context::Answer;
pub use routes::App;
pub use shell::{AssetPaths, shell};
