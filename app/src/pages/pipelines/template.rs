//! The page of a pipeline's index template: what its cluster has, how it differs, and the button that puts it.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{IndexFields, PipelineName, TemplateChange, TemplateComparison, TemplateState};

use crate::{
    api::{self, PutTemplate},
    context,
    error::{AppError, problem_in},
    format::{Mark, counted},
    ui::{Fault, Loaded, PageTitle, StateMark},
};

#[component]
pub fn TemplatePage() -> impl IntoView {
    let name = use_params_map().with_untracked(|params| params.get("name").unwrap_or_default());
    view! {
        {problem_in(&context::page_query()).map(|problem| view! { <Fault problem /> })}
        <Loaded of=load(name) let:loaded>
            <Compared pipeline=loaded.0 found=loaded.1 />
        </Loaded>
    }
}

async fn load(name: String) -> Result<(PipelineName, TemplateComparison), AppError> {
    let name = name.parse::<PipelineName>()?;
    let found = api::compare_template(name.clone()).await?;
    Ok((name, found))
}

/// The mark of a comparison. A template that others hide, or whose index differs, is not simply there.
fn mark(found: &TemplateComparison) -> Mark {
    let (shape, word, tone) = match found.state {
        _ if found.same() => ("✔", "as wanted", "good"),
        TemplateState::New => ("○", "not there", "warn"),
        TemplateState::Changed => ("✖", "differs", "bad"),
        TemplateState::Same if !found.hidden_by.is_empty() => ("?", "hidden by another", "warn"),
        TemplateState::Same => ("?", "there, the newest index differs", "warn"),
    };
    Mark { shape, word, tone }
}

#[component]
fn Compared(pipeline: PipelineName, found: TemplateComparison) -> impl IntoView {
    let name = pipeline.to_string();
    let back = context::scope().on(&format!("/pipelines/{name}"));
    let (mark, put) = (mark(&found), found.would_change());
    let TemplateComparison { template, cluster, changes, hidden_by, hides, index, .. } = found;
    view! {
        <PageTitle text=format!("Index template · {name}") />
        <header class="job-head">
            <p class="kind">"index template of a pipeline"</p>
            <h1><a href=back>{name.clone()}</a></h1>
            <p class="job-state"><StateMark mark /></p>
        </header>
        <p class="reason"><code>{template}</code> " at " {cluster} "."</p>
        {(!hidden_by.is_empty()).then(|| view! {
            <p class="field-fault">{format!("? Some of its indexes follow another template of a higher priority instead: {}.", hidden_by.join(", "))}</p>
        })}
        {(!hides.is_empty()).then(|| view! {
            <p class="note">{format!("Where the patterns overlap it counts instead of {}.", hides.join(", "))}</p>
        })}
        {(!changes.is_empty()).then(|| view! { <Changes changes caption="Where the cluster's template differs" /> })}
        {index.map(|index| view! { <Index index /> })}
        {put.then(|| view! {
            <form method="post" action=PutTemplate::PATH class="actions">
                <input type="hidden" name="pipeline" value=name.clone() />
                <button class="main">"Put the template"</button>
            </form>
            <p class="note">"Puts what differs, adds missing fields to the newest index, and compares again. No index is deleted or reindexed."</p>
        })}
    }
}

#[component]
fn Index(index: IndexFields) -> impl IntoView {
    let IndexFields { index, missing, conflicts } = index;
    let lacks = (!missing.is_empty())
        .then(|| format!("Index {index} lacks {}: {}.", counted(missing.len() as u64, "field"), missing.join(", ")));
    let conflict = (!conflicts.is_empty()).then(|| {
        view! {
            <p>{format!("Index {index} has other types, which hold until there is a new index:")}</p>
            <Changes changes=conflicts caption="Fields of another type" />
        }
    });
    view! {
        {lacks.map(|lacks| view! { <p>{lacks}</p> })}
        {conflict}
    }
}

#[component]
fn Changes(changes: Vec<TemplateChange>, caption: &'static str) -> impl IntoView {
    let shown = |text: Option<String>| text.unwrap_or_else(|| "nothing".to_owned());
    let row = |change: TemplateChange| {
        view! {
            <tr data-key=change.path.clone()>
                <th scope="row" data-label="Path"><code>{change.path.clone()}</code></th>
                <td data-label="There"><code>{shown(change.there)}</code></td>
                <td data-label="Wanted"><code>{shown(change.wanted)}</code></td>
            </tr>
        }
    };
    view! {
        <table class="rows">
            <caption class="visually-hidden">{caption}</caption>
            <thead><tr><th scope="col">"Path"</th><th scope="col">"There"</th><th scope="col">"Wanted"</th></tr></thead>
            <tbody>{changes.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    fn found(state: TemplateState) -> TemplateComparison {
        TemplateComparison {
            template: "logyard-search".to_owned(),
            cluster: "OpenSearch 2.19.6".to_owned(),
            state,
            changes: Vec::new(),
            hidden_by: Vec::new(),
            hides: Vec::new(),
            index: None,
        }
    }

    fn html(found: TemplateComparison) -> String {
        examples::html(move || view! { <Compared pipeline="api".parse().unwrap() found /> })
    }

    #[test]
    fn only_a_template_that_differs_can_be_put() {
        let same = html(found(TemplateState::Same));
        assert!(same.contains("as wanted") && same.contains("OpenSearch 2.19.6") && !same.contains("Put the template"));
        let change = TemplateChange { path: "priority".into(), there: Some("<b>1</b>".into()), wanted: None };
        let changed = html(TemplateComparison { changes: vec![change], ..found(TemplateState::Changed) });
        for text in ["differs", "&lt;b&gt;1", "nothing", "Put the template"] {
            assert!(changed.contains(text), "{text}: {changed}");
        }
        let index = IndexFields { index: "elb-1".into(), missing: vec!["client_ip".into()], conflicts: Vec::new() };
        let lacks = html(TemplateComparison { index: Some(index), ..found(TemplateState::Same) });
        assert!(lacks.contains("lacks 1 field: client_ip") && lacks.contains("Put the template"), "{lacks}");
        let hidden = html(TemplateComparison { hidden_by: vec!["wide".into()], ..found(TemplateState::Same) });
        assert!(hidden.contains("hidden by another") && !hidden.contains("as wanted"), "{hidden}");
    }
}
