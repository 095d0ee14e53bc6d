//! The tags of an object, where they must be read: a store that copies by itself in one request brings them along.
//!
//! Always: they are asked for only where the object says that it has some. Where they cannot be read, their object is
//! not cloned, unless whoever ordered the clone said that it may go without.

use model::{BucketName, Key};

use super::{Action, Fault, Store, StoreError, blank::sendable, encoding::tagging};

/// What becomes of an object whose tags the store denies, or does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnreadableTags {
    /// It fails.
    #[default]
    Fail,
    /// It goes without them, which is logged.
    Warn,
    /// It goes without them.
    Ignore,
}

impl Store {
    /// As the tagging header spells them; `count` is what the object says of itself. One attempt.
    pub(super) async fn tags(
        &self,
        bucket: &BucketName,
        key: &Key,
        count: Option<i32>,
    ) -> Result<Option<String>, StoreError> {
        if count.unwrap_or_default() == 0 {
            return Ok(None);
        }
        let context = self.context(Action::ReadTags, Some(bucket));
        let answer = self.client.get_object_tagging().bucket(bucket.as_str()).key(sendable(key)).send().await;
        let error = match answer.map_err(|error| context.classify(&error)) {
            Ok(answer) => return Ok(Some(tagging(answer.tag_set().iter().map(|tag| (tag.key(), tag.value()))))),
            Err(error) => error,
        };
        match self.unreadable_tags {
            UnreadableTags::Fail => Err(error),
            _ if !for_good(error.fault()) => Err(error),
            UnreadableTags::Warn => {
                tracing::warn!(%error, key = key.as_str(), "cloned without its tags");
                Ok(None)
            }
            UnreadableTags::Ignore => Ok(None),
        }
    }
}

fn for_good(fault: &Fault) -> bool {
    match fault {
        Fault::Denied => true,
        Fault::Other(answer) => answer.status == 501,
        _ => false,
    }
}
