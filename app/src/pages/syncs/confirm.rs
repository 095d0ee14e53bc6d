//! What only a person may decide: a deletion of many rows, and another local database.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{MassDelete, SyncStatus};

use crate::{
    api::ActOnSync,
    format::{count, things},
    ui::NameField,
};

/// Everything of the question is tied to its number: where that changes under its reader, what was typed goes with it, and
/// the yes is for the number that stands beside it.
#[component]
pub fn Approve(sync: SyncStatus, waiting: MassDelete, mistyped: bool) -> impl IntoView {
    let MassDelete { rows, remote_rows } = waiting;
    let (name, exact) = (sync.table.to_string(), things(rows, "row"));
    let all = (rows >= remote_rows).then_some(" That is every row of the copy.");
    view! {
        <section class="confirm-box" aria-labelledby="approve" data-key=format!("approve {rows}")>
            <h2 id="approve" class="losses">
                {format!("{exact} of {} would be deleted at the remote", count(remote_rows))}
            </h2>
            <p>
                "The remote has them and the local table has not. If they were deleted here, say yes; if the local table was \
                emptied, restored or mistaken for another, pause the sync and look first: what is deleted at the remote \
                cannot be brought back from here." {all}
            </p>
            <p class="note">
                "Each row is deleted only while it is still the version that was compared. The yes is for so many rows: if \
                more turn out to be gone, it is asked for again."
            </p>
            <form method="post" action=ActOnSync::PATH>
                <input type="hidden" name="table" value=name.clone() />
                <input type="hidden" name="rows" value=rows.to_string() />
                <NameField name=name.clone() wrong=mistyped.then_some("✖ That was not the table's name, letter by letter. Nothing was deleted.") />
                <p class="actions">
                    <button class="danger" name="action" value="approve">{format!("Delete {exact} at the remote")}</button>
                </p>
            </form>
        </section>
    }
}

#[component]
pub fn AcceptEpoch(sync: SyncStatus) -> impl IntoView {
    let name = sync.table.to_string();
    view! {
        <section class="confirm-box" aria-labelledby="epoch" data-key="epoch">
            <h2 id="epoch">"The local database is another than the one that was followed"</h2>
            <p>
                "It was restored, made anew or exchanged, so its rows may be older than those at the remote. Nothing is sent or \
                deleted until you say which one is right."
            </p>
            <p>
                "If you accept it, the remote is made equal to it: rows that the remote lacks are sent, rows that it has and \
                this database has not are deleted there, many of them only after a further yes. A row that is newer at the \
                remote is not replaced by an older one. If it is the wrong database, correct its address in the configuration \
                and start Logyard again."
            </p>
            <form method="post" action=ActOnSync::PATH class="actions">
                <input type="hidden" name="table" value=name.clone() />
                <button class="danger" name="action" value="accept_epoch">
                    "Follow the local database as it is now"
                    <span class="visually-hidden">" for " {name.clone()}</span>
                </button>
            </form>
        </section>
    }
}
