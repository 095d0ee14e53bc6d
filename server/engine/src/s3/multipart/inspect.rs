//! Reads the source of a multipart copy by HEAD: its metadata, and its parts.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    MultipartCopy, Transfer,
    layout::{Cut, Layout, MOST_PARTS},
};
use crate::s3::{
    Action, ETag, Failed, Listed, ObjectMetadata, S3Error, S3Fault, WriteOptions,
    blank::sendable,
    digest::hides_digest,
    head::LIMIT,
    running::{Promise, Running},
};

/// Requests at once for the sizes of the parts of one object.
const ASKED_AT_ONCE: usize = 8;

pub struct SourceInfo {
    /// The object as listed, with its ETag.
    pub object: Listed,
    pub metadata: ObjectMetadata,
    pub options: WriteOptions,
    pub layout: Layout,
    /// What the digests of the copy must make; `None` if the source's ETag is no digest, or its cut is not known.
    pub promise: Option<Promise>,
    /// Digests the object if the copy is cut in another way: its parts must then be read in order. `None`: the digests of
    /// the parts make what is promised.
    pub in_order: Option<Running>,
}

impl SourceInfo {
    /// Cuts the copy of unevenly cut objects in our own way, as some stores take no other. The digest of the source's parts
    /// is then made while the object is read in order. `None` if it is even.
    pub fn cut_evenly(&self, transfer: Transfer) -> Option<Self> {
        let sizes = self.layout.uneven()?.to_vec();
        let in_parts = matches!(self.promise, Some(Promise::Parts(_)));
        Some(Self {
            object: self.object.clone(),
            metadata: self.metadata.clone(),
            options: self.options.clone(),
            layout: Layout::of(self.object.size, None, transfer),
            promise: self.promise.clone(),
            in_order: if in_parts { Some(Running::of_pieces(sizes)) } else { self.in_order.clone() },
        })
    }
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
        let size = self.object.size;
        let cut = if hidden { None } else { self.cut(&etag).await };
        let (promise, in_order) = match (etag.md5(), &cut) {
            _ if hidden => (None, None),
            (Some(md5), _) => (Some(Promise::Whole(md5)), Some(Running::of_whole())),
            (None, Some(cut)) => {
                let in_order = (!cut.fits(size)).then(|| Running::of_pieces(cut.sizes(size)));
                (Some(Promise::Parts(etag.to_string())), in_order)
            }
            (None, None) => (None, None),
        };
        let layout = Layout::of(size, cut, self.transfer);
        Ok(SourceInfo {
            promise,
            in_order,
            options: options.with_head(&head, self.fidelity),
            metadata: ObjectMetadata::of_head(&head, self.object, self.tags(head.tag_count()).await?)
                .changed_by(self.fidelity),
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

    /// How the source was split, if it was written in parts and the store tells their sizes: those of the first and the
    /// last, and of all if these are uneven.
    async fn cut(&self, etag: &ETag) -> Option<Cut> {
        let parts = etag.parts()?;
        let size = self.object.size;
        let first = self.length_of_part(1).await?;
        let even = Cut::Even { parts, first };
        if even.makes_up(size) && self.ends_evenly(parts, first).await {
            return Some(even);
        }
        if even == (Cut::Even { parts, first: size }) {
            return None; // the store knows of no parts
        }
        let numbers = 1..=i32::try_from(parts).ok().filter(|_| parts <= MOST_PARTS)?;
        let lengths = stream::iter(numbers).map(|number| async move { self.length_of_part(number).await.ok_or(()) });
        let sizes = lengths.buffered(ASKED_AT_ONCE).try_collect().await.ok()?;
        Some(Cut::Uneven(sizes)).filter(|cut| cut.makes_up(size))
    }

    /// Whether the last part is as long as an even cut makes it. Two parts that make up the object leave no other way.
    async fn ends_evenly(&self, parts: u64, first: u64) -> bool {
        let Some(number) = i32::try_from(parts).ok().filter(|parts| *parts > 2) else { return true };
        let last = self.object.size - (parts - 1) * first;
        self.length_of_part(number).await.is_none_or(|told| told == last)
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
