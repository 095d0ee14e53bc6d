//! The map of a table's key space: pieces side by side, with what the evaluations found out about each.

use std::time::Duration;

use engine::sync::{Coverage, Span};
use model::{KeySpan, SpanState};
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

/// Pieces of the map that a page shows.
const PIECES: usize = 256;
/// Pause between two counts of the rows; counting takes one part in a hundred of the time, at most.
const STALE: Duration = Duration::from_mins(1);
const SHARE: u32 = 100;
/// How long a count may hold up an evaluation.
const COUNT_WITHIN: Duration = Duration::from_secs(2);

/// The last stored map, from any process.
#[derive(Debug, Default)]
pub struct KeyMap {
    pieces: Vec<KeySpan>,
    /// When the rows were counted, and how long it took.
    counted: Option<(Instant, Duration)>,
}

impl KeyMap {
    /// Continues from the stored map.
    pub fn know(&mut self, kept: Vec<KeySpan>) {
        if self.pieces.is_empty() {
            self.pieces = kept;
        }
    }

    /// Counts the rows of each piece again, if the last count is old. The state of a piece is kept for the new pieces
    /// that it covers.
    pub async fn count(&mut self, table: &tables::Table) {
        if self.counted.is_some_and(|(at, took)| at.elapsed() < STALE.max(took * SHARE)) {
            return;
        }
        let began = Instant::now();
        match timeout(COUNT_WITHIN, table.blocks(PIECES)).await {
            Ok(Ok(blocks)) => self.lay(&blocks),
            Err(_) => debug!("where the rows of the table lie takes too long to read"),
            Ok(Err(error)) => warn!(%error, "rows not counted for the map; the last map stays"),
        }
        self.counted = Some((Instant::now(), began.elapsed()));
    }

    fn lay(&mut self, blocks: &[(Span, u64)]) {
        let piece = |(span, rows): &(Span, u64)| {
            let look = self.known(*span);
            KeySpan { from: span.from, until: span.until, rows: Some(*rows), look }
        };
        self.pieces = blocks.iter().map(piece).collect();
    }

    /// The common state of all pieces that a span touches.
    fn known(&self, span: Span) -> SpanState {
        let touching = |piece: &&KeySpan| piece.from < span.until && span.from < piece.until;
        let mut looks = self.pieces.iter().filter(touching).map(|piece| piece.look).peekable();
        let covered = self.pieces.first().is_some_and(|first| first.from <= span.from)
            && self.pieces.last().is_some_and(|last| span.until <= last.until);
        if covered && looks.peek().is_some() && looks.all(|look| look == SpanState::Verified) {
            SpanState::Verified
        } else {
            SpanState::NotYet
        }
    }

    /// Takes what an evaluation has seen; pieces that it did not compare keep their state.
    pub fn see(&mut self, coverage: &Coverage) -> Vec<KeySpan> {
        for piece in &mut self.pieces {
            let seen = coverage.of(Span { from: piece.from, until: piece.until });
            piece.look = seen.unwrap_or(piece.look);
        }
        self.pieces.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: u64, until: u64) -> Span {
        Span { from, until }
    }

    #[test]
    fn verified_pieces_stay_verified_on_a_new_map() {
        let mut map = KeyMap::default();
        map.lay(&[(span(0, 100), 90), (span(100, 200), 100)]);
        let seen = map.see(&Coverage { scanned: span(0, 200), open: vec![span(150, 151)] });
        assert_eq!(
            seen.iter().map(|piece| piece.look).collect::<Vec<_>>(),
            [SpanState::Verified, SpanState::Differing]
        );
        map.lay(&[(span(0, 50), 40), (span(50, 150), 100), (span(150, 250), 80)]);
        let looks = |map: &KeyMap| map.pieces.iter().map(|piece| piece.look).collect::<Vec<_>>();
        assert_eq!(looks(&map), [SpanState::Verified, SpanState::NotYet, SpanState::NotYet]);
        map.see(&Coverage { scanned: span(50, 250), open: Vec::new() });
        assert_eq!(looks(&map), [SpanState::Verified; 3]);
    }

    #[test]
    fn map_continues_from_stored_one() {
        let mut map = KeyMap::default();
        map.know(vec![KeySpan { from: 0, until: 9, rows: None, look: SpanState::Verified }]);
        map.know(Vec::new());
        assert_eq!(map.see(&Coverage::default())[0].look, SpanState::Verified);
    }
}
