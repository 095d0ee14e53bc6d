//! The section shown before the first job: what to do first, and the button that does it.

use leptos::{prelude::*, server_fn::ServerFn};
use model::StoreName;

use crate::api::StartClone;

#[component]
pub fn FirstSteps(
    /// The store with the demo buckets, if any.
    demo: Option<StoreName>,
) -> impl IntoView {
    view! {
        <section class="first" aria-labelledby="first" data-key="first">
            <h2 id="first">"No clones yet"</h2>
            {match demo {
                Some(store) => view! { <TryDemo store=store.to_string() /> }.into_any(),
                None => view! {
                    <p>
                        "A clone copies a bucket, or the objects under a prefix, and then compares both listings to prove "
                        "that the copy is equal."
                    </p>
                    <p><a class="button main" href="/clones/new">"New clone"</a></p>
                }
                .into_any(),
            }}
        </section>
    }
}

/// Starts a clone between the two buckets of the embedded store.
#[component]
fn TryDemo(store: String) -> impl IntoView {
    view! {
        <p>
            "Try the demo bucket: copies 7,500 objects to an empty bucket and compares both listings, in a few seconds."
        </p>
        <form method="post" action=StartClone::PATH class="actions">
            <input type="hidden" name="source_store" value=store.clone() />
            <input type="hidden" name="source_bucket" value="demo-assets" />
            <input type="hidden" name="destination_store" value=store />
            <input type="hidden" name="destination_bucket" value="demo-clone" />
            <button class="main">"Copy demo-assets to demo-clone"</button>
            <a class="button" href="/clones/new">"Choose other buckets"</a>
        </form>
    }
}
