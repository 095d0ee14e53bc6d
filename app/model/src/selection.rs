//! Selection of the objects that a clone concerns.
//!
//! Always: objects that are not selected are ignored at both endpoints: they are neither
//! copied nor compared nor counted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Digest, Glob, Time};

/// A selection; all objects by default. Globs apply to the key after the location's prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// Keys must match one of these; if empty, all keys do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Glob>,
    /// Keys that match one of these are excluded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Glob>,
    /// Objects must have a `LastModified` at the source of this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_than: Option<Time>,
    /// List whose keys alone are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_from: Option<KeysFrom>,
}

/// A list of keys, which the caller of the engine holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysFrom {
    /// Its file, or `-` for standard input.
    pub name: String,
    /// Number of different keys.
    pub count: u64,
    /// SHA-256 of the keys in their order.
    pub digest: Digest,
}

impl Selection {
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a key is selected; `rest` is the key after the prefix.
    pub fn names(&self, rest: &str) -> bool {
        let any = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(rest));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }

    /// Whether an object of the source is selected.
    pub fn chooses(&self, rest: &str, modified: Time) -> bool {
        self.newer_than.is_none_or(|since| modified >= since) && self.names(rest)
    }

    /// Whether an object that only the destination has counts as extra. Never with `newer_than`, because the
    /// age of its source is unknown.
    pub fn judges_extra(&self, rest: &str) -> bool {
        self.newer_than.is_none() && self.names(rest)
    }
}

impl fmt::Display for Selection {
    /// `matching "logs/**" or "*.gz", not matching "*.tmp", modified at or after 2026-03-09T14:00:00Z`; empty for all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let either = |globs: &[Glob]| globs.iter().map(|glob| format!("\"{glob}\"")).collect::<Vec<_>>().join(" or ");
        let parts = [
            (!self.include.is_empty()).then(|| format!("matching {}", either(&self.include))),
            (!self.exclude.is_empty()).then(|| format!("not matching {}", either(&self.exclude))),
            self.newer_than.map(|since| format!("modified at or after {since}")),
            self.keys_from.as_ref().map(|keys| match keys.name.as_str() {
                "-" => format!("among {} keys of standard input", keys.count),
                name => format!("among {} keys of {name:?}", keys.count),
            }),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(include: &[&str], exclude: &[&str], newer_than: Option<i64>) -> Selection {
        let globs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Selection {
            include: globs(include),
            exclude: globs(exclude),
            newer_than: newer_than.map(Time),
            keys_from: None,
        }
    }

    #[test]
    fn object_needs_any_include_and_no_exclude() {
        let all = selection(&[], &[], None);
        assert!(all.is_all() && all.names("") && all.chooses("a", Time(0)));
        let some = selection(&["logs/**", "*.gz"], &["**/*.tmp"], None);
        assert!(some.names("logs/a") && some.names("x.gz"));
        assert!(!some.names("a") && !some.names("logs/a.tmp"));
        let but = selection(&[], &["b"], None);
        assert!(but.names("a") && !but.names("b"));
    }

    #[test]
    fn object_modified_at_the_instant_is_selected() {
        let since = selection(&["a"], &[], Some(1_000));
        assert!(since.chooses("a", Time(1_000)) && !since.chooses("a", Time(999)) && !since.chooses("b", Time(1_000)));
    }

    #[test]
    fn selection_by_age_counts_nothing_as_extra() {
        assert!(selection(&["a"], &[], None).judges_extra("a"));
        assert!(!selection(&["a"], &[], None).judges_extra("b"));
        assert!(!selection(&["a"], &[], Some(0)).judges_extra("a"));
    }

    #[test]
    fn selection_is_described_in_words() {
        assert_eq!(selection(&[], &[], None).to_string(), "");
        let words = selection(&["a", "b"], &["c"], Some(0)).to_string();
        assert_eq!(words, r#"matching "a" or "b", not matching "c", modified at or after 1970-01-01T00:00:00Z"#);
    }
}
