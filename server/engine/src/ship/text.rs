//! Decodes the escapes that balancers write for clients' bytes: `\"`, `\\`, `\xNN`, and the eight-digit `\x000000NN`.

use memchr::memchr;

/// Appends the text with its escapes decoded. A backslash that begins no known escape is kept.
pub fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(backslash) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..backslash]);
        let escape = &rest[backslash + 1..];
        let (byte, length) = match escape {
            [quote @ (b'"' | b'\\'), ..] => (*quote, 1),
            [b'x', b'0', b'0', b'0', b'0', b'0', b'0', high, low, ..] if is_hex(*high) && is_hex(*low) => {
                (byte_of(*high, *low), 9)
            }
            [b'x', high, low, ..] if is_hex(*high) && is_hex(*low) => (byte_of(*high, *low), 3),
            _ => (b'\\', 0),
        };
        out.push(byte);
        rest = &escape[length..];
    }
    out.extend_from_slice(rest);
}

fn is_hex(digit: u8) -> bool {
    digit.is_ascii_hexdigit()
}

fn byte_of(high: u8, low: u8) -> u8 {
    (value(high) << 4) | value(low)
}

/// Of a hexadecimal digit.
fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_escapes_are_decoded_others_kept() {
        for (escaped, plain) in [
            (r#"a \"b\" c"#, r#"a "b" c"#.as_bytes()),
            (r"C:\\dir\\", br"C:\dir\"),
            (r"caf\xC3\xa9", "café".as_bytes()),
            (r"\x00000022q\x00000022", br#""q""#),
            (r"\x00\x01", &[0, 1]),
            (r"\x0000004", b"\x0000004"),
            (r"\q \x \xG0 \x1 \", br"\q \x \xG0 \x1 \"),
            ("", b""),
        ] {
            let mut out = Vec::new();
            unescape(escaped.as_bytes(), &mut out);
            assert_eq!(out, plain, "{escaped}");
        }
    }
}
