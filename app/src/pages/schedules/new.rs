//! The page that makes a schedule.

use leptos::prelude::*;

use super::{form::FormView, known::Known};
use crate::{
    context,
    forms::ScheduleForm,
    ui::{Loaded, PageTitle},
};

#[component]
pub fn NewSchedulePage() -> impl IntoView {
    let query = context::page_query();
    view! {
        <PageTitle text="New schedule" />
        <h1>"New schedule"</h1>
        <p class="note">
            "Repeats a clone on a schedule. If the previous job has not ended at a scheduled time, that time is skipped and recorded."
        </p>
        <Loaded of=Known::of(ScheduleForm::read(&query), query.clone()) let:known>
            <FormView known query />
        </Loaded>
    }
}
