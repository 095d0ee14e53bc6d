//! The page of a pipeline: active alerts, delivery, health, status, recent runs, and links that reprocess gaps.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{
    Alert, AlertFilter, AlertKind, AlertState, Following, PipelineHealth, PipelineName, PipelineStatus, PipelineView,
    QueueUrl, Queued, Run, RunFilter, RunSums, Time, Window,
};

use super::{
    backfill::Backfill,
    events::differences,
    health::Health,
    standing::{health, lag},
};
use crate::{
    api, context,
    error::{AppError, problem_in},
    format::{counted, duration, signed},
    forms::ReprocessForm,
    pages::run_query,
    query::Query,
    scope::Scope,
    ui::{AlertCards, Fault, FlowChart, Follow, Followed, Loaded, Moment, PageTitle, RunTable, StateMark},
};

/// Most gaps offered for reprocessing.
const GAPS: usize = 3;
/// Most runs shown; the Runs page lists all.
const RUNS: usize = 10;

#[component]
pub fn PipelinePage() -> impl IntoView {
    let name = use_params_map().with_untracked(|params| params.get("name").unwrap_or_default());
    let query = context::page_query();
    view! {
        <Follow jobs=Followed::Runs />
        {problem_in(&query).map(|problem| view! { <Fault problem /> })}
        <Loaded of=load(name, query) let:seen>
            <Story seen />
        </Loaded>
    }
}

/// The data of the page, over its window.
struct Seen {
    now: Time,
    window: Window,
    status: PipelineStatus,
    /// Whether its sink has an index template.
    indexed: bool,
    runs: Vec<Run>,
    sums: Vec<RunSums>,
    health: Result<PipelineHealth, AppError>,
    /// Unresolved alerts of the pipeline and of its sink.
    alerts: Vec<Alert>,
}

async fn load(name: String, query: Query) -> Result<Seen, AppError> {
    let name = name.parse::<PipelineName>()?;
    let scope = Scope::read(&query)?;
    let PipelineView { now, status, indexed, mut runs, mut sums } = api::get_pipeline(name.clone()).await?;
    let window = scope.window(now)?;
    if scope.narrows() {
        let (from, to) = (Some(window.from()), Some(window.to()));
        let list = api::list_runs_with_sums(
            RunFilter { pipeline: Some(name.clone()), from, to, ..RunFilter::default() },
            None,
        )
        .await?;
        (runs, sums) = (list.page.items, list.sums);
        runs.truncate(RUNS);
    }
    let health = api::get_pipeline_health(&name, window).await;
    let states = vec![AlertState::Open, AlertState::Acknowledged, AlertState::Silenced];
    let holding = |pipeline, kind| AlertFilter { pipeline, kind, states: states.clone(), ..AlertFilter::default() };
    let mut alerts = api::list_alerts(holding(Some(name), None), None).await?.page.items;
    // A sink that loses canary events also loses the pipeline's events.
    let canaries = api::list_alerts(holding(None, Some(AlertKind::Canary)), None).await?.page.items;
    alerts.extend(canaries.into_iter().filter(|alert| alert.sink.as_ref() == Some(&status.pipeline.sink)));
    Ok(Seen { now, window, status, indexed, runs, sums, health, alerts })
}

/// Windows between the first and last run without runs or with losses, neighbours joined, longest first.
fn gaps(sums: &[RunSums]) -> Vec<Window> {
    let first = sums.iter().position(|sum| sum.runs > 0).unwrap_or(sums.len());
    let last = sums.iter().rposition(|sum| sum.runs > 0).map_or(0, |last| last + 1);
    let mut gaps: Vec<Window> = Vec::new();
    for sum in sums.get(first..last).unwrap_or_default().iter().filter(|sum| sum.runs == 0 || sum.failures > 0) {
        match gaps.last_mut() {
            Some(gap) if gap.to() == sum.window.from() => {
                *gap = Window::new(gap.from(), sum.window.to()).unwrap_or(*gap);
            }
            _ => gaps.push(sum.window),
        }
    }
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.to().since(gap.from())));
    gaps.truncate(GAPS);
    gaps
}

