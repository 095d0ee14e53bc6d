//! The decisions that need a person: deleting many rows, and accepting a replaced local database.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{MassDelete, SyncStatus};

use crate::{
    api::ActOnSync,
    format::{count, counted},
    ui::NameField,
};

/// The form that approves a deletion. It is keyed by the number of rows: if that changes, typed text is dropped, so that an
/// approval is always for the number shown.
#[component]
pub fn Approve(sync: SyncStatus, waiting: MassDelete, mistyped: bool) -> impl IntoView {
    let MassDelete { rows, remote_rows } = waiting;
    let (name, exact) = (sync.table.to_string(), counted(rows, "row"));
    let all = (rows >= remote_rows).then_some(" These are all rows of the copy.");
    view! {
        <section class="confirm-box" aria-labelledby="approve" data-key=format!("approve {rows}")>
            <h2 id="approve" class="losses">
                {format!("{exact} of {} would be deleted at the remote", count(remote_rows))}
            </h2>
            <p>
                "These rows exist at the remote but not in the local table. Approve if they were deleted locally. If the local \
                table was emptied, restored or replaced, pause the sync and check first: rows deleted at the remote cannot be \
                restored from here." {all}
            </p>
            <p class="note">
                "A row is deleted only if it still has the version that was compared. The approval is for this number of \
                rows: if more rows are missing, approval is requested again."
            </p>
            <form method="post" action=ActOnSync::PATH>
                <input type="hidden" name="table" value=name.clone() />
                <input type="hidden" name="rows" value=rows.to_string() />
                <NameField name=name.clone() wrong=mistyped.then_some("✖ The name does not match the table exactly. Nothing was deleted.") />
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
            <h2 id="epoch">"The local database was replaced"</h2>
            <p>
                "It was restored, recreated or exchanged, so its rows may be older than those at the remote. Nothing is sent \
                or deleted until you decide."
            </p>
            <p>
                "If you accept it, the remote is made equal to it: missing rows are sent, and rows that this database does not \
                have are deleted there; deleting many rows needs a further approval. Versions may have been used twice, so \
                the values of all rows are compared, or all rows are sent again. If this is the wrong database, correct its address in the configuration and \
                restart Logyard."
            </p>
            <form method="post" action=ActOnSync::PATH class="actions">
                <input type="hidden" name="table" value=name.clone() />
                <button class="danger" name="action" value="accept_epoch">
                    "Accept the local database"
                    <span class="visually-hidden">" for " {name.clone()}</span>
                </button>
                <button name="action" value="accept_and_send_all">
                    "Accept it and send all rows again"
                    <span class="visually-hidden">" for " {name.clone()}</span>
                </button>
            </form>
        </section>
    }
}
