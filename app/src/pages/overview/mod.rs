//! The first page: is everything arriving? What is wrong comes first, then each pipeline, then what runs, what failed, what
//! ended lately, and whether the stores are there.

mod first_steps;

use leptos::prelude::*;
use model::{Alert, AlertFilter, AlertState, Job, Overview, SyncList, Tile, Time};

use crate::{
    api, context,
    error::{AppError, problem_in},
    format::{Mark, count, doing, standing, things},
    pages::SyncsInBrief,
    query::Query,
    scope::Scope,
    ui::{
        AlertCards, Bar, Fault, Follow, Followed, JobActions, JobTable, Loaded, PageTitle, StateMark, StoreList, Tiles,
        answer, told,
    },
};
use first_steps::FirstSteps;

#[component]
pub fn OverviewPage() -> impl IntoView {
    let query = context::page_query();
    view! {
        <Follow jobs=Followed::Runs />
        <h1 class="visually-hidden">"Overview"</h1>
        {problem_in(&query).map(|problem| view! { <Fault problem /> })}
        <Loaded of=load(query) let:loaded>
            <Arriving tiles=loaded.tiles alerts=loaded.alerts now=loaded.overview.now />
            <SyncsInBrief list=loaded.syncs />
            <Sections overview=loaded.overview />
        </Loaded>
    }
}

struct Seen {
    overview: Overview,
    tiles: Vec<Tile>,
    alerts: Vec<Alert>,
    syncs: SyncList,
}

async fn load(query: Query) -> Result<Seen, AppError> {
    let scope = Scope::read(&query)?;
    let overview = api::get_overview().await?;
    let tiles = api::list_tiles(scope.window(overview.now)).await?;
    let open = AlertFilter { states: vec![AlertState::Open], ..AlertFilter::default() };
    let alerts = api::list_alerts(open, None).await?.page.items;
    Ok(Seen { overview, tiles, alerts, syncs: api::list_syncs().await? })
}

#[component]
fn Sections(overview: Overview) -> impl IntoView {
    let Overview { now, active, failed, lately, stores, empty, .. } = overview;
    let title = match active.len() {
        0 => "Overview".to_owned(),
        jobs => format!("{} running", count(jobs as u64)),
    };
    let demo = stores.iter().find(|store| store.embedded).map(|store| store.name.clone());
    view! {
        <PageTitle text=title />
        {empty.then(|| view! { <FirstSteps demo /> })}
        <section aria-labelledby="running" data-key="running">
            <h2 id="running">"Running now"</h2>
            {active.is_empty().then(|| view! { <p class="empty">"Nothing runs. " <a href="/clones/new">"New clone"</a></p> })}
            <ul class="running">{active.into_iter().map(|job| view! { <Running job /> }).collect_view()}</ul>
        </section>
        {(!failed.is_empty())
            .then(|| {
                view! {
                    <section aria-labelledby="failed" data-key="failed">
                        <h2 id="failed">"Needs attention"</h2>
                        <JobTable jobs=failed now caption="Failed jobs that nobody has tried again" retry=true />
                    </section>
                }
            })}
        {(!lately.is_empty())
            .then(|| {
                view! {
                    <section aria-labelledby="lately" data-key="lately">
                        <h2 id="lately">"Lately"</h2>
                        <JobTable jobs=lately now caption="Jobs that ended last" />
                        <p><a href=context::scope().on("/jobs")>"All jobs"</a></p>
                    </section>
                }
            })}
        <section aria-labelledby="stores" data-key="stores">
            <h2 id="stores">"Stores"</h2>
            <StoreList stores />
        </section>
    }
}

/// Alerts shown here; the others are a list of their own.
const ALERTS: usize = 5;

/// The first question of whoever is on call.
#[component]
fn Arriving(tiles: Vec<Tile>, mut alerts: Vec<Alert>, now: Time) -> impl IntoView {
    let all = alerts.len() as u64;
    alerts.truncate(ALERTS);
    let more = all - alerts.len() as u64;
    let answer = answer(&tiles);
    (!tiles.is_empty() || all > 0).then(|| view! {
        <section aria-labelledby="arriving" data-key="arriving">
            <h2 id="arriving">"Is everything arriving?"</h2>
            {answer.map(|mark| view! { <p class="answer"><StateMark mark /></p> })}
            {told(&tiles).map(|text| view! { <p>{text}</p> })}
            <AlertCards alerts now back=context::scope().on("/") />
            {(more > 0).then(|| view! {
                <p><a href=context::scope().on("/alerts?state=open")>{format!("{} more", things(more, "open alert"))}</a></p>
            })}
            <Tiles tiles now />
        </section>
    })
}

/// A job that has not ended: a bar, the figures, and what may be done.
#[component]
fn Running(job: Job) -> impl IntoView {
    let id = job.id.to_string();
    view! {
        <li data-key=id.clone()>
            <p class="running-title">
                <span class="kind">{doing(&job.spec)}</span>
                " "
                <a href=format!("/jobs/{id}") data-row="">{job.title()}</a>
                " "
                <StateMark mark=Mark::of(&job) />
            </p>
            <Bar job=job.clone() />
            <p class="figures">{standing(&job).join(" · ")}</p>
            <JobActions job back="/" />
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn what_is_wrong_comes_before_the_tiles() {
        let alerts = (0..7).map(|number| examples::alert(number, AlertState::Open)).collect();
        let html = examples::html(move || view! { <Arriving tiles=vec![examples::tile()] alerts now=Time(0) /> });
        let (before, after) = html.split_once("class=\"tiles\"").unwrap();
        assert!(before.contains("Not everything.") && before.matches("class=\"alert-title\"").count() == 5, "{html}");
        assert!(before.contains("2 open alerts more") && after.contains("demo-elb"), "{html}");
        assert_eq!(examples::html(|| view! { <Arriving tiles=vec![] alerts=vec![] now=Time(0) /> }), "");
    }
}
