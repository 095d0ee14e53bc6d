//! An entity tag, and whether it says anything about the content.

use std::fmt;

/// An ETag without its quotes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// Parses an ETag, quoted or not; `None` if empty.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// In quotes, for a condition.
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }

    /// Whether it looks like the MD5 of the content. A multipart upload's `…-7` does not. An ETag made under an encryption
    /// key looks like one but is not: only a HEAD shows that.
    pub fn has_form_of_md5(&self) -> bool {
        self.0.len() == 32 && self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Whether it has the form of a digest: of the whole content, or of the parts of a multipart upload. An ETag of another
    /// form may be a time or a counter, and the same for two contents.
    pub fn has_form_of_digest(&self) -> bool {
        let digest = self.0.rsplit_once('-').filter(|_| self.parts().is_some()).map_or(self.0.as_str(), |(md5, _)| md5);
        digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// The MD5 of the content, if it has that form; see [`Self::has_form_of_md5`].
    pub(super) fn md5(&self) -> Option<[u8; 16]> {
        let mut sum = [0; 16];
        hex::decode_to_slice(&self.0, &mut sum).ok().map(|()| sum)
    }

    /// Number of parts of a multipart object: the 7 of `…-7`. `None` for an object written in one request.
    pub fn parts(&self) -> Option<u64> {
        let (_, count) = self.0.rsplit_once('-')?;
        count.parse().ok().filter(|count| *count > 0)
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etag_has_no_quotes() {
        assert_eq!(ETag::parse("\"abc\""), ETag::parse("abc"));
        assert_eq!(ETag::parse("\"\""), None);
        assert_eq!(ETag::parse("abc").unwrap().quoted(), "\"abc\"");
    }

    #[test]
    fn a_multipart_etag_is_no_md5() {
        assert!(ETag::parse("\"9e107d9d372bb6826bd81d3542a419d6\"").unwrap().has_form_of_md5());
        assert!(!ETag::parse("\"9e107d9d372bb6826bd81d3542a419d6-2\"").unwrap().has_form_of_md5());
    }

    #[test]
    fn times_and_counters_have_no_form_of_digest() {
        let is_digest = |text| ETag::parse(text).unwrap().has_form_of_digest();
        assert!(is_digest("9e107d9d372bb6826bd81d3542a419d6") && is_digest("9e107d9d372bb6826bd81d3542a419d6-2"));
        assert!(!is_digest("65e8f0a2-1c8") && !is_digest("0") && !is_digest("9e107d9d372bb6826bd81d3542a419d6-x"));
    }

    #[test]
    fn multipart_etag_has_the_number_of_parts() {
        let parts = |text| ETag::parse(text).unwrap().parts();
        assert_eq!(parts("\"9e107d9d372bb6826bd81d3542a419d6-12\""), Some(12));
        assert_eq!([parts("9e107d9d372bb6826bd81d3542a419d6"), parts("odd-one"), parts("x-0")], [None; 3]);
    }
}
