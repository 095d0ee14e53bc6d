//! What keeps a page up to date in the browser.
//!
//! The server renders every page whole, and is the only one that does. In the browser one event stream a tab tells that
//! something changed; the page's own URL is then asked for again, and what is on the screen is made equal to the
//! answer, node by node. So a page shows the same whether it was loaded, kept up to date, or read without JavaScript.
//!
//! Always: at most one question for a page is under way; a page in the background asks nothing; once the line is silent
//! for longer than [`LOST_AFTER_MS`] it counts as lost, and every clock on the page stands still.

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

/// Begins what needs no island: times in the reader's zone, forms, buttons that copy. Once a page, in the browser.
pub fn start() {
    clocks::tell_times(&document());
    submit::once_each();
    typing::check_forms();
    brush::listen();
    crate::ui::listen_for_copying();
}

/// What the stream tells the status line.
#[derive(Clone, Copy)]
pub struct Live {
    pub line: RwSignal<Line>,
    pub counts: RwSignal<Option<Counts>>,
}

impl Live {
    /// A line that opens once the page runs in a browser; until then it knows what the page was rendered with.
    pub fn connect(counts: Option<Counts>) -> Self {
        let live = Self { line: RwSignal::default(), counts: RwSignal::new(counts) };
        Effect::new(move || stream::open(live));
        live
    }

    fn heard(self, beat: Beat) {
        self.line.update(|line| line.beat(beat.now, local_ms()));
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

/// Milliseconds of a clock that no one sets.
fn local_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Listens to an event of the whole page for as long as the page lives.
pub(crate) fn on_document<E: wasm_bindgen::convert::FromWasmAbi + 'static>(name: &str, react: impl FnMut(E) + 'static) {
    use wasm_bindgen::JsCast;
    let react = wasm_bindgen::closure::Closure::<dyn FnMut(E)>::new(react);
    let _ = document().add_event_listener_with_callback(name, react.as_ref().unchecked_ref());
    react.forget();
}
