//! What an evaluation has seen of the key space, for a map of it.
//!
//! Always: a piece is called verified only where every row of it was compared and agrees.

use model::SpanState;

use super::span::Span;

/// Within what an evaluation looked at, all that is not open agrees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Nothing, if it is empty.
    pub scanned: Span,
    /// What is known to differ, in any order: single versions, and spans in which something does.
    pub open: Vec<Span>,
}

impl Coverage {
    /// What is known of a piece; `None` if it was not looked at.
    pub fn of(&self, piece: Span) -> Option<SpanState> {
        let overlapping = |open: &&Span| open.from < piece.until && piece.from < open.until;
        let inside = self.scanned.from <= piece.from && piece.until <= self.scanned.until;
        let mut open = self.open.iter().filter(overlapping).peekable();
        let look = if open.peek().is_none() {
            SpanState::Verified
        } else if open.any(|open| open.width() <= piece.width()) {
            SpanState::Differing
        } else {
            // It lies in something larger that differs somewhere.
            SpanState::NotYet
        };
        inside.then_some(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_differs_where_something_no_larger_does() {
        let span = |from, until| Span { from, until };
        let coverage = Coverage { scanned: span(0, 400), open: vec![span(100, 300), span(310, 311)] };
        let of = |from, until| coverage.of(span(from, until));
        assert_eq!(of(0, 100), Some(SpanState::Verified));
        assert_eq!(of(100, 150), Some(SpanState::NotYet), "which part of it is not known");
        assert_eq!(of(50, 300), Some(SpanState::Differing));
        assert_eq!(of(300, 320), Some(SpanState::Differing));
        assert_eq!(of(350, 450), None);
        assert_eq!(Coverage::default().of(span(0, 1)), None);
    }
}
