//! Reads the tags of an object, where a copy does not carry them by itself.
//!
//! Always: they are read only if a HEAD says that the object has some. If they cannot be read, the object is not cloned,
//! unless the clone's options allow copies without tags.

use model::{BucketName, Key};

use super::{
    Action, Failed, S3Client, S3Error, S3Fault, blank::sendable, classify::Context, encoding::tagging, head::LIMIT,
};

/// What to do with an object whose tags cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnreadableTags {
    /// The object fails.
    #[default]
    Fail,
    /// Copies it without tags, and logs that.
    Warn,
    /// Copies it without tags.
    Ignore,
}

impl S3Client {
    /// Value of the tagging header; `count` is the number of tags by HEAD. One attempt.
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

    /// Tags in the order of their names, so that two objects with the same tags give the same value.
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
