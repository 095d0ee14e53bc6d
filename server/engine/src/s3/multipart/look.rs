//! A look at the source before it is copied in parts: what it carries, and where it was cut.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;

use super::{
    InParts,
    layout::{Cut, Layout},
};
use crate::s3::{Action, Beside, Carried, ETag, Failed, Listed, S3Error, S3Fault, blank::sendable, head::LIMIT};

pub struct Seen {
    /// As listed, its ETag known for sure.
    pub object: Listed,
    pub carried: Carried,
    pub beside: Beside,
    pub layout: Layout,
}

impl InParts<'_> {
    pub(super) async fn look(&self) -> Result<Seen, Failed> {
        let head = self.head().await?;
        let context = self.source.context(Action::Head, Some(self.from));
        let refuse = |error: S3Error| Failed { error, attempts: 1 };
        let Some(etag) = head.e_tag().and_then(ETag::parse) else {
            return Err(refuse(context.unclear("the object has no ETag: its parts could be of two versions")));
        };
        if length(&head) != Some(self.object.size) {
            return Err(refuse(context.error(S3Fault::Changed)));
        }
        let beside = self.source.beside(self.from, self.object, self.fidelity).await?;
        Ok(Seen {
            beside: beside.with_head(&head, self.fidelity),
            carried: Carried::of_head(&head, self.object, self.tags(head.tag_count()).await?),
            layout: Layout::of(self.object.size, self.cut(&etag).await),
            object: Listed { etag: Some(etag), ..self.object.clone() },
        })
    }

    async fn head(&self) -> Result<HeadObjectOutput, Failed> {
        let context = self.source.context(Action::Head, Some(self.from));
        let request = || async {
            let request = self.source.client.head_object().bucket(self.from.as_str()).key(sendable(&self.object.key));
            let request = request.set_if_match(self.object.etag.as_ref().map(ETag::quoted));
            request.send().await.map_err(|error| context.classify(&error))
        };
        self.source.retry.send(&context, LIMIT, request).await
    }

    /// How the source was cut, if it came in parts and the store tells the size of the first. It is asked without a
    /// condition, as some stores give each part an ETag of its own; a wrong answer can but cost the equal ETag.
    async fn cut(&self, etag: &ETag) -> Option<Cut> {
        let parts = etag.parts()?;
        let context = self.source.context(Action::Head, Some(self.from));
        let request = || async {
            let request = self.source.client.head_object().bucket(self.from.as_str()).key(sendable(&self.object.key));
            request.part_number(1).send().await.map_err(|error| context.classify(&error))
        };
        let first = self.source.retry.send(&context, LIMIT, request).await.ok()?;
        Some(Cut { parts, first: length(&first)? })
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

fn length(head: &HeadObjectOutput) -> Option<u64> {
    head.content_length().and_then(|length| u64::try_from(length).ok())
}
