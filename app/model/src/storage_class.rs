//! Storage classes that a clone gives to its copies.
//!
//! As text, on the command line and in a form: `keep`, `none`, a class, or a map such as `STANDARD_IA=STANDARD,GLACIER=none`.
//! As JSON: the same words, and a map as an object.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// Name of a storage class: 1 to 64 of `A`–`Z`, `0`–`9`, `_` and `-`. Stores may have classes of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StorageClass(String);

/// The class of a copy: a name, or `None` for the default of the destination.
type Given = Option<StorageClass>;

/// Rule for the storage class of copies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RuleJson", into = "RuleJson")]
pub enum ClassRule {
    /// That of the source.
    #[default]
    Keep,
    /// The same for all.
    All(Given),
    /// By the class of the source; classes that are not in the map are kept. Never empty.
    Map(BTreeMap<StorageClass, Given>),
}

/// What happens to an object whose storage class the destination refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ClassFallback {
    /// The object fails.
    #[default]
    Fail,
    /// It is written again with this class.
    To(Given),
}

impl ClassRule {
    /// The class to ask for, `None` for none; `source` is the class that the source names.
    pub fn of(&self, source: Option<&str>) -> Option<String> {
        let given = |given: &Given| given.as_ref().map(|class| class.0.clone());
        match self {
            Self::Keep => source.map(str::to_owned),
            Self::All(class) => given(class),
            Self::Map(map) => {
                let named = source.unwrap_or(StorageClass::STANDARD);
                map.iter().find(|(from, _)| from.0 == named).map_or(source.map(str::to_owned), |(_, to)| given(to))
            }
        }
    }

    pub fn is_keep(&self) -> bool {
        *self == Self::Keep
    }
}

impl ClassFallback {
    /// The class to ask for instead; `None` if the object fails.
    pub fn class(&self) -> Option<Option<&str>> {
        match self {
            Self::Fail => None,
            Self::To(class) => Some(class.as_ref().map(|class| class.0.as_str())),
        }
    }
}

impl StorageClass {
    /// The class of an object for which a store names none.
    pub const STANDARD: &str = "STANDARD";

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StorageClass {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::try_from(text.to_owned())
    }
}

impl fmt::Display for StorageClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for StorageClass {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(Invalid::new(
                "storage_class",
                text,
                "the name of a storage class, such as STANDARD, STANDARD_IA or GLACIER_IR",
            ))
        }
    }
}

impl From<StorageClass> for String {
    fn from(class: StorageClass) -> Self {
        class.0
    }
}

const RULE: &str = "keep, none, a class such as STANDARD_IA, or a map such as STANDARD_IA=STANDARD,GLACIER=none";

fn read(text: &str) -> Option<Given> {
    if text == "none" { Some(None) } else { StorageClass::try_from(text.to_owned()).ok().map(Some) }
}

fn word(given: &Given) -> &str {
    given.as_ref().map_or("none", |class| class.0.as_str())
}

impl FromStr for ClassRule {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("storage_class", text, RULE);
        if text == "keep" {
            return Ok(Self::Keep);
        }
        if !text.contains('=') {
            return read(text).map(Self::All).ok_or_else(wrong);
        }
        let mut map = BTreeMap::new();
        for pair in text.split(',') {
            let (from, to) = pair.split_once('=').ok_or_else(wrong)?;
            let from = StorageClass::try_from(from.trim().to_owned()).map_err(|_| wrong())?;
            if map.insert(from, read(to.trim()).ok_or_else(wrong)?).is_some() {
                return Err(Invalid::new("storage_class", text, "a map that names each class of the source once"));
            }
        }
        Ok(Self::Map(map))
    }
}

impl fmt::Display for ClassRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep => f.write_str("keep"),
            Self::All(class) => f.write_str(word(class)),
            Self::Map(map) => {
                let pairs: Vec<_> = map.iter().map(|(from, to)| format!("{}={}", from.0, word(to))).collect();
                f.write_str(&pairs.join(","))
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"keep\", \"none\", a storage class, or an object that names one for each class of the source"
)]
enum RuleJson {
    Word(String),
    Map(BTreeMap<String, String>),
}

