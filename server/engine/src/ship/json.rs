//! Writes the JSON values that events consist of, strings and numbers, directly into a buffer.

/// Replacement for invalid UTF-8.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// Writes a string with its quotes. Returns how many invalid UTF-8 sequences were replaced by U+FFFD.
pub fn write_string(text: &[u8], out: &mut Vec<u8>) -> u64 {
    out.push(b'"');
    write_text(text, out)
}

/// Writes a string whose opening quote is already written.
pub fn write_text(text: &[u8], out: &mut Vec<u8>) -> u64 {
    let mut replaced = 0;
    for chunk in text.utf8_chunks() {
        escape(chunk.valid().as_bytes(), out);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice(REPLACEMENT);
            replaced += 1;
        }
    }
    out.push(b'"');
    replaced
}

/// Whether the text is a JSON number as it is, within the range of a double.
pub fn is_number(text: &[u8]) -> bool {
    const LONGEST: usize = 40;
    const LONGEST_EXPONENT: usize = 2;
    if text.len() > LONGEST {
        return false;
    }
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    let mut rest = &rest[whole..];
    if let [b'.', fraction @ ..] = rest {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = &fraction[length..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+")).unwrap_or(exponent);
        let length = digits(exponent);
        return (1..=LONGEST_EXPONENT).contains(&length) && length == exponent.len();
    }
    rest.is_empty()
}

/// Writes valid UTF-8 with JSON's escapes.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => out.extend_from_slice(br#"\""#),
            b'\\' => out.extend_from_slice(br"\\"),
            b'\n' => out.extend_from_slice(br"\n"),
            b'\r' => out.extend_from_slice(br"\r"),
            b'\t' => out.extend_from_slice(br"\t"),
            control => {
                out.extend_from_slice(br"\u00");
                out.push(HEX[usize::from(control >> 4)]);
                out.push(HEX[usize::from(control & 0xF)]);
            }
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_become_their_lossy_text(text: Vec<u8>) {
            let mut out = Vec::new();
            let replaced = write_string(&text, &mut out);
            let read: String = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(&read, &String::from_utf8_lossy(&text));
            prop_assert_eq!(replaced == 0, std::str::from_utf8(&text).is_ok());
            prop_assert!(!out.contains(&b'\n'));
        }

        #[test]
        fn accepted_numbers_are_json_numbers(text in "-?[0-9.eE+-]{0,8}") {
            let json = serde_json::from_str::<serde_json::Number>(&text).is_ok();
            // Fewer exponents are accepted: none that could leave the range of a double.
            prop_assert!(is_number(text.as_bytes()) == json || (json && text.contains(['e', 'E'])), "{}", text);
        }
    }

    #[test]
    fn invalid_json_numbers_are_refused() {
        for text in ["", "-", "+1", "01", "-01", "1.", ".5", "1.e3", "1e", "1e+", "0x10", "1 ", "١", "NaN", "1-", "--1"]
        {
            assert!(!is_number(text.as_bytes()), "{text}");
        }
        assert!(!is_number("9".repeat(400).as_bytes()));
        for text in ["0", "-1", "0.00004", "460", "1.5e-05", "2.4E-5", "100000000000000000000"] {
            assert!(is_number(text.as_bytes()), "{text}");
        }
    }
}
