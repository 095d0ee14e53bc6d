//! A pattern for keys, matched against the part after a prefix.
//!
//! Own implementation, because keys are not paths: glob crates treat `\` and `{a,b}` as syntax, `?` as a
//! byte, and `**` inside a segment as nothing special. Always: a [`Glob`] is well formed, and matching
//! takes at most (length of the key) × (length of the glob) steps.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// `*`: any run of characters but `/`. `**`: any run at all; `**/` where a segment begins is any number of whole
/// segments, none included. `?`: one character but `/`. `[a-z]`, `[!a-z]`: one character that is, or is not, among
/// these, and no `/`. Everything else stands for itself, letter case included; `[*]` is an asterisk.
///
/// One line of 1 to 1,024 bytes: a line feed in a key is met by `?`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glob {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`
    One,
    /// `[…]`
    Among(Class),
    /// `*`
    Segment,
    /// `**`
    Across,
    /// Before the two tokens of `**/` where a segment begins: they may be left out.
    Optional,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Class {
    negated: bool,
    ranges: Vec<RangeInclusive<char>>,
}

const BYTES: usize = 1_024;

impl Glob {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        let mut now = States::none(&self.tokens);
        let mut next = States::none(&self.tokens);
        now.enter(0);
        for character in text.chars() {
            next.clear();
            for (index, token) in self.tokens.iter().enumerate().filter(|(index, _)| now.reached[*index]) {
                match token {
                    Token::Segment if character != '/' => next.enter(index),
                    Token::Across => next.enter(index),
                    token if token.takes(character) => next.enter(index + 1),
                    _ => {}
                }
            }
            std::mem::swap(&mut now, &mut next);
        }
        now.reached[self.tokens.len()]
    }
}

impl Token {
    /// Whether the token matches this character.
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == character,
            Self::One => character != '/',
            Self::Among(Class { negated, ranges }) => {
                character != '/' && ranges.iter().any(|range| range.contains(&character)) != *negated
            }
            Self::Segment | Self::Across | Self::Optional => false,
        }
    }
}

/// Positions that a match may have reached: before a token, or after the last.
struct States<'a> {
    tokens: &'a [Token],
    reached: Vec<bool>,
}

impl<'a> States<'a> {
    fn none(tokens: &'a [Token]) -> Self {
        Self { tokens, reached: vec![false; tokens.len() + 1] }
    }

    fn clear(&mut self) {
        self.reached.fill(false);
    }

    /// Adds a position, and all positions reachable from it without a character.
    fn enter(&mut self, index: usize) {
        if std::mem::replace(&mut self.reached[index], true) {
            return;
        }
        match self.tokens.get(index) {
            Some(Token::Segment | Token::Across) => self.enter(index + 1),
            Some(Token::Optional) => {
                self.enter(index + 1);
                self.enter(index + 3);
            }
            _ => {}
        }
    }
}

impl TryFrom<String> for Glob {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        match tokens(&text) {
            Ok(tokens) => Ok(Self { text, tokens }),
            Err(expected) => Err(Invalid::new("glob", text, expected)),
        }
    }
}

impl FromStr for Glob {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.to_owned().try_into()
    }
}

impl From<Glob> for String {
    fn from(glob: Glob) -> Self {
        glob.text
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Parses a pattern; the error is the expected form.
fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    if !(1..=BYTES).contains(&text.len()) {
        return Err("1 to 1,024 bytes of UTF-8");
    }
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let begins_segment = matches!(tokens.last(), None | Some(Token::Literal('/')));
        rest = &rest[character.len_utf8()..];
        match character {
            '\n' | '\r' => return Err("one line, with ? for a line break in a key"),
            '?' => tokens.push(Token::One),
            '*' if rest.starts_with('*') => {
                rest = rest.trim_start_matches('*');
                if begins_segment && rest.starts_with('/') {
                    tokens.push(Token::Optional);
                }
                tokens.push(Token::Across);
            }
            '*' => tokens.push(Token::Segment),
            '[' => {
                let (class, after) = class(rest)?;
                tokens.push(Token::Among(class));
                rest = after;
            }
            literal => tokens.push(Token::Literal(literal)),
        }
    }
    Ok(tokens)
}

