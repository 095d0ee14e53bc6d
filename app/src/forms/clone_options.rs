//! The options for copies as typed, and their conversion from and into [`Fidelity`].

use std::str::FromStr;

use model::{ClassFallback, Compare, CopyBy, Encryption, Fidelity, HeaderChanges, Invalid, ObjectLock, UnreadableTags};
use serde::{Deserialize, Serialize};

use crate::query::Query;

/// The options as typed. Names are those of the form's fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OptionTexts {
    /// `AES256`, `aws:kms`, or empty.
    pub sse: String,
    pub sse_kms_key_id: String,
    /// A name from [`model::Acl::name`], or empty.
    pub acl: String,
    /// A name from [`UnreadableTags::name`]; empty is `fail`.
    pub unreadable_tags: String,
    /// This and the following are not empty if ticked.
    pub object_lock: String,
    pub website_redirects: String,
    /// A name from [`Compare::name`], or empty.
    pub compare: String,
    /// As [`model::ClassRule`] is displayed; empty is `keep`.
    pub storage_class: String,
    /// As [`ClassFallback`] is displayed; empty is `fail`.
    pub storage_class_fallback: String,
    /// A change on each line.
    pub set_headers: String,
    /// A name from [`CopyBy::name`]; empty is `auto`.
    pub copy_by: String,
}

impl OptionTexts {
    pub fn read(query: &Query) -> Self {
        let field = |name: &str| query.get(name).unwrap_or_default().to_owned();
        Self {
            sse: field("sse"),
            sse_kms_key_id: field("sse_kms_key_id"),
            acl: field("acl"),
            unreadable_tags: field("unreadable_tags"),
            object_lock: field("object_lock"),
            website_redirects: field("website_redirects"),
            compare: field("compare"),
            storage_class: field("storage_class"),
            storage_class_fallback: field("storage_class_fallback"),
            set_headers: field("set_headers"),
            copy_by: field("copy_by"),
        }
    }

    pub fn onto(&self, query: Query) -> Query {
        query
            .with("sse", &self.sse)
            .with("sse_kms_key_id", &self.sse_kms_key_id)
            .with("acl", &self.acl)
            .with("unreadable_tags", &self.unreadable_tags)
            .with("object_lock", &self.object_lock)
            .with("website_redirects", &self.website_redirects)
            .with("compare", &self.compare)
            .with("storage_class", &self.storage_class)
            .with("storage_class_fallback", &self.storage_class_fallback)
            .with("set_headers", &self.set_headers)
            .with("copy_by", &self.copy_by)
    }

    pub fn of(fidelity: &Fidelity) -> Self {
        let ticked = |ticked: bool| if ticked { "on".to_owned() } else { String::new() };
        let encryption = fidelity.encryption.as_ref();
        let headers: Vec<_> = fidelity.set_headers.iter().map(|change| change.to_string()).collect();
        Self {
            sse: encryption.map(Encryption::name).unwrap_or_default().to_owned(),
            sse_kms_key_id: encryption.and_then(Encryption::key_id).unwrap_or_default().to_owned(),
            acl: fidelity.acl.map(model::Acl::name).unwrap_or_default().to_owned(),
            unreadable_tags: unless(fidelity.unreadable_tags == UnreadableTags::Fail, &fidelity.unreadable_tags.name()),
            object_lock: ticked(fidelity.object_lock == ObjectLock::Copy),
            website_redirects: ticked(fidelity.website_redirects),
            compare: unless(fidelity.compare == Compare::Listing, &fidelity.compare.name()),
            storage_class: unless(fidelity.storage_class.is_keep(), &fidelity.storage_class),
            storage_class_fallback: unless(
                fidelity.storage_class_fallback == ClassFallback::Fail,
                &fidelity.storage_class_fallback,
            ),
            set_headers: headers.join("\n"),
            copy_by: unless(fidelity.copy_by == CopyBy::Auto, &fidelity.copy_by),
        }
    }

    pub fn fidelity(&self) -> Result<Fidelity, Invalid> {
        Ok(Fidelity {
            encryption: Encryption::read(&self.sse, self.sse_kms_key_id.trim())?,
            acl: Some(self.acl.as_str()).filter(|acl| !acl.is_empty()).map(str::parse).transpose()?,
            object_lock: if self.object_lock.is_empty() { ObjectLock::None } else { ObjectLock::Copy },
            website_redirects: !self.website_redirects.is_empty(),
            compare: or_default(&self.compare)?,
            unreadable_tags: or_default(&self.unreadable_tags)?,
            storage_class: or_default(self.storage_class.trim())?,
            storage_class_fallback: or_default(self.storage_class_fallback.trim())?,
            set_headers: HeaderChanges::lines(&self.set_headers)?,
            copy_by: or_default(&self.copy_by)?,
        })
    }
}

/// The text of a value, empty for the default.
fn unless(is_default: bool, value: &impl ToString) -> String {
    if is_default { String::new() } else { value.to_string() }
}

fn or_default<T: Default + FromStr<Err = Invalid>>(text: &str) -> Result<T, Invalid> {
    if text.is_empty() { Ok(T::default()) } else { text.parse() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> OptionTexts {
        OptionTexts {
            sse: "aws:kms".to_owned(),
            sse_kms_key_id: "alias/k".to_owned(),
            acl: "copy".to_owned(),
            unreadable_tags: "warn".to_owned(),
            website_redirects: "on".to_owned(),
            compare: "metadata".to_owned(),
            storage_class: "GLACIER=STANDARD".to_owned(),
            storage_class_fallback: "none".to_owned(),
            set_headers: "expires:\nx-amz-meta-a: b".to_owned(),
            copy_by: "stream".to_owned(),
            ..OptionTexts::default()
        }
    }

    #[test]
    fn options_round_trip_through_url_and_job() {
        let query = filled().onto(Query::default());
        assert_eq!(OptionTexts::read(&Query::read(&query.on(""))), filled());
        assert_eq!(OptionTexts::of(&filled().fidelity().unwrap()), filled());
        assert!(OptionTexts::default().fidelity().unwrap().is_plain());
    }

    #[test]
    fn fault_names_its_field() {
        let wrong = |texts: OptionTexts| texts.fidelity().unwrap_err().field;
        assert_eq!(wrong(OptionTexts { sse: "rot13".to_owned(), ..filled() }), "encryption");
        assert_eq!(wrong(OptionTexts { sse: String::new(), ..filled() }), "kms_key_id");
        assert_eq!(wrong(OptionTexts { acl: "public".to_owned(), ..filled() }), "acl");
        assert_eq!(wrong(OptionTexts { compare: "smell".to_owned(), ..filled() }), "compare");
        assert_eq!(wrong(OptionTexts { storage_class: "fast".to_owned(), ..filled() }), "storage_class");
        assert_eq!(wrong(OptionTexts { storage_class_fallback: "x".to_owned(), ..filled() }), "storage_class_fallback");
        assert_eq!(wrong(OptionTexts { set_headers: "Host: a".to_owned(), ..filled() }), "set_headers");
        assert_eq!(wrong(OptionTexts { copy_by: "hand".to_owned(), ..filled() }), "copy_by");
        assert_eq!(wrong(OptionTexts { unreadable_tags: "drop".to_owned(), ..filled() }), "unreadable_tags");
    }
}
