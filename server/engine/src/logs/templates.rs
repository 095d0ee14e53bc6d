//! Summarizes a long log as templates: lines that differ only in numbers, ids and quoted text count as one.
//!
//! Always: memory is bounded for any input. A line that would need a further template beyond the limit is counted and
//! not shown.

use std::collections::HashMap;

use model::{LogLine, LogTemplate};

/// Most templates kept while a log is read.
const KEPT: usize = 5_000;
/// Longest template, in characters.
const LONGEST: usize = 200;
/// Stands for a part that differs between the lines of a template.
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

    /// Number of lines read.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The `most` most frequent templates; equally frequent ones in order of their first line.
    pub fn most_frequent(self, most: usize) -> Vec<LogTemplate> {
        let known = self.known.into_iter();
        let mut templates: Vec<_> = known.map(|(text, (count, first))| LogTemplate { text, count, first }).collect();
        templates.sort_by(|a, b| (b.count, a.first.at, &a.text).cmp(&(a.count, b.first.at, &b.text)));
        templates.truncate(most);
        templates
    }
}

/// The template of a line: quoted text and words with a digit become `…`.
fn template(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.trim_end();
    while let Some(first) = rest.chars().next() {
        if out.chars().count() >= LONGEST {
            break;
        }
        let taken = if let Some(quoted) = quoted(rest, first) {
            // Names of JSON fields distinguish lines and are kept.
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

/// Length in bytes of the quoted text at the start of `rest`, quotes included.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    if !matches!(quote, '"' | '\'') {
        return None;
    }
    Some(1 + rest[1..].find(quote)? + 1)
}

/// Length in bytes of the word at the start of `rest`. Numbers, ids, times and addresses are single words; a trailing
/// dot or colon is not part of the word.
fn word(rest: &str) -> usize {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '+' | '$');
    if rest.starts_with(':') {
        return 0; // separates a name from its value
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
    fn template_ignores_numbers_ids_and_quoted_text() {
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
    fn most_frequent_template_comes_first() {
        let mut templates = Templates::default();
        templates.take_in(&line(1, "started"));
        (2..60_002).for_each(|at| templates.take_in(&line(at, &format!("sent record {at}"))));
        assert_eq!(templates.lines(), 60_001);
        let found = templates.most_frequent(50);
        assert_eq!((found.len(), found[0].count, found[0].text.as_str()), (2, 60_000, "sent record …"));
        assert_eq!(found[0].first, line(2, "sent record 2"));
    }

    #[test]
    fn log_without_pattern_uses_bounded_memory() {
        let mut templates = Templates::default();
        for number in 0..2 * KEPT {
            let word: String = number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect();
            templates.take_in(&line(0, &word.repeat(1_000)));
        }
        assert!(templates.known.len() == KEPT && templates.known.keys().all(|text| text.chars().count() <= LONGEST));
    }
}
