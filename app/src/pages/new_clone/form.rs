//! The form's values as texts, exactly as typed, and the request they make if they fit.

use model::{BucketName, CloneRequest, CloneSpec, Invalid, Mode, Place, Prefix, Selection};
use serde::{Deserialize, Serialize};

use super::{chosen, options::OptionTexts};
use crate::query::Query;

/// One end of the clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Source,
    Destination,
}

impl Side {
    /// The beginning of the names of its fields: `source_bucket` in the form, `source.bucket` in a problem.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }
}

/// Field names are those of the form and of the page's URL, so that a link can fill the form in.
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
    /// One glob a line.
    pub include: String,
    pub exclude: String,
    /// In UTC.
    pub newer_than: String,
    #[serde(flatten)]
    pub options: OptionTexts,
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
            options: OptionTexts::read(query),
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
            .with("newer_than", &self.newer_than);
        self.options.onto(query)
    }

    /// The form that would make this clone again.
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
            include: chosen::lines(&spec.selection.include),
            exclude: chosen::lines(&spec.selection.exclude),
            newer_than: spec.selection.newer_than.map(chosen::local).unwrap_or_default(),
            options: OptionTexts::of(&spec.fidelity),
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
        Ok(Selection {
            include: chosen::globs("include", &self.include)?,
            exclude: chosen::globs("exclude", &self.exclude)?,
            newer_than: chosen::instant(&self.newer_than)?,
        })
    }

    pub fn request(&self) -> Result<CloneRequest, Invalid> {
        Ok(CloneRequest {
            source: self.place(Side::Source)?,
            destination: self.place(Side::Destination)?,
            mode: self.mode()?,
            dry_run: !self.dry_run.is_empty(),
            selection: self.selection()?,
            fidelity: self.options.fidelity()?,
            plan: None,
            confirm: None,
        })
    }

    /// Whether it would delete: such a form leads to a page of its own first.
    pub fn deletes(&self) -> bool {
        self.mode == "mirror" && self.dry_run.is_empty()
    }

    /// The key of this very form: sent twice it makes one job, sent again with other values it makes another. `key` is
    /// the random part the page came with.
    pub fn idempotency_key(&self, key: &str) -> Option<String> {
        idempotency_key(key, &self.query().on(""))
    }
}

/// Of a form with these values.
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

/// FNV-1a: tells values apart that one person typed one after the other; nothing secret hangs on it.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
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
            options: OptionTexts { acl: "private".to_owned(), ..OptionTexts::default() },
            ..CloneForm::default()
        }
    }

    #[test]
    fn values_survive_the_way_through_the_url() {
        let url = filled().query().on("");
        assert_eq!(CloneForm::read(&Query::read(&url)), filled());
    }

    #[test]
    fn a_job_can_be_run_again_with_changes() {
        let request = CloneRequest { mode: Mode::Copy, ..filled().request().unwrap() };
        let store = "demo".parse().unwrap();
        let spec = CloneSpec {
            source: request.source.at(&store),
            destination: request.destination.at(&store),
            mode: Mode::Verify,
            dry_run: true,
            selection: request.selection,
            fidelity: request.fidelity,
            plan: None,
        };
        let again = CloneForm::of(&spec);
        let newer_than = "2026-03-09T14:00:00".to_owned();
        assert_eq!(again, CloneForm { destination_store: "demo".to_owned(), newer_than, ..filled() });
    }

    #[test]
    fn a_fault_is_told_with_its_field() {
        let form = CloneForm { destination_bucket: "A B".to_owned(), ..filled() };
        assert_eq!(form.request().unwrap_err().field, "destination.bucket");
        let form = CloneForm { mode: "move".to_owned(), ..filled() };
        assert_eq!(form.request().unwrap_err().field, "mode");
        let form = CloneForm { exclude: "ok\n\na[".to_owned(), ..filled() };
        let fault = form.request().unwrap_err();
        assert_eq!((fault.field.as_str(), fault.value.as_str()), ("exclude[1]", "a["));
        let form = CloneForm { newer_than: "yesterday".to_owned(), ..filled() };
        assert_eq!(form.request().unwrap_err().field, "newer_than");
    }

    #[test]
    fn the_same_form_sent_twice_has_one_key_and_a_changed_one_another() {
        let key = filled().idempotency_key("abc");
        assert_eq!(key, filled().idempotency_key("abc"));
        assert_ne!(key, CloneForm { mode: String::new(), ..filled() }.idempotency_key("abc"));
        assert_eq!(filled().idempotency_key(""), None);
    }
}
