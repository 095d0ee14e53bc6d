//! What an object has besides its bytes: metadata, content headers, storage class, tags, checksum.
//!
//! CopyObject carries it by itself. A streamed or multipart copy reads it off a GET or a HEAD and repeats it. What
//! CopyObject loses is in [`super::write_options`].
//!
//! Always: each field is named once here, so that no kind of write forgets one. Values go along as they came, also those
//! that mean nothing (`Expires: 0`). A header that the source does not have is not made up. What concerned only the
//! transfer (`aws-chunked`) stays behind.

use std::collections::HashMap;

use super::{
    Listed,
    checksum::{checksums, is_compared},
    encoded_word::decoded,
    list::unusual,
};
use aws_sdk_s3::{
    config::{ConfigBag, Intercept, RuntimeComponents},
    operation::{
        copy_object::builders::CopyObjectFluentBuilder,
        create_multipart_upload::builders::CreateMultipartUploadFluentBuilder, get_object::GetObjectOutput,
        head_object::HeadObjectOutput, put_object::builders::PutObjectFluentBuilder,
    },
    primitives::{DateTime, DateTimeFormat},
    types::{ChecksumAlgorithm, ChecksumType, MetadataDirective, StorageClass},
};
use aws_smithy_runtime_api::{box_error::BoxError, client::interceptors::context::BeforeTransmitInterceptorContextMut};
use model::{Fidelity, HeaderChanges};

/// Content types that stores make up for objects without one.
const MADE_UP: [&str; 2] = ["binary/octet-stream", "application/octet-stream"];

#[derive(Clone, Debug, PartialEq)]
pub struct ObjectMetadata {
    metadata: Option<HashMap<String, String>>,
    /// Entries of the metadata that the store keeps and does not show.
    hidden: i32,
    content_type: Option<String>,
    cache_control: Option<String>,
    content_disposition: Option<String>,
    content_encoding: Option<String>,
    content_language: Option<String>,
    expires: Option<String>,
    class: Option<StorageClass>,
    /// Value of the tagging header.
    tags: Option<String>,
    /// Checksum of the whole content.
    checksum: Option<(ChecksumAlgorithm, String)>,
}

/// Reads the fields off a response: those of GET and HEAD have no type in common.
macro_rules! read_off {
    ($answer:expr, $listed:expr, $tags:expr) => {{
        let owned = |text: Option<&str>| text.map(str::to_owned);
        ObjectMetadata {
            metadata: $answer.metadata().cloned(),
            hidden: $answer.missing_meta().unwrap_or_default(),
            content_type: owned($answer.content_type()),
            cache_control: owned($answer.cache_control()),
            content_disposition: owned($answer.content_disposition()),
            content_encoding: $answer.content_encoding().and_then(without_transfer),
            content_language: owned($answer.content_language()),
            expires: owned($answer.expires_string()),
            class: class($answer.storage_class(), $listed),
            tags: $tags,
            checksum: whole($answer.checksum_type(), checksums!($answer)),
        }
    }};
}

/// Sets the fields on a request: those that write have no type in common either.
macro_rules! set {
    ($metadata:expr, $request:expr) => {
        $request
            .set_metadata($metadata.metadata)
            .set_content_type($metadata.content_type)
            .set_cache_control($metadata.cache_control)
            .set_content_disposition($metadata.content_disposition)
            .set_content_encoding($metadata.content_encoding)
            .set_content_language($metadata.content_language)
            .set_storage_class($metadata.class)
            .set_tagging($metadata.tags)
    };
}

impl ObjectMetadata {
    /// Reads the fields off a GET; `listed` has the storage class if the response has none.
    pub(super) fn of_get(answer: &GetObjectOutput, listed: &Listed, tags: Option<String>) -> Self {
        read_off!(answer, listed, tags)
    }

    pub(super) fn of_head(answer: &HeadObjectOutput, listed: &Listed, tags: Option<String>) -> Self {
        read_off!(answer, listed, tags)
    }

