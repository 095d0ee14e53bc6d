//! What a format is made of: fields in a fixed order, each with what it may hold and how it appears in the event.
//!
//! A format is data, a table of these, and one loop reads them all. Names of event keys are stored as the very bytes
//! that go out, so that writing one is a single copy.

/// One field of a record.
#[derive(Debug)]
pub struct Field {
    /// As AWS writes it, for errors: `client:port`.
    pub name: &'static str,
    pub content: Content,
    /// A record may end before this field: older balancers wrote no more than what precedes it.
    pub optional: bool,
}

/// What a field holds. The keys are JSON fragments, `,"elb":`.
#[derive(Debug)]
pub enum Content {
    /// The record's own time; becomes `@timestamp`.
    Timestamp,
    /// Text without spaces, not quoted.
    Word { key: &'static str },
    /// Text in double quotes, or a bare `-`.
    Quoted { key: &'static str },
    /// Quoted texts joined by commas, kept as they are.
    List { key: &'static str },
    /// A count, a status or a duration: a JSON number, copied digit for digit.
    Number { key: &'static str },
    /// `ip:port`; the last colon divides, as IPv6 is not bracketed.
    Endpoint { ip: &'static str, port: &'static str },
    /// A request line in double quotes.
    Request,
}

macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// The table of a format. `|` stands where a record may end, because a later group of fields begins.
macro_rules! fields {
    (@content timestamp $name:literal) => { $crate::ship::field::Content::Timestamp };
    (@content word $name:literal) => { $crate::ship::field::Content::Word { key: key!($name) } };
    (@content quoted $name:literal) => { $crate::ship::field::Content::Quoted { key: key!($name) } };
    (@content quoted $name:literal as $key:literal) => { $crate::ship::field::Content::Quoted { key: key!($key) } };
    (@content list $name:literal) => { $crate::ship::field::Content::List { key: key!($name) } };
    (@content number $name:literal) => { $crate::ship::field::Content::Number { key: key!($name) } };
    (@content endpoint $name:literal as $ip:literal $port:literal) => {
        $crate::ship::field::Content::Endpoint { ip: key!($ip), port: key!($port) }
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
