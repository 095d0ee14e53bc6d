//! What copies keep and get: fields folded away until they are wanted, and their texts as what they mean.

use leptos::prelude::*;
use model::{Compare, Encryption, Fidelity, Invalid, ObjectLock};
use serde::{Deserialize, Serialize};

use super::{checks::Checks, fields::FieldFault};
use crate::query::Query;

/// As typed. Names are those of the form's fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OptionTexts {
    /// `AES256`, `aws:kms`, or empty.
    pub sse: String,
    pub sse_kms_key_id: String,
    /// As [`model::Acl::name`] writes it, or empty.
    pub acl: String,
    /// These three are not empty if ticked.
    pub object_lock: String,
    pub website_redirects: String,
    pub compare_metadata: String,
}

impl OptionTexts {
    pub fn read(query: &Query) -> Self {
        let field = |name: &str| query.get(name).unwrap_or_default().to_owned();
        Self {
            sse: field("sse"),
            sse_kms_key_id: field("sse_kms_key_id"),
            acl: field("acl"),
            object_lock: field("object_lock"),
            website_redirects: field("website_redirects"),
            compare_metadata: field("compare_metadata"),
        }
    }

    pub fn onto(&self, query: Query) -> Query {
        query
            .with("sse", &self.sse)
            .with("sse_kms_key_id", &self.sse_kms_key_id)
            .with("acl", &self.acl)
            .with("object_lock", &self.object_lock)
            .with("website_redirects", &self.website_redirects)
            .with("compare_metadata", &self.compare_metadata)
    }

    pub fn of(fidelity: &Fidelity) -> Self {
        let ticked = |ticked: bool| if ticked { "on".to_owned() } else { String::new() };
        let encryption = fidelity.encryption.as_ref();
        Self {
            sse: encryption.map(Encryption::name).unwrap_or_default().to_owned(),
            sse_kms_key_id: encryption.and_then(Encryption::key_id).unwrap_or_default().to_owned(),
            acl: fidelity.acl.map(model::Acl::name).unwrap_or_default().to_owned(),
            object_lock: ticked(fidelity.object_lock == ObjectLock::Copy),
            website_redirects: ticked(fidelity.website_redirects),
            compare_metadata: ticked(fidelity.compare == Compare::Metadata),
        }
    }

    pub fn fidelity(&self) -> Result<Fidelity, Invalid> {
        Ok(Fidelity {
            encryption: Encryption::read(&self.sse, self.sse_kms_key_id.trim())?,
            acl: Some(self.acl.as_str()).filter(|acl| !acl.is_empty()).map(str::parse).transpose()?,
            object_lock: if self.object_lock.is_empty() { ObjectLock::None } else { ObjectLock::Copy },
            website_redirects: !self.website_redirects.is_empty(),
            compare: if self.compare_metadata.is_empty() { Compare::Listing } else { Compare::Metadata },
        })
    }
}

const SSE: [(&str, &str); 3] = [
    ("", "as the destination's bucket does"),
    ("AES256", "AES256: the store's own keys"),
    ("aws:kms", "aws:kms: a key of the key service"),
];
const ACL: [(&str, &str); 4] = [
    ("", "as the destination's bucket has it"),
    ("copy", "the grants of the source's objects"),
    ("bucket-owner-full-control", "bucket-owner-full-control"),
    ("private", "private"),
];

#[component]
pub fn Options(texts: OptionTexts, checks: Checks) -> impl IntoView {
    let fault = |field: &str| checks.at(field).map(|problem| problem.detail.clone());
    let [sse_fault, key_fault, acl_fault] = ["encryption", "kms_key_id", "acl"].map(fault);
    let said = texts != OptionTexts::default();
    view! {
        <details open=said>
            <summary>"Options"</summary>
            <fieldset class="side" aria-describedby="options-note">
                <legend class="visually-hidden">"Options"</legend>
                <Choice name="sse" label="Encrypt copies" choices=&SSE chosen=texts.sse fault=sse_fault />
                <label for="sse-kms-key-id">"Key for aws:kms"</label>
                <input
                    id="sse-kms-key-id"
                    name="sse_kms_key_id"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="the account's key for S3"
                    aria-describedby="sse-kms-key-id-fault"
                    value=texts.sse_kms_key_id
                />
                <FieldFault id="sse-kms-key-id-fault".to_owned() text=key_fault />
                <Choice name="acl" label="Access to copies (ACL)" choices=&ACL chosen=texts.acl fault=acl_fault />
                <Tick name="object_lock" text="Keep retention and legal holds (Object Lock)" given=texts.object_lock />
                <Tick name="website_redirects" text="Keep redirects of websites" given=texts.website_redirects />
                <Tick
                    name="compare_metadata"
                    text="Compare metadata, tags and storage class too"
                    given=texts.compare_metadata
                />
                <p class="note" id="options-note">
                    "Each tick costs a HEAD an object, comparing metadata one of each side. Metadata, content headers, tags \
                    and storage class are always copied. A customer's own key (SSE-C) is for the command line only."
                </p>
            </fieldset>
        </details>
    }
}

#[component]
fn Choice(
    name: &'static str,
    label: &'static str,
    choices: &'static [(&'static str, &'static str)],
    chosen: String,
    fault: Option<String>,
) -> impl IntoView {
    let faulty = format!("{name}-fault");
    let option = |(value, text): &(&'static str, &'static str)| {
        view! { <option value=*value selected={*value == chosen}>{*text}</option> }
    };
    view! {
        <label for=name>{label}</label>
        <select id=name name=name aria-describedby=faulty.clone()>{choices.iter().map(option).collect_view()}</select>
        <FieldFault id=faulty text=fault />
    }
}

#[component]
fn Tick(name: &'static str, text: &'static str, given: String) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="checkbox" name=name value="on" checked={!given.is_empty()} />
            <span>{text}</span>
        </label>
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
            website_redirects: "on".to_owned(),
            compare_metadata: "on".to_owned(),
            ..OptionTexts::default()
        }
    }

    #[test]
    fn options_survive_the_way_through_the_url_and_through_a_job() {
        let query = filled().onto(Query::default());
        assert_eq!(OptionTexts::read(&Query::read(&query.on(""))), filled());
        assert_eq!(OptionTexts::of(&filled().fidelity().unwrap()), filled());
        assert!(OptionTexts::default().fidelity().unwrap().is_plain());
    }

    #[test]
    fn a_wrong_option_is_told_with_its_field() {
        let wrong = |texts: OptionTexts| texts.fidelity().unwrap_err().field;
        assert_eq!(wrong(OptionTexts { sse: "rot13".to_owned(), ..filled() }), "encryption");
        assert_eq!(wrong(OptionTexts { sse: String::new(), ..filled() }), "kms_key_id");
        assert_eq!(wrong(OptionTexts { acl: "public".to_owned(), ..filled() }), "acl");
    }
}
