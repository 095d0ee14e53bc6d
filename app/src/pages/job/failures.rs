//! The failed objects of a job: grouped by reason with an example, listed in pages, and as a download.

use leptos::prelude::*;
use model::{Failure, FailureGroup, FailurePage, JobId, Key};

use crate::{
    api,
    error::AppError,
    format::{count, counted},
    query::Query,
};

/// The page of the list of failures that the URL requests. There may be millions, so by default none is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailuresWanted {
    None,
    First,
    After(String),
}

impl FailuresWanted {
    pub fn read(query: &Query) -> Self {
        match (query.get("failures_after"), query.get("failures")) {
            (Some(after), _) => Self::After(after.to_owned()),
            (None, Some(_)) => Self::First,
            (None, None) => Self::None,
        }
    }

    pub async fn load(&self, id: JobId) -> Result<Option<FailurePage>, AppError> {
        let after = match self {
            Self::None => return Ok(None),
            Self::First => None,
            Self::After(key) => Some(Key::try_from(key.clone())?),
        };
        api::list_failures(id, after).await.map(Some)
    }
}

/// The failures of a job that has some.
#[component]
pub fn Failures(
    id: JobId,
    groups: Vec<FailureGroup>,
    page: Option<FailurePage>,
    wanted: FailuresWanted,
) -> impl IntoView {
    let total = groups.iter().map(|group| group.count).sum();
    let show = page.is_none().then(|| {
        view! {
            <a href=format!("/jobs/{id}?failures=1#failures")>"List " {counted(total, "object")}</a>
        }
    });
    let first = matches!(wanted, FailuresWanted::First);
    view! {
        <section aria-labelledby="failures" data-key="failures">
            <h2 id="failures">"Failures"</h2>
            <table class="rows">
                <caption class="visually-hidden">"Failures by reason"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Reason"</th>
                        <th scope="col" class="number">"Objects"</th>
                        <th scope="col">"Example"</th>
                    </tr>
                </thead>
                <tbody>{groups.into_iter().map(|group| view! { <Group group /> }).collect_view()}</tbody>
            </table>
            <p class="actions">
                {show}
                <a href=format!("/api/v1/jobs/{id}/failures") rel="external" download="">
                    "Download all as NDJSON"
                </a>
            </p>
            {page.map(|page| view! { <OneByOne id page first /> })}
        </section>
    }
}

#[component]
fn Group(group: FailureGroup) -> impl IntoView {
    let FailureGroup { reason, count: number, example } = group;
    view! {
        <tr data-key=reason.words()>
            <th scope="row" data-label="Reason">{reason.words()}</th>
            <td class="number" data-label="Objects">{count(number)}</td>
            <td data-label="Example"><code>{example.key.to_string()}</code> " " <span class="more">{example.message}</span></td>
        </tr>
    }
}

#[component]
fn OneByOne(id: JobId, page: FailurePage, first: bool) -> impl IntoView {
    let path = format!("/jobs/{id}");
    let next = page.next.map(|next| Query::default().with("failures_after", &next).on(&path) + "#failures");
    view! {
        <table class="rows">
            <caption class="visually-hidden">"Failed objects, by key"</caption>
            <thead>
                <tr>
                    <th scope="col">"Key"</th>
                    <th scope="col">"Reason"</th>
                    <th scope="col">"Error"</th>
                    <th scope="col" class="number">"Attempts"</th>
                </tr>
            </thead>
            <tbody>{page.items.into_iter().map(|failure| view! { <One failure /> }).collect_view()}</tbody>
        </table>
        <nav class="pages" aria-label="Pages of failures">
            {(!first).then(|| view! { <a class="button" href=format!("{path}?failures=1#failures")>"First page"</a> })}
            {next.map(|next| view! { <a class="button" rel="next" href=next>"Next page"</a> })}
        </nav>
    }
}

#[component]
fn One(failure: Failure) -> impl IntoView {
    let key = failure.key.to_string();
    view! {
        <tr data-key=key>
            <th scope="row" data-label="Key"><code>{key.clone()}</code></th>
            <td data-label="Reason">{failure.reason.words()}</td>
            <td data-label="Error">{failure.message}</td>
            <td class="number" data-label="Attempts">{failure.attempts}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_listed_only_on_request() {
        let wanted = |text: &str| FailuresWanted::read(&Query::read(text));
        assert_eq!(wanted(""), FailuresWanted::None);
        assert_eq!(wanted("failures=1"), FailuresWanted::First);
        assert_eq!(wanted("failures_after=a%2Fb"), FailuresWanted::After("a/b".to_owned()));
    }
}
