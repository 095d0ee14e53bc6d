//! The form's values as typed, and the request made from them.

use std::hash::{BuildHasher, Hasher, RandomState};

use model::{BucketName, CloneRequest, CloneSpec, Invalid, Mode, Place, Prefix, Selection};
use serde::{Deserialize, Serialize};

use super::{LimitTexts, OptionTexts, texts};
use crate::query::Query;

/// One endpoint of the clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Source,
    Destination,
}

impl Side {
    /// Prefix of its field names: `source_bucket` in the form, `source.bucket` in a problem.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }
}

/// The form's values. Field names are those of the form and of the page's URL, so that a link can fill in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CloneForm {
    pub source_store: String,
    pub source_bucket: String,
    pub source_prefix: String,
    pub destination_store: String,
    pub destination_bucket: String,
    pub destination_prefix: String,
    /// `copy`, `verify` or `mirror`; empty is `copy`.
    pub mode: String,
    /// Not empty if ticked.
    pub dry_run: String,
    /// One glob per line; so is `exclude`.
    pub include: String,
    pub exclude: String,
    /// As a `datetime-local` field writes it, in UTC.
    pub newer_than: String,
    /// Like `newer_than`.
    pub older_than: String,
    /// Bytes, with or without a unit; so is `max_size`.
    pub min_size: String,
    pub max_size: String,
    /// Names with spaces or commas between.
    pub of_class: String,
    #[serde(flatten)]
    pub options: OptionTexts,
    #[serde(flatten)]
    pub limits: LimitTexts,
}

impl CloneForm {
    pub fn read(query: &Query) -> Self {
        let field = |name: &str| query.get(name).unwrap_or_default().to_owned();
        Self {
            source_store: field("source_store"),
            source_bucket: field("source_bucket"),
            source_prefix: field("source_prefix"),
            destination_store: field("destination_store"),
            destination_bucket: field("destination_bucket"),
            destination_prefix: field("destination_prefix"),
            mode: field("mode"),
            dry_run: field("dry_run"),
            include: field("include"),
            exclude: field("exclude"),
            newer_than: field("newer_than"),
            older_than: field("older_than"),
            min_size: field("min_size"),
            max_size: field("max_size"),
            of_class: field("of_class"),
            options: OptionTexts::read(query),
            limits: LimitTexts::read(query),
        }
    }

    pub fn query(&self) -> Query {
        let query = Query::default()
            .with("source_store", &self.source_store)
            .with("source_bucket", &self.source_bucket)
            .with("source_prefix", &self.source_prefix)
            .with("destination_store", &self.destination_store)
            .with("destination_bucket", &self.destination_bucket)
            .with("destination_prefix", &self.destination_prefix)
            .with("mode", &self.mode)
            .with("dry_run", &self.dry_run)
            .with("include", &self.include)
            .with("exclude", &self.exclude)
            .with("newer_than", &self.newer_than)
            .with("older_than", &self.older_than)
            .with("min_size", &self.min_size)
            .with("max_size", &self.max_size)
            .with("of_class", &self.of_class);
        self.limits.onto(self.options.onto(query))
    }

    /// The form for repeating a clone.
    pub fn of(spec: &CloneSpec) -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            source_store: text(spec.source.store.as_str()),
            source_bucket: text(spec.source.bucket.as_str()),
            source_prefix: text(spec.source.prefix.as_str()),
            destination_store: text(spec.destination.store.as_str()),
            destination_bucket: text(spec.destination.bucket.as_str()),
            destination_prefix: text(spec.destination.prefix.as_str()),
            mode: text(match spec.mode {
                Mode::Copy => "",
                Mode::Verify => "verify",
                Mode::Mirror => "mirror",
            }),
            dry_run: text(if spec.dry_run { "on" } else { "" }),
            include: texts::lines(&spec.selection.include),
            exclude: texts::lines(&spec.selection.exclude),
            newer_than: spec.selection.newer_than.map(texts::local).unwrap_or_default(),
            older_than: spec.selection.older_than.map(texts::local).unwrap_or_default(),
            min_size: spec.selection.min_size.map(|size| size.to_string()).unwrap_or_default(),
            max_size: spec.selection.max_size.map(|size| size.to_string()).unwrap_or_default(),
            of_class: spec
                .selection
                .storage_classes
                .iter()
                .map(model::StorageClass::as_str)
                .collect::<Vec<_>>()
                .join(", "),
            options: OptionTexts::of(&spec.fidelity),
            limits: LimitTexts::of(spec),
        }
    }

    /// Store, bucket and prefix of one side, as typed.
    pub fn typed(&self, side: Side) -> [&str; 3] {
        match side {
            Side::Source => [&self.source_store, &self.source_bucket, &self.source_prefix],
            Side::Destination => [&self.destination_store, &self.destination_bucket, &self.destination_prefix],
        }
    }

    pub fn place(&self, side: Side) -> Result<Place, Invalid> {
        let [store, bucket, prefix] = self.typed(side);
        place(store, bucket, prefix).map_err(|invalid| invalid.within(side.name()))
    }

    pub fn mode(&self) -> Result<Mode, Invalid> {
        match self.mode.as_str() {
            "" | "copy" => Ok(Mode::Copy),
            "verify" => Ok(Mode::Verify),
            "mirror" => Ok(Mode::Mirror),
            other => Err(Invalid::new("mode", other, "copy, verify or mirror")),
        }
    }

    pub fn selection(&self) -> Result<Selection, Invalid> {
        let selection = Selection {
            include: texts::globs("include", &self.include)?,
            exclude: texts::globs("exclude", &self.exclude)?,
            newer_than: texts::instant("newer_than", &self.newer_than)?,
            older_than: texts::instant("older_than", &self.older_than)?,
            min_size: texts::size("min_size", &self.min_size)?,
            max_size: texts::size("max_size", &self.max_size)?,
            storage_classes: texts::classes(&self.of_class)?,
            keys_from: None,
        };
        selection.check().map(|()| selection)
    }

    pub fn request(&self) -> Result<CloneRequest, Invalid> {
        Ok(CloneRequest {
            source: self.place(Side::Source)?,
            destination: self.place(Side::Destination)?,
            mode: self.mode()?,
            dry_run: !self.dry_run.is_empty(),
            name: self.limits.name()?,
            selection: self.selection()?,
            fidelity: self.options.fidelity()?,
            limits: self.limits.limits()?,
            report: self.limits.report()?,
            plan: None,
            confirm: None,
        })
    }

    /// Whether the clone would delete objects, which needs confirmation on a page of its own.
    pub fn deletes(&self) -> bool {
        self.mode == "mirror" && self.dry_run.is_empty()
    }

    /// The idempotency key of this form: sent twice it makes one job, with other values another one. `key` is the random
    /// part that the page was rendered with.
    pub fn idempotency_key(&self, key: &str) -> Option<String> {
        idempotency_key(key, &self.query().on(""))
    }
}

