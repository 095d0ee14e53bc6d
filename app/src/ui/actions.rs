//! The buttons of a job: what may be done with it now, as forms that work without JavaScript.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Action, Job, JobId, Retry};

use crate::{
    api::{ActOnJob, action_name},
    live::Live,
    ui::{Fault, PostForm, Posted},
};

/// Pause or resume, and the way to cancel, in one row of a list.
#[component]
pub fn JobActions(
    #[prop(into)] job: Signal<Job>,
    /// The page to show afterwards.
    #[prop(into)]
    back: String,
    /// Also what is only offered on the job's own page.
    #[prop(optional)]
    all: bool,
) -> impl IntoView {
    let id = job.with_untracked(|job| job.id);
    let title = Memo::new(move |_| job.with(Job::title));
    let allowed =
        move |action: Action| Memo::new(move |_| job.with(|job| job.stopping.is_none() && job.allows(action).is_ok()));
    let (pause, resume) = (allowed(Action::Pause), allowed(Action::Resume));
    let (retry, failed) = (allowed(Action::Retry(Retry::All)), allowed(Action::Retry(Retry::Failed)));
    let cancel = Memo::new(move |_| job.with(|job| job.allows(Action::Cancel).is_ok()));
    view! {
        <ActForm id back>
            <Show when=move || pause.get()>
                <Act action=Action::Pause label="Pause" title />
            </Show>
            <Show when=move || resume.get()>
                <Act action=Action::Resume label="Resume" title />
            </Show>
            <Show when=move || failed.get()>
                <Act action=Action::Retry(Retry::Failed) label="Retry what failed" title />
            </Show>
            <Show when=move || all && retry.get()>
                <Act action=Action::Retry(Retry::All) label="Retry all" title />
            </Show>
            <Show when=move || cancel.get()>
                <a class="button" href=format!("/jobs/{id}?confirm=cancel")>
                    "Cancel"
                    <span class="visually-hidden">" " {title}</span>
                </a>
            </Show>
        </ActForm>
    }
}

/// A form around buttons that each do one thing to the job.
#[component]
pub fn ActForm(id: JobId, #[prop(into)] back: String, children: Children) -> impl IntoView {
    let posted = Posted::default();
    let live = Live::here();
    Effect::new(move || {
        if posted.accepted.get() > 0 {
            live.acted();
        }
    });
    view! {
        <PostForm action=ActOnJob::PATH class="actions" posted>
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="back" value=back />
            {children()}
        </PostForm>
        {move || posted.refused.get().map(|problem| view! { <Fault problem /> })}
    }
}

/// One button of an [`ActForm`]. A screen reader also hears which job it is about.
#[component]
pub fn Act(
    action: Action,
    label: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] class: Option<&'static str>,
) -> impl IntoView {
    view! {
        <button type="submit" name="action" value=action_name(action) class=class>
            {label}
            <span class="visually-hidden">" " {title}</span>
        </button>
    }
}
