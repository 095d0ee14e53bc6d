//! The fields for the options of copies, folded away by default.

use leptos::prelude::*;

use super::{
    checks::Checks,
    text_fields::{LinesField, TextField},
};
use crate::{forms::OptionTexts, ui::FieldFault};

const SSE: [(&str, &str); 3] =
    [("", "destination bucket's default"), ("AES256", "AES256: keys of the store"), ("aws:kms", "aws:kms: a KMS key")];
const ACL: [(&str, &str); 7] = [
    ("", "destination bucket's default"),
    ("copy", "copy from source objects"),
    ("bucket-owner-full-control", "bucket-owner-full-control"),
    ("bucket-owner-read", "bucket-owner-read"),
    ("private", "private"),
    ("authenticated-read", "authenticated-read"),
    ("public-read", "public-read: anyone may read the copies"),
];

const COMPARE: [(&str, &str); 3] = [
    ("", "listing: size, and ETag or checksum"),
    ("metadata", "listing, and metadata, tags and storage class"),
    ("content", "listing, and content where no digest decides"),
];
const TAGS: [(&str, &str); 3] =
    [("", "fail the object"), ("warn", "copy it without tags, and log that"), ("ignore", "copy it without tags")];
const COPY_BY: [(&str, &str); 3] = [
    ("", "the store where it can, else Logyard"),
    ("store", "only the store"),
    ("stream", "always Logyard: streamed through this server"),
];

#[component]
pub fn Options(texts: OptionTexts, checks: Checks) -> impl IntoView {
    let fault = |field: &str| checks.at(field).map(|problem| problem.detail.clone());
    let [sse_fault, key_fault, acl_fault, tags_fault, compare_fault] =
        ["encryption", "kms_key_id", "acl", "unreadable_tags", "compare"].map(fault);
    let [class_fault, fallback_fault, headers_fault, by_fault] =
        ["storage_class", "storage_class_fallback", "set_headers", "copy_by"].map(fault);
    let said = texts != OptionTexts::default();
    view! {
        <details open=said>
            <summary>"Options"</summary>
            <fieldset class="side" aria-describedby="options-note">
                <legend class="visually-hidden">"Options"</legend>
                <Choice name="sse" label="Encryption" choices=&SSE chosen=texts.sse fault=sse_fault />
                <label for="sse-kms-key-id">"KMS key"</label>
                <input
                    id="sse-kms-key-id"
                    name="sse_kms_key_id"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="the account's default key for S3"
                    aria-describedby="sse-kms-key-id-fault"
                    value=texts.sse_kms_key_id
                />
                <FieldFault id="sse-kms-key-id-fault".to_owned() text=key_fault />
                <Choice name="acl" label="Access control (ACL)" choices=&ACL chosen=texts.acl fault=acl_fault />
                <TextField
                    name="storage_class"
                    label="Storage class"
                    empty="keep; or none, STANDARD_IA, GLACIER=STANDARD"
                    text=texts.storage_class
                    fault=class_fault
                />
                <TextField
                    name="storage_class_fallback"
                    label="Where the class is refused"
                    empty="fail; or none, or a class"
                    text=texts.storage_class_fallback
                    fault=fallback_fault
                />
                <LinesField
                    name="set_headers"
                    label="Headers of copies, one a line"
                    empty="none, or such as Cache-Control: max-age=60"
                    text=texts.set_headers
                    fault=headers_fault
                />
                <Choice name="copy_by" label="Copied by" choices=&COPY_BY chosen=texts.copy_by fault=by_fault />
                <Choice
                    name="unreadable_tags"
                    label="Tags that cannot be read or kept"
                    choices=&TAGS
                    chosen=texts.unreadable_tags
                    fault=tags_fault
                />
                <Tick name="object_lock" text="Keep retention and legal holds (Object Lock)" given=texts.object_lock />
                <Tick name="website_redirects" text="Keep website redirects" given=texts.website_redirects />
                <Choice name="compare" label="Compare by" choices=&COMPARE chosen=texts.compare fault=compare_fault />
                <p class="note" id="options-note">
                    "Each ticked option costs one HEAD request per object; comparing metadata costs one at each endpoint, comparing \
                    content reads at both what no digest decides. Metadata, content headers, tags and storage class are copied, unless changed above. Customer-provided keys (SSE-C) \
                    are supported only on the command line."
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
