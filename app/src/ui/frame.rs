//! What surrounds every page: brand, navigation, jump box, zone, keys and the status line.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use super::{jump::Jump, keys::Keys, status::StatusLine, zone::ZoneSwitch};
use crate::{api, context};

/// `61 % · demo-assets → demo-clone · Logyard`.
#[component]
pub fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    view! { <Title text=format!("{text} · Logyard") /> }
}

#[component]
pub fn Frame(children: Children) -> impl IntoView {
    let signed_in = context::viewer().is_ok_and(|viewer| viewer.signed_in);
    view! {
        <a class="skip" href="#main">"Skip to the content"</a>
        <header class="frame">
            <div class="bar-top">
                <a class="brand" href="/">
                    <Brand />
                    "Logyard"
                </a>
                <nav aria-label="Main">
                    <ul>
                        <li><A href="/" exact=true>"Overview"</A></li>
                        <li><A href="/jobs">"Jobs"</A></li>
                        <li><A href="/pipelines">"Pipelines"</A></li>
                        <li><A href="/runs">"Runs"</A></li>
                        <li><A href="/clones/new">"New clone"</A></li>
                        <li><A href="/schedules">"Schedules"</A></li>
                        <li><A href="/settings">"Settings"</A></li>
                    </ul>
                </nav>
                <Jump />
                <ZoneSwitch />
                <Keys />
                {signed_in.then(|| view! { <SignOut /> })}
            </div>
            <Suspense>{Suspend::new(async move {
                let counts = api::counts().await.ok();
                view! { <StatusLine counts /> }
            })}</Suspense>
        </header>
        <main id="main" tabindex="-1">{children()}</main>
    }
}

/// Three stacked logs, seen from their ends.
#[component]
fn Brand() -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <circle cx="10" cy="5.6" r="3.6" />
            <circle cx="5.6" cy="13.4" r="3.6" />
            <circle cx="14.4" cy="13.4" r="3.6" />
        </svg>
    }
}

#[component]
fn SignOut() -> impl IntoView {
    view! {
        <form method="post" action="/logout">
            <button class="quiet">"Sign out"</button>
        </form>
    }
}