/// The random part of a form's idempotency key: a double click makes one job.
pub fn form_key() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// The idempotency key of a form with these values; `None` without a random part.
pub fn idempotency_key(key: &str, values: &str) -> Option<String> {
    (!key.is_empty()).then(|| {
        let cut: String = key.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        format!("form-{cut}-{:016x}", fingerprint(values))
    })
}

fn place(store: &str, bucket: &str, prefix: &str) -> Result<Place, Invalid> {
    Ok(Place {
        store: if store.is_empty() { None } else { Some(store.parse()?) },
        bucket: bucket.trim().parse::<BucketName>()?,
        prefix: prefix.parse::<Prefix>()?,
    })
}

/// FNV-1a hash of a text; not for secrets.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use model::Report;

    use super::*;

    fn filled() -> CloneForm {
        CloneForm {
            source_store: "demo".to_owned(),
            source_bucket: "demo-assets".to_owned(),
            source_prefix: " odd /%2F".to_owned(),
            destination_bucket: "demo-clone".to_owned(),
            mode: "verify".to_owned(),
            dry_run: "on".to_owned(),
            include: "logs/**\n*.gz".to_owned(),
            newer_than: "2026-03-09T14:00".to_owned(),
            max_size: "5MB".to_owned(),
            of_class: "STANDARD, GLACIER_IR".to_owned(),
            options: OptionTexts { acl: "private".to_owned(), ..OptionTexts::default() },
            limits: LimitTexts {
                job_name: "one".to_owned(),
                max_failures: "5".to_owned(),
                report: "on".to_owned(),
                ..LimitTexts::default()
            },
            ..CloneForm::default()
        }
    }

    #[test]
    fn form_round_trips_through_url() {
        let url = filled().query().on("");
        assert_eq!(CloneForm::read(&Query::read(&url)), filled());
    }

    #[test]
    fn job_fills_in_the_form() {
        let request = CloneRequest { mode: Mode::Copy, ..filled().request().unwrap() };
        let store = "demo".parse().unwrap();
        let spec = CloneSpec {
            source: request.source.at(&store),
            destination: request.destination.at(&store),
            mode: Mode::Verify,
            dry_run: true,
            name: request.name,
            selection: request.selection,
            fidelity: request.fidelity,
            limits: request.limits,
            report: request.report.map(|report| Report { to: report.to.map(|place| place.at(&store)) }),
            plan: None,
            consent: None,
        };
        let again = CloneForm::of(&spec);
        let newer_than = "2026-03-09T14:00:00".to_owned();
        assert_eq!(again, CloneForm { destination_store: "demo".to_owned(), newer_than, ..filled() });
    }

    #[test]
    fn fault_names_its_field() {
        let form = CloneForm { destination_bucket: "A B".to_owned(), ..filled() };
        assert_eq!(form.request().unwrap_err().field, "destination.bucket");
        let form = CloneForm { mode: "move".to_owned(), ..filled() };
        assert_eq!(form.request().unwrap_err().field, "mode");
        let form = CloneForm { exclude: "ok\n\na[".to_owned(), ..filled() };
        let fault = form.request().unwrap_err();
        assert_eq!((fault.field.as_str(), fault.value.as_str()), ("exclude[1]", "a["));
        let form = CloneForm { newer_than: "yesterday".to_owned(), ..filled() };
        assert_eq!(form.request().unwrap_err().field, "newer_than");
        let form = CloneForm { older_than: "2026-03-09T13:00".to_owned(), ..filled() };
        assert_eq!(form.request().unwrap_err().field, "older_than");
        let form = CloneForm { min_size: "1GB".to_owned(), ..filled() };
        assert_eq!(form.request().unwrap_err().field, "max_size");
        let form = CloneForm { of_class: "cold".to_owned(), ..filled() };
        assert_eq!(form.request().unwrap_err().field, "storage_classes");
    }

    #[test]
    fn idempotency_key_follows_values() {
        let key = filled().idempotency_key("abc");
        assert_eq!(key, filled().idempotency_key("abc"));
        assert_ne!(key, CloneForm { mode: String::new(), ..filled() }.idempotency_key("abc"));
        assert_eq!(filled().idempotency_key(""), None);
    }
}
