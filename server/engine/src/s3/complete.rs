//! Checks that the body of a listing is complete.
//!
//! The SDK's XML reader accepts a document that breaks off: a page cut short by a proxy would pass as a shorter bucket. So
//! a listing without its closing tag is an error.

use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::{
    box_error::BoxError, client::interceptors::context::AfterDeserializationInterceptorContextRef,
};

#[derive(Debug)]
pub(super) struct CompleteListing;

#[derive(Debug, thiserror::Error)]
#[error("the listing breaks off before its end")]
pub(super) struct BrokenOff;

impl Intercept for CompleteListing {
    fn name(&self) -> &'static str {
        "CompleteListing"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(body) = context.response().body().bytes() else { return Ok(()) };
        if complete(body) { Ok(()) } else { Err(BrokenOff.into()) }
    }
}

fn complete(body: &[u8]) -> bool {
    let start = &body[..body.len().min(200)];
    let listing = start.windows(17).any(|window| window == b"<ListBucketResult");
    !listing || body.trim_ascii_end().ends_with(b"</ListBucketResult>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listing_without_closing_tag_is_incomplete() {
        let page =
            b"<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"x\"><KeyCount>1</KeyCount></ListBucketResult>\n";
        assert!(complete(page));
        assert!(!complete(&page[..60]));
        assert!(complete(b"<CopyObjectResult>"));
        assert!(complete(b""));
    }
}
