//! The fast path for writing a field: copies it block by block while searching for its end.
//!
//! Most fields of most records are plain and take this path. All others take the slow path, which handles every case.
//!
//! Always: the fast path writes exactly what the slow path would.

use super::{EventWriter, REQUEST_METHOD, REQUEST_PROTOCOL, REQUEST_URL, TIMESTAMP, is_port};
use crate::ship::{
    block::Block,
    field::{Content, MemberKey},
};

const QUOTE: &[u8; 1] = b"\"";

/// Digits of the highest port.
const PORT: usize = 5;

impl EventWriter<'_> {
    /// Writes a field and returns how many bytes of the record it takes; or changes nothing and returns `None`.
    #[inline]
    pub(super) fn fast_path(&mut self, content: &Content, rest: &[u8]) -> Option<usize> {
        match content {
            Content::Timestamp => self.fast_timestamp(rest),
            Content::Word { key } => self.fast_word(key, rest),
            Content::Quoted { key } => self.fast_quoted(key, rest),
            // Of NLB and connection logs only: neither is worth a way of its own.
            Content::List { .. } | Content::Port { .. } => None,
            Content::Number { key } => self.fast_number(key, rest),
            Content::Endpoint { ip, port } => self.fast_endpoint(ip, port, rest),
            Content::Request => self.fast_request(rest),
        }
    }

    #[inline]
    fn fast_timestamp(&mut self, rest: &[u8]) -> Option<usize> {
        let length = self.draft.attempt(TIMESTAMP, rest, Block::ends_word);
        let timestamp = self.minute.parse(&rest[..length]).filter(|_| ends(rest, length))?;
        self.time = timestamp.time;
        if timestamp.has_zone {
            self.draft.keep(TIMESTAMP, length, QUOTE);
        } else {
            self.draft.keep(TIMESTAMP, length, b"Z\"");
        }
        Some(length)
    }

    #[inline]
    fn fast_word(&mut self, key: &MemberKey, rest: &[u8]) -> Option<usize> {
        let length = self.draft.attempt(key, rest, Block::ends_word);
        if !ends(rest, length) {
            return None;
        }
        if rest[..length] != *b"-" {
            self.draft.keep(key, length, QUOTE);
        }
        Some(length)
    }

    #[inline]
    fn fast_quoted(&mut self, key: &MemberKey, rest: &[u8]) -> Option<usize> {
        let text = rest.strip_prefix(b"\"")?;
        let length = self.draft.attempt(key, text, Block::ends_quoted);
        if text.get(length) != Some(&b'"') {
            return None;
        }
        if !is_nothing(&text[..length]) {
            self.draft.keep(key, length, QUOTE);
        }
        Some(length + 2)
    }

    #[inline]
    fn fast_number(&mut self, key: &MemberKey, rest: &[u8]) -> Option<usize> {
        let block = Block::first_of(rest);
        let length = block.number().filter(|length| ends(rest, *length))?;
        self.draft.member(key, block, length);
        Some(length)
    }

    /// Writes an IPv4 address and a port.
    #[inline]
    fn fast_endpoint(&mut self, ip_key: &MemberKey, port_key: &MemberKey, rest: &[u8]) -> Option<usize> {
        let ip = Block::first_of(rest);
        let colon = (ip.digits() | ip.equal_to(b'.')).trailing_ones() as usize;
        if colon == 0 || rest.get(colon) != Some(&b':') {
            return None;
        }
        let rest = &rest[colon + 1..];
        let port = Block::first_of(rest);
        let digits = port.digits().trailing_ones() as usize;
        // Five digits may be above the highest port.
        let fits = digits == 1 || ((2..PORT).contains(&digits) && rest[0] != b'0') || is_port(&rest[..digits]);
        if !fits || !ends(rest, digits) {
            return None;
        }
        self.draft.member(ip_key, ip, colon);
        self.draft.append(QUOTE);
        self.draft.member(port_key, port, digits);
        Some(colon + 1 + digits)
    }

    /// Writes a request line: a method, a URL that may hold spaces, and a protocol of eight bytes.
    #[inline]
    fn fast_request(&mut self, rest: &[u8]) -> Option<usize> {
        let text = rest.strip_prefix(b"\"")?;
        let before = self.draft.length();
        let taken = self.fast_request_line(text);
        if taken.is_none() {
            self.draft.go_back(before);
        }
        taken
    }

    #[inline]
    fn fast_request_line(&mut self, text: &[u8]) -> Option<usize> {
        let method = self.draft.attempt(REQUEST_METHOD, text, Block::ends_word);
        if is_nothing(&text[..method]) || text.get(method) != Some(&b' ') {
            return None;
        }
        self.draft.keep(REQUEST_METHOD, method, QUOTE);
        let rest = &text[method + 1..];
        let length = self.draft.attempt(REQUEST_URL, rest, Block::ends_quoted);
        if rest.get(length) != Some(&b'"') {
            return None;
        }
        let (url, protocol) = rest[..length].split_last_chunk()?;
        let (Some(url), [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]) = (url.strip_suffix(b" "), protocol) else {
            return None;
        };
        if is_nothing(url) || !major.is_ascii_digit() || !minor.is_ascii_digit() {
            return None;
        }
        self.draft.keep(REQUEST_URL, url.len(), QUOTE);
        self.draft.key(REQUEST_PROTOCOL);
        self.draft.append(protocol);
        self.draft.append(QUOTE);
        Some(method + length + 3)
    }
}

