//! What the server knows about the form's values: the first keys of both places, a fault for each field, and the preview.
//!
//! An incomplete form is not a fault: a place is checked once its bucket is named.

use model::{ClonePreview, Key, Problem};

use crate::{
    context::{ask, viewer},
    error::AppError,
    forms::{CloneForm, Side},
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    source: Option<Peek>,
    destination: Option<Peek>,
    preview: Option<Result<ClonePreview, Problem>>,
    /// Faults of the object filter, of the options, and of name, limits and report.
    selection: Option<Problem>,
    options: Option<Problem>,
    limits: Option<Problem>,
}

/// At most ten first keys of a place, or why it cannot be read.
type Peek = Result<Vec<Key>, Problem>;

impl Checks {
    /// Checks both places; if `preview` is set and the values make a request, also previews the clone.
    pub async fn of(form: &CloneForm, preview: bool) -> Result<Self, AppError> {
        let backend = ask()?;
        let (source, destination) = (peek(form, Side::Source).await?, peek(form, Side::Destination).await?);
        let preview = match form.request() {
            Ok(request) if preview => Some(backend.preview_clone(&viewer()?, request).await),
            _ => None,
        };
        let selection = form.selection().err().map(Problem::from);
        let options = form.options.fidelity().err().map(Problem::from);
        let named = form.limits.name().and_then(|_| form.limits.limits()).and_then(|_| form.limits.report());
        let limits = named.err().map(Problem::from);
        Ok(Self { source, destination, preview, selection, options, limits })
    }

    pub fn preview(&self) -> Option<&ClonePreview> {
        self.preview.as_ref()?.as_ref().ok()
    }

    /// What was found at one place: `Readable, starts with …`.
    pub fn found(&self, side: Side) -> Option<String> {
        let look = match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        };
        let keys = look.as_ref()?.as_ref().ok()?;
        Some(match (keys.as_slice(), side) {
            ([], Side::Source) => "Readable, empty: nothing to copy.".to_owned(),
            ([], Side::Destination) => "Readable, empty.".to_owned(),
            (keys, _) => {
                let named: Vec<String> = keys.iter().take(3).map(|key| format!("“{key}”")).collect();
                format!("Readable, starts with {}", named.join(", "))
            }
        })
    }

    /// The fault of a field such as `source.bucket` or `include`.
    pub fn at(&self, field: &str) -> Option<&Problem> {
        self.faults().find(|problem| place_of(problem).as_deref() == Some(field))
    }

    /// A fault that belongs to no field of the form.
    pub fn elsewhere(&self) -> Option<&Problem> {
        self.faults().find(|problem| place_of(problem).is_none())
    }

    pub fn faults(&self) -> impl Iterator<Item = &Problem> {
        let looks = [&self.source, &self.destination].into_iter().flatten();
        looks
            .filter_map(|look| look.as_ref().err())
            .chain(self.preview.iter().filter_map(|preview| preview.as_ref().err()))
            .chain(&self.selection)
            .chain(&self.options)
            .chain(&self.limits)
    }
}

/// Reads the first keys of a place; `None` while its bucket is blank.
async fn peek(form: &CloneForm, side: Side) -> Result<Option<Peek>, AppError> {
    let [_, bucket, _] = form.typed(side);
    if bucket.trim().is_empty() {
        return Ok(None);
    }
    Ok(Some(match form.place(side) {
        Ok(place) => ask()?.list_first_keys(place).await.map_err(|problem| {
            let field = format!("{}.{}", side.name(), problem.field.as_deref().unwrap_or("bucket"));
            problem.on(field)
        }),
        Err(invalid) => Err(invalid.into()),
    }))
}

/// The form field that shows a problem: the bucket for a whole place, the list for one of its globs.
fn place_of(problem: &Problem) -> Option<String> {
    match problem.field.as_deref()? {
        side @ ("source" | "destination") => Some(format!("{side}.bucket")),
        field @ ("newer_than"
        | "older_than"
        | "min_size"
        | "max_size"
        | "encryption"
        | "kms_key_id"
        | "acl"
        | "unreadable_tags"
        | "storage_class"
        | "storage_class_fallback"
        | "set_headers"
        | "copy_by"
        | "compare") => Some(field.to_owned()),
        field if field.starts_with("storage_classes") => Some("of_class".to_owned()),
        "name" => Some("job_name".to_owned()),
        field if field.starts_with("report") => Some("report_to".to_owned()),
        field if field.starts_with("limits.") => Some(field.trim_start_matches("limits.").to_owned()),
        "fidelity.unreadable_tags" => Some("unreadable_tags".to_owned()),
        "fidelity.copy_by" => Some("copy_by".to_owned()),
        field if field.starts_with("include[") => Some("include".to_owned()),
        field if field.starts_with("exclude[") => Some("exclude".to_owned()),
        field if field.starts_with("source.") || field.starts_with("destination.") => Some(field.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use model::ProblemCode;

    use super::*;

    #[test]
    fn found_keys_are_named() {
        let found = |side: Side, keys: &[&str]| {
            let look = Some(Ok(keys.iter().map(|key| key.parse().unwrap()).collect()));
            Checks { source: look.clone(), destination: look, ..Checks::default() }.found(side).unwrap()
        };
        assert_eq!(found(Side::Source, &[]), "Readable, empty: nothing to copy.");
        assert_eq!(found(Side::Destination, &[]), "Readable, empty.");
        assert_eq!(found(Side::Source, &["a", "b", "c", "d"]), "Readable, starts with “a”, “b”, “c”");
        assert_eq!(Checks::default().found(Side::Source), None);
    }

    #[test]
    fn problem_belongs_to_field_or_form() {
        let checks = |field: Option<&str>| {
            let problem = Problem::new(ProblemCode::Invalid, "");
            let problem = field.map_or(problem.clone(), |field| problem.on(field));
            Checks { preview: Some(Err(problem)), ..Checks::default() }
        };
        assert!(checks(Some("source.prefix")).at("source.prefix").is_some());
        assert!(checks(Some("destination")).at("destination.bucket").is_some());
        assert!(checks(Some("destination")).elsewhere().is_none());
        assert!(checks(Some("include[1]")).at("include").is_some());
        assert!(checks(Some("newer_than")).at("newer_than").is_some());
        assert!(checks(Some("limits.max_failures")).at("max_failures").is_some());
        assert!(checks(Some("name")).at("job_name").is_some());
        assert!(checks(Some("report.to")).at("report_to").is_some());
        assert!(checks(Some("storage_classes[0]")).at("of_class").is_some());
        assert!(checks(Some("fidelity.unreadable_tags")).at("unreadable_tags").is_some());
        assert!(checks(Some("mode")).elsewhere().is_some());
        assert!(checks(None).elsewhere().is_some());
    }
}
