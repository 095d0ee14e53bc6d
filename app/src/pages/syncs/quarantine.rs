//! Quarantined rows with their errors, attempts and next retry, and the buttons that retry now.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Quarantined, SyncSource, SyncStatus, Time};

use crate::{
    api::ActOnSync,
    format::{count, counted},
    query::Query,
    ui::Moment,
};

/// Rows of a page.
const PAGE: usize = 100;

#[component]
pub fn Quarantine(sync: SyncStatus, rows: Vec<Quarantined>, first: bool, now: Time) -> impl IntoView {
    let ours = sync.source == SyncSource::Logyard;
    let table = sync.table.to_string();
    let more = sync.quarantined.saturating_sub(rows.len() as u64) > 0;
    let page = format!("/syncs/{table}");
    let last = rows.last().map(|row| row.key.clone()).filter(|_| more && rows.len() >= PAGE);
    let next = last.map(|key| format!("{}#quarantine", Query::default().with("rows_after", &key).on(&page)));
    let row = |row: Quarantined| {
        let Quarantined { key, version, error, attempts, retry_at } = row;
        let retry = ours.then(|| view! { <td data-label="Action"><Retry table=table.clone() key=key.clone() /></td> });
        view! {
            <tr data-key=key.clone()>
                <th scope="row" data-label="Key"><code>{key.clone()}</code></th>
                <td data-label="Version" class="number">{count(version)}</td>
                <td data-label="Error" class="outcome">{error}</td>
                <td data-label="Attempts" class="number">{attempts}</td>
                <td data-label="Next retry" class="when"><Moment at=retry_at now /></td>
                {retry}
            </tr>
        }
    };
    (!rows.is_empty()).then(|| {
        view! {
            <section aria-labelledby="quarantine" data-key="quarantine">
                <h2 id="quarantine">"Quarantined rows"</h2>
                <p class="note">
                    "The remote rejects these rows. They are excluded from comparisons, so that they block no other row, and \
                    retried after increasing pauses."
                </p>
                <table class="rows">
                    <caption class="visually-hidden">"Quarantined rows, by key"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Key"</th>
                            <th scope="col" class="number">"Version"</th>
                            <th scope="col">"Error"</th>
                            <th scope="col" class="number">"Attempts"</th>
                            <th scope="col">"Next retry"</th>
                            {ours.then(|| view! { <th scope="col">"Action"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                </table>
                <p class="note">
                    {format!("{} in all. ", counted(sync.quarantined, "row"))}
                    {(!first).then(|| view! { <a href=format!("{page}#quarantine")>"The first rows"</a> " " })}
                    {next.map(|href| view! { <a href=href>"The next rows"</a> })}
                </p>
                {ours.then(|| view! {
                    <form method="post" action=ActOnSync::PATH class="actions">
                        <input type="hidden" name="table" value=table.clone() />
                        <button name="action" value="retry">"Retry all rows now"</button>
                    </form>
                })}
            </section>
        }
    })
}

#[component]
fn Retry(table: String, key: String) -> impl IntoView {
    view! {
        <form method="post" action=ActOnSync::PATH>
            <input type="hidden" name="table" value=table />
            <input type="hidden" name="key" value=key.clone() />
            <button name="action" value="retry">
                "Retry now"
                <span class="visually-hidden">" row " {key}</span>
            </button>
        </form>
    }
}