/// Whether a word ends at this length.
#[inline]
fn ends(text: &[u8], length: usize) -> bool {
    text.get(length).is_none_or(|byte| *byte == b' ')
}

/// Whether a text gives no member: it is empty or `-`.
#[inline]
fn is_nothing(text: &[u8]) -> bool {
    matches!(text, [] | b"-")
}

#[cfg(test)]
mod tests {
    use model::Time;
    use proptest::prelude::*;

    use super::*;
    use crate::ship::{
        cursor::Cursor,
        draft::Draft,
        field::{Field, key},
        timestamp::Minute,
    };

    const CONTENTS: [Content; 7] = [
        Content::Timestamp,
        Content::Word { key: key!(text "word") },
        Content::Quoted { key: key!(text "quoted") },
        Content::List { key: key!(text "list") },
        Content::Number { key: key!(number "number") },
        Content::Endpoint { ip: key!(text "ip"), port: key!(number "port") },
        Content::Request,
    ];

    /// The result of writing a field: the event, the record's time, and the bytes taken.
    fn written(
        record: &str,
        way: impl FnOnce(&mut EventWriter<'_>) -> Option<usize>,
    ) -> Option<(Vec<u8>, Time, usize)> {
        let (mut draft, mut scratch, mut minute) = (Draft::default(), Vec::new(), Minute::default());
        draft.begin(const { &MemberKey::new("{") }, 1, record.len());
        let mut writer = EventWriter::new(&mut draft, &mut scratch, &mut minute);
        let taken = way(&mut writer)?;
        let (time, _) = writer.finish();
        Some((draft.written().to_vec(), time, taken))
    }

    fn slow_path(content: Content, record: &str) -> Option<(Vec<u8>, Time, usize)> {
        let field = Field { name: "field", content, optional: false };
        written(record, |writer| {
            let mut cursor = Cursor::new(record.as_bytes());
            writer.slow_path(&field, &mut cursor).ok()?;
            Some(record.len() - cursor.rest().len())
        })
    }

    /// Typical fields, and texts that are nearly valid fields.
    fn record() -> impl Strategy<Value = String> {
        let field = prop_oneof![
            "2026-03-09T14:0[0-9]:[0-6][0-9](\\.[0-9]{0,8})?Z?",
            "-?[0-9]{0,18}\\.?[0-9]{0,4}(e-5)?",
            "[0-9]{1,3}(\\.[0-9]{1,3}){0,5}:[0-9]{0,6}",
            "\"(-|[A-Z]{1,20}) {0,2}(-|http://[a-z ]{0,40})( (HTTP|http)/[0-9]\\.[0-9]{1,2}){0,2} ?\"",
            "\"?[ -~]{0,40}\"?",
            "-|\"-\"|\"\"",
            "[!-~é\t]{1,40}",
        ];
        (field, "( [ -~]{0,20})?")
            .prop_map(|(field, rest)| field + &rest)
            .prop_filter("spaces are skipped before", |record| !record.is_empty() && !record.starts_with(' '))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_written_quickly_is_what_the_rules_write(record in record()) {
            for content in CONTENTS {
                let fast_path = written(&record, |writer| {
                    let (before, taken) = (writer.draft.length(), writer.fast_path(&content, record.as_bytes()));
                    assert!(taken.is_some() || writer.draft.length() == before, "it must change nothing");
                    taken
                });
                if fast_path.is_some() {
                    prop_assert_eq!(fast_path, slow_path(content, &record));
                }
            }
        }
    }

    #[test]
    fn what_fields_mostly_are_is_written_quickly() {
        for (content, record) in CONTENTS.into_iter().zip([
            "2026-03-09T14:00:40.820889Z shop",
            "TLSv1.2",
            r#""Mozilla/5.0 (Windows NT 10.0; Win64; x64)" -"#,
            "h2,http/1.1 -", // a list, of which there is no quick way
            "0.000073 0.001048",
            "192.0.2.1:2817 10.0.0.1:80",
            r#""GET http://shop.example:80/ HTTP/1.1" "curl""#,
        ]) {
            let fast_path = written(record, |writer| writer.fast_path(&content, record.as_bytes()));
            assert_eq!(fast_path.is_some(), !matches!(content, Content::List { .. }), "{record}");
        }
    }
}
