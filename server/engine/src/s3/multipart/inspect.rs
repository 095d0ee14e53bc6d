//! Reads the source of a multipart copy by HEAD: its metadata, and its parts.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;

use super::{
    MultipartCopy,
    layout::{Cut, Layout},
};
use crate::s3::{
    Action, ETag, Failed, Listed, ObjectMetadata, S3Error, S3Fault, WriteOptions, blank::sendable, head::LIMIT,
};

pub struct SourceInfo {
    /// The object as listed, with its ETag.
    pub object: Listed,
    pub metadata: ObjectMetadata,
    pub options: WriteOptions,
    pub layout: Layout,
}

impl MultipartCopy<'_> {
    pub(super) async fn inspect(&self) -> Result<SourceInfo, Failed> {
        let head = self.head().await?;
        let context = self.source.context(Action::Head, Some(self.from));
        let refuse = |error: S3Error| Failed { error, attempts: 1 };
        let Some(etag) = head.e_tag().and_then(ETag::parse) else {
            return Err(refuse(context.unclear("the object has no ETag: its parts could be of two versions")));
        };
        if length(&head) != Some(self.object.size) {
            return Err(refuse(context.error(S3Fault::Changed)));
        }
        let options = self.source.write_options(self.from, self.object, self.fidelity).await?;
        Ok(SourceInfo {
            options: options.with_head(&head, self.fidelity),
            metadata: ObjectMetadata::of_head(&head, self.object, self.tags(head.tag_count()).await?),
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

    /// How the source was split, if it was written in parts and the store tells the size of the first. The request has no
    /// condition, as some stores give each part an ETag of its own; a wrong answer only costs the equal ETag.
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
