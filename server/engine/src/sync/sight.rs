//! What an evaluation has seen of the key space, for a map of it.
//!
//! Always: a piece is called verified only where every row of it was compared and agrees.

use model::Look;

use super::span::Span;

/// Within what an evaluation looked at, all that is not open agrees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Nothing, if it is empty.
    pub looked: Span,
    /// What is known to differ, in any order: single versions, and spans in which something does.
    pub open: Vec<Span>,
}

impl Sight {
    /// What is known of a piece; `None` if it was not looked at.
    pub fn of(&self, piece: Span) -> Option<Look> {
        let overlapping = |open: &&Span| open.from < piece.until && piece.from < open.until;
        let inside = self.looked.from <= piece.from && piece.until <= self.looked.until;
        let mut open = self.open.iter().filter(overlapping).peekable();
        let look = if open.peek().is_none() {
            Look::Verified
        } else if open.any(|open| open.width() <= piece.width()) {
            Look::Differing
        } else {
            // It lies in something larger that differs somewhere.
            Look::NotYet
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
        let sight = Sight { looked: span(0, 400), open: vec![span(100, 300), span(310, 311)] };
        let of = |from, until| sight.of(span(from, until));
        assert_eq!(of(0, 100), Some(Look::Verified));
        assert_eq!(of(100, 150), Some(Look::NotYet), "which part of it is not known");
        assert_eq!(of(50, 300), Some(Look::Differing));
        assert_eq!(of(300, 320), Some(Look::Differing));
        assert_eq!(of(350, 450), None);
        assert_eq!(Sight::default().of(span(0, 1)), None);
    }
}
