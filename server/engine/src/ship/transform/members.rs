//! The members of an event as the parser writes it, and writing members by path: `source.ip` becomes an object.
//!
//! Always: what is read is what `EventWriter` and `Origin` write: one object without spaces, whose `log` and id come last.

use memchr::memchr2;

/// `,"log":{…}` and the id, which stay as they are.
pub const TAIL: &[u8] = b",\"log\":{";

/// Splits an event into its members, as key and JSON, and its tail. `None` if it is no event of the parser.
pub fn split<'e>(event: &'e [u8], members: &mut Vec<(&'e str, &'e [u8])>) -> Option<&'e [u8]> {
    members.clear();
    let mut rest = event.strip_prefix(b"{")?;
    loop {
        let key = text(rest)?;
        let (name, value) = (&rest[1..key - 1], rest[key..].strip_prefix(b":")?);
        let length = match value.first()? {
            b'"' => text(value)?,
            _ => value.iter().position(|byte| matches!(byte, b',' | b'}'))?,
        };
        members.push((str::from_utf8(name).ok()?, &value[..length]));
        rest = &value[length..];
        if rest.starts_with(TAIL) || rest == b"}" {
            return Some(rest);
        }
        rest = rest.strip_prefix(b",")?;
    }
}

/// Length of the JSON text that begins here, quotes included.
fn text(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    if bytes.first() != Some(&b'"') {
        return None;
    }
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Writes `{`, the members and, in place of the closing brace, the tail. Members whose paths share a beginning are one
/// object, at the place of the first of them.
pub fn write(members: &[(String, Vec<u8>)], tail: &[u8], out: &mut Vec<u8>) {
    out.push(b'{');
    object(&members.iter().map(|(path, value)| (path.as_str(), value.as_slice())).collect::<Vec<_>>(), out);
    out.extend_from_slice(tail);
}

fn object(members: &[(&str, &[u8])], out: &mut Vec<u8>) {
    let mut written: Vec<&str> = Vec::new();
    for (path, value) in members {
        let (head, below) = path.split_once('.').map_or((*path, None), |(head, below)| (head, Some(below)));
        if written.contains(&head) {
            continue;
        }
        if !written.is_empty() {
            out.push(b',');
        }
        written.push(head);
        out.extend_from_slice(serde_json::Value::from(head).to_string().as_bytes());
        out.push(b':');
        if below.is_none() {
            out.extend_from_slice(value);
            continue;
        }
        let inner = members.iter().filter_map(|(path, value)| {
            let (other, below) = path.split_once('.')?;
            (other == head).then_some((below, *value))
        });
        out.push(b'{');
        object(&inner.collect::<Vec<_>>(), out);
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_split_and_written_back() {
        let event = br#"{"format":"alb","request_url":"http://a/\"b\",\\","n":0.00004,"log":{"offset":7},"@metadata":{"_id":"00"}}"#;
        let mut members = Vec::new();
        let tail = split(event, &mut members).unwrap();
        assert_eq!(tail, br#","log":{"offset":7},"@metadata":{"_id":"00"}}"#);
        let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["format", "request_url", "n"]);
        let owned: Vec<_> = members.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        let mut out = Vec::new();
        write(&owned, tail, &mut out);
        assert_eq!(out, event);
    }

    #[test]
    fn paths_become_objects() {
        let member = |path: &str, value: &str| (path.to_owned(), value.as_bytes().to_vec());
        let members = [member("a.b.c", "1"), member("d", "2"), member("a.e", "3"), member("a.b.f", "4")];
        let mut out = Vec::new();
        write(&members, b"}", &mut out);
        assert_eq!(str::from_utf8(&out).unwrap(), r#"{"a":{"b":{"c":1,"f":4},"e":3},"d":2}"#);
    }

    #[test]
    fn what_is_no_event_is_left() {
        for text in [&b""[..], b"{", b"{\"a\"", b"{\"a\":", b"{\"a\":\"b", b"[1]"] {
            assert_eq!(split(text, &mut Vec::new()), None);
        }
    }
}
