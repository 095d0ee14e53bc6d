//! The frame around every page: brand, navigation, jump box, window, time zone, keyboard shortcuts and status line.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::{
    jump::Jump,
    keys::Keys,
    scope_picker::{ScopePicker, has_scope},
    status::StatusLine,
    zone::ZoneSwitch,
};
use crate::{api, context, scope::Scope};

/// Pages in the main navigation, as path and name.
const PAGES: [(&str, &str); 9] = [
    ("/", "Overview"),
    ("/jobs", "Jobs"),
    ("/runs", "Runs"),
    ("/pipelines", "Pipelines"),
    ("/syncs", "Syncs"),
    ("/alerts", "Alerts"),
    ("/schedules", "Schedules"),
    ("/clones/new", "New clone"),
    ("/settings", "Settings"),
];

/// The document title: `61 % · demo-assets → demo-clone · Logyard`.
#[component]
pub fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    view! { <Title text=format!("{text} · Logyard") /> }
}

#[component]
pub fn Frame(children: Children) -> impl IntoView {
    let signed_in = context::viewer().is_ok_and(|viewer| viewer.signed_in);
    let path = use_location().pathname.get_untracked();
    let query = context::page_query();
    // The page itself reports a window that is not valid.
    let scope = if has_scope(&path) { Scope::read(&query).unwrap_or_default() } else { Scope::default() };
    provide_context(scope);
    let picker = has_scope(&path).then({
        let path = path.clone();
        move || view! { <ScopePicker path query scope now=context::now() /> }
    });
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <header class="frame">
            <div class="bar-top">
                <a class="brand" href="/">
                    <Brand />
                    "Logyard"
                </a>
                <Navigation path scope />
                <Jump />
                {picker}
                <ZoneSwitch given_min=scope.given_zone().map(|zone| zone.0) />
                <Keys />
                {signed_in.then(|| view! { <SignOut /> })}
            </div>
            <Suspense>{Suspend::new(async move {
                let counts = api::get_counts().await.ok();
                view! { <StatusLine counts /> }
            })}</Suspense>
        </header>
        <main id="main" tabindex="-1">{children()}</main>
        <footer>
            <a href="/docs">"Docs"</a>
            <a href="/api/v1" rel="external">"API"</a>
        </footer>
    }
}

/// Links to all pages; pages with a window keep the current one.
#[component]
fn Navigation(path: String, scope: Scope) -> impl IntoView {
    let item = |(page, name): (&'static str, &'static str)| {
        let here =
            path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || (page != "/" && rest.starts_with('/')));
        let href = if has_scope(page) { scope.on(page) } else { page.to_owned() };
        view! { <li><a href=href aria-current=here.then_some("page")>{name}</a></li> }
    };
    view! {
        <nav id="nav" aria-label="Main">
            <ul>{PAGES.map(item).into_iter().collect_view()}</ul>
        </nav>
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
