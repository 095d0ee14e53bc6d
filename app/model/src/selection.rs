//! Selection of the objects that a clone concerns.
//!
//! Always: objects that are not selected are ignored at both endpoints: they are neither
//! copied nor compared nor counted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ByteSize, Digest, Glob, Invalid, StorageClass, Time, number};

/// A selection; all objects by default. Globs apply to the key after the location's prefix, all else to the object as
/// the source lists it.
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
    /// Objects must have a `LastModified` at the source before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than: Option<Time>,
    /// Objects must have this size or more at the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_size: Option<ByteSize>,
    /// Objects must have this size or less at the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<ByteSize>,
    /// Objects must have one of these classes at the source; if empty, any. An object listed without a class is
    /// `STANDARD`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub storage_classes: Vec<StorageClass>,
    /// List whose keys alone are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_from: Option<KeysFrom>,
}

/// A list of keys, which the caller of the engine holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysFrom {
    /// Its file, `-` for standard input, or the URL of an inventory's manifest.
    pub name: String,
    /// Number of different keys.
    pub count: u64,
    /// SHA-256 of the keys in their order.
    pub digest: Digest,
    /// When an inventory was made that is the list; `None` for a list of a user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_at: Option<Time>,
}

/// An object as the source lists it, without its key.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    pub modified: Time,
    /// In bytes.
    pub size: u64,
    /// `None`: listed without a class.
    pub class: Option<&'a str>,
}

impl Selection {
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses bounds between which no object can lie.
    pub fn check(&self) -> Result<(), Invalid> {
        if let (Some(since), Some(until)) = (self.newer_than, self.older_than)
            && until <= since
        {
            return Err(Invalid::new("older_than", until.to_string(), format!("later than newer_than, {since}")));
        }
        if let (Some(least), Some(most)) = (self.min_size, self.max_size)
            && most < least
        {
            return Err(Invalid::new("max_size", most.to_string(), format!("at least min_size, {least}")));
        }
        Ok(())
    }

    /// Whether a key is selected; `rest` is the key after the prefix.
    pub fn names(&self, rest: &str) -> bool {
        let any = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(rest));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }

    /// Whether an object of the source is selected.
    pub fn chooses(&self, rest: &str, object: Attributes<'_>) -> bool {
        let class = object.class.unwrap_or(StorageClass::STANDARD);
        self.newer_than.is_none_or(|since| object.modified >= since)
            && self.older_than.is_none_or(|until| object.modified < until)
            && self.min_size.is_none_or(|least| object.size >= least.0)
            && self.max_size.is_none_or(|most| object.size <= most.0)
            && (self.storage_classes.is_empty() || self.storage_classes.iter().any(|one| one.as_str() == class))
            && self.names(rest)
    }

    /// Whether more than the key decides.
    pub fn by_attributes(&self) -> bool {
        self.unknown_of_extras().is_some()
    }

    /// Attributes of the source object by which the selection chooses, in words: `age`, `size and storage class`. They are
    /// unknown for an object that only the destination has. `None` if the selection chooses by key alone.
    pub fn unknown_of_extras(&self) -> Option<String> {
        let parts = [
            (self.newer_than.is_some() || self.older_than.is_some()).then_some("age"),
            (self.min_size.is_some() || self.max_size.is_some()).then_some("size"),
            (!self.storage_classes.is_empty()).then_some("storage class"),
        ];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        match parts.as_slice() {
            [] => None,
            [only] => Some((*only).to_owned()),
            [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
        }
    }

    /// Whether an object that only the destination has counts as extra. Never with a selection by attributes, because
    /// those of its source are unknown.
    pub fn judges_extra(&self, rest: &str) -> bool {
        !self.by_attributes() && self.names(rest)
    }
}

impl fmt::Display for Selection {
    /// `matching "logs/**" or "*.gz", not matching "*.tmp", modified at or after 2026-03-09T14:00:00Z, of 1MB or more`;
    /// empty for all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let either = |globs: &[Glob]| globs.iter().map(|glob| format!("\"{glob}\"")).collect::<Vec<_>>().join(" or ");
        let classes = self.storage_classes.iter().map(StorageClass::as_str).collect::<Vec<_>>().join(" or ");
        let parts = [
            (!self.include.is_empty()).then(|| format!("matching {}", either(&self.include))),
            (!self.exclude.is_empty()).then(|| format!("not matching {}", either(&self.exclude))),
            self.newer_than.map(|since| format!("modified at or after {since}")),
            self.older_than.map(|until| format!("modified before {until}")),
            match (self.min_size, self.max_size) {
                (None, None) => None,
                (Some(least), None) => Some(format!("of {least} or more")),
                (None, Some(most)) => Some(format!("of {most} or less")),
                (Some(least), Some(most)) => Some(format!("of {least} to {most}")),
            },
            (!classes.is_empty()).then(|| format!("of storage class {classes}")),
            self.keys_from.as_ref().map(|KeysFrom { name, count, listed_at, .. }| {
                let keys =
                    if *count == 1 { "the 1 key".to_owned() } else { format!("the {} keys", number::count(*count)) };
                match listed_at {
                    Some(at) => format!("among {keys} of the inventory {name:?} of {at}"),
                    None if name == "-" => format!("among {keys} of standard input"),
                    None => format!("among {keys} of {name:?}"),
                }
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
            ..Selection::default()
        }
    }

    fn at(modified: i64) -> Attributes<'static> {
        Attributes { modified: Time(modified), size: 10, class: None }
    }

