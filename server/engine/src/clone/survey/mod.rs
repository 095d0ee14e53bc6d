//! Reads both listings, by as many readers as find something to read, and shows each pair of objects once.
//!
//! A listing goes on page by page, each begun where the one before ended: one reader gets a thousand keys a round trip,
//! whatever the store could do. So readers share the keys among themselves: each reads a part, and who has nothing to
//! read takes the upper half of another's ([`parts`]). Where to cut is guessed from the keys seen so far ([`split`]), so
//! it needs no folders in the keys, and none that are no folders mislead it.
//!
//! Always: a survey is whole or an error, unless the visitor has had enough. Either ends it for all readers.

mod parts;
mod split;

use std::sync::Arc;

use tokio::task::JoinSet;

use self::parts::{Parts, Share};
use super::{
    CloneError,
    merge::{Merge, Pair},
    sides::Sides,
};
use crate::s3::Order;

/// Readers at most; each holds up to six pages of a thousand objects.
const READERS: usize = 12;

/// Who looks at what is read.
pub(super) trait Visitor: Send + Sync + 'static {
    /// A pair of the part with this label, in the order of its keys. False: enough, nobody listens any more.
    fn see(&self, label: usize, pair: Pair) -> impl Future<Output = bool> + Send;

    /// The part is cut in two; answers the label of the upper half. `None`: it must stay whole.
    fn cut(&self, label: usize, at: &str) -> Option<usize>;

    /// A part has been seen to its end.
    fn seen(&self, label: usize);
}

/// What is to be read: label, the key to begin after, and the last one, both without the prefix.
pub(super) type Part = (usize, Option<String>, Option<String>);

/// Shows the visitor all that these parts hold.
pub(super) async fn survey(
    sides: &Arc<Sides>,
    parts: impl IntoIterator<Item = Part>,
    visitor: &Arc<impl Visitor>,
) -> Result<(), CloneError> {
    let parts = Arc::new(Parts::new(parts));
    let mut readers = JoinSet::new();
    // A sorted listing is read whole by each of its readers.
    let most = if sides.order() == Order::Any { 1 } else { READERS };
    for _ in 0..most {
        let (sides, parts, visitor) = (Arc::clone(sides), Arc::clone(&parts), Arc::clone(visitor));
        readers.spawn(async move {
            while let Some(share) = parts.next(|label, at| visitor.cut(label, at)).await {
                if !read(&sides, &parts, &share, visitor.as_ref()).await? {
                    return Ok(false);
                }
            }
            Ok::<_, CloneError>(true)
        });
    }
    let mut outcome = Ok(());
    while let Some(ended) = readers.join_next().await {
        match ended.map_err(CloneError::from).flatten() {
            Ok(true) => {}
            Ok(false) => break, // the others would read for nobody, or wait for the part that was left
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    // Whoever begins again must not meet those of before.
    readers.shutdown().await;
    outcome
}

async fn read(sides: &Sides, parts: &Parts, share: &Share, visitor: &impl Visitor) -> Result<bool, CloneError> {
    let mut merge = Merge::open(sides, share.after.as_deref(), share.last.as_deref());
    while let Some(pair) = merge.next().await? {
        if !parts.claim(share, merge.at()) {
            break;
        }
        if !visitor.see(share.label, pair).await {
            return Ok(false);
        }
    }
    visitor.seen(share.label);
    parts.read(share);
    Ok(true)
}
