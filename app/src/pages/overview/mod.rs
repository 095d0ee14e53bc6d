//! The first page. Alerts come first, then pipelines, syncs, running jobs, failed jobs, recent jobs and stores.

mod first_steps;

use leptos::prelude::*;
use model::{Alert, AlertFilter, AlertState, Job, Overview, SyncList, Tile, Time};

use crate::{
    api, context,
    error::{AppError, problem_in},
    format::{Mark, count, doing, standing},
    pages::SyncsInBrief,
    query::Query,
    scope::Scope,
    ui::{
        AlertCards, Bar, Fault, Follow, Followed, JobActions, JobTable, Loaded, PageTitle, StateMark, StoreList, Tiles,
        answer, summary,
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
            {active.is_empty().then(|| view! { <p class="empty">"No jobs are running. " <a href="/clones/new">"New clone"</a></p> })}
            <ul class="running">{active.into_iter().map(|job| view! { <Running job /> }).collect_view()}</ul>
        </section>
        {(!failed.is_empty())
            .then(|| {
                view! {
                    <section aria-labelledby="failed" data-key="failed">
                        <h2 id="failed">"Needs attention"</h2>
                        <JobTable jobs=failed now caption="Failed jobs that were not retried" retry=true />
                    </section>
                }
            })}
        {(!lately.is_empty())
            .then(|| {
                view! {
                    <section aria-labelledby="lately" data-key="lately">
                        <h2 id="lately">"Recent jobs"</h2>
                        <JobTable jobs=lately now caption="Jobs that ended recently" />
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

/// Most alerts shown here; the Alerts page lists all.
const ALERTS: usize = 5;

/// The answer to *Is everything arriving?*, with alerts and tiles.
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
            {summary(&tiles).map(|text| view! { <p>{text}</p> })}
            <AlertCards alerts now back=context::scope().on("/") />
            {(more > 0).then(|| view! {
                <p><a href=context::scope().on("/alerts?state=open")>{format!("{} more open {}", count(more), if more == 1 { "alert" } else { "alerts" })}</a></p>
            })}
            <Tiles tiles now />
        </section>
    })
}

/// A job that has not ended: progress bar, figures and actions.
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
    fn alerts_come_before_tiles() {
        let alerts = (0..7).map(|number| examples::alert(number, AlertState::Open)).collect();
        let html = examples::html(move || view! { <Arriving tiles=vec![examples::tile()] alerts now=Time(0) /> });
        let (before, after) = html.split_once("class=\"tiles\"").unwrap();
        assert!(before.contains("Not everything.") && before.matches("class=\"alert-title\"").count() == 5, "{html}");
        assert!(before.contains("2 more open alerts") && after.contains("demo-elb"), "{html}");
        assert_eq!(examples::html(|| view! { <Arriving tiles=vec![] alerts=vec![] now=Time(0) /> }), "");
    }
}
