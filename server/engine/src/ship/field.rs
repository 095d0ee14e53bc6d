//! The fields that formats consist of, in a fixed order: what each may contain, and its keys in the event.
//!
//! A format is data, a table of fields, and one loop parses all formats. Keys are stored exactly as they are written
//! and padded to one length, so that writing one takes a few instructions.

/// One field of a record.
#[derive(Debug)]
pub struct Field {
    /// Name in AWS's documentation, for errors: `client:port`.
    pub name: &'static str,
    pub content: Content,
    /// Whether a record may end before this field, as older balancers wrote fewer fields.
    pub optional: bool,
}

/// Length of the longest key in bytes, a multiple of a block. A longer key does not compile.
pub const LONGEST_KEY: usize = 48;

/// The key of an event's member as written: `,"sent_bytes":`, or for a text with its opening quote, `,"elb":"`.
#[derive(Debug)]
pub struct MemberKey {
    padded: [u8; LONGEST_KEY],
    length: usize,
}

impl MemberKey {
    pub const fn new(fragment: &str) -> Self {
        let mut padded = [0; LONGEST_KEY];
        let (key, _) = padded.split_at_mut(fragment.len());
        key.copy_from_slice(fragment.as_bytes());
        Self { padded, length: fragment.len() }
    }

    pub fn padded(&self) -> &[u8; LONGEST_KEY] {
        &self.padded
    }

    /// The name of the member, as it is in the table.
    pub fn name(&self) -> &str {
        let text = str::from_utf8(&self.padded[..self.length]).unwrap_or_default();
        text.trim_matches([',', '"', ':'])
    }

    pub fn length(&self) -> usize {
        self.length
    }
}

/// What a field contains, and its keys in the event.
#[derive(Debug)]
pub enum Content {
    /// The record's own time; becomes `@timestamp`.
    Timestamp,
    /// Text without spaces, not quoted.
    Word { key: &'static MemberKey },
    /// Text in double quotes, or a bare `-`.
    Quoted { key: &'static MemberKey },
    /// Quoted texts joined by commas, kept as they are.
    List { key: &'static MemberKey },
    /// A count, a status or a duration: a JSON number, copied digit for digit.
    Number { key: &'static MemberKey },
    /// A port without an address: a JSON number up to 65535.
    Port { key: &'static MemberKey },
    /// `ip:port`; the last colon divides, as IPv6 is not bracketed.
    Endpoint { ip: &'static MemberKey, port: &'static MemberKey },
    /// A request line in double quotes.
    Request,
}

macro_rules! key {
    (text $name:literal) => {
        const { &$crate::ship::field::MemberKey::new(concat!(",\"", $name, "\":\"")) }
    };
    (number $name:literal) => {
        const { &$crate::ship::field::MemberKey::new(concat!(",\"", $name, "\":")) }
    };
}

/// The table of a format. `@|` marks a field before which a record may end, as a later group of fields begins there.
macro_rules! fields {
    (@content timestamp $name:literal) => { $crate::ship::field::Content::Timestamp };
    (@content word $name:literal) => { $crate::ship::field::Content::Word { key: key!(text $name) } };
    (@content quoted $name:literal) => { $crate::ship::field::Content::Quoted { key: key!(text $name) } };
    (@content quoted $name:literal as $key:literal) => { $crate::ship::field::Content::Quoted { key: key!(text $key) } };
    (@content list $name:literal) => { $crate::ship::field::Content::List { key: key!(text $name) } };
    (@content number $name:literal) => { $crate::ship::field::Content::Number { key: key!(number $name) } };
    (@content port $name:literal) => { $crate::ship::field::Content::Port { key: key!(number $name) } };
    (@content endpoint $name:literal as $ip:literal $port:literal) => {
        $crate::ship::field::Content::Endpoint { ip: key!(text $ip), port: key!(number $port) }
    };
    (@content request $name:literal) => { $crate::ship::field::Content::Request };
    (@optional) => { false };
    (@optional |) => { true };
    ($($(@$mark:tt)? $content:ident $name:literal $(as $($key:literal)+)?),+ $(,)?) => {
        &[$($crate::ship::field::Field {
            name: $name,
            content: fields!(@content $content $name $(as $($key)+)?),
            optional: fields!(@optional $($mark)?),
        }),+]
    };
}

pub(super) use {fields, key};
