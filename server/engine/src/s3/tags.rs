//! The tags of an object, where they must be read: a store that copies by itself in one request brings them along.
//!
//! Always: they are asked for only where the object says that it has some. Where they cannot be read, their object is
//! not cloned, unless whoever ordered the clone said that it may go without.

use model::{BucketName, Key};

use super::{
    Action, Failed, S3Client, S3Error, S3Fault, blank::sendable, classify::Context, encoding::tagging, head::LIMIT,
};

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

impl S3Client {
    /// As the tagging header spells them; `count` is what the object says of itself. One attempt.
    pub(super) async fn tags(
        &self,
        bucket: &BucketName,
        key: &Key,
        count: Option<i32>,
    ) -> Result<Option<String>, S3Error> {
        if count.unwrap_or_default() == 0 {
            return Ok(None);
        }
        let context = self.context(Action::ReadTags, Some(bucket));
        let error = match self.read_tags(&context, bucket, key).await {
            Ok(tags) => return Ok(Some(tags)),
            Err(error) => error,
        };
        match self.unreadable_tags {
            UnreadableTags::Fail => Err(error),
            _ if !error.denied() && !unknown(error.fault()) => Err(error),
            UnreadableTags::Warn => {
                tracing::warn!(%error, key = key.as_str(), "cloned without its tags");
                Ok(None)
            }
            UnreadableTags::Ignore => Ok(None),
        }
    }

    /// Of an object that has some, so that two objects with the same tags answer the same.
    pub async fn sorted_tags(&self, bucket: &BucketName, key: &Key) -> Result<Vec<String>, Failed> {
        let context = self.context(Action::ReadTags, Some(bucket));
        let tags = self.retry.send(&context, LIMIT, || self.read_tags(&context, bucket, key)).await?;
        let mut tags: Vec<String> = tags.split('&').map(str::to_owned).collect();
        tags.sort_unstable();
        Ok(tags)
    }

    async fn read_tags(&self, context: &Context, bucket: &BucketName, key: &Key) -> Result<String, S3Error> {
        let answer = self.client.get_object_tagging().bucket(bucket.as_str()).key(sendable(key)).send().await;
        let tags = answer.map_err(|error| context.classify(&error))?;
        Ok(tagging(tags.tag_set().iter().map(|tag| (tag.key(), tag.value()))))
    }
}

fn unknown(fault: &S3Fault) -> bool {
    matches!(fault, S3Fault::Other(answer) if answer.status == 501)
}
