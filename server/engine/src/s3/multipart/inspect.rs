//! Reads the source of a multipart copy by HEAD: its metadata, and its parts.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    MultipartCopy,
    layout::{Cut, Layout, MOST_PARTS},
};
use crate::s3::{
    Action, ETag, Failed, Listed, ObjectMetadata, S3Error, S3Fault, WriteOptions,
    blank::sendable,
    digest::{Md5Sum, hides_digest},
    head::LIMIT,
};

/// Requests at once for the sizes of the parts of one object.
const ASKED_AT_ONCE: usize = 8;

pub struct SourceInfo {
    /// The object as listed, with its ETag.
    pub object: Listed,
    pub metadata: ObjectMetadata,
    pub options: WriteOptions,
    pub layout: Layout,
    /// What the digests of the parts must make; `None` if the source tells no digest that parts can have.
    pub promise: Option<Promise>,
}

/// What the source's ETag tells of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promise {
    /// The digest of the digests of the parts, which are cut as it was.
    Parts(String),
    /// The MD5 of the whole: only parts read in order can be compared with it.
    Whole(Md5Sum),
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
        let hidden = hides_digest(self.from, head.server_side_encryption(), head.sse_customer_algorithm());
        let cut = self.cut(&etag).await.filter(|cut| cut.fits(self.object.size));
        let kept = cut.is_some();
        let layout = Layout::of(self.object.size, cut, self.transfer);
        Ok(SourceInfo {
            promise: match etag.md5() {
                _ if hidden => None,
                Some(md5) => Some(Promise::Whole(md5)),
                None => kept.then(|| Promise::Parts(etag.to_string())),
            },
            options: options.with_head(&head, self.fidelity),
            metadata: ObjectMetadata::of_head(&head, self.object, self.tags(head.tag_count()).await?),
            layout,
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

    /// How the source was split, if it was written in parts and the store tells their sizes: that of the first, and those
    /// of all if they are uneven.
    async fn cut(&self, etag: &ETag) -> Option<Cut> {
        let parts = etag.parts()?;
        let even = Cut::Even { parts, first: self.length_of_part(1).await? };
        if even.fits(self.object.size) {
            return Some(even);
        }
        let numbers = 1..=i32::try_from(parts).ok().filter(|_| parts <= MOST_PARTS)?;
        let lengths = stream::iter(numbers).map(|number| async move { self.length_of_part(number).await.ok_or(()) });
        lengths.buffered(ASKED_AT_ONCE).try_collect().await.ok().map(Cut::Uneven)
    }

    /// In bytes; `None` if the store does not tell it. The request has no condition, as some stores give each part an ETag
    /// of its own; a wrong answer only costs the equal ETag.
    async fn length_of_part(&self, number: i32) -> Option<u64> {
        let context = self.source.context(Action::Head, Some(self.from));
        let request = || async {
            let request = self.source.client.head_object().bucket(self.from.as_str()).key(sendable(&self.object.key));
            request.part_number(number).send().await.map_err(|error| context.classify(&error))
        };
        let part = self.source.retry.send(&context, LIMIT, request).await.ok()?;
        length(&part)
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
