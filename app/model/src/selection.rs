//! Which objects of a place a clone is about.
//!
//! Always: what is not chosen is as if it were not there, at the source and beside it at the destination. It is neither
//! copied nor compared nor counted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Glob, Time};

/// All objects, unless it says less. Globs are over what follows the prefix of the place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// Only keys that match one of these; all, if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Glob>,
    /// Of those, no key that matches one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Glob>,
    /// Only objects whose `LastModified` at the source is this instant or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_than: Option<Time>,
}

impl Selection {
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// By its key alone; `rest` is what follows the prefix.
    pub fn names(&self, rest: &str) -> bool {
        let any = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(rest));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }

    /// An object of the source.
    pub fn chooses(&self, rest: &str, modified: Time) -> bool {
        self.newer_than.is_none_or(|since| modified >= since) && self.names(rest)
    }

    /// Whether an object that only the destination has counts as one too many. With `newer_than` none does: nobody
    /// knows how old its source was.
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
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(include: &[&str], exclude: &[&str], newer_than: Option<i64>) -> Selection {
        let globs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Selection { include: globs(include), exclude: globs(exclude), newer_than: newer_than.map(Time) }
    }

    #[test]
    fn an_object_is_chosen_by_any_include_and_no_exclude() {
        let all = selection(&[], &[], None);
        assert!(all.is_all() && all.names("") && all.chooses("a", Time(0)));
        let some = selection(&["logs/**", "*.gz"], &["**/*.tmp"], None);
        assert!(some.names("logs/a") && some.names("x.gz"));
        assert!(!some.names("a") && !some.names("logs/a.tmp"));
        let but = selection(&[], &["b"], None);
        assert!(but.names("a") && !but.names("b"));
    }

    #[test]
    fn an_object_of_that_very_instant_is_chosen() {
        let since = selection(&["a"], &[], Some(1_000));
        assert!(since.chooses("a", Time(1_000)) && !since.chooses("a", Time(999)) && !since.chooses("b", Time(1_000)));
    }

    #[test]
    fn age_makes_nothing_extra_as_it_is_not_known() {
        assert!(selection(&["a"], &[], None).judges_extra("a"));
        assert!(!selection(&["a"], &[], None).judges_extra("b"));
        assert!(!selection(&["a"], &[], Some(0)).judges_extra("a"));
    }

    #[test]
    fn it_is_said_in_words() {
        assert_eq!(selection(&[], &[], None).to_string(), "");
        let words = selection(&["a", "b"], &["c"], Some(0)).to_string();
        assert_eq!(words, r#"matching "a" or "b", not matching "c", modified at or after 1970-01-01T00:00:00Z"#);
    }
}
