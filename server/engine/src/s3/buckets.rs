//! Quick requests for a user who picks a place: list the buckets, peek into one.

use std::time::Duration;

use model::{BucketName, Key, Prefix};

use super::{
    Action, S3Client, S3Error,
    list::{Order, Start},
};

const LIMIT: Duration = Duration::from_secs(10);

impl S3Client {
    /// Lists the buckets; `None` where that is denied but the endpoint answers. At most 10,000, one page.
    pub async fn buckets(&self) -> Result<Option<Vec<BucketName>>, S3Error> {
        let context = self.context(Action::ListBuckets, None);
        let request = || async {
            let answer = self.client.list_buckets().send().await.map_err(|error| context.classify(&error))?;
            let names = answer.buckets().iter().filter_map(|bucket| bucket.name()?.parse().ok());
            Ok(names.collect())
        };
        match self.hasty().retry.send(&context, LIMIT, request).await.map_err(S3Error::from) {
            Err(error) if error.denied() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Returns the first keys under a prefix, as a quick check that a place can be read.
    pub async fn peek(&self, bucket: &BucketName, prefix: &Prefix, most: u16) -> Result<Vec<Key>, S3Error> {
        let hasty = self.hasty();
        let page = hasty.page_of(i32::from(most), None, Order::Any, bucket, prefix, &Start::Key(None)).await?;
        Ok(page.objects.into_iter().map(|object| object.key).collect())
    }
}
