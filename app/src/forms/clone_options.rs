//! The options for copies as typed, and their conversion from and into [`Fidelity`].

use model::{Compare, Encryption, Fidelity, Invalid, ObjectLock, UnreadableTags};
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
    }

    pub fn of(fidelity: &Fidelity) -> Self {
        let ticked = |ticked: bool| if ticked { "on".to_owned() } else { String::new() };
        let encryption = fidelity.encryption.as_ref();
        Self {
            sse: encryption.map(Encryption::name).unwrap_or_default().to_owned(),
            sse_kms_key_id: encryption.and_then(Encryption::key_id).unwrap_or_default().to_owned(),
            acl: fidelity.acl.map(model::Acl::name).unwrap_or_default().to_owned(),
            unreadable_tags: match fidelity.unreadable_tags {
                UnreadableTags::Fail => String::new(),
                policy => policy.name().to_owned(),
            },
            object_lock: ticked(fidelity.object_lock == ObjectLock::Copy),
            website_redirects: ticked(fidelity.website_redirects),
            compare: if fidelity.compare == Compare::Listing {
                String::new()
            } else {
                fidelity.compare.name().to_owned()
            },
        }
    }

    pub fn fidelity(&self) -> Result<Fidelity, Invalid> {
        Ok(Fidelity {
            encryption: Encryption::read(&self.sse, self.sse_kms_key_id.trim())?,
            acl: Some(self.acl.as_str()).filter(|acl| !acl.is_empty()).map(str::parse).transpose()?,
            object_lock: if self.object_lock.is_empty() { ObjectLock::None } else { ObjectLock::Copy },
            website_redirects: !self.website_redirects.is_empty(),
            compare: if self.compare.is_empty() { Compare::Listing } else { self.compare.parse()? },
            unreadable_tags: match self.unreadable_tags.as_str() {
                "" => UnreadableTags::Fail,
                policy => policy.parse()?,
            },
        })
    }
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
        assert_eq!(wrong(OptionTexts { unreadable_tags: "drop".to_owned(), ..filled() }), "unreadable_tags");
    }
}
