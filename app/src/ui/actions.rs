//! The buttons of a job: the actions its state allows, as plain forms. A refusal leads back to the page and is shown there.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Action, Job, JobId, Retry};

use crate::api::{ActOnJob, action_name};

/// The actions that a job allows now, in one row.
#[component]
pub fn JobActions(
    job: Job,
    /// Path of the page to return to.
    #[prop(into)]
    back: String,
    /// Also offers *Retry all*.
    #[prop(optional)]
    all: bool,
) -> impl IntoView {
    let (id, title) = (job.id, job.title());
    let button = |action: Action, label: &'static str| {
        let allowed = job.stopping.is_none() && job.allows(action).is_ok();
        allowed.then(|| view! { <Act action label title=title.clone() /> })
    };
    let buttons = [
        button(Action::Pause, "Pause"),
        button(Action::Resume, "Resume"),
        button(Action::Retry(Retry::Failed), "Retry failed"),
        button(Action::Retry(Retry::All), "Retry all").filter(|_| all),
    ];
    let cancel = job.allows(Action::Cancel).is_ok().then(|| {
        view! {
            <a class="button" href=format!("/jobs/{id}?confirm=cancel") data-key="cancel">
                "Cancel"
                <span class="visually-hidden">" " {title}</span>
            </a>
        }
    });
    view! { <ActForm id back>{buttons} {cancel}</ActForm> }
}

/// A form around action buttons of a job.
#[component]
pub fn ActForm(id: JobId, #[prop(into)] back: String, children: Children) -> impl IntoView {
    view! {
        <form method="post" action=ActOnJob::PATH class="actions">
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="back" value=back />
            {children()}
        </form>
    }
}

/// One button of an [`ActForm`]. A screen reader also reads the job's title.
#[component]
pub fn Act(
    action: Action,
    label: &'static str,
    #[prop(into)] title: String,
    #[prop(optional)] class: Option<&'static str>,
) -> impl IntoView {
    let name = action_name(action);
    view! {
        <button type="submit" name="action" value=name class=class data-key=name>
            {label}
            <span class="visually-hidden">" " {title}</span>
        </button>
    }
}
