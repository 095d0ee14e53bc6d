//! The interface: pages, the live connection, and the trait through which they ask the server.
//!
//! Pages are rendered on the server (`ssr`) alone, complete without JavaScript. In the browser (`hydrate`) run the
//! islands of the frame around them, and [`live`], which keeps the page up to date. Always: an island's first render is
//! the same on both sides, so it knows no clock, no zone and no browser; what those change comes later, in an effect.

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
