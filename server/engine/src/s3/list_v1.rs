//! Pages of a listing by the first version of the request, for stores that do not know the second.
//!
//! Some refuse the second version; others do not see the difference, and answer as to the first: without a count of keys,
//! without a token, and from the first key, wherever the page should start.
//!
//! Always: such a page is checked as any other. Its token is the key after which the next one starts. Only a page that was
//! answered shows which version a store knows, and one that is refused later makes it unknown again: a passing refusal
//! changes nothing for good.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use aws_sdk_s3::{
    operation::{list_objects::ListObjectsOutput, list_objects_v2::ListObjectsV2Output},
    types::EncodingType,
};
use model::{BucketName, Prefix};

use super::{S3Client, S3Error, S3Fault, classify::Context, encoding::listed_key, list::Start};

/// Begins a token that is the key before the page, unlike one of the second version.
const MARKER: &str = "after=";

/// Whether a store knows only the first version. One for a store and all clients made of it.
#[derive(Debug, Default)]
pub(super) struct OnlyV1(AtomicBool);

impl OnlyV1 {
    pub fn is_known(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Records which version the store has just answered.
    pub fn note(&self, only_v1: bool) {
        self.0.store(only_v1, Relaxed);
    }
}

/// Whether the store may not know this version of the request.
pub(super) fn refuses_version(error: &S3Error) -> bool {
    let S3Fault::Other(answer) = error.fault() else { return false };
    matches!(answer.status, 405 | 501) || answer.code == "NotImplemented"
}

/// Whether the page looks as the answer to a request of the first version: asking again by that tells. A store that has given
/// a token knows the second.
pub(super) fn looks_like_v1(page: &ListObjectsV2Output, from: &Start) -> bool {
    let uncounted = page.key_count().is_none() && page.next_continuation_token().is_none();
    uncounted
        && match from {
            Start::Key(None) => page.is_truncated() == Some(true),
            Start::Key(Some(_)) => true,
            Start::Token { .. } => false,
        }
}

impl S3Client {
    /// A page in the form of the second version. One attempt.
    pub(super) async fn page_by_v1(
        &self,
        context: &Context,
        most: i32,
        bucket: &BucketName,
        prefix: &Prefix,
        from: &Start,
    ) -> Result<ListObjectsV2Output, S3Error> {
        let marker = match from {
            Start::Key(after) => after.clone(),
            Start::Token { token, last } => match (token.strip_prefix(MARKER), last) {
                (Some(marker), _) => Some(marker.to_owned()),
                (None, Some(last)) => Some(last.to_string()),
                (None, None) => return Err(context.listing("the store no longer knows its own continuation", None)),
            },
        };
        let request =
            self.client.list_objects().bucket(bucket.as_str()).encoding_type(EncodingType::Url).max_keys(most);
        let request = request.set_prefix(Some(prefix.as_str().to_owned()).filter(|prefix| !prefix.is_empty()));
        let page = request.set_marker(marker).send().await.map_err(|error| context.classify(&error))?;
        let next = if page.is_truncated() == Some(true) { Some(next_marker(context, &page)?) } else { None };
        Ok(ListObjectsV2Output::builder()
            .set_is_truncated(page.is_truncated)
            .set_contents(page.contents)
            .set_encoding_type(page.encoding_type)
            .set_next_continuation_token(next)
            .build())
    }
}

/// The token of the next page: the key after which it starts, which is the last one of this page, unless the store names one.
fn next_marker(context: &Context, page: &ListObjectsOutput) -> Result<String, S3Error> {
    let last = page.contents().last().and_then(|object| object.key());
    let Some(marker) = page.next_marker().filter(|marker| !marker.is_empty()).or(last) else {
        return Err(context.listing("an empty page says that more follows", None));
    };
    let encoded = page.encoding_type() == Some(&EncodingType::Url);
    let bytes = if encoded { listed_key(marker) } else { marker.as_bytes().to_vec() };
    let marker = String::from_utf8(bytes).ok();
    let marker = marker.ok_or_else(|| context.listing("the next page starts after a key that is not UTF-8", None))?;
    Ok(format!("{MARKER}{marker}"))
}
