//! The form for a reprocess, checked while it is filled in, with a preview.
//!
//! As in the form for a clone, the values are in the page's URL. The start button sends the plan of the preview, so that
//! exactly the previewed objects are sent. If the bucket has changed since, nothing starts and the page shows a new
//! preview.

mod checks;
mod fields;
mod preview;

use leptos::{either::Either, prelude::*, server_fn::ServerFn};
use model::{PipelineList, Problem, ProblemCode};

use crate::{
    api::{self, StartReprocess},
    command::Commands,
    context,
    error::{AppError, problem_in},
    forms::{ReprocessForm, form_key},
    query::Query,
    ui::{Copyable, Fault, Loaded, PageTitle},
};
use checks::Checks;
use fields::{HowFields, ObjectFields, PipelineField, WindowFields};
use preview::{Preview, promise};

/// The form's values and what the server knows about them.
struct Known {
    form: ReprocessForm,
    pipelines: PipelineList,
    checks: Checks,
    /// `None` until the values make a request.
    commands: Option<Commands>,
}

async fn load(query: Query) -> Result<Known, AppError> {
    let mut form = ReprocessForm::read(&query);
    let pipelines = api::list_pipelines().await?;
    // The one that the field shows, so that its links and checks mean it, too.
    if form.pipeline.is_empty()
        && let Some(first) = pipelines.items.first()
    {
        form.pipeline = first.pipeline.name.to_string();
    }
    let checks = Checks::of(&form, query.get("preview").is_some()).await?;
    let commands = match form.request() {
        Ok(request) => context::ask()?.get_reprocess_commands(request).await.ok(),
        Err(_) => None,
    };
    Ok(Known { form, pipelines, checks, commands })
}

#[component]
pub fn NewReprocessPage() -> impl IntoView {
    let query = context::page_query();
    view! {
        <PageTitle text="New reprocess" />
        <h1>"New reprocess"</h1>
        <p class="note">"Sends the log objects of a window to their sink again and accounts for every line."</p>
        <Loaded of=load(query.clone()) let:known>
            {if known.pipelines.items.is_empty() {
                Either::Left(view! {
                    <p class="empty">
                        "No pipelines are configured. Add " <code>"[[sinks]]"</code> " and " <code>"[[pipelines]]"</code>
                        " to the configuration file, then restart Logyard."
                    </p>
                })
            } else {
                Either::Right(view! { <FormView known query /> })
            }}
        </Loaded>
    }
}

/// A refused request, worded for a reprocess.
fn refusal(query: &Query) -> Option<Problem> {
    let problem = problem_in(query)?;
    let detail = match problem.code {
        ProblemCode::Conflict => {
            "The bucket has changed since the preview, so nothing was started. See the new preview below."
        }
        _ => return Some(problem),
    };
    Some(Problem::new(problem.code, detail))
}

#[component]
fn FormView(known: Known, query: Query) -> impl IntoView {
    let Known { form, pipelines, checks, commands } = known;
    let refused = refusal(&query).filter(|refused| checks.fault().is_none_or(|fault| fault.code != refused.code));
    let elsewhere = checks.elsewhere().cloned();
    let preview = checks.preview().cloned();
    let plan = preview.as_ref().and_then(|preview| preview.plan.as_ref()).map(|plan| plan.as_str().to_owned());
    let plain = promise(&form, None);
    view! {
        {refused.map(|problem| view! { <Fault problem /> })}
        <form method="post" action=StartReprocess::PATH class="clone-form" data-check="">
            <input type="hidden" name="key" data-keep="" value=form_key() />
            <PipelineField pipelines=pipelines.items form=form.clone() fault=checks.at("pipeline") />
            <WindowFields form=form.clone() checks=checks.clone() now=pipelines.now />
            <ObjectFields form=form.clone() checks=checks.clone() />
            <HowFields form=form.clone() checks />
            {preview.clone().map(|preview| view! { <Preview preview /> })}
            {elsewhere.map(|problem| view! { <Fault problem /> })}
            <p class="actions">
                <button class="main" data-plain=plain name="plan" value=plan.unwrap_or_default()>
                    {promise(&form, preview.as_ref())}
                </button>
                <button class="only-without-js" formmethod="get" formaction="/reprocesses/new" name="preview" value="1">
                    "Preview"
                </button>
            </p>
        </form>
        {commands.map(|commands| view! {
            <section aria-labelledby="same" data-key="same">
                <h2 id="same">"Command line and API"</h2>
                <Copyable label="Command line" text=commands.line />
                <Copyable label="API request" text=commands.call />
            </section>
        })}
    }
}
