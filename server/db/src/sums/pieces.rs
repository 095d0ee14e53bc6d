//! Divides a window into stored intervals, as wide as fit, and the ends that no interval fits into.

use super::WIDTHS;

/// A part of a window. Pieces of one window are adjacent and cover it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Width in milliseconds of the intervals to read; `None` to read the runs themselves.
    pub width: Option<i64>,
    pub from: i64,
    pub to: i64,
}

/// The pieces of `[from, to)` with intervals up to `widest`; at most seven.
pub fn pieces(from: i64, to: i64, widest: i64) -> Vec<Piece> {
    let widths: Vec<i64> = WIDTHS.into_iter().filter(|width| *width <= widest).collect();
    let mut pieces = Vec::new();
    split(from, to, &widths, &mut pieces);
    pieces
}

fn split(from: i64, to: i64, widths: &[i64], pieces: &mut Vec<Piece>) {
    if from >= to {
        return;
    }
    let Some((width, narrower)) = widths.split_last() else {
        pieces.push(Piece { width: None, from, to });
        return;
    };
    let (first, last) = (from.div_euclid(*width) + i64::from(from.rem_euclid(*width) > 0), to.div_euclid(*width));
    if first < last {
        split(from, first * width, narrower, pieces);
        pieces.push(Piece { width: Some(*width), from: first * width, to: last * width });
        split(last * width, to, narrower, pieces);
    } else {
        split(from, to, narrower, pieces);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_cover_the_window_once(from in -400_000_000_i64..400_000_000, length in 1..400_000_000_i64, widest in 0..3_usize) {
            let to = from + length;
            let pieces = pieces(from, to, WIDTHS[widest]);
            prop_assert!(pieces.len() <= 7);
            prop_assert_eq!((pieces[0].from, pieces[pieces.len() - 1].to), (from, to));
            prop_assert!(pieces.windows(2).all(|pair| pair[0].to == pair[1].from));
            for piece in pieces {
                prop_assert!(piece.from < piece.to);
                match piece.width {
                    Some(width) => prop_assert_eq!((piece.from % width, piece.to % width), (0, 0)),
                    None => prop_assert!(piece.to - piece.from < 2 * WIDTHS[0]),
                }
            }
        }
    }
}
