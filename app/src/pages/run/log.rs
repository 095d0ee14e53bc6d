//! The log of a run, read from CloudWatch when the page is opened: patterns of similar lines with their counts, then the
//! lines in pages. The whole log is never loaded at once.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{LogTemplate, RunLog, RunView};

use super::{evidence::LogLines, read_id};
use crate::{
    api, context,
    error::AppError,
    format::{Mark, count, counted, file_name},
    query::Query,
    ui::{Loaded, PageTitle, StateMark},
};

#[component]
pub fn RunLogPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let after = context::page_query().get("after").map(str::to_owned);
    let first = after.is_none();
    view! {
        <Loaded of=load(id, after) let:loaded>
            <Log view=loaded.0 log=loaded.1 first />
        </Loaded>
    }
}

async fn load(id: String, after: Option<String>) -> Result<(RunView, RunLog), AppError> {
    let id = read_id(&id)?;
    Ok((api::get_run(id).await?, api::get_run_log(id, after).await?))
}

#[component]
fn Log(view: RunView, log: RunLog, first: bool) -> impl IntoView {
    let RunView { now, run, console, .. } = view;
    let RunLog { page, templates, lines, whole } = log;
    let key = run.key.as_ref().map_or_else(|| "no object".to_owned(), ToString::to_string);
    let path = format!("/runs/{}/log", run.id);
    let scope = context::scope();
    let next = page.next.map(|next| scope.on(&Query::default().with("after", &next).on(&path)));
    let (back, beginning) = (scope.on(&format!("/runs/{}", run.id)), scope.on(&path));
    let empty = page.items.is_empty();
    let patterns = first && !templates.is_empty();
    view! {
        <PageTitle text=format!("Log · {}", file_name(&key)) />
        <header class="job-head">
            <p class="kind">"log of a run"</p>
            <h1 class="long"><a href=back>{file_name(&key).to_owned()}</a></h1>
            <p class="job-state"><StateMark mark=Mark::of_run(&run) /></p>
            {console.map(|console| view! {
                <p class="actions"><a class="button" href=console rel="external noreferrer">"Open in CloudWatch"</a></p>
            })}
        </header>
        {patterns.then(|| view! { <Patterns templates lines whole /> })}
        <section aria-labelledby="lines" data-key="lines">
            <h2 id="lines">"Lines"</h2>
            {empty.then(|| view! { <p class="empty">"No log lines: the run logged nothing, or the log group no longer keeps them."</p> })}
            <LogLines lines=page.items now />
            <nav class="pages" aria-label="Pages">
                {(!first).then(|| view! { <a class="button" href=beginning>"First page"</a> })}
                {next.map(|next| view! { <a class="button" rel="next" href=next>"Next page"</a> })}
            </nav>
        </section>
    }
}

#[component]
fn Patterns(templates: Vec<LogTemplate>, lines: u64, whole: bool) -> impl IntoView {
    let of = if whole { counted(lines, "line") } else { format!("the first {}", counted(lines, "line")) };
    let row = |template: LogTemplate| {
        view! {
            <tr>
                <td data-label="Lines" class="number">{count(template.count)}</td>
                <th scope="row" data-label="Pattern"><code>{template.text}</code></th>
                <td data-label="First line"><code>{template.first.text}</code></td>
            </tr>
        }
    };
    view! {
        <section aria-labelledby="alike" data-key="alike">
            <h2 id="alike">"Similar lines, of " {of}</h2>
            <table class="rows">
                <caption class="visually-hidden">"Lines that differ only in numbers, ids and quoted text"</caption>
                <thead>
                    <tr>
                        <th scope="col" class="number">"Lines"</th>
                        <th scope="col">"Pattern"</th>
                        <th scope="col">"First line"</th>
                    </tr>
                </thead>
                <tbody>{templates.into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn long_log_is_patterns_and_one_page() {
        let (view, log) = (examples::run_view(), examples::run_log());
        let html = examples::html(move || view! { <Log view log first=true /> });
        for text in
            ["of the first 60,000 lines", "59,998", "socket … closed", "socket &lt;i&gt;7&lt;/i&gt;", "after=token"]
        {
            assert!(html.contains(text), "{text}: {html}");
        }
        let (view, log) = (examples::run_view(), examples::run_log());
        let html = examples::html(move || view! { <Log view log first=false /> });
        assert!(html.contains("First page") && !html.contains("59,998"), "{html}");
    }
}
