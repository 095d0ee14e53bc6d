//! What the server knows about the form's values: the preview, or a fault.

use model::{Problem, ReprocessPreview};

use crate::{
    context::{ask, viewer},
    error::AppError,
    forms::ReprocessForm,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    preview: Option<Result<ReprocessPreview, Problem>>,
}

impl Checks {
    /// Checks the values, and previews the reprocess if `preview` is set.
    pub async fn of(form: &ReprocessForm, preview: bool) -> Result<Self, AppError> {
        if form.pipeline.is_empty() {
            return Ok(Self::default()); // an empty form is not a fault
        }
        let preview = match form.request() {
            Err(invalid) => Some(Err(invalid.into())),
            Ok(request) if preview => Some(ask()?.preview_reprocess(&viewer()?, request).await),
            Ok(_) => None,
        };
        Ok(Self { preview })
    }

    pub fn preview(&self) -> Option<&ReprocessPreview> {
        self.preview.as_ref()?.as_ref().ok()
    }

    pub fn fault(&self) -> Option<&Problem> {
        self.preview.as_ref()?.as_ref().err()
    }

    /// The fault of a field.
    pub fn at(&self, field: &str) -> Option<String> {
        let fault = self.fault().filter(|fault| fault.field.as_deref() == Some(field))?;
        Some(fault.detail.clone())
    }

    /// A fault that belongs to no field of the form.
    pub fn elsewhere(&self) -> Option<&Problem> {
        const FIELDS: [&str; 7] = ["pipeline", "from", "to", "keys", "key", "dead_letters_of", "max_events_per_second"];
        self.fault().filter(|fault| fault.field.as_deref().is_none_or(|field| !FIELDS.contains(&field)))
    }
}