    pub(super) fn has_tags(&self) -> bool {
        self.tags.is_some()
    }

    pub(super) fn without_tags(self) -> Self {
        Self { tags: None, ..self }
    }

    pub(super) fn has_checksum(&self) -> bool {
        self.checksum.is_some()
    }

    pub(super) fn without_checksum(self) -> Self {
        Self { checksum: None, ..self }
    }

    /// What a copy gets of it by the options of its clone.
    #[must_use]
    pub fn changed_by(mut self, fidelity: &Fidelity) -> Self {
        let class = fidelity.storage_class.of(self.class.as_ref().map(StorageClass::as_str));
        self.change_headers(&fidelity.set_headers);
        self.with_class(class.as_deref())
    }

    fn change_headers(&mut self, changes: &HeaderChanges) {
        let fields = [
            ("cache-control", &mut self.cache_control),
            ("content-disposition", &mut self.content_disposition),
            ("content-encoding", &mut self.content_encoding),
            ("content-language", &mut self.content_language),
            ("content-type", &mut self.content_type),
            ("expires", &mut self.expires),
        ];
        for (name, field) in fields {
            if let Some(value) = changes.content(name) {
                *field = value.map(str::to_owned);
            }
        }
        for (name, value) in changes.metadata() {
            let metadata = self.metadata.get_or_insert_default();
            metadata.retain(|known, _| !known.eq_ignore_ascii_case(name));
            metadata.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        }
    }

    pub(super) fn class(&self) -> Option<&str> {
        self.class.as_ref().map(StorageClass::as_str)
    }

    /// The same with another storage class; `None` asks for the destination's default.
    #[must_use]
    pub fn with_class(self, class: Option<&str>) -> Self {
        Self { class: class.map(StorageClass::from), ..self }
    }

    /// Whether the store keeps metadata that it does not show, so that nobody else can write it.
    pub(super) fn hides_some(&self) -> bool {
        self.hidden > 0
    }

    /// Whether `copy` is the metadata of a faithful copy, except the tags. A class that the source does not name may be any
    /// at the destination, and so may a content type that the destination makes up for an object without one. A checksum
    /// counts if both have one of the same kind.
    pub fn same_as(&self, copy: &Self) -> bool {
        let lists = [(&self.cache_control, &copy.cache_control), (&self.content_language, &copy.content_language)];
        let codings = |metadata: &Self| metadata.content_encoding.as_deref().and_then(without_transfer);
        self.has_class_of(copy)
            && self.hidden == copy.hidden
            && lists.into_iter().all(|(one, other)| same_list(one.as_deref(), other.as_deref()))
            && same_list(codings(self).as_deref(), codings(copy).as_deref())
            && same(self.content_disposition.as_deref(), copy.content_disposition.as_deref())
            && self.has_type_of(copy)
            && same_time(self.expires.as_deref(), copy.expires.as_deref())
            && same_entries(self.metadata.as_ref(), copy.metadata.as_ref())
            && !self.checksum.iter().zip(&copy.checksum).any(|(one, other)| one.0 == other.0 && one.1 != other.1)
    }

    fn has_class_of(&self, copy: &Self) -> bool {
        let named = |class: Option<&str>| class.and_then(unusual);
        self.class.is_none() || named(self.class()) == named(copy.class())
    }

    fn has_type_of(&self, copy: &Self) -> bool {
        let made_up = copy.content_type.as_deref().is_some_and(|kind| MADE_UP.contains(&kind));
        same(self.content_type.as_deref(), copy.content_type.as_deref()) || (self.content_type.is_none() && made_up)
    }

    /// Headers that the SDK would parse, or make up. They must go with each request that these fields are put on.
    pub(super) fn raw(&self) -> RawHeaders {
        RawHeaders { expires: self.expires.clone(), has_type: self.content_type.is_some() }
    }

