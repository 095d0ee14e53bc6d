//! Reads a dual listing with as many readers as find something to read, and shows each pair of objects once.
//!
//! A listing goes on page by page, each begun where the one before ended: one reader gets a thousand keys a round trip,
//! whatever the store could do. So readers share the keys among themselves: each reads a range, and a reader that has
//! nothing to read takes the upper half of another's ([`super::ranges`]). The split point is guessed from the keys seen
//! so far ([`super::split`]), so it needs no folders in the keys, and slashes that are not folders do not mislead it.
//!
//! Always: a dual listing is complete or an error, unless the visitor stops it. Either ends it for all readers.

use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use super::{
    LabelledRange, Listings, Pair,
    ranges::{Assignment, SharedRanges},
};
use crate::s3::{Order, S3Error};

/// Most readers of one dual listing; each holds up to six pages of a thousand objects.
const READERS: usize = 12;

/// Receives the pairs of a dual listing, from several readers at once.
pub(crate) trait PairVisitor: Send + Sync + 'static {
    /// Receives a pair of the range with this label, in the order of its keys. False stops all readers.
    fn visit(&self, label: usize, pair: Pair) -> impl Future<Output = bool> + Send;

    /// Splits the range at this key; returns the label of the upper half. `None` keeps it as it is.
    fn split(&self, label: usize, at: &str) -> Option<usize>;

    /// A range was read to its end.
    fn finished(&self, label: usize);
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum DualListingError {
    #[error(transparent)]
    Store(#[from] S3Error),
    #[error(transparent)]
    Reader(#[from] JoinError),
}

/// Shows the visitor all pairs of these ranges.
pub(crate) async fn read_pairs(
    listings: Listings,
    ranges: impl IntoIterator<Item = LabelledRange>,
    visitor: &Arc<impl PairVisitor>,
) -> Result<(), DualListingError> {
    // A sorted listing is read to its end by each of its readers, and named keys are found many at a time by one.
    let most = if listings.order == Order::Any || listings.source.named.is_some() { 1 } else { READERS };
    let (listings, ranges) = (Arc::new(listings), Arc::new(SharedRanges::new(ranges)));
    let mut readers = JoinSet::new();
    for _ in 0..most {
        let (listings, ranges, visitor) = (Arc::clone(&listings), Arc::clone(&ranges), Arc::clone(visitor));
        readers.spawn(async move {
            while let Some(assigned) = ranges.next(|label, at| visitor.split(label, at)).await {
                if !read(&listings, &ranges, &assigned, visitor.as_ref()).await? {
                    return Ok(false);
                }
            }
            Ok::<_, DualListingError>(true)
        });
    }
    let mut outcome = Ok(());
    while let Some(ended) = readers.join_next().await {
        match ended.map_err(DualListingError::from).flatten() {
            Ok(true) => {}
            Ok(false) => break, // the others would read for nobody, or wait for the range that was left
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    // A caller that begins again must not meet these readers.
    readers.shutdown().await;
    outcome
}

async fn read(
    listings: &Listings,
    ranges: &SharedRanges,
    assigned: &Assignment,
    visitor: &impl PairVisitor,
) -> Result<bool, DualListingError> {
    let mut pairs = listings.read(&assigned.range);
    while let Some(pair) = pairs.next().await? {
        if !ranges.claim(assigned, pairs.at()) {
            break;
        }
        if !visitor.visit(assigned.label, pair).await {
            return Ok(false);
        }
    }
    visitor.finished(assigned.label);
    ranges.finish(assigned);
    Ok(true)
}
