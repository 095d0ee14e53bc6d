//! Keys of white space only.
//!
//! They are legal, and the SDK refuses them as if they were empty. So the SDK gets such a key as hex digits after a mark
//! that no real key uses, and an interceptor restores the request's path just before it is signed. So does a key that is
//! none ([`super::odd_key`]).

use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::{box_error::BoxError, client::interceptors::context::BeforeTransmitInterceptorContextMut};
use model::Key;
use percent_encoding::percent_encode;

use super::{encoding::PATH, odd_key::stood_for};

/// Starts with the last character of Unicode. A key that contains the mark is encoded too.
const MARK: &str = "\u{10FFFF}blank:";
/// The mark as a path encodes it.
const MARK_IN_PATH: &str = "%F4%8F%BF%BFblank%3A";

/// The key in a form that the SDK accepts.
pub(super) fn sendable(key: &Key) -> String {
    if let Some(bytes) = stood_for(key) {
        return format!("{MARK}{}", hex::encode_upper(bytes));
    }
    let key = key.as_str();
    if !key.trim().is_empty() && !key.contains(MARK) {
        return key.to_owned();
    }
    format!("{MARK}{}", hex::encode_upper(key))
}

#[derive(Debug)]
pub(super) struct BlankKeys;

impl Intercept for BlankKeys {
    fn name(&self) -> &'static str {
        "BlankKeys"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if let Some(uri) = restored(request.uri()) {
            request.set_uri(uri)?;
        }
        Ok(())
    }
}

fn restored(uri: &str) -> Option<String> {
    let (before, spelled) = uri.split_once(MARK_IN_PATH)?;
    let end = spelled.find('?').unwrap_or(spelled.len());
    let (spelled, query) = spelled.split_at(end);
    let key = hex::decode(spelled).ok()?;
    // As the store spells it when it checks the signature.
    Some(format!("{before}{}{query}", percent_encode(&key, PATH)))
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    use super::*;

    #[test]
    fn blank_keys_are_encoded_and_restored() {
        for key in [" ", "\n", "\t \u{a0}", MARK, &format!("{MARK}20"), &format!("a/{MARK}zz")] {
            let sent = sendable(&key.parse().unwrap());
            assert!(!sent.trim().is_empty());
            let path = format!("http://h/bucket/{}?x-id=1", utf8_percent_encode(&sent, NON_ALPHANUMERIC));
            let right = restored(&path).unwrap();
            let right = right.strip_prefix("http://h/bucket/").unwrap().strip_suffix("?x-id=1").unwrap();
            assert_eq!(right, utf8_percent_encode(key, PATH).to_string());
        }
    }

    #[test]
    fn keys_that_are_none_are_sent_as_their_bytes() {
        let sent = sendable(&crate::s3::odd_key::stand_in(b"a/\xFF").unwrap());
        let path = format!("http://h/bucket/{}", utf8_percent_encode(&sent, NON_ALPHANUMERIC));
        assert_eq!(restored(&path).unwrap(), "http://h/bucket/a/%FF");
    }

    #[test]
    fn other_keys_stay_unchanged() {
        assert_eq!(sendable(&" a".parse().unwrap()), " a");
        assert_eq!(restored("http://h/bucket/a?x-id=1"), None);
    }
}
