//! What the server knows about the form's values: the next times, a fault for each field, and a preview of the clone.

use model::{ClonePreview, Invalid, Problem, ProblemCode, Schedule, StoreStatus, Upcoming};

use crate::{
    api,
    context::ask,
    error::AppError,
    forms::{ScheduleForm, Side},
    pages::new_clone::Checks,
    query::Query,
};

pub struct Known {
    pub form: ScheduleForm,
    pub stores: Vec<StoreStatus>,
    /// Checks of source and destination.
    pub checks: Checks,
    name: Option<Problem>,
    /// Faults of a mirror's standing consent, and of the name that confirms it.
    consent: Option<Problem>,
    confirm: Option<Problem>,
    /// The schedule that the form edits, as it is stored.
    stored: Option<Schedule>,
    /// The next times of the expression; `None` while it is empty.
    cron: Option<Result<Vec<Upcoming>, Problem>>,
    verify_cron: Option<Result<Vec<Upcoming>, Problem>>,
}

impl Known {
    /// `form` holds the values; `query` says whether a preview was requested.
    pub async fn of(form: ScheduleForm, query: Query) -> Result<Self, AppError> {
        let backend = ask()?;
        let upcoming = |field: &str, cron: &str| {
            (!cron.trim().is_empty()).then(|| backend.list_upcoming(field, cron, form.zone()))
        };
        let verify_cron = match upcoming("verify_cron", &form.verify_cron) {
            Some(Ok(_)) if form.clone.mode == "verify" => Some(Err(nothing_to_verify(&form.verify_cron))),
            upcoming => upcoming,
        };
        Ok(Self {
            stores: api::list_stores().await?,
            checks: Checks::of(&form.clone, query.get("preview").is_some()).await?,
            name: name_fault(&form).await?,
            cron: upcoming("cron", &form.cron),
            verify_cron,
            stored: stored(&form).await?,
            consent: consent_fault(&form),
            confirm: confirm_fault(&form, query.get("problem").is_some()),
            form,
        })
    }

    /// The schedule that is edited, if somebody else edited it since the form was filled from it.
    pub fn overwrites(&self) -> Option<&Schedule> {
        self.stored.as_ref().filter(|stored| stored.revision.to_string() != self.form.revision)
    }

    /// The destination's name, as it must be typed to confirm a consent.
    pub fn destination(&self) -> Option<String> {
        named(&self.form)
    }

    pub fn times(&self, field: &str) -> Option<Vec<Upcoming>> {
        let times = if field == "cron" { &self.cron } else { &self.verify_cron };
        times.as_ref()?.as_ref().ok().cloned()
    }

    pub fn at(&self, field: &str) -> Option<String> {
        let own = self.own_faults().find(|problem| problem.field.as_deref() == Some(field));
        own.map(|problem| problem.detail.clone())
    }

    pub fn preview(&self) -> Option<&ClonePreview> {
        self.checks.preview()
    }

    pub fn faults(&self) -> impl Iterator<Item = &Problem> {
        self.own_faults().chain(self.checks.faults())
    }

    fn own_faults(&self) -> impl Iterator<Item = &Problem> {
        let times = [&self.cron, &self.verify_cron].into_iter().flatten();
        self.name.iter().chain(&self.consent).chain(&self.confirm).chain(times.filter_map(|times| times.as_ref().err()))
    }
}

fn nothing_to_verify(cron: &str) -> Problem {
    Invalid::new("verify_cron", cron, "empty: this schedule already only compares").into()
}

/// A fault of the limits. An untouched form has none: it is not filled in yet.
fn consent_fault(form: &ScheduleForm) -> Option<Problem> {
    let untouched =
        [&form.consent_objects, &form.consent_percent, &form.confirm].iter().all(|text| text.trim().is_empty());
    let fault = Problem::from(form.consent().err().filter(|_| !untouched)?);
    Some(fault.on("consent"))
}

/// The destination's name, as a mirror's giver of consent types it.
fn named(form: &ScheduleForm) -> Option<String> {
    Some(form.clone.place(Side::Destination).ok()?.url())
}

/// A fault of the typed name: wrong once something is typed, missing once the form was sent.
fn confirm_fault(form: &ScheduleForm, sent: bool) -> Option<Problem> {
    let name = named(form)?;
    let typed = form.confirm.trim();
    let wrong = form.clone.mode == "mirror" && typed != name && (sent || !typed.is_empty());
    wrong.then(|| Invalid::new("confirm", typed, format!("{name}, the name of the destination")).into())
}

async fn stored(form: &ScheduleForm) -> Result<Option<Schedule>, AppError> {
    if form.id.is_empty() { Ok(None) } else { Ok(Some(api::get_schedule(form.id.parse()?).await?)) }
}

/// Checks a name: whether it is valid, and whether another schedule has it.
async fn name_fault(form: &ScheduleForm) -> Result<Option<Problem>, AppError> {
    let name = form.name.trim();
    if name.is_empty() {
        return Ok(None);
    }
    if let Err(invalid) = name.parse::<model::ScheduleName>() {
        return Ok(Some(invalid.into()));
    }
    let list = api::list_schedules().await?;
    let taken =
        list.items.iter().any(|(schedule, _)| schedule.name.as_str() == name && schedule.id.to_string() != form.id);
    let detail = || format!("Another schedule is named `{name}`. Choose another name, or delete that schedule first.");
    Ok(taken.then(|| Problem::new(ProblemCode::Conflict, detail()).on("name")))
}