    pub(super) fn onto_put(self, request: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        let checksum = self.checksum.clone();
        let request = set!(self, request);
        match checksum {
            Some((ChecksumAlgorithm::Crc64Nvme, value)) => request.checksum_crc64_nvme(value),
            Some((ChecksumAlgorithm::Crc32, value)) => request.checksum_crc32(value),
            Some((ChecksumAlgorithm::Crc32C, value)) => request.checksum_crc32_c(value),
            Some((ChecksumAlgorithm::Sha1, value)) => request.checksum_sha1(value),
            Some((ChecksumAlgorithm::Sha256, value)) => request.checksum_sha256(value),
            _ => request,
        }
    }

    /// Replaces what the store would carry by itself, except the tags.
    pub(super) fn onto_copy(self, request: CopyObjectFluentBuilder) -> CopyObjectFluentBuilder {
        let metadata = self.without_tags();
        set!(metadata, request.metadata_directive(MetadataDirective::Replace))
    }

    pub(super) fn onto_upload(self, request: CreateMultipartUploadFluentBuilder) -> CreateMultipartUploadFluentBuilder {
        set!(self, request)
    }
}

/// Puts headers on a request in the form in which they came.
#[derive(Clone, Debug)]
pub(super) struct RawHeaders {
    expires: Option<String>,
    has_type: bool,
}

impl Intercept for RawHeaders {
    fn name(&self) -> &'static str {
        "RawHeaders"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        if let Some(expires) = &self.expires {
            headers.try_insert("expires", expires.clone())?;
        }
        if !self.has_type {
            headers.remove("content-type");
        }
        Ok(())
    }
}

fn class(answered: Option<&StorageClass>, listed: &Listed) -> Option<StorageClass> {
    let class = answered.map(StorageClass::as_str).and_then(unusual).or_else(|| listed.class.clone());
    class.as_deref().map(StorageClass::from)
}

/// The checksum of the whole content, which the SDK compares with a body.
fn whole(
    kind: Option<&ChecksumType>,
    all: [(ChecksumAlgorithm, Option<&str>); 5],
) -> Option<(ChecksumAlgorithm, String)> {
    let mut known = all.into_iter().filter_map(|(algorithm, value)| Some((algorithm, value?.to_owned())));
    known.find(|(_, value)| is_compared(kind, value))
}

