//! A listing must have its end.
//!
//! The SDK's XML reader takes a document that breaks off for one that ends there: a page cut short by a proxy would
//! pass as a shorter bucket. So a listing's body is looked at once more, and without its closing tag it is an error.

use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::{
    box_error::BoxError, client::interceptors::context::AfterDeserializationInterceptorContextRef,
};

#[derive(Debug)]
pub(super) struct WholeListing;

#[derive(Debug, thiserror::Error)]
#[error("the listing breaks off before its end")]
pub(super) struct BrokenOff;

impl Intercept for WholeListing {
    fn name(&self) -> &'static str {
        "WholeListing"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(body) = context.response().body().bytes() else { return Ok(()) };
        if whole(body) { Ok(()) } else { Err(BrokenOff.into()) }
    }
}

fn whole(body: &[u8]) -> bool {
    let start = &body[..body.len().min(200)];
    let listing = start.windows(17).any(|window| window == b"<ListBucketResult");
    !listing || body.trim_ascii_end().ends_with(b"</ListBucketResult>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_without_its_end_is_not_whole() {
        let page =
            b"<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"x\"><KeyCount>1</KeyCount></ListBucketResult>\n";
        assert!(whole(page));
        assert!(!whole(&page[..60]));
        assert!(whole(b"<CopyObjectResult>"));
        assert!(whole(b""));
    }
}
