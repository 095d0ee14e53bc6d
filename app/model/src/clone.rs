//! Request, specification and preview of a clone.

use serde::{Deserialize, Serialize};

use crate::{
    ByteSize, Digest, Fidelity, Glob, JobName, Limits, Location, Place, Plan, Price, Report, Selection,
    StandingConsent, StorageClass, Time, fidelity::is_default,
};

/// Mode of a clone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Copies objects missing or different at the destination, then compares both listings.
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
    /// The user's name for the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<JobName>,
    #[serde(flatten)]
    pub selection: Selection,
    #[serde(default, skip_serializing_if = "Fidelity::is_plain")]
    pub fidelity: Fidelity,
    #[serde(default, skip_serializing_if = "Limits::is_none")]
    pub limits: Limits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report<Place>>,
    /// Plan of a preview, with which a mirror is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
    /// Destination as in [`Location::url`], typed by the user to confirm what a mirror deletes there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
}

/// The request for parsing: not flattened, so that an unknown field is refused and a wrong one named, such as
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
    name: Option<JobName>,
    #[serde(default)]
    include: Vec<Glob>,
    #[serde(default)]
    exclude: Vec<Glob>,
    #[serde(default)]
    newer_than: Option<Time>,
    #[serde(default)]
    older_than: Option<Time>,
    #[serde(default)]
    min_size: Option<ByteSize>,
    #[serde(default)]
    max_size: Option<ByteSize>,
    #[serde(default)]
    storage_classes: Vec<StorageClass>,
    #[serde(default)]
    fidelity: Fidelity,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    report: Option<Report<Place>>,
    #[serde(default)]
    plan: Option<Digest>,
    #[serde(default)]
    confirm: Option<String>,
}

impl From<RequestJson> for CloneRequest {
    fn from(json: RequestJson) -> Self {
        let RequestJson { source, destination, mode, dry_run, name, fidelity, limits, report, plan, confirm, .. } =
            json;
        let selection = Selection {
            include: json.include,
            exclude: json.exclude,
            newer_than: json.newer_than,
            older_than: json.older_than,
            min_size: json.min_size,
            max_size: json.max_size,
            storage_classes: json.storage_classes,
            keys_from: None,
        };
        Self { source, destination, mode, dry_run, name, selection, fidelity, limits, report, plan, confirm }
    }
}

/// A clone as stored with its job: the request with all defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneSpec {
    pub source: Location,
    pub destination: Location,
    #[serde(default)]
    pub mode: Mode,
    /// List and compare as a copy would, write nothing, count what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// The user's name for the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<JobName>,
    #[serde(flatten)]
    pub selection: Selection,
    #[serde(default, skip_serializing_if = "Fidelity::is_plain")]
    pub fidelity: Fidelity,
    #[serde(default, skip_serializing_if = "Limits::is_none")]
    pub limits: Limits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// Confirmed plan of a mirror; without one nothing is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Consent under which a schedule started this mirror, and what was decided by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Box<StandingConsent>>,
}

impl CloneSpec {
    /// The same objects, copied and compared in the same way: without what only names, slows or reports the job.
    #[must_use]
    pub fn essence(&self) -> Self {
        Self { name: None, limits: Limits::default(), report: None, ..self.clone() }
    }
}

/// What a clone would do, derived from both listings; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClonePreview {
    pub spec: CloneSpec,
    pub at: Time,
    /// False when the listings were longer than a preview reads: the counts are then "at least".
    pub complete: bool,
    /// Selected objects of the source. All counts except requests concern selected objects.
    pub objects: u64,
    pub bytes: u64,
    pub to_copy: u64,
    pub to_copy_bytes: u64,
    /// Objects already equal at the destination.
    pub to_skip: u64,
    /// Objects only at the destination; a copy leaves them.
    pub extra: u64,
    /// Objects among `extra` that a mirror deletes, and their size in bytes.
    pub to_delete: u64,
    pub to_delete_bytes: u64,
    /// Objects that cannot be copied: too large for an upload, or their key would be too long at the destination.
    pub refused: u64,
    /// Objects that the clone leaves out because their keys at the destination would be empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub left_out: u64,
    pub requests: RequestCounts,
    /// Estimated cost of the requests, where prices are known.
    pub price: Option<Price>,
    /// Up to ten keys that would be copied.
    pub examples: Vec<String>,
    /// Up to ten keys of the destination that would be deleted.
    pub delete_examples: Vec<String>,
    /// Plan to start a mirror with, if both listings were read to their ends.
    pub plan: Option<Plan>,
}