#[component]
fn Story(seen: Seen) -> impl IntoView {
    let Seen { now, window, status, indexed, runs, sums, health: loaded, alerts } = seen;
    let (pipeline, scope) = (status.pipeline.clone(), context::scope());
    let name = pipeline.name.to_string();
    let zone = scope.given_zone().map(|zone| zone.to_string()).unwrap_or_default();
    let form = ReprocessForm { pipeline: name.clone(), zone, ..ReprocessForm::default() };
    let gaps = gaps(&sums);
    let gap = |gap: Window| {
        let href = form.within(gap.from(), gap.to()).query().with("preview", "1").on("/reprocesses/new");
        view! {
            <li>
                <a href=href>"Reprocess " <Moment at=gap.from() now /> " to " <Moment at=gap.to() now /></a>
                " "
                <span class="more">{duration(gap.to().since(gap.from()))}</span>
            </li>
        }
    };
    let none = runs.is_empty();
    let again = form.query().on("/reprocesses/new");
    let back = scope.on(&format!("/pipelines/{name}"));
    let list = run_query(&pipeline.name);
    let wrong = !alerts.is_empty();
    let function = pipeline.function.clone();
    view! {
        <PageTitle text=format!("{} · {name}", health(&status).word) />
        <header class="job-head">
            <p class="kind">"pipeline"</p>
            <h1>{name.clone()}</h1>
            <p class="job-state"><StateMark mark=health(&status) /></p>
            <p class="actions"><a class="button" href=again>"Reprocess a window"</a></p>
        </header>
        {wrong.then(|| view! {
            <section aria-labelledby="alerts" data-key="alerts">
                <h2 id="alerts">"Active alerts"</h2>
                <AlertCards alerts now back />
            </section>
        })}
        <section aria-labelledby="flow" data-key="flow">
            <h2 id="flow">{flow_title(&scope)}</h2>
            <FlowChart sums list=list.clone() now />
            {(!gaps.is_empty()).then(|| view! {
                <p class="note">"Intervals without runs or with losses:"</p>
                <ul class="choices">{gaps.into_iter().map(gap).collect_view()}</ul>
            })}
        </section>
        <Health health=loaded pipeline=pipeline.clone() now />
        <Standing status indexed now />
        <section aria-labelledby="runs" data-key="runs">
            <h2 id="runs">"Recent runs"</h2>
            {none.then(|| view! { <p class="empty">"No runs in this window."</p> })}
            {(!none).then(|| view! {
                <RunTable runs now caption="Recent runs of the pipeline, newest first" />
                <p><a href=scope.on(&list.on("/runs"))>"All runs of this pipeline"</a></p>
            })}
        </section>
        {function.map(|function| view! { <Backfill pipeline=pipeline.name function window /> })}
    }
}

fn flow_title(scope: &Scope) -> String {
    if scope.narrows() { format!("Delivery, {}", scope.label()) } else { "Delivery, last 24 h".to_owned() }
}

