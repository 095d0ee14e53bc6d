//! Answers of a table endpoint, built from the rows and blocks of one snapshot.

use engine::sync::{Cell, Mark, Order, Page, Span};

use crate::{
    TableError,
    database::Snapshot,
    range_sums::{RangeSums, Sum},
    read_plan::{LEVELS, NARROW, ReadPlan},
    span::{below, merged, within},
};

/// Most rows in one list: 16 MiB of marks.
pub const MAX_LISTED_ROWS: u64 = 1 << 20;
/// Most rows per piece that an estimate counts.
const SAMPLE_ROWS: u64 = 1_000;

/// The cells of the pieces, in their order.
pub async fn cells(snapshot: &mut dyn Snapshot, location: &str, pieces: &[Span]) -> Result<Vec<Cell>, TableError> {
    let mut sums = RangeSums::over(pieces);
    let plan = ReadPlan::of(&sums.intervals(pieces), snapshot.summarised());
    for (spans, level) in plan.blocks.iter().zip(LEVELS).filter(|(spans, _)| !spans.is_empty()) {
        snapshot.blocks(level, spans, &mut |block, sum| sums.add(block << level, &sum)).await?;
    }
    if plan.blocks.iter().any(|spans| !spans.is_empty()) {
        let mut changed = Vec::new();
        snapshot.changes(&mut |block, sum| changed.push((block, sum))).await?;
        for (block, sum) in changed {
            // A block that a bound cuts in two is read from rows instead.
            if sums.keeps_whole(Span { from: block << NARROW, until: (block + 1) << NARROW }) {
                sums.add(block << NARROW, &sum);
            }
        }
    }
    if !plan.rows.is_empty() {
        snapshot.rows(&plan.rows, &mut |mark| sums.add(mark.version, &Sum::of(mark))).await?;
    }
    sums.cells(pieces).ok_or_else(|| TableError::SummariesMismatch { location: location.to_owned() })
}

/// Number of rows in a span.
pub async fn count(snapshot: &mut dyn Snapshot, location: &str, span: Span) -> Result<u64, TableError> {
    let span = below(span, Span::END);
    if span.is_empty() {
        Ok(0)
    } else if snapshot.summarised() {
        Ok(cells(snapshot, location, &[span]).await?.iter().map(|cell| cell.count).sum())
    } else {
        snapshot.count(span).await
    }
}

/// The rows of each span in the order of marks.
pub async fn list(snapshot: &mut dyn Snapshot, location: &str, spans: &[Span]) -> Result<Vec<Vec<Mark>>, TableError> {
    let read = merged(spans.iter().copied());
    let mut expected = 0;
    for span in read.iter().filter(|span| span.width() > MAX_LISTED_ROWS / read.len() as u64) {
        expected += snapshot.count_few(&[*span], MAX_LISTED_ROWS + 1).await?.iter().sum::<u64>();
    }
    if expected > MAX_LISTED_ROWS {
        return Err(TableError::TooMany { location: location.to_owned(), most: MAX_LISTED_ROWS });
    }
    let mut marks = Vec::new();
    if !read.is_empty() {
        snapshot.rows(&read, &mut |mark| marks.push(mark)).await?;
    }
    marks.sort_unstable();
    Ok(spans.iter().map(|span| within(&marks, *span).to_vec()).collect())
}

/// About `limit` rows from the start or the end of a span, with all rows of the last version.
pub async fn page(
    snapshot: &mut dyn Snapshot,
    location: &str,
    span: Span,
    order: Order,
    limit: usize,
) -> Result<Page, TableError> {
    let requested = below(span, Span::END);
    let limit = (limit as u64).clamp(1, MAX_LISTED_ROWS);
    let last = if requested.is_empty() { None } else { snapshot.nth(requested, order, limit - 1).await? };
    let covers = match (last, order) {
        (None, _) => span,
        (Some(version), Order::Ascending) => Span { until: version + 1, ..span },
        (Some(version), Order::Descending) => Span { from: version, ..span },
    };
    let marks = list(snapshot, location, &[below(covers, Span::END)]).await?.concat();
    Ok(Page { covers, marks })
}

/// Splits the versions in use into at most `pieces` spans, each with its approximate row count.
pub async fn map(snapshot: &mut dyn Snapshot, location: &str, pieces: usize) -> Result<Vec<(Span, u64)>, TableError> {
    let Some((low, high)) = snapshot.extremes().await? else { return Ok(Vec::new()) };
    let spans = even(low.unsigned_abs(), high.unsigned_abs(), pieces.max(1) as u64);
    let counts = if snapshot.summarised() {
        cells(snapshot, location, &spans).await?.iter().map(|cell| cell.count).collect()
    } else {
        let total = snapshot.count(Span::ALL).await?;
        let seen = if snapshot.indexed() {
            snapshot.count_few(&spans, SAMPLE_ROWS).await?
        } else {
            vec![SAMPLE_ROWS; spans.len()]
        };
        estimate(total, &seen)
    };
    Ok(spans.into_iter().zip(counts).collect())
}

/// At most `pieces` adjacent spans of one power-of-two width that contain both versions.
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

/// Spreads the uncounted rows evenly over the pieces that reached the sample size.
fn estimate(total: u64, seen: &[u64]) -> Vec<u64> {
    let counted: u64 = seen.iter().filter(|rows| **rows < SAMPLE_ROWS).sum();
    let mut left = total.saturating_sub(counted);
    let mut full = seen.iter().filter(|rows| **rows >= SAMPLE_ROWS).count() as u64;
    let rows = |seen: &u64| {
        if *seen < SAMPLE_ROWS {
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
    fn map_covers_all_versions_within_the_piece_limit() {
        for (low, high, pieces) in [(0, 0, 1), (5, 70, 3), (1, 1_000_000, 200), (1 << 62, (1 << 63) - 1, 7), (3, 3, 9)]
        {
            let spans = even(low, high, pieces);
            assert!(spans.len() as u64 <= pieces, "{} of {pieces}", spans.len());
            assert!(spans[0].contains(low) && spans[spans.len() - 1].contains(high));
            assert!(spans.windows(2).all(|pair| pair[0].until == pair[1].from));
        }
    }

    #[test]
    fn estimate_adds_up_to_the_total() {
        assert_eq!(estimate(10_000, &[1_000, 20, 1_000, 0]), [4_990, 20, 4_990, 0]);
        assert_eq!(estimate(4, &[1_000, 1_000, 1_000]), [2, 1, 1]);
        assert_eq!(estimate(5, &[2, 3]), [2, 3]);
    }
}
