//! What is known about the form's values: faults at their fields, what was found there, and the preview.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use model::{ClonePreview, Problem};

use crate::api::{self, Found, Side};

use super::CloneForm;

/// A pause in typing of this length, and the server is asked.
const PAUSE: Duration = Duration::from_millis(350);

#[derive(Clone, Copy)]
pub struct Checks {
    form: RwSignal<CloneForm>,
    /// The newest answer. It may be of values that have been typed over since.
    found: RwSignal<Option<Found>>,
    /// Checking itself failed.
    failed: RwSignal<Option<Problem>>,
    /// Why the clone could not be started.
    refused: RwSignal<Option<Problem>>,
}

impl Checks {
    /// Starts with what the server found for the values of the URL, and asks again after every pause in typing.
    pub fn follow(form: RwSignal<CloneForm>, found: Option<Found>, refused: RwSignal<Option<Problem>>) -> Self {
        let checks = Self { form, found: RwSignal::new(found), failed: RwSignal::default(), refused };
        checks.ask_after_pauses();
        checks
    }

    /// The answer, if it is of what the form holds now.
    fn current(self) -> Option<Found> {
        self.found.get().filter(|found| self.form.with(|form| *form == found.form))
    }

    /// The preview, if it is of what the form holds now.
    pub fn current_preview(self) -> Option<ClonePreview> {
        self.current()?.preview?.ok()
    }

    /// What was found at one side, once asked.
    pub fn side(self, side: &str) -> Option<Side> {
        let checked = self.found.get()?.checked;
        Some(if side == "source" { checked.source } else { checked.destination })
    }

    /// What is wrong at a field such as `source.bucket`, in a sentence. A fault of a whole side is told at its bucket.
    pub fn fault(self, field: &str) -> Option<String> {
        self.faults()
            .into_iter()
            .find(|problem| place_of(problem).as_deref() == Some(field))
            .map(|problem| problem.detail)
    }

    /// A problem that belongs to no field.
    pub fn elsewhere(self) -> Option<Problem> {
        self.faults().into_iter().find(|problem| place_of(problem).is_none())
    }

    /// Faults of values that are being typed over are not shown any more.
    fn faults(self) -> Vec<Problem> {
        let mut faults: Vec<Problem> = self.refused.get().into_iter().chain(self.failed.get()).collect();
        if let Some(found) = self.current() {
            for side in [found.checked.source, found.checked.destination] {
                if let Side::Faulty(problem) = side {
                    faults.push(problem);
                }
            }
            faults.extend(found.preview.and_then(Result::err));
        }
        faults
    }

    fn ask_after_pauses(self) {
        let waiting = StoredValue::new(None::<TimeoutHandle>);
        Effect::new(move || {
            let typed = self.form.get();
            if let Some(handle) = waiting.get_value() {
                handle.clear();
            }
            if typed == CloneForm::default() || self.current().is_some() {
                return;
            }
            waiting.set_value(set_timeout_with_handle(move || spawn_local(self.ask(typed)), PAUSE).ok());
        });
    }

    /// Both places first, which is quick, then the preview. An answer that comes too late is dropped.
    async fn ask(self, form: CloneForm) {
        let still_wanted = || self.form.try_with_untracked(|now| *now == form).unwrap_or(false);
        let checked = api::check_clone(form.clone()).await;
        if !still_wanted() {
            return;
        }
        match checked {
            Ok(checked) => {
                self.failed.set(None);
                self.found.set(Some(Found { form: form.clone(), checked, preview: None }));
            }
            Err(error) => return self.failed.set(Some(error.0)),
        }
        let Ok(request) = form.request() else { return };
        let preview = api::preview_clone(request).await.unwrap_or_else(|error| Err(error.0));
        if still_wanted() {
            self.found.update(|found| {
                if let Some(found) = found {
                    found.preview = Some(preview);
                }
            });
        }
    }
}

/// The field of the form at which a problem is told.
fn place_of(problem: &Problem) -> Option<String> {
    match problem.field.as_deref()? {
        side @ ("source" | "destination") => Some(format!("{side}.bucket")),
        field if field.starts_with("source.") || field.starts_with("destination.") => Some(field.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use model::ProblemCode;

    use super::*;

    #[test]
    fn a_problem_is_told_at_its_field_or_for_the_whole_form() {
        let at = |field: &str| place_of(&Problem::new(ProblemCode::Invalid, "").on(field));
        assert_eq!(at("source.prefix").as_deref(), Some("source.prefix"));
        assert_eq!(at("destination").as_deref(), Some("destination.bucket"));
        assert_eq!(at("mode"), None);
        assert_eq!(place_of(&Problem::new(ProblemCode::Unavailable, "")), None);
    }
}