#[component]
fn Standing(status: PipelineStatus, indexed: bool, now: Time) -> impl IntoView {
    let lag = lag(&status);
    let PipelineStatus { pipeline, following, .. } = status;
    let measured =
        if following.is_some() { "age of the oldest unshipped object" } else { "since the last run started" };
    let labels: Vec<String> = pipeline.labels.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let letters = context::scope().on(&format!("/pipelines/{}/dead-letters", pipeline.name));
    let letters = pipeline
        .follow
        .then(|| view! { <dt>"Dead letters"</dt><dd><a href=letters>"Records not parsed, events refused"</a></dd> });
    let template = context::scope().on(&format!("/pipelines/{}/template", pipeline.name));
    let template = indexed.then(|| view! { " " <a class="more" href=template>"index template"</a> });
    let events = differences(&pipeline.events);
    let every = pipeline.every_s.map(|every| duration(signed(every.saturating_mul(1_000))));
    view! {
        <section aria-labelledby="standing" data-key="standing">
            <h2 id="standing">"Status"</h2>
            <dl class="facts">
                <dt>"Lag"</dt>
                <dd>{lag} " " <span class="more">{measured}</span></dd>
                <dt>"Source"</dt>
                <dd><code>{pipeline.source.url()}</code> " at " {pipeline.source.store.to_string()}</dd>
                <dt>"Sink"</dt>
                <dd>{pipeline.sink.to_string()} {template}</dd>
                <dt>"Format"</dt>
                <dd>{pipeline.format.as_str()}</dd>
                {(!events.is_empty()).then(|| view! { <dt>"Events"</dt><dd>{events.join("; ")}</dd> })}
                {every.map(|every| view! { <dt>"Expected interval"</dt><dd>{every}</dd> })}
                {(!labels.is_empty()).then(|| view! { <dt>"Labels"</dt><dd>{labels.join(", ")}</dd> })}
                {pipeline.sqs_queue_url.map(|url| {
                    let queued = following.as_ref().and_then(|following| following.queue.clone());
                    view! { <dt>"Queue"</dt><dd><Queue url queued /></dd> }
                })}
                {letters}
                <dt>"Followed"</dt>
                <dd>{match following {
                    Some(following) => view! { <Follower following now /> }.into_any(),
                    None if pipeline.follow => "not yet: no server follows this pipeline".into_any(),
                    None => "no: shipped only on request".into_any(),
                }}</dd>
            </dl>
        </section>
    }
}

#[component]
fn Follower(following: Following, now: Time) -> impl IntoView {
    let waiting = if following.waiting == 0 {
        "no objects waiting".to_owned()
    } else {
        format!("{} waiting", counted(following.waiting, "object"))
    };
    view! {
        "last checked " <Moment at=following.looked_at now /> " by " {following.holder} ": " {waiting}
        {following.error.map(|error| view! { <p class="field-fault">"✖ " {error}</p> })}
        {(following.retrying > 0).then(|| {
            let because = following.retrying_because.unwrap_or_else(no_reason);
            let retried = counted(following.retrying, "object");
            view! { <p class="field-fault">{format!("? {retried} not shipped and tried again, ever more rarely; the last: {because}")}</p> }
        })}
    }
}

fn no_reason() -> String {
    "no reason is on record".to_owned()
}

#[component]
fn Queue(url: QueueUrl, queued: Option<Queued>) -> impl IntoView {
    let waiting = queued.map(|Queued { messages, left, left_because }| {
        let waiting = format!("about {} waiting", counted(messages, "message"));
        let left = (left > 0).then(|| {
            let because = left_because.unwrap_or_else(no_reason);
            view! { <p class="field-fault">{format!("? {} left in the queue, the last because: {because}", counted(left, "message"))}</p> }
        });
        view! { " " <span class="more">{waiting}</span> {left} }
    });
    view! { <code>{url.to_string()}</code> {waiting} }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_lie_between_runs_and_are_joined() {
        let sum = |start: i64, runs: u64, failures: u64| RunSums {
            window: Window::new(Time(start), Time(start + 10)).unwrap(),
            runs,
            lines: runs,
            parsed: runs,
            delivered: runs,
            failures,
        };
        let sums = [
            sum(0, 0, 0),
            sum(10, 1, 0),
            sum(20, 0, 0),
            sum(30, 1, 2),
            sum(40, 1, 0),
            sum(50, 0, 0),
            sum(60, 3, 0),
            sum(70, 0, 0),
        ];
        let windows: Vec<_> = gaps(&sums).iter().map(|gap| (gap.from().0, gap.to().0)).collect();
        assert_eq!(windows, [(20, 40), (50, 60)]);
        assert!(gaps(&sums[..1]).is_empty());
    }
}
