//! What a caller may choose about the running of a clone; except the keys, none of it changes the result.

use std::sync::Arc;

use crate::{listing::KeyList, s3::Threshold};

#[derive(Clone, Debug)]
pub struct Options {
    /// Most copies in flight; the run finds out how many raise the throughput.
    pub concurrency: usize,
    /// Whether to compare both listings at the end. Without it there is no proof.
    pub verify: bool,
    /// Size above which objects are copied in parts, several at once.
    pub multipart_threshold: Threshold,
    /// The keys of the source to clone; `None` for all that the store lists. The selection says which list it is.
    pub keys: Option<Arc<KeyList>>,
}