/// What follows a `[`, read up to its `]`, and the rest. A `]` that comes first stands for itself, as does a `-` that
/// is not between two characters.
fn class(text: &str) -> Result<(Class, &str), &'static str> {
    let body = text.strip_prefix(['!', '^']);
    let (negated, mut rest) = (body.is_some(), body.unwrap_or(text));
    let mut ranges = Vec::new();
    loop {
        let mut characters = rest.chars();
        let from = match characters.next() {
            None | Some('\n' | '\r') => return Err("closed with ] where it has a [ (an ordinary [ is written [[])"),
            Some(']') if !ranges.is_empty() => return Ok((Class { negated, ranges }, characters.as_str())),
            Some('/') => return Err("without / between [ and ], which stand for one character within a segment"),
            Some(from) => from,
        };
        let mut after = characters.clone();
        let to = match (after.next(), after.next()) {
            (Some('-'), Some(to)) if to != ']' => {
                characters = after;
                to
            }
            _ => from,
        };
        if from > to {
            return Err("made of ranges that go up, such as [a-z]");
        }
        ranges.push(from..=to);
        rest = characters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glob(text: &str) -> Glob {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(text: &str, fits: &[&str], fits_not: &[&str]) {
        for key in fits {
            assert!(glob(text).matches(key), "{text} must match {key:?}");
        }
        for key in fits_not {
            assert!(!glob(text).matches(key), "{text} must not match {key:?}");
        }
    }

    #[test]
    fn one_asterisk_stays_within_segment_two_do_not() {
        check("*.gz", &["a.gz", ".gz"], &["a/b.gz", "a.gz2", "A.GZ", ""]);
        check("logs/*/x", &["logs/a/x", "logs//x"], &["logs/x", "logs/a/b/x"]);
        check("logs/**", &["logs/", "logs/a", "logs/a/b"], &["logs", "log"]);
        check("a**z", &["az", "a/z", "a/b/cz"], &["a", "az/"]);
        check("*", &["", "a"], &["/", "a/b"]);
        check("**", &["", "/", "a/b", "\u{1}\n"], &[]);
    }

    #[test]
    fn double_asterisk_slash_matches_any_whole_segments() {
        check("**/x", &["x", "a/x", "a/b/x", "/x"], &["ax", "a/bx", "x/"]);
        check("a/**/b", &["a/b", "a/c/b", "a/c/d/b"], &["ab", "a/cb", "b"]);
        check("a**/b", &["a/b", "ac/b", "a/c/b"], &["ab"]);
        check("**/**/x", &["x", "a/x", "a/b/c/x"], &["yx"]);
    }

    #[test]
    fn question_mark_matches_one_character_except_slash() {
        check("?", &["a", "é", "☃", "\n", "\\"], &["", "/", "ab"]);
    }

    #[test]
    fn brackets_match_one_listed_character() {
        check("[a-cx]", &["a", "b", "c", "x"], &["d", "A", "", "ab", "-"]);
        check("[!a-c]", &["d", "é"], &["a", "b", "/", ""]);
        check("[^a]", &["^"], &["a"]);
        check("[à-ü]", &["é"], &["e"]);
        check("[+-9]", &["5", "."], &["/"]);
        check("[]-]", &["]", "-"], &["[", "a"]);
        check("[[][*][?][!!]", &["[*?a"], &["[*?!"]);
    }

    #[test]
    fn other_characters_match_themselves() {
        for key in ["a{b,c}", "\\", "a]b", "^a$", "(a|b)+", " ", ".", "..", "a//b", "/a", "\u{1}", "\u{7f}", "€"] {
            check(key, &[key], &["", "b", "a/b"]);
        }
    }

    #[test]
    fn malformed_glob_is_refused_with_expected_form() {
        for (text, right) in [
            ("", "1 to 1,024"),
            ("a[", "closed with ]"),
            ("[]", "closed with ]"),
            ("[!]", "closed with ]"),
            ("[z-a]", "go up"),
            ("[a/b]", "without /"),
            ("a\nb", "one line"),
        ] {
            let error = text.parse::<Glob>().unwrap_err();
            assert!(error.expected.contains(right), "{text:?}: {error}");
            assert_eq!((error.field.as_str(), error.value.as_str()), ("glob", text));
        }
        assert!("g".repeat(1_025).parse::<Glob>().is_err());
    }

    /// Reference implementation: slow and obviously correct.
    fn plainly(tokens: &[Token], text: &str) -> bool {
        let Some((token, rest)) = tokens.split_first() else { return text.is_empty() };
        let first = text.chars().next();
        let behind = first.map_or("", |first| &text[first.len_utf8()..]);
        match token {
            Token::Optional => plainly(rest, text) || plainly(&rest[2..], text),
            Token::Across => plainly(rest, text) || first.is_some() && plainly(tokens, behind),
            Token::Segment => plainly(rest, text) || first.is_some_and(|c| c != '/') && plainly(tokens, behind),
            token => first.is_some_and(|first| token.takes(first)) && plainly(rest, behind),
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_reference_implementation(pattern in "([ab/?]|\\*{1,2}|\\*\\*/|\\[!?a\\]){1,7}", key in "[ab/é]{0,8}") {
            let glob = glob(&pattern);
            prop_assert_eq!(glob.matches(&key), plainly(&glob.tokens, &key), "{} {}", pattern, key);
        }

        #[test]
        fn key_without_wildcards_matches_only_itself(key in "[^*?\\[\r\n]{1,40}", other in ".{0,40}") {
            prop_assert!(glob(&key).matches(&key));
            prop_assert_eq!(glob(&key).matches(&other), key == other);
        }

        #[test]
        fn any_key_at_all_is_matched_by_a_question_mark_for_each_character(key in "[^/]{1,40}") {
            prop_assert!(glob(&"?".repeat(key.chars().count())).matches(&key));
        }

        #[test]
        fn arbitrary_text_never_panics(text in ".{0,60}", key in ".{0,60}") {
            if let Ok(glob) = text.parse::<Glob>() {
                glob.matches(&key);
            }
        }
    }

    #[test]
    fn matching_time_is_bounded_by_both_lengths() {
        let hard = glob(&"*a".repeat(500));
        assert!(!hard.matches(&"a".repeat(499)));
        assert!(hard.matches(&"a".repeat(1_024)));
    }
}
