//! The answers that both ends of a sync give, made of what a snapshot reads.

use engine::sync::{Cell, Mark, Order, Page, Span};

use crate::{
    TableError,
    cover::{Cover, LEVELS, NARROW},
    database::Snapshot,
    span::{below, merged, within},
    tally::{Sum, Tally},
};

/// Rows in one list, 16 MiB of marks.
pub const MOST_LISTED: u64 = 1 << 20;
/// Rows of a piece that an estimate counts.
const SAMPLED: u64 = 1_000;

/// The cells of pieces.
pub async fn cells(snapshot: &mut dyn Snapshot, place: &str, pieces: &[Span]) -> Result<Vec<Cell>, TableError> {
    let mut tally = Tally::over(pieces);
    let cover = Cover::of(&tally.intervals(pieces), snapshot.summarised());
    for (spans, level) in cover.blocks.iter().zip(LEVELS).filter(|(spans, _)| !spans.is_empty()) {
        snapshot.blocks(level, spans, &mut |block, sum| tally.add(block << level, &sum)).await?;
    }
    if cover.blocks.iter().any(|spans| !spans.is_empty()) {
        let mut changed = Vec::new();
        snapshot.changes(&mut |block, sum| changed.push((block, sum))).await?;
        for (block, sum) in changed {
            // Of a block that a bound cuts in two the rows are read.
            if tally.keeps_whole(Span { from: block << NARROW, until: (block + 1) << NARROW }) {
                tally.add(block << NARROW, &sum);
            }
        }
    }
    if !cover.rows.is_empty() {
        snapshot.rows(&cover.rows, &mut |mark| tally.add(mark.version, &Sum::of(mark))).await?;
    }
    tally.cells(pieces).ok_or_else(|| TableError::Crooked { place: place.to_owned() })
}

pub async fn count(snapshot: &mut dyn Snapshot, place: &str, span: Span) -> Result<u64, TableError> {
    let span = below(span, Span::END);
    if span.is_empty() {
        Ok(0)
    } else if snapshot.summarised() {
        Ok(cells(snapshot, place, &[span]).await?.iter().map(|cell| cell.count).sum())
    } else {
        snapshot.count(span).await
    }
}

/// The rows of each span in the order of marks.
pub async fn list(snapshot: &mut dyn Snapshot, place: &str, spans: &[Span]) -> Result<Vec<Vec<Mark>>, TableError> {
    let read = merged(spans.iter().copied());
    let mut expected = 0;
    for span in read.iter().filter(|span| span.width() > MOST_LISTED / read.len() as u64) {
        expected += snapshot.count_few(&[*span], MOST_LISTED + 1).await?.iter().sum::<u64>();
    }
    if expected > MOST_LISTED {
        return Err(TableError::TooMany { place: place.to_owned(), most: MOST_LISTED });
    }
    let mut marks = Vec::new();
    if !read.is_empty() {
        snapshot.rows(&read, &mut |mark| marks.push(mark)).await?;
    }
    marks.sort_unstable();
    Ok(spans.iter().map(|span| within(&marks, *span).to_vec()).collect())
}

/// So many rows, and those of the same version as the last.
pub async fn page(
    snapshot: &mut dyn Snapshot,
    place: &str,
    span: Span,
    order: Order,
    limit: usize,
) -> Result<Page, TableError> {
    let asked = below(span, Span::END);
    let limit = (limit as u64).clamp(1, MOST_LISTED);
    let last = if asked.is_empty() { None } else { snapshot.nth(asked, order, limit - 1).await? };
    let covers = match (last, order) {
        (None, _) => span,
        (Some(version), Order::Ascending) => Span { until: version + 1, ..span },
        (Some(version), Order::Descending) => Span { from: version, ..span },
    };
    let marks = list(snapshot, place, &[below(covers, Span::END)]).await?.concat();
    Ok(Page { covers, marks })
}

/// About how many rows lie in each of so many pieces of the versions in use.
pub async fn map(snapshot: &mut dyn Snapshot, place: &str, pieces: usize) -> Result<Vec<(Span, u64)>, TableError> {
    let Some((low, high)) = snapshot.extremes().await? else { return Ok(Vec::new()) };
    let spans = even(low.unsigned_abs(), high.unsigned_abs(), pieces.max(1) as u64);
    let counts = if snapshot.summarised() {
        cells(snapshot, place, &spans).await?.iter().map(|cell| cell.count).collect()
    } else {
        let total = snapshot.count(Span::ALL).await?;
        let seen =
            if snapshot.indexed() { snapshot.count_few(&spans, SAMPLED).await? } else { vec![SAMPLED; spans.len()] };
        estimate(total, &seen)
    };
    Ok(spans.into_iter().zip(counts).collect())
}

/// Pieces of one width, which is one of blocks if it can be: 64, 128, and so on.
fn even(low: u64, high: u64, pieces: u64) -> Vec<Span> {
    let wanted = ((high - low) / pieces + 1).next_power_of_two();
    let mut width = wanted;
    let mut from = low / width * width;
    while (high - from) / width >= pieces {
        width *= 2;
        from = low / width * width;
    }
    let count = (high - from) / width + 1;
    (0..count).map(|piece| Span { from: from + piece * width, until: from + (piece + 1) * width }).collect()
}

/// What was not counted is spread over the pieces that have more than was counted.
fn estimate(total: u64, seen: &[u64]) -> Vec<u64> {
    let counted: u64 = seen.iter().filter(|rows| **rows < SAMPLED).sum();
    let mut left = total.saturating_sub(counted);
    let mut full = seen.iter().filter(|rows| **rows >= SAMPLED).count() as u64;
    let rows = |seen: &u64| {
        if *seen < SAMPLED {
            return *seen;
        }
        let share = left.div_ceil(full);
        (left, full) = (left - share, full - 1);
        share
    };
    seen.iter().map(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_no_more_pieces_than_asked_and_leaves_nothing_out() {
        for (low, high, pieces) in [(0, 0, 1), (5, 70, 3), (1, 1_000_000, 200), (1 << 62, (1 << 63) - 1, 7), (3, 3, 9)]
        {
            let spans = even(low, high, pieces);
            assert!(spans.len() as u64 <= pieces, "{} of {pieces}", spans.len());
            assert!(spans[0].contains(low) && spans[spans.len() - 1].contains(high));
            assert!(spans.windows(2).all(|pair| pair[0].until == pair[1].from));
        }
    }

    #[test]
    fn an_estimate_adds_up_to_what_there_is() {
        assert_eq!(estimate(10_000, &[1_000, 20, 1_000, 0]), [4_990, 20, 4_990, 0]);
        assert_eq!(estimate(4, &[1_000, 1_000, 1_000]), [2, 1, 1]);
        assert_eq!(estimate(5, &[2, 3]), [2, 3]);
    }
}
