//! The Alerts page: active alerts, resolved alerts, receivers and deliveries.

mod filter;
mod one;
mod receivers;

use leptos::prelude::*;
use model::{Alert, AlertId, AlertList, AlertState, Time};

pub use one::AlertPage;

use crate::{
    api, context,
    error::{AppError, problem_in},
    format::{count, duration},
    query::Query,
    ui::{AlertCards, Fault, Follow, Followed, Loaded, PageTitle},
};
use filter::{FilterForm, read_filter, without_page};
use receivers::{Deliveries, Receivers, test_result};

/// Age of the last evaluation from which the page is stale, in milliseconds. Conditions are evaluated every few seconds.
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

/// A warning if the conditions were not evaluated lately.
fn stale(evaluated_at: Option<Time>, now: Time) -> Option<String> {
    let said = match evaluated_at {
        None => "Alert conditions have not been evaluated yet".to_owned(),
        Some(at) if now.since(at) > STALE_MS => {
            format!("Alert conditions were last evaluated {} ago", duration(now.since(at)))
        }
        Some(_) => return None,
    };
    Some(format!("? {said}. This page may be out of date."))
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
    let (active, resolved): (Vec<Alert>, Vec<Alert>) =
        page.items.into_iter().partition(|alert| alert.state != AlertState::Resolved);
    let title = match active.len() {
        0 => "Alerts".to_owned(),
        some => format!("{} active · Alerts", count(some as u64)),
    };
    let (any, past) = (!active.is_empty(), !resolved.is_empty());
    let said = query.get("tested").and_then(|name| test_result(name, &notices));
    view! {
        <PageTitle text=title />
        {stale(evaluated_at, now).map(|text| view! { <p class="stale" role="status">{text}</p> })}
        {said.map(|text| view! { <p class="said" role="status">{text}</p> })}
        <section aria-labelledby="holding" data-key="holding">
            <h2 id="holding">"Active alerts"</h2>
            {(!any).then(|| view! { <Nothing filtered /> })}
            <AlertCards alerts=active now back=back.clone() />
        </section>
        {past.then(|| view! {
            <section aria-labelledby="before" data-key="before">
                <h2 id="before">"Resolved alerts"</h2>
                <AlertCards alerts=resolved now back />
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
        view! { <p class="empty">"No matching active alerts. " <a href="/alerts">"Show all alerts"</a></p> }.into_any()
    } else {
        view! {
            <p class="empty">
                "No active alerts. Logyard raises an alert when a pipeline has no runs, falls behind, loses records, reports a \
                success that its figures contradict, times out or crashes repeatedly, comes near its memory limit, cannot parse \
                records, delivers twice, or cannot be monitored, and when a schedule fails, skips a time, or waits for a \
                confirmation, and when a synced table is stopped, behind, or refused. Set the limits of a pipeline under "
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
    fn stale_evaluation_is_a_warning() {
        assert!(stale(None, Time(0)).unwrap().contains("not been evaluated yet"));
        assert_eq!(stale(Some(Time(0)), Time(59_000)), None);
        assert!(stale(Some(Time(0)), Time(120_000)).unwrap().contains("2 min ago"));
    }

    #[test]
    fn active_alerts_come_first_and_empty_list_explains() {
        let html = examples::html(|| view! { <List query=Query::default() list=examples::alert_list() /> });
        let (active, resolved) = html.split_once("Resolved alerts").unwrap();
        for text in ["Losing records", "41 of 41 objects under 8 kB", "Silence for 3 days", "name=\"back\""] {
            assert!(active.contains(text), "{text}: {html}");
        }
        assert!(
            resolved.contains("resolved") && resolved.contains("Send a test") && resolved.contains("attempt 2"),
            "{html}"
        );
        assert!(!html.contains("<b>"), "a key is text whatever it looks like: {html}");
        let empty = AlertList {
            page: model::Page { items: Vec::new(), next: None },
            receivers: Vec::new(),
            ..examples::alert_list()
        };
        let html = examples::html(|| view! { <List query=Query::default() list=empty /> });
        assert!(html.contains("No active alerts.") && html.contains("[[webhooks]]"), "{html}");
    }
}
