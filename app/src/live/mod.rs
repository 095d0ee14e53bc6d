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
mod line;
mod page;
mod patch;
mod refresh;
mod stream;
mod submit;
mod typing;

use leptos::prelude::*;
use model::{Beat, Counts};

pub use clocks::{choose_zone, chosen_zone, local_offset_now_min};
pub use line::{LOST_AFTER_MS, Line};

/// Starts everything that needs no island: time zones, forms, charts and copy buttons. Called once for each page.
pub fn start() {
    clocks::convert_times(&document());
    submit::once_each();
    typing::check_forms();
    brush::listen();
    crate::ui::listen_for_copying();
}

/// The state of the event stream, for the status line.
#[derive(Clone, Copy)]
pub struct Live {
    pub line: RwSignal<Line>,
    pub counts: RwSignal<Option<Counts>>,
}

impl Live {
    /// Connects once the page runs in a browser; until then it holds the counts of the rendering.
    pub fn connect(counts: Option<Counts>) -> Self {
        let live = Self { line: RwSignal::default(), counts: RwSignal::new(counts) };
        Effect::new(move || stream::open(live));
        live
    }

    fn heartbeat(self, beat: Beat) {
        self.line.update(|line| line.heartbeat(beat.now, local_ms()));
        if self.counts.get_untracked() != Some(beat.counts) {
            self.counts.set(Some(beat.counts));
        }
    }

    fn tick(self) {
        self.line.update(|line| line.tick(local_ms()));
        if let Some(now) = self.line.with_untracked(Line::server_time) {
            clocks::tick(now);
        }
    }
}

/// Milliseconds of the browser's monotonic clock.
fn local_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Listens to an event of the document for the lifetime of the page.
pub(crate) fn on_document<E: wasm_bindgen::convert::FromWasmAbi + 'static>(name: &str, react: impl FnMut(E) + 'static) {
    use wasm_bindgen::JsCast;
    let react = wasm_bindgen::closure::Closure::<dyn FnMut(E)>::new(react);
    let _ = document().add_event_listener_with_callback(name, react.as_ref().unchecked_ref());
    react.forget();
}
