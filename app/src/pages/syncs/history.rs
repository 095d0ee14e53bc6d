//! The evaluations of a table, newest first, in pages.

use leptos::prelude::*;
use model::{Page, SyncEvaluation, TableName, Time};

use crate::{
    format::{Mark, bytes, count, counted, shown_by, took, up_to},
    query::Query,
    ui::{Moment, StateMark},
};

#[component]
pub fn History(
    table: TableName,
    page: Page<SyncEvaluation>,
    /// Whether this is the first page.
    first: bool,
    now: Time,
) -> impl IntoView {
    let path = format!("/syncs/{table}");
    let next = page.next.map(|next| Query::default().with("after", &next).on(&path) + "#history");
    let none = page.items.is_empty();
    let newest = path.clone() + "#history";
    view! {
        <section aria-labelledby="history" data-key="history">
            <h2 id="history">"History"</h2>
            {none.then(|| view! { <p class="empty">"No evaluations recorded yet."</p> })}
            {(!none).then(|| view! {
                <table class="rows history">
                    <caption class="visually-hidden">"Evaluations of the table, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Started"</th>
                            <th scope="col">"Result"</th>
                            <th scope="col" class="number">"Found"</th>
                            <th scope="col" class="number">"Sent"</th>
                            <th scope="col" class="number">"Deleted"</th>
                            <th scope="col" class="number">"Rounds"</th>
                            <th scope="col" class="number">"Duration"</th>
                        </tr>
                    </thead>
                    <tbody>{page.items.into_iter().map(|one| view! { <One one now /> }).collect_view()}</tbody>
                </table>
                <p class="note">
                    "Only evaluations that changed something, found a difference, were requested, or had a new result are kept."
                </p>
            })}
            <nav class="pages" aria-label="Pages of the history">
                {(!first).then(|| view! { <a class="button" href=newest>"Newest"</a> })}
                {next.map(|next| view! { <a class="button" rel="next" href=next>"Older"</a> })}
            </nav>
        </section>
    }
}

#[component]
fn One(one: SyncEvaluation, now: Time) -> impl IntoView {
    let took_ms = u64::try_from(one.ended_at.since(one.started_at)).unwrap_or(0);
    let number = |label: &'static str, value: u64| {
        view! { <td data-label=label class="number">{count(value)}</td> }
    };
    let used = format!(
        "{}, {} sent, {} received; {} read locally, {} at the remote.",
        counted(one.requests, "request"),
        bytes(one.bytes_sent),
        bytes(one.bytes_received),
        counted(one.local_rows, "row"),
        count(one.remote_rows),
    );
    let verified = one.verified.map(|verified| {
        let how = shown_by(verified.shown_by);
        view! { <p class="more">{how} " " {up_to(&verified)} " at " <Moment at=verified.at now /></p> }
    });
    let kind = one.verify.then(|| view! { <p class="kind">"verify, nothing changed"</p> });
    view! {
        <tr data-key=one.id.to_string()>
            <th scope="row" data-label="Started" class="when"><Moment at=one.started_at now /> {kind}</th>
            <td data-label="Result" class="outcome">
                <details>
                    <summary><StateMark mark=Mark::of_sync_state(one.state) /></summary>
                    <p>{one.reason}</p>
                    {verified}
                    <p class="more">{used}</p>
                </details>
            </td>
            {number("Found", one.found)}
            {number("Sent", one.uploaded)}
            {number("Deleted", one.deleted)}
            {number("Rounds", one.rounds.into())}
            <td data-label="Duration" class="number">{took(took_ms)}</td>
        </tr>
    }
}
