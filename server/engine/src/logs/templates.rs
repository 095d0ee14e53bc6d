//! What a long log says, in few lines: those that differ in numbers, ids and quoted text only are one.
//!
//! Always: bounded, however much is taken in. What comes when there is no room for another template is counted as a
//! line and shown by none.

use std::collections::HashMap;

use model::{LogLine, LogTemplate};

/// Templates kept while a log is read.
const KEPT: usize = 5_000;
/// Characters of one.
const LONGEST: usize = 200;
const DIFFERS: char = '…';

#[derive(Debug, Default)]
pub struct Templates {
    known: HashMap<String, (u64, LogLine)>,
    lines: u64,
}

impl Templates {
    pub fn take_in(&mut self, line: &LogLine) {
        self.lines += 1;
        let text = template(&line.text);
        if let Some((count, _)) = self.known.get_mut(&text) {
            *count += 1;
        } else if self.known.len() < KEPT {
            self.known.insert(text, (1, line.clone()));
        }
    }

    /// Lines taken in.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The most frequent first; of equals, the earlier.
    pub fn most_frequent(self, most: usize) -> Vec<LogTemplate> {
        let known = self.known.into_iter();
        let mut templates: Vec<_> = known.map(|(text, (count, first))| LogTemplate { text, count, first }).collect();
        templates.sort_by(|a, b| (b.count, a.first.at, &a.text).cmp(&(a.count, b.first.at, &b.text)));
        templates.truncate(most);
        templates
    }
}

/// A quoted text, and every word that holds a digit, becomes one sign.
fn template(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.trim_end();
    while let Some(first) = rest.chars().next() {
        if out.chars().count() >= LONGEST {
            break;
        }
        let taken = if let Some(quoted) = quoted(rest, first) {
            // The name of a JSON field tells lines apart.
            if rest[quoted..].trim_start().starts_with(':') {
                out.push_str(&rest[..quoted]);
            } else {
                out.extend([first, DIFFERS, first]);
            }
            quoted
        } else {
            let word = word(rest);
            if word == 0 {
                out.push(if first.is_control() { ' ' } else { first });
                first.len_utf8()
            } else {
                if rest[..word].bytes().any(|byte| byte.is_ascii_digit()) {
                    out.push(DIFFERS);
                } else {
                    out.push_str(&rest[..word]);
                }
                word
            }
        };
        rest = &rest[taken..];
    }
    out.chars().take(LONGEST).collect()
}

/// How long the quoted text is that begins here, quotes included.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    if !matches!(quote, '"' | '\'') {
        return None;
    }
    Some(1 + rest[1..].find(quote)? + 1)
}

/// How long the word is that begins here: a number, an id, a time or an address is one. Its last dot or colon is not
/// part of it.
fn word(rest: &str) -> usize {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '+' | '$');
    if rest.starts_with(':') {
        return 0; // it parts a name from what it names
    }
    let end = rest.find(|c: char| !inside(c)).unwrap_or(rest.len());
    rest[..end].trim_end_matches(['.', ':', '-', '+']).len()
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    fn line(at: i64, text: &str) -> LogLine {
        LogLine { at: Time(at), text: text.to_owned() }
    }

    #[test]
    fn numbers_ids_times_addresses_and_quoted_texts_make_no_difference() {
        let cases = [
            ("2018-05-17T06:46:28.161Z 9ad-1 Task timed out after 18.02 seconds", "… … Task timed out after … seconds"),
            (
                "Error: connect EMFILE 10.1.2.3:5000 - Local (undefined:undefined)",
                "Error: connect EMFILE … - Local (undefined:undefined)",
            ),
            ("REPORT RequestId: 1f\tDuration: 12.50 ms", "REPORT RequestId: … Duration: … ms"),
            (r#"cannot parse "GET / HTTP/1.1", ignored"#, r#"cannot parse "…", ignored"#),
            (r#"{"level":"info","sent":12}"#, r#"{"level":"…","sent":…}"#),
            ("it's fine", "it's fine"),
        ];
        for (text, expected) in cases {
            assert_eq!(template(text), expected);
        }
    }

    #[test]
    fn the_most_frequent_comes_first_with_its_first_line() {
        let mut templates = Templates::default();
        templates.take_in(&line(1, "started"));
        (2..60_002).for_each(|at| templates.take_in(&line(at, &format!("sent record {at}"))));
        assert_eq!(templates.lines(), 60_001);
        let told = templates.most_frequent(50);
        assert_eq!((told.len(), told[0].count, told[0].text.as_str()), (2, 60_000, "sent record …"));
        assert_eq!(told[0].first, line(2, "sent record 2"));
    }

    #[test]
    fn a_log_without_a_pattern_takes_bounded_memory() {
        let mut templates = Templates::default();
        for number in 0..2 * KEPT {
            let word: String = number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect();
            templates.take_in(&line(0, &word.repeat(1_000)));
        }
        assert!(templates.known.len() == KEPT && templates.known.keys().all(|text| text.chars().count() <= LONGEST));
    }
}