    #[test]
    fn object_needs_any_include_and_no_exclude() {
        let all = selection(&[], &[], None);
        assert!(all.is_all() && all.names("") && all.chooses("a", at(0)));
        let some = selection(&["logs/**", "*.gz"], &["**/*.tmp"], None);
        assert!(some.names("logs/a") && some.names("x.gz"));
        assert!(!some.names("a") && !some.names("logs/a.tmp"));
        let but = selection(&[], &["b"], None);
        assert!(but.names("a") && !but.names("b"));
    }

    #[test]
    fn object_modified_at_the_instant_is_selected() {
        let since = selection(&["a"], &[], Some(1_000));
        assert!(since.chooses("a", at(1_000)) && !since.chooses("a", at(999)) && !since.chooses("b", at(1_000)));
    }

    #[test]
    fn object_modified_at_the_end_is_not_selected() {
        let until = Selection { older_than: Some(Time(1_000)), ..Selection::default() };
        assert!(until.chooses("a", at(999)) && !until.chooses("a", at(1_000)));
    }

    #[test]
    fn size_bounds_include_their_ends() {
        let sized = |least, most| Selection {
            min_size: Some(ByteSize(least)),
            max_size: Some(ByteSize(most)),
            ..Selection::default()
        };
        assert!(sized(10, 10).chooses("a", at(0)));
        assert!(!sized(11, 12).chooses("a", at(0)) && !sized(0, 9).chooses("a", at(0)));
    }

    #[test]
    fn object_without_class_is_standard() {
        let classes = |names: &[&str]| Selection {
            storage_classes: names.iter().map(|name| name.parse().unwrap()).collect(),
            ..Selection::default()
        };
        assert!(classes(&["GLACIER", "STANDARD"]).chooses("a", at(0)) && !classes(&["GLACIER"]).chooses("a", at(0)));
        let cold = Attributes { class: Some("GLACIER"), ..at(0) };
        assert!(classes(&["GLACIER"]).chooses("a", cold) && !classes(&["STANDARD"]).chooses("a", cold));
    }

    #[test]
    fn empty_bounds_are_refused_with_their_field() {
        let day = Selection { newer_than: Some(Time(5)), older_than: Some(Time(5)), ..Selection::default() };
        assert_eq!(day.check().unwrap_err().field, "older_than");
        let size = Selection { min_size: Some(ByteSize(2)), max_size: Some(ByteSize(1)), ..Selection::default() };
        assert_eq!(
            size.check().unwrap_err().to_string(),
            "max_size \"1\" is not valid: it must be at least min_size, 2"
        );
        let one = Selection { min_size: Some(ByteSize(2)), max_size: Some(ByteSize(2)), ..Selection::default() };
        assert_eq!((one.check(), selection(&[], &[], None).check()), (Ok(()), Ok(())));
    }

    #[test]
    fn selection_by_attributes_counts_nothing_as_extra() {
        for (json, unknown) in [
            (r#"{"older_than": "1970-01-01T00:00:00Z"}"#, "age"),
            (r#"{"min_size": 0}"#, "size"),
            (r#"{"max_size": "5MB", "newer_than": "1970-01-01T00:00:00Z"}"#, "age and size"),
            (
                r#"{"storage_classes": ["STANDARD"], "min_size": 1, "older_than": "1970-01-01T00:00:00Z"}"#,
                "age, size and storage class",
            ),
        ] {
            let selection: Selection = serde_json::from_str(json).unwrap();
            assert!(!selection.judges_extra("a"), "{json}");
            assert_eq!(selection.unknown_of_extras().unwrap(), unknown);
        }
        assert_eq!(selection(&["a"], &["b"], None).unknown_of_extras(), None);
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
        let json = r#"{"older_than": "1970-01-01T00:00:00Z", "min_size": "1MB", "storage_classes": ["GLACIER", "GLACIER_IR"]}"#;
        let words = serde_json::from_str::<Selection>(json).unwrap().to_string();
        assert_eq!(
            words,
            "modified before 1970-01-01T00:00:00Z, of 1MB or more, of storage class GLACIER or GLACIER_IR"
        );
    }
}