/// The content codings without `aws-chunked`, which some stores keep although it was of an upload only.
fn without_transfer(codings: &str) -> Option<String> {
    let all = || codings.split(',').map(str::trim);
    let of_transfer = |coding: &&str| coding.eq_ignore_ascii_case("aws-chunked");
    if !all().any(|coding| of_transfer(&coding)) {
        return Some(codings.to_owned());
    }
    let kept: Vec<_> = all().filter(|coding| !of_transfer(coding)).collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

/// Whether two headers say the same; an empty one says nothing.
fn same(one: Option<&str>, other: Option<&str>) -> bool {
    one == other || decoded(one.unwrap_or_default()) == decoded(other.unwrap_or_default())
}

/// The same for lists, where white space around commas means nothing.
fn same_list(one: Option<&str>, other: Option<&str>) -> bool {
    let items = |text: Option<&str>| -> Vec<String> {
        text.unwrap_or_default().split(',').map(|item| item.trim().to_owned()).collect()
    };
    items(one) == items(other)
}

/// Whether two dates are the same, also if a store writes them in another form.
fn same_time(one: Option<&str>, other: Option<&str>) -> bool {
    let parsed = |text: Option<&str>| text.and_then(|text| DateTime::from_str(text, DateTimeFormat::HttpDate).ok());
    same(one, other) || parsed(one).is_some_and(|time| parsed(other) == Some(time))
}

fn same_entries(one: Option<&HashMap<String, String>>, other: Option<&HashMap<String, String>>) -> bool {
    let (one, other) = (one.into_iter().flatten(), other.into_iter().flatten());
    let spelled = |(name, value): (&String, &String)| (name.to_ascii_lowercase(), decoded(value));
    one.map(spelled).collect::<HashMap<_, _>>() == other.map(spelled).collect()
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    type Answer = aws_sdk_s3::operation::head_object::builders::HeadObjectOutputBuilder;

    fn of(change: impl FnOnce(Answer) -> Answer) -> ObjectMetadata {
        let listed = Listed { key: "k".parse().unwrap(), size: 1, etag: None, modified: Time(0), class: None };
        ObjectMetadata::of_head(&change(HeadObjectOutput::builder()).build(), &listed, None)
    }

    #[test]
    fn codings_of_the_transfer_stay_behind() {
        assert_eq!(without_transfer("gzip, br").as_deref(), Some("gzip, br"));
        assert_eq!(without_transfer("gzip, AWS-chunked,br").as_deref(), Some("gzip,br"));
        assert_eq!(without_transfer("aws-chunked"), None);
        assert_eq!(without_transfer("").as_deref(), Some(""));
    }

    #[test]
    fn spellings_of_one_value_are_the_same() {
        let pairs: [[ObjectMetadata; 2]; 6] = [
            [of(|a| a.metadata("a", "=?UTF-8?Q?caf=C3=A9?=")), of(|a| a.metadata("A", "café"))],
            [of(|a| a), of(|a| a.content_type("binary/octet-stream"))],
            [of(|a| a.content_encoding("gzip,br")), of(|a| a.content_encoding("gzip, br,aws-chunked"))],
            [of(|a| a.cache_control("")), of(|a| a)],
            [
                of(|a| a.expires_string("Thu, 01 Dec 1994 16:00:00 GMT")),
                of(|a| a.expires_string("Thu, 01 Dec 1994 16:00:00.000 GMT")),
            ],
            [of(|a| a.checksum_crc32("AAAA")), of(|a| a.checksum_sha1("BBBB"))],
        ];
        for [source, copy] in pairs {
            assert!(source.same_as(&copy), "{source:?} {copy:?}");
        }
    }

    #[test]
    fn options_change_headers_and_class() {
        let fidelity: Fidelity = serde_json::from_str(
            r#"{"storage_class":{"STANDARD":"GLACIER"},
                "set_headers":{"cache-control":"no-store","expires":null,"x-amz-meta-a":"2","x-amz-meta-b":null}}"#,
        )
        .unwrap();
        let source = of(|a| a.metadata("A", "1").metadata("b", "1").metadata("c", "1").expires_string("0"));
        let expected =
            of(|a| a.metadata("a", "2").metadata("c", "1").cache_control("no-store").storage_class("GLACIER".into()));
        let changed = source.changed_by(&fidelity);
        assert!(changed.same_as(&expected), "{changed:?}");
        assert!(!changed.same_as(&of(|a| a.metadata("a", "2").metadata("c", "1").cache_control("no-store"))));
        let standard = of(|a| a).with_class(Some("STANDARD"));
        assert!(standard.same_as(&of(|a| a)) && !standard.same_as(&of(|a| a.storage_class("GLACIER".into()))));
    }

    #[test]
    fn any_lost_or_forged_value_is_different() {
        let pairs: [[ObjectMetadata; 2]; 9] = [
            [of(|a| a.metadata("a", "")), of(|a| a)],
            [of(|a| a), of(|a| a.metadata("a", ""))],
            [of(|a| a.metadata("a", "1,2")), of(|a| a.metadata("a", "1"))],
            [of(|a| a.missing_meta(1)), of(|a| a)],
            [of(|a| a), of(|a| a.content_type("text/plain"))],
            [of(|a| a.content_type("binary/octet-stream")), of(|a| a.content_type("text/plain"))],
            [of(|a| a.expires_string("0")), of(|a| a)],
            [of(|a| a.content_encoding("gzip")), of(|a| a)],
            [of(|a| a.checksum_crc32("AAAA")), of(|a| a.checksum_crc32("BBBB"))],
        ];
        for [source, copy] in pairs {
            assert!(!source.same_as(&copy), "{source:?} {copy:?}");
        }
    }
}
