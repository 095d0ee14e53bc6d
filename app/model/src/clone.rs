//! What a clone is asked to do, and what a preview of it answers.

use serde::{Deserialize, Serialize};

use crate::{Digest, Fidelity, Glob, Location, Place, Plan, Price, Selection, Time};

/// What a clone does with what it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Copies what is missing or different at the destination, then compares both listings.
    #[default]
    Copy,
    /// Compares both listings and writes nothing.
    Verify,
    /// Copies, then deletes at the destination what the source does not have, as a [`Plan`] says; then compares.
    Mirror,
}

/// The body of `POST /api/v1/clones` and of its preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RequestJson")]
pub struct CloneRequest {
    pub source: Place,
    pub destination: Place,
    pub mode: Mode,
    pub dry_run: bool,
    #[serde(flatten)]
    pub selection: Selection,
    #[serde(default, skip_serializing_if = "Fidelity::is_plain")]
    pub fidelity: Fidelity,
    /// The plan that a mirror is started by: the one of a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
    /// The destination's name as [`Location::url`] writes it, typed by whoever knows what a mirror deletes there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
}

/// The request as it is read: without flattening, so that an unknown field is refused and a wrong one named, such as
/// `include[1]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestJson {
    source: Place,
    destination: Place,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    include: Vec<Glob>,
    #[serde(default)]
    exclude: Vec<Glob>,
    #[serde(default)]
    newer_than: Option<Time>,
    #[serde(default)]
    fidelity: Fidelity,
    #[serde(default)]
    plan: Option<Digest>,
    #[serde(default)]
    confirm: Option<String>,
}

impl From<RequestJson> for CloneRequest {
    fn from(json: RequestJson) -> Self {
        let RequestJson { source, destination, mode, dry_run, include, exclude, newer_than, fidelity, plan, confirm } =
            json;
        let selection = Selection { include, exclude, newer_than };
        Self { source, destination, mode, dry_run, selection, fidelity, plan, confirm }
    }
}

/// A clone as it is stored with its job: the request with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneSpec {
    pub source: Location,
    pub destination: Location,
    #[serde(default)]
    pub mode: Mode,
    /// List and compare as a copy would, write nothing, count what would be done.
    #[serde(default)]
    pub dry_run: bool,
    #[serde(flatten)]
    pub selection: Selection,
    #[serde(default, skip_serializing_if = "Fidelity::is_plain")]
    pub fidelity: Fidelity,
    /// What a mirror was confirmed to delete. Without it none deletes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// What a clone would do, judged from both listings; nothing has been written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClonePreview {
    pub spec: CloneSpec,
    pub at: Time,
    /// False when the listings were longer than a preview reads: the counts are then "at least".
    pub complete: bool,
    /// Of the source, as far as the spec chooses them; so are all counts but those of requests.
    pub objects: u64,
    pub bytes: u64,
    pub to_copy: u64,
    pub to_copy_bytes: u64,
    /// Equal at the destination already.
    pub to_skip: u64,
    /// Only at the destination; a copy leaves them.
    pub extra: u64,
    /// Of these, what a mirror deletes, and its size.
    pub to_delete: u64,
    pub to_delete_bytes: u64,
    /// Cannot be copied: too large for any upload, or no key could hold it at the destination.
    pub refused: u64,
    pub requests: RequestCounts,
    /// What these would cost, where prices are known.
    pub price: Option<Price>,
    /// Up to ten keys that would be copied.
    pub examples: Vec<String>,
    /// Up to ten keys of the destination that would be deleted.
    pub delete_examples: Vec<String>,
    /// Of a mirror whose listings were read to their ends: what starts it.
    pub plan: Option<Plan>,
}

/// Requests that running it would take, verification included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCounts {
    pub list: u64,
    pub copy: u64,
    /// HEAD, and GET of a first byte.
    pub head: u64,
    pub delete: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spec;

    const OLD: &str = r#"{"kind":"clone","source":{"store":"demo","bucket":"from","prefix":""},"destination":{"store":"demo","bucket":"copy","prefix":"p/"},"mode":"copy","dry_run":false}"#;

    #[test]
    fn a_job_that_was_stored_before_there_were_selections_is_read_and_written_as_it_was() {
        let spec: Spec = serde_json::from_str(OLD).unwrap();
        assert_eq!(serde_json::to_string(&spec).unwrap(), OLD);
        let Spec::Clone(spec) = spec else { panic!("{spec:?}") };
        assert!(spec.selection.is_all() && spec.fidelity.is_plain());
    }

    #[test]
    fn a_selection_survives_being_stored() {
        let mut spec: CloneSpec = serde_json::from_str(OLD).unwrap();
        spec.selection.include = vec!["*.gz".parse().unwrap()];
        spec.selection.newer_than = Some(Time(1));
        spec.fidelity.website_redirects = true;
        let spec = Spec::Clone(spec);
        let json = serde_json::to_string(&spec).unwrap();
        assert!(json.contains(r#""include":["*.gz"],"newer_than":"1970-01-01T00:00:00.001Z""#), "{json}");
        assert_eq!(serde_json::from_str::<Spec>(&json).unwrap(), spec);
    }

    #[test]
    fn a_request_is_read_as_it_is_written_and_unknown_fields_are_refused() {
        let text =
            r#"{"source":"s3://from","destination":"s3://copy","exclude":["a"],"newer_than":"1970-01-01T00:00:00Z"}"#;
        let request: CloneRequest = serde_json::from_str(text).unwrap();
        assert_eq!((request.selection.exclude.len(), request.selection.newer_than), (1, Some(Time(0))));
        let again = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<CloneRequest>(&again).unwrap(), request);
        let typo = serde_json::from_str::<CloneRequest>(&text.replace("exclude", "excluded"));
        assert!(typo.unwrap_err().to_string().contains("unknown field `excluded`"));
    }
}
