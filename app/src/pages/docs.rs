//! The user's documentation, with search. Nothing here changes while the server runs.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::NotFound;
use crate::{
    context::page_query,
    docs::{DocMatch, DocPage, Docs},
    ui::PageTitle,
};

#[component]
pub fn DocsPage() -> impl IntoView {
    let name = use_params_map().with_untracked(|params| params.get("page")).unwrap_or_default();
    let docs = use_context::<Arc<Docs>>();
    let Some((docs, page)) = docs.as_deref().and_then(|docs| Some((docs, docs.page(&name)?))) else {
        return view! { <NotFound /> }.into_any();
    };
    let search = page_query().get("q").map(str::to_owned);
    let title = if search.is_some() { "Search the docs" } else { &page.title };
    view! {
        <PageTitle text=format!("{title} · Docs") />
        <div class="docs">
            {contents(docs, page, search.as_deref())}
            {match search.as_deref() {
                Some(text) => results(&docs.search(text), text).into_any(),
                None => view! { <article class="prose" inner_html=page.html.clone()></article> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// The search box, the list of pages, and the sections of the one that is shown.
fn contents(docs: &Docs, shown: &DocPage, search: Option<&str>) -> impl IntoView + use<> {
    let item = |page: &DocPage| {
        let here = search.is_none() && page.name == shown.name;
        let sections = here.then(|| {
            let section = |section: &crate::docs::DocSection| {
                view! { <li><a href=format!("#{}", section.id)>{section.heading.clone()}</a></li> }
            };
            view! { <ul>{page.outline().map(section).collect_view()}</ul> }
        });
        view! {
            <li>
                <a href=page.path() aria-current=here.then_some("page")>{page.title.clone()}</a>
                {sections}
            </li>
        }
    };
    view! {
        <div class="docs-contents">
            <form method="get" action="/docs" role="search" aria-label="Search the docs">
                <input
                    type="search"
                    name="q"
                    value=search.unwrap_or_default().to_owned()
                    placeholder="Search the docs"
                    aria-label="Words to find in the docs"
                    autocomplete="off"
                />
                <button>"Search"</button>
            </form>
            <nav aria-label="Docs">
                <ul>{docs.pages.iter().map(item).collect_view()}</ul>
            </nav>
        </div>
    }
}

fn results(found: &[DocMatch<'_>], text: &str) -> impl IntoView + use<> {
    let item = |found: &DocMatch<'_>| {
        let (page, heading) = (&found.page.title, &found.section.heading);
        let name = if page == heading { page.clone() } else { format!("{page}: {heading}") };
        view! {
            <li>
                <a href=found.path()>{name}</a>
                <p>{found.excerpt.clone()}</p>
            </li>
        }
    };
    let count = match found.len() {
        0 => format!("No section has all of the words “{text}”. Try fewer words, or one of the pages."),
        1 => format!("One section has “{text}”."),
        many => format!("{many} sections have “{text}”."),
    };
    view! {
        <article class="prose">
            <h1>"Search the docs"</h1>
            <p class="note">{count}</p>
            <ol class="docs-results">{found.iter().map(item).collect_view()}</ol>
        </article>
    }
}
