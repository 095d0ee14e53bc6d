//! The Syncs page without tables: how to configure one.

use leptos::prelude::*;

use crate::ui::Copyable;

const TABLE: &str = r#"[[tables]]
name = "orders"
url = "postgres://shop@db.internal/shop"   # or mysql://…, sqlite:/var/lib/shop.db
key = "id"
version = "row_version"                    # grows with every write
remote = "https://copy.example.com/v1/customers/acme/databases/shop/tables/orders"
token = "${ORDERS_TOKEN}""#;

const REPLICA: &str = r#"[[replicas]]
customer = "acme"
database = "shop"
table = "orders"
url = "sqlite:/var/lib/copies.db"
columns = ["customer", "total"]
tokens = ["${ACME_TOKEN}"]"#;

const REPORT: &str = r#"curl -X POST "$LOGYARD/api/v1/syncs/orders/progress" \
  -H 'Content-Type: application/json' \
  -d '{"local_count": 1000000, "remote_count": 999988, "local_version": 1204311, "remote_version": 1204299}'"#;

#[component]
pub fn NoTables() -> impl IntoView {
    view! {
        <section class="first" aria-labelledby="empty" data-key="empty">
            <h2 id="empty">"No tables are configured"</h2>
            <p>
                "A sync keeps a remote copy of a local table up to date: it sends new and changed rows, deletes rows that no \
                longer exist locally, and compares both endpoints until nothing differs. The local table is the source of truth."
            </p>
            <p>
                "Add the local table and the address of its copy to the configuration file, then restart Logyard. Logyard does \
                not change the table's schema unless you ask it to."
            </p>
            <Copyable label="A table to sync" text=TABLE.to_owned() />
            <p>"The remote endpoint can be Logyard as well. There, configure the copy as a replica:"</p>
            <Copyable label="A hosted replica" text=REPLICA.to_owned() />
            <p>"Your own agent can sync a table and report its status to this page:"</p>
            <Copyable label="An agent's report" text=REPORT.to_owned() />
        </section>
    }
}
