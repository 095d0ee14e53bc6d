//! A look at the source before it is copied in parts: what it carries, and where it was cut.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;

use super::{
    InParts,
    layout::{Cut, Layout},
};
use crate::s3::{Action, ETag, Failed, Fault, Listed, StoreError, blank::sendable, carried::Carried, head::LIMIT};

pub struct Seen {
    /// As listed, its ETag known for sure.
    pub object: Listed,
    pub carried: Carried,
    pub layout: Layout,
}

impl InParts<'_> {
    /// Of an object that came in parts the first one is asked for: the answer tells its size, and what the whole object
    /// carries. A store that knows no parts is asked once more without.
    pub(super) async fn look(&self) -> Result<Seen, Failed> {
        let parts = self.object.etag.as_ref().and_then(ETag::parts);
        let head = match self.head(parts.map(|_| 1)).await {
            Err(Failed { error, .. }) if parts.is_some() && matches!(error.fault(), Fault::Other(_)) => {
                self.head(None).await?
            }
            answered => answered?,
        };
        let context = self.source.context(Action::Head, Some(self.from));
        let refuse = |error: StoreError| Failed { error, attempts: 1 };
        let Some(etag) = head.e_tag().and_then(ETag::parse) else {
            return Err(refuse(context.unclear("the object has no ETag: its parts could be of two versions")));
        };
        let length = head.content_length().and_then(|length| u64::try_from(length).ok());
        if parts.is_none() && length != Some(self.object.size) {
            return Err(refuse(context.error(Fault::Changed)));
        }
        let cut = parts.zip(length).map(|(parts, first)| Cut { parts, first });
        Ok(Seen {
            carried: Carried::of_head(&head, self.object, self.tags(head.tag_count()).await?),
            object: Listed { etag: Some(etag), ..self.object.clone() },
            layout: Layout::of(self.object.size, cut),
        })
    }

    async fn head(&self, part: Option<i32>) -> Result<HeadObjectOutput, Failed> {
        let context = self.source.context(Action::Head, Some(self.from));
        let request = || async {
            let request = self.source.client.head_object().bucket(self.from.as_str());
            let request = request.key(sendable(&self.object.key)).set_part_number(part);
            let request = request.set_if_match(self.object.etag.as_ref().map(ETag::quoted));
            request.send().await.map_err(|error| context.classify(&error))
        };
        self.source.retry.send(&context, LIMIT, request).await
    }

    async fn tags(&self, count: Option<i32>) -> Result<Option<String>, Failed> {
        if count.unwrap_or_default() == 0 {
            return Ok(None);
        }
        let context = self.source.context(Action::ReadTags, Some(self.from));
        let request = || self.source.tags(self.from, &self.object.key, count);
        self.source.retry.send(&context, LIMIT, request).await
    }
}