/// Requests needed to run it, including verification.
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
    fn job_stored_before_selections_round_trips() {
        let spec: Spec = serde_json::from_str(OLD).unwrap();
        assert_eq!(serde_json::to_string(&spec).unwrap(), OLD);
        let Spec::Clone(spec) = spec else { panic!("{spec:?}") };
        assert!(spec.selection.is_all() && spec.fidelity.is_plain() && spec.limits.is_none());
    }

    #[test]
    fn selection_round_trips() {
        let mut spec: CloneSpec = serde_json::from_str(OLD).unwrap();
        spec.selection.include = vec!["*.gz".parse().unwrap()];
        spec.selection.newer_than = Some(Time(1));
        spec.selection.max_size = Some(ByteSize(5_000_000));
        spec.selection.storage_classes = vec!["GLACIER_IR".parse().unwrap()];
        spec.fidelity.website_redirects = true;
        let spec = Spec::Clone(spec);
        let json = serde_json::to_string(&spec).unwrap();
        assert!(json.contains(r#""include":["*.gz"],"newer_than":"1970-01-01T00:00:00.001Z""#), "{json}");
        assert!(json.contains(r#""max_size":5000000,"storage_classes":["GLACIER_IR"]"#), "{json}");
        assert_eq!(serde_json::from_str::<Spec>(&json).unwrap(), spec);
    }

    #[test]
    fn name_and_limits_round_trip_beside_the_essence() {
        let plain: CloneSpec = serde_json::from_str(OLD).unwrap();
        let name = Some("nightly".parse().unwrap());
        let limits = Limits { max_failures: Some(0), ..Limits::default() };
        let report = Some(Report { to: Some(plain.destination.clone()) });
        let spec = CloneSpec { name, limits, report, ..plain.clone() };
        assert_eq!((&spec.essence(), Spec::Clone(spec.clone()).title().as_str()), (&plain, "nightly: from → copy/p/"));
        let json = serde_json::to_string(&spec).unwrap();
        assert!(json.contains(r#""name":"nightly""#) && json.contains(r#""limits":{"max_failures":0}"#), "{json}");
        assert_eq!(serde_json::from_str::<CloneSpec>(&json).unwrap(), spec);
    }

    #[test]
    fn report_is_kept_with_the_job_or_written_to_a_place() {
        let text = r#"{"source":"s3://from","destination":"s3://copy","report":{}}"#;
        let request: CloneRequest = serde_json::from_str(text).unwrap();
        assert_eq!(request.report, Some(Report { to: None }));
        let text = text.replace("{}}", r#"{"to":"s3://logs/reports/"}}"#);
        let request: CloneRequest = serde_json::from_str(&text).unwrap();
        assert_eq!(request.report.unwrap().to.unwrap().url(), "s3://logs/reports/");
    }

    #[test]
    fn request_round_trips_and_refuses_unknown_fields() {
        let text = r#"{"source":"s3://from","destination":"s3://copy","exclude":["a"],"newer_than":"1970-01-01T00:00:00Z","older_than":"1970-01-02T00:00:00Z","min_size":1,"max_size":"1MB","storage_classes":["STANDARD"]}"#;
        let request: CloneRequest = serde_json::from_str(text).unwrap();
        assert_eq!((request.selection.exclude.len(), request.selection.newer_than), (1, Some(Time(0))));
        let again = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<CloneRequest>(&again).unwrap(), request);
        let typo = serde_json::from_str::<CloneRequest>(&text.replace("exclude", "excluded"));
        assert!(typo.unwrap_err().to_string().contains("unknown field `excluded`"));
    }
}
