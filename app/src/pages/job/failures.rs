//! What failed: by reason with an example, then one by one in pages, and all of it as a file.

use leptos::prelude::*;
use model::{FailureGroup, FailurePage, Job, JobView, Key};

use crate::{
    api,
    error::AppError,
    format::{count, things},
    query::Query,
    ui::Loaded,
};

#[component]
pub fn Failures(view: Signal<JobView>, job: Memo<Job>, query: Memo<Query>) -> impl IntoView {
    let groups = Memo::new(move |_| view.with(|view| view.failures.clone()));
    let total = Memo::new(move |_| groups.with(|groups| groups.iter().map(|group| group.count).sum::<u64>()));
    view! {
        <Show when=move || total.get() != 0>
            <section aria-labelledby="failures">
                <h2 id="failures">"What failed"</h2>
                <table class="rows">
                    <caption class="visually-hidden">"Failures by reason"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Reason"</th>
                            <th scope="col" class="number">"Objects"</th>
                            <th scope="col">"Such as"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || groups.get() key=|group| (group.reason, group.count) let(group)>
                            <Group group />
                        </For>
                    </tbody>
                </table>
                <OneByOne job query total />
            </section>
        </Show>
    }
}

#[component]
fn Group(group: FailureGroup) -> impl IntoView {
    let FailureGroup { reason, count: number, example } = group;
    view! {
        <tr>
            <th scope="row" data-label="Reason">{reason.words()}</th>
            <td class="number" data-label="Objects">{count(number)}</td>
            <td data-label="Such as"><code>{example.key.to_string()}</code> " " <span class="more">{example.message}</span></td>
        </tr>
    }
}

/// The keys themselves. Loaded only where the URL asks for them: there may be millions.
#[component]
fn OneByOne(job: Memo<Job>, query: Memo<Query>, total: Memo<u64>) -> impl IntoView {
    let id = job.with_untracked(|job| job.id);
    let shown = Memo::new(move |_| {
        query.with(|query| query.get("failures").is_some() || query.get("failures_after").is_some())
    });
    view! {
        <p class="actions">
            <Show when=move || !shown.get()>
                <a href=format!("/jobs/{id}?failures=1#failures")>"Show " {move || things(total.get(), "object")} " one by one"</a>
            </Show>
            <a href=format!("/api/v1/jobs/{id}/failures") rel="external" download="">"Download all as NDJSON"</a>
        </p>
        <Show when=move || shown.get()>
            <Page job query total />
        </Show>
    }
}

#[component]
fn Page(job: Memo<Job>, query: Memo<Query>, total: Memo<u64>) -> impl IntoView {
    let id = job.with_untracked(|job| job.id);
    let page = Resource::new(
        move || (query.with(|query| query.get("failures_after").map(str::to_owned)), total.get()),
        move |(after, _)| async move {
            let after = after.map(Key::try_from).transpose()?;
            let first = after.is_none();
            Ok::<_, AppError>((api::failures(id, after).await?, first))
        },
    );
    view! {
        <Loaded of=page let:loaded>
            {
                let (FailurePage { items, next }, first) = loaded;
                let path = format!("/jobs/{id}");
                let next = next.map(|next| Query::default().with("failures_after", &next).on(&path));
                view! {
                    <table class="rows">
                        <caption class="visually-hidden">"Failed objects, by key"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Key"</th>
                                <th scope="col">"Reason"</th>
                                <th scope="col">"What the store said"</th>
                                <th scope="col" class="number">"Tries"</th>
                            </tr>
                        </thead>
                        <tbody>
                            {items
                                .into_iter()
                                .map(|failure| {
                                    view! {
                                        <tr>
                                            <th scope="row" data-label="Key"><code>{failure.key.to_string()}</code></th>
                                            <td data-label="Reason">{failure.reason.words()}</td>
                                            <td data-label="Said">{failure.message}</td>
                                            <td class="number" data-label="Tries">{failure.attempts}</td>
                                        </tr>
                                    }
                                })
                                .collect_view()}
                        </tbody>
                    </table>
                    <nav class="pages" aria-label="Pages of failures">
                        {(!first).then(|| view! { <a class="button" href=format!("{path}?failures=1#failures")>"First page"</a> })}
                        {next.map(|next| view! { <a class="button" rel="next" href=format!("{next}#failures")>"Next page"</a> })}
                    </nav>
                }
            }
        </Loaded>
    }
}
