//! Live updates of a page in the browser.
//!
//! Only the server renders pages. In the browser, an event stream announces changes; the page's URL is then fetched again
//! and the current page is patched to equal the answer. So a page is the same whether it was loaded, updated, or read
//! without JavaScript.
//!
//! Always: at most one refresh of a page is in flight; a page in the background is not refreshed; after
//! [`LOST_AFTER_MS`] without a heartbeat the connection counts as lost and every clock on the page stops.

mod brush;
mod clocks;
mod copy;
mod document;
pub mod keys;
mod line;
mod page;
mod patch;
mod refresh;
mod state;
mod stream;
mod submit;
mod typing;
pub mod zone;

use leptos::prelude::*;
use model::Counts;

pub use line::{LOST_AFTER_MS, Line};
pub use state::Live;

/// Starts everything that needs no island: time zones, forms, charts, copy buttons and keyboard shortcuts. Called once for each page.
pub fn start() {
    clocks::convert_times(&document());
    submit::once_each();
    typing::check_forms();
    brush::listen();
    copy::listen();
    keys::listen();
    zone::listen();
}

/// Connects to the event stream once the page runs in a browser; until then the status line has the counts of the rendering.
pub fn connect(counts: Option<Counts>) -> Live {
    let live = Live::new(counts);
    Effect::new(move || stream::open(live));
    live
}