impl TryFrom<RuleJson> for ClassRule {
    type Error = Invalid;

    fn try_from(json: RuleJson) -> Result<Self, Invalid> {
        match json {
            RuleJson::Word(text) => text.parse(),
            RuleJson::Map(map) if map.is_empty() => Ok(Self::Keep),
            RuleJson::Map(map) => {
                let pair = |(from, to): (String, String)| {
                    let to = read(&to).ok_or_else(|| Invalid::new("storage_class", &to, "none, or a class"))?;
                    Ok((from.try_into()?, to))
                };
                map.into_iter().map(pair).collect::<Result<_, _>>().map(Self::Map)
            }
        }
    }
}

impl From<ClassRule> for RuleJson {
    fn from(rule: ClassRule) -> Self {
        match rule {
            ClassRule::Map(map) => Self::Map(map.iter().map(|(from, to)| (from.0.clone(), word(to).into())).collect()),
            rule => Self::Word(rule.to_string()),
        }
    }
}

impl FromStr for ClassFallback {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "fail" {
            return Ok(Self::Fail);
        }
        let expected = "fail, none, or a class such as STANDARD";
        read(text).map(Self::To).ok_or_else(|| Invalid::new("storage_class_fallback", text, expected))
    }
}

impl TryFrom<String> for ClassFallback {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<ClassFallback> for String {
    fn from(fallback: ClassFallback) -> Self {
        fallback.to_string()
    }
}

impl fmt::Display for ClassFallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fail => "fail",
            Self::To(class) => word(class),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> ClassRule {
        text.parse().unwrap()
    }

    #[test]
    fn class_is_a_name_in_capitals() {
        for name in ["STANDARD", "GLACIER_IR", "X-1"] {
            assert_eq!(name.parse::<StorageClass>().unwrap().as_str(), name);
        }
        for name in ["", "standard", "A B", &"A".repeat(65)] {
            assert!(name.parse::<StorageClass>().unwrap_err().to_string().contains("STANDARD_IA"), "{name}");
        }
    }

    #[test]
    fn rule_gives_each_copy_its_class() {
        let of = |text: &str| {
            let rule = rule(text);
            [None, Some("STANDARD_IA"), Some("GLACIER")].map(|source| rule.of(source).unwrap_or_default())
        };
        assert_eq!(of("keep"), ["", "STANDARD_IA", "GLACIER"]);
        assert_eq!(of("none"), ["", "", ""]);
        assert_eq!(of("GLACIER_IR"), ["GLACIER_IR", "GLACIER_IR", "GLACIER_IR"]);
        assert_eq!(of("STANDARD=STANDARD_IA,GLACIER=none"), ["STANDARD_IA", "STANDARD_IA", ""]);
    }

    #[test]
    fn rule_round_trips_as_text_and_json() {
        for text in ["keep", "none", "DEEP_ARCHIVE", "GLACIER=none,STANDARD=STANDARD_IA"] {
            assert_eq!(rule(text).to_string(), text);
            let json = serde_json::to_string(&rule(text)).unwrap();
            assert_eq!(serde_json::from_str::<ClassRule>(&json).unwrap(), rule(text), "{json}");
        }
        assert_eq!(serde_json::to_string(&rule("A=none")).unwrap(), r#"{"A":"none"}"#);
        assert_eq!("none".parse(), Ok(ClassFallback::To(None)));
    }

    #[test]
    fn invalid_rule_is_refused_with_what_would_be_right() {
        for text in ["", "standard", "A=b", "=A", "A=B,C", "A=B,A=C", "A B"] {
            let wrong = text.parse::<ClassRule>().unwrap_err();
            assert!(wrong.field == "storage_class" && wrong.to_string().contains("class"), "{wrong}");
        }
        assert!(serde_json::from_str::<ClassRule>(r#"{"GLACIER":"fast"}"#).is_err());
        assert_eq!("keep".parse::<ClassFallback>().unwrap_err().field, "storage_class_fallback");
    }
}
