//! Alerts: what is wrong now, since when, why, and what to do; who was told; and what was wrong before.

mod action;
mod filter;
mod one;
mod receivers;

use leptos::prelude::*;
use model::{Alert, AlertId, AlertList, AlertState, Notice, Time};

pub use action::{alert_action, offered};
pub use one::AlertPage;

use crate::{
    api, context,
    error::{AppError, problem_in},
    format::{count, duration},
    query::Query,
    ui::{AlertCards, Fault, Follow, Followed, Loaded, PageTitle},
};
use filter::{FilterForm, read_filter, without_page};
use receivers::{Deliveries, Receivers, tested};

/// Conditions are looked at every few seconds: when the last look is older, nothing here can be relied on.
const STALE_MS: i64 = 60_000;

#[component]
pub fn AlertsPage() -> impl IntoView {
    let query = context::page_query();
    view! {
        <Follow jobs=Followed::Runs />
        <h1>"Alerts"</h1>
        {problem_in(&query).map(|problem| view! { <Fault problem /> })}
        <FilterForm query=query.clone() />
        <Loaded of=load(query.clone()) let:list>
            <List query list />
        </Loaded>
    }
}

async fn load(query: Query) -> Result<AlertList, AppError> {
    let after = query.get("after").map(str::parse::<AlertId>).transpose()?;
    api::list_alerts(read_filter(&query, context::now())?, after).await
}

/// Why what is shown may be wrong.
fn stale(evaluated_at: Option<Time>, now: Time) -> Option<String> {
    let said = match evaluated_at {
        None => "Conditions have not been looked at yet".to_owned(),
        Some(at) if now.since(at) > STALE_MS => {
            format!("Conditions were looked at last {} ago", duration(now.since(at)))
        }
        Some(_) => return None,
    };
    Some(format!("? {said}: what is shown here may be wrong."))
}

fn told(name: Option<&str>, notices: &[Notice]) -> Option<String> {
    tested(name?, notices)
}

#[component]
fn List(query: Query, list: AlertList) -> impl IntoView {
    let AlertList { now, page, receivers, notices, evaluated_at } = list;
    let filter = without_page(&query);
    let first_page = query.get("after").is_none();
    let next = page.next.as_ref().map(|next| filter.clone().with("after", next).on("/alerts"));
    let first = filter.on("/alerts");
    let back = filter.on("/alerts");
    let filtered = ["pipeline", "kind", "state"].iter().any(|name| query.get(name).is_some()) || !first_page;
    let (holding, before): (Vec<Alert>, Vec<Alert>) =
        page.items.into_iter().partition(|alert| alert.state != AlertState::Resolved);
    let title = match holding.len() {
        0 => "Alerts".to_owned(),
        some => format!("{} holding · Alerts", count(some as u64)),
    };
    let (any, past) = (!holding.is_empty(), !before.is_empty());
    let said = told(query.get("tested"), &notices);
    view! {
        <PageTitle text=title />
        {stale(evaluated_at, now).map(|text| view! { <p class="stale" role="status">{text}</p> })}
        {said.map(|text| view! { <p class="said" role="status">{text}</p> })}
        <section aria-labelledby="holding" data-key="holding">
            <h2 id="holding">"What holds now"</h2>
            {(!any).then(|| view! { <Nothing filtered /> })}
            <AlertCards alerts=holding now back=back.clone() />
        </section>
        {past.then(|| view! {
            <section aria-labelledby="before" data-key="before">
                <h2 id="before">"What held before"</h2>
                <AlertCards alerts=before now back />
            </section>
        })}
        <nav class="pages" aria-label="Pages">
            {(!first_page).then(|| view! { <a class="button" href=first>"First page"</a> })}
            {next.map(|next| view! { <a class="button" rel="next" href=next>"Next page"</a> })}
        </nav>
        <Receivers receivers now />
        <Deliveries notices now />
    }
}

#[component]
fn Nothing(filtered: bool) -> impl IntoView {
    if filtered {
        view! { <p class="empty">"No alert that holds matches. " <a href="/alerts">"Show all alerts"</a></p> }
            .into_any()
    } else {
        view! {
            <p class="empty">
                "Nothing is wrong as far as Logyard knows. It raises an alert when a pipeline has no runs, falls behind, loses \
                records, claims success that its figures deny, times out or crashes in a row, nears its memory, cannot parse \
                its records, or cannot be looked at. What is usual for a pipeline can be set under "
                <code>"[pipelines.alerts]"</code> "."
            </p>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn what_nobody_looks_at_is_not_called_fine() {
        assert!(stale(None, Time(0)).unwrap().contains("not been looked at yet"));
        assert_eq!(stale(Some(Time(0)), Time(59_000)), None);
        assert!(stale(Some(Time(0)), Time(120_000)).unwrap().contains("2 min ago"));
    }

    #[test]
    fn alerts_that_hold_come_first_with_their_buttons_and_an_empty_list_teaches() {
        let html = examples::html(|| view! { <List query=Query::default() list=examples::alert_list() /> });
        let (holding, before) = html.split_once("What held before").unwrap();
        for text in ["Losing records", "41 of 41 objects under 8 kB", "Silence for 3 days", "name=\"back\""] {
            assert!(holding.contains(text), "{text}: {html}");
        }
        assert!(
            before.contains("resolved") && before.contains("Send a test") && before.contains("attempt 2"),
            "{html}"
        );
        assert!(!html.contains("<b>"), "a key is text whatever it looks like: {html}");
        let empty = AlertList {
            page: model::Page { items: Vec::new(), next: None },
            receivers: Vec::new(),
            ..examples::alert_list()
        };
        let html = examples::html(|| view! { <List query=Query::default() list=empty /> });
        assert!(html.contains("Nothing is wrong as far as Logyard knows") && html.contains("[[webhooks]]"), "{html}");
    }
}
