//! Reads the tags of an object, where a copy does not carry them by itself.
//!
//! Always: they are read only if a HEAD says that the object has some. If they cannot be read or written, the object is
//! not cloned, unless the clone's options allow copies without tags.

use model::{BucketName, Key, UnreadableTags};

use super::{
    Action, Failed, S3Client, S3Error, S3Fault, blank::sendable, classify::Context, encoding::tagging, head::LIMIT,
};

impl S3Client {
    /// Fails if the tags of this object may not be read: a GET then does not count them, as if there were none.
    pub async fn tells_tags(&self, bucket: &BucketName, key: &Key) -> Result<(), S3Error> {
        match self.sorted_tags(bucket, key).await.map_err(S3Error::from) {
            Err(error) if error.denied() || error.fatal() => Err(error),
            // Deleted since it was listed, or a store that has no tags.
            _ => Ok(()),
        }
    }

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
        if !self.may_drop_tags(&error) {
            return Err(error);
        }
        self.note_dropped_tags(key, &error);
        Ok(None)
    }

    /// Whether the clone allows copies without tags, and this refusal may be about tags: a permission is missing, or the
    /// store has none. The same request without tags shows whether it was.
    pub(super) fn may_drop_tags(&self, error: &S3Error) -> bool {
        let refused = error.denied() || (!error.worth_repeating(1, 2) && unknown(error.fault()));
        self.unreadable_tags != UnreadableTags::Fail && refused
    }

    fn note_dropped_tags(&self, key: &Key, error: &S3Error) {
        if self.unreadable_tags == UnreadableTags::Warn {
            tracing::warn!(%error, key = key.as_str(), "cloned without its tags");
        }
    }

    /// Result of a write that was refused with tags, after it was sent again without: if it is refused all the same, it was
    /// not for the tags, and the first answer says why.
    pub(super) fn unless_tags<T>(&self, key: &Key, refused: Failed, again: Result<T, Failed>) -> Result<T, Failed> {
        match again {
            Ok(written) => {
                self.note_dropped_tags(key, &refused.error);
                Ok(written)
            }
            Err(again) if self.may_drop_tags(&again.error) => Err(refused.and(&again)),
            Err(again) => Err(again.and(&refused)),
        }
    }

    /// Tags in the order of their names; `None` if they cannot be read and the clone allows copies without them.
    pub async fn tags_to_compare(&self, bucket: &BucketName, key: &Key) -> Result<Option<Vec<String>>, Failed> {
        match self.sorted_tags(bucket, key).await {
            Err(failed) if self.may_drop_tags(&failed.error) => Ok(None),
            tags => tags.map(Some),
        }
    }

    /// Tags in the order of their names, so that two objects with the same tags give the same value.
    async fn sorted_tags(&self, bucket: &BucketName, key: &Key) -> Result<Vec<String>, Failed> {
        let context = self.context(Action::ReadTags, Some(bucket));
        let tags = self.retry.send(&context, LIMIT, || self.read_tags(&context, bucket, key)).await?;
        let mut tags: Vec<String> = tags.split('&').map(str::to_owned).collect();
        tags.sort_unstable();
        Ok(tags)
    }

    async fn read_tags(&self, context: &Context, bucket: &BucketName, key: &Key) -> Result<String, S3Error> {
        let answer = self.client.get_object_tagging().bucket(bucket.as_str()).key(sendable(key)).send().await;
        let tags = match answer.map_err(|error| context.classify(&error)) {
            // As some stores say that there is none.
            Err(error) if error.fault().is_answer("NoSuchTagSet") => return Ok(String::new()),
            answer => answer?,
        };
        Ok(tagging(tags.tag_set().iter().map(|tag| (tag.key(), tag.value()))))
    }
}

/// Codes of a request that was spoilt on its way, which says nothing of tags.
const SPOILT: [&str; 4] = ["BadDigest", "IncompleteBody", "InvalidDigest", "XAmzContentSHA256Mismatch"];

fn unknown(fault: &S3Fault) -> bool {
    let S3Fault::Other(answer) = fault else { return false };
    matches!(answer.status, 400 | 405 | 501) && !SPOILT.contains(&answer.code.as_str())
}
