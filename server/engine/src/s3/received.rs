//! Headers of an answer that describe the object, in a form that the SDK can read.
//!
//! The SDK reads each as one value of UTF-8. An answer that repeats one, or that has other bytes in one, would fail its
//! object, or panic. So repeated values become one with commas between them, as HTTP defines and S3 stores it, and other
//! bytes become encoded words.

use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::{
    box_error::BoxError, client::interceptors::context::BeforeDeserializationInterceptorContextMut,
};

use super::encoded_word::spelled;

const METADATA: &str = "x-amz-meta-";

const HEADERS: [&str; 7] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-website-redirect-location",
];

#[derive(Debug)]
pub(super) struct ReadableHeaders;

impl Intercept for ReadableHeaders {
    fn name(&self) -> &'static str {
        "ReadableHeaders"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response_mut().headers_mut();
        let carried = |name: &&str| name.starts_with(METADATA) || HEADERS.contains(name);
        let mut changed = Vec::new();
        for name in headers.iter_bytes().map(|(name, _)| name).filter(carried) {
            let values: Vec<&[u8]> = headers.get_all_bytes(name).collect();
            changed.extend(readable(&values).map(|value| (name.to_owned(), value)));
        }
        for (name, value) in changed {
            headers.try_insert(name, value)?;
        }
        Ok(())
    }
}

/// The values as one text, unless they are one already.
fn readable(values: &[&[u8]]) -> Option<String> {
    if let [only] = values
        && str::from_utf8(only).is_ok()
    {
        return None;
    }
    let text = |value: &&[u8]| str::from_utf8(value).map_or_else(|_| spelled(value), str::to_owned);
    Some(values.iter().map(text).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_and_foreign_values_become_one_text() {
        assert_eq!(readable(&[b"a, b"]), None);
        assert_eq!(readable(&["é".as_bytes()]), None);
        assert_eq!(readable(&[b"1", b"2"]).unwrap(), "1,2");
        assert_eq!(readable(&[b"caf\xE9", b"x"]).unwrap(), "=?ISO-8859-1?B?Y2Fm6Q==?=,x");
    }
}
