//! Coverage: the part of the key space that an evaluation compared, shown as a map.
//!
//! Always: a piece counts as verified only if all of its rows were compared and none is known to differ.

use model::SpanState;

use super::span::Span;

/// Within `scanned`, everything outside `open` agrees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Versions compared; empty if none were.
    pub scanned: Span,
    /// Differing versions, and spans that contain a difference, in any order.
    pub open: Vec<Span>,
}

impl Coverage {
    /// State of a piece; `None` if it was not compared completely.
    pub fn of(&self, piece: Span) -> Option<SpanState> {
        let overlapping = |open: &&Span| open.from < piece.until && piece.from < open.until;
        let inside = self.scanned.from <= piece.from && piece.until <= self.scanned.until;
        let mut open = self.open.iter().filter(overlapping).peekable();
        let look = if open.peek().is_none() {
            SpanState::Verified
        } else if open.any(|open| open.width() <= piece.width()) {
            SpanState::Differing
        } else {
            // The piece lies in a larger span that differs somewhere.
            SpanState::NotYet
        };
        inside.then_some(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn piece_differs_if_it_contains_a_difference() {
        let span = |from, until| Span { from, until };
        let coverage = Coverage { scanned: span(0, 400), open: vec![span(100, 300), span(310, 311)] };
        let of = |from, until| coverage.of(span(from, until));
        assert_eq!(of(0, 100), Some(SpanState::Verified));
        assert_eq!(of(100, 150), Some(SpanState::NotYet), "the differing part of the span is not known");
        assert_eq!(of(50, 300), Some(SpanState::Differing));
        assert_eq!(of(300, 320), Some(SpanState::Differing));
        assert_eq!(of(350, 450), None);
        assert_eq!(Coverage::default().of(span(0, 1)), None);
    }
}
