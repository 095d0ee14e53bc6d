//! What the page says while there is no table: how to have one.

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
                "A sync keeps a remote copy of a table in step with a local one, which is the truth, and shows how far it is: \
                new and changed rows are sent, rows that are gone are deleted, and both ends are compared until nothing differs."
            </p>
            <p>
                "Add the local table and where its copy is to the configuration file, then start Logyard again. Nothing of \
                the table's own layout is changed unasked."
            </p>
            <Copyable label="A table to keep in step" text=TABLE.to_owned() />
            <p>"The server at the other end may be Logyard, too. There, the copy is one that it holds for others:"</p>
            <Copyable label="A copy held for others" text=REPLICA.to_owned() />
            <p>"An agent of your own that keeps a table in step reports how it stands, and stands on this page as well:"</p>
            <Copyable label="An agent's report" text=REPORT.to_owned() />
        </section>
    }
}
