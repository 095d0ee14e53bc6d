//! What is known about the form's values: faults at their fields, what was found there, and the preview.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use model::{ClonePreview, Problem};

use crate::{
    api::{self, Checked, Side},
    error::AppError,
    query::Query,
};

use super::CloneForm;

/// A pause in typing of this length, and the server is asked.
const PAUSE: Duration = Duration::from_millis(350);

#[derive(Clone, Copy)]
pub struct Checks {
    form: Signal<CloneForm>,
    /// The values last asked about. On the server: those of a URL that wants a preview.
    asked: RwSignal<Option<CloneForm>>,
    pub checked: Resource<Result<Option<Checked>, AppError>>,
    pub preview: Resource<Result<Option<ClonePreview>, AppError>>,
    /// Why the clone could not be started.
    refused: Memo<Option<Problem>>,
}

impl Checks {
    pub fn follow(form: RwSignal<CloneForm>, query: Memo<Query>, refused: Memo<Option<Problem>>) -> Self {
        let wanted = query.with_untracked(|query| query.get("preview").is_some());
        let asked = RwSignal::new(wanted.then(|| form.get_untracked()));
        let checked = Resource::new(
            move || asked.get(),
            |asked| async move {
                match asked {
                    Some(form) => api::check_clone(form).await.map(Some),
                    None => Ok(None),
                }
            },
        );
        let preview = Resource::new(
            move || asked.get(),
            |asked| async move {
                match asked.map(|form| form.request()) {
                    Some(Ok(request)) => api::preview_clone(request).await.map(Some),
                    Some(Err(_)) | None => Ok(None), // the check tells which field does not fit
                }
            },
        );
        ask_after_pause(form, asked);
        Self { form: form.into(), asked, checked, preview, refused }
    }

    /// The preview, if it is of what the form holds now.
    pub fn current_preview(self) -> Option<ClonePreview> {
        let preview = self.preview.get()?.ok()??;
        (self.asked.get().as_ref() == Some(&self.form.get())).then_some(preview)
    }

    /// What was found at one side, once asked.
    pub fn side(self, side: &str) -> Option<Side> {
        let checked = self.checked.get()?.ok()??;
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

    fn faults(self) -> Vec<Problem> {
        let unchanged = self.asked.get().as_ref() == Some(&self.form.get());
        let sides = ["source", "destination"].map(|side| match self.side(side) {
            Some(Side::Faulty(problem)) => Some(problem),
            _ => None,
        });
        let answers = [self.checked.get().and_then(Result::err), self.preview.get().and_then(Result::err)];
        let answers = answers.map(|error| error.map(|error| error.0));
        // Faults of values that are being typed over are not shown any more.
        let found = sides.into_iter().chain(answers).flatten().filter(|_| unchanged);
        self.refused.get().into_iter().chain(found).collect()
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

fn ask_after_pause(form: RwSignal<CloneForm>, asked: RwSignal<Option<CloneForm>>) {
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move || {
        let typed = form.get();
        if let Some(handle) = waiting.get_value() {
            handle.clear();
        }
        if asked.with_untracked(|asked| asked.as_ref() == Some(&typed)) || typed == CloneForm::default() {
            return;
        }
        let ask = move || {
            let _ = asked.try_set(Some(typed));
        };
        waiting.set_value(set_timeout_with_handle(ask, PAUSE).ok());
    });
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
