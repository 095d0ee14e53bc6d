//! The state of the event stream: connection and counts, as signals for the status line.

use leptos::prelude::*;
use model::{Beat, Counts};

use super::{clocks, document::local_ms, line::Line};

/// The state of the event stream, for the status line.
#[derive(Clone, Copy)]
pub struct Live {
    pub line: RwSignal<Line>,
    pub counts: RwSignal<Option<Counts>>,
}

impl Live {
    /// The state before the stream is open: the counts that the page was rendered with.
    pub(super) fn new(counts: Option<Counts>) -> Self {
        Self { line: RwSignal::default(), counts: RwSignal::new(counts) }
    }

    pub(super) fn heartbeat(self, beat: Beat) {
        self.line.update(|line| line.heartbeat(beat.now, local_ms()));
        if self.counts.get_untracked() != Some(beat.counts) {
            self.counts.set(Some(beat.counts));
        }
    }

    pub(super) fn tick(self) {
        self.line.update(|line| line.tick(local_ms()));
        if let Some(now) = self.line.with_untracked(Line::server_time) {
            clocks::tick(now);
        }
    }
}
