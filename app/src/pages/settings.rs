//! The Settings page: the state and configuration of this server. Read-only, because the configuration is a file.

use leptos::prelude::*;
use model::{Pipeline, Settings, SinkStatus, TaskLease, Time};

use crate::{
    api,
    format::count,
    ui::{Loaded, Moment, PageTitle, StoreList},
};

#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <PageTitle text="Settings" />
        <h1>"Settings"</h1>
        <Loaded of=api::get_settings() let:settings>
            <Sections settings />
        </Loaded>
    }
}

#[component]
fn Sections(settings: Settings) -> impl IntoView {
    let checked = settings.stores.iter().map(|store| store.checked_at).max().unwrap_or(Time(0));
    let config = settings.config_file.unwrap_or_else(|| "none: defaults and the embedded demo store".to_owned());
    let auth = if settings.auth {
        "on: password for people, tokens for the API"
    } else {
        "off: anyone who can reach this address has full access"
    };
    view! {
        <section aria-labelledby="stores" data-key="stores">
            <h2 id="stores">"Stores"</h2>
            <StoreList stores=settings.stores />
            <p class="note">
                "Checked at " <Moment at=checked now=checked /> ". Stores are " <code>"[[stores]]"</code>
                " entries of the configuration file."
            </p>
        </section>
        <Shipping sinks=settings.sinks pipelines=settings.pipelines />
        <Replicas replicas=settings.replicas />
        <Tasks tasks=settings.tasks runs=settings.runs_tasks now=checked />
        <section aria-labelledby="server" data-key="server">
            <h2 id="server">"Server"</h2>
            <dl class="facts">
                <dt>"Version"</dt>
                <dd>{settings.version}</dd>
                <dt>"Running since"</dt>
                <dd><Moment at=settings.started_at now=checked /></dd>
                <dt>"Database"</dt>
                <dd>{settings.database}</dd>
                <dt>"Data directory"</dt>
                <dd><code>{settings.data_dir}</code></dd>
                <dt>"Configuration file"</dt>
                <dd>{config}</dd>
                <dt>"Worker"</dt>
                <dd><code>{settings.worker}</code></dd>
                <dt>"Sign-in"</dt>
                <dd>{auth}</dd>
                <dt>"Health"</dt>
                <dd>
                    <a href="/healthz" rel="external">"/healthz"</a>
                    ", "
                    <a href="/readyz" rel="external">"/readyz"</a>
                    ", "
                    <a href="/metrics" rel="external">"/metrics"</a>
                </dd>
            </dl>
        </section>
        <section aria-labelledby="display" data-key="display">
            <h2 id="display">"Display"</h2>
            <p>"Times are shown in UTC, or in your own time zone if you switch at the top; this browser remembers the choice. The light or dark theme follows your system."</p>
        </section>
    }
}

/// Background tasks of all processes, and which kinds this server runs itself.
#[component]
fn Tasks(tasks: Vec<TaskLease>, runs: Vec<String>, now: Time) -> impl IntoView {
    let row = |task: TaskLease| {
        let holder = if task.held { task.holder } else { "no process".to_owned() };
        let round = match task.last_round_at {
            Some(at) => view! { <Moment at now /> }.into_any(),
            None => "none yet".into_any(),
        };
        view! {
            <tr data-key=format!("{} {}", task.task, task.key)>
                <th scope="row" data-label="Task">{task.task.clone()}</th>
                <td data-label="Key">{task.key.clone()}</td>
                <td data-label="Holder"><code>{holder}</code></td>
                <td data-label="Last round">{round}</td>
                <td data-label="Last error">{task.last_error.unwrap_or_else(|| "none".to_owned())}</td>
            </tr>
        }
    };
    let runs = if runs.is_empty() { "none: it only serves pages and API".to_owned() } else { runs.join(", ") };
    view! {
        <section aria-labelledby="tasks" data-key="tasks">
            <h2 id="tasks">"Tasks"</h2>
            <p>"Tasks of this server: " {runs} "."</p>
            {(!tasks.is_empty())
                .then(|| {
                    view! {
                        <table class="rows">
                            <caption class="visually-hidden">"Background tasks and the process that runs each"</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Task"</th>
                                    <th scope="col">"Key"</th>
                                    <th scope="col">"Holder"</th>
                                    <th scope="col">"Last round"</th>
                                    <th scope="col">"Last error"</th>
                                </tr>
                            </thead>
                            <tbody>{tasks.into_iter().map(row).collect_view()}</tbody>
                        </table>
                    }
                })}
            <p class="note">
                "One process at a time runs a task for its key. " <code>"[tasks]"</code>
                " of the configuration says which tasks a process runs."
            </p>
        </section>
    }
}

/// Replicas that this server hosts. Syncs of its own tables have their own page.
#[component]
fn Replicas(replicas: Vec<String>) -> impl IntoView {
    let replica = |name: String| {
        let (database, table) = name.rsplit_once('/').unwrap_or_default();
        let (customer, database) = database.split_once('/').unwrap_or_default();
        let path = format!("/v1/customers/{customer}/databases/{database}/tables/{table}");
        view! { <li data-key=name.clone()><code>{path}</code></li> }
    };
    (!replicas.is_empty()).then(|| {
        view! {
            <section aria-labelledby="replicas" data-key="replicas">
                <h2 id="replicas">"Hosted replicas"</h2>
                <ul>{replicas.into_iter().map(replica).collect_view()}</ul>
                <p class="note">
                    <code>"[[replicas]]"</code> " entries of the configuration file. Tables synced from this server are on the page "
                    <a href="/syncs">"Syncs"</a> "."
                </p>
            </section>
        }
    })
}

/// Sinks, without their secrets, and pipelines.
#[component]
fn Shipping(sinks: Vec<SinkStatus>, pipelines: Vec<Pipeline>) -> impl IntoView {
    let sink = |sink: SinkStatus| {
        let most = sink.max_events_per_second.map_or_else(|| "none".to_owned(), |most| format!("{}/s", count(most)));
        let name = sink.name.to_string();
        view! {
            <tr data-key=name.clone()>
                <th scope="row" data-label="Sink">{name.clone()}</th>
                <td data-label="Address"><code>{sink.url}</code></td>
                <td data-label="Connections" class="number">{count(sink.connections)}</td>
                <td data-label="Limit" class="number">{most}</td>
            </tr>
        }
    };
    let pipeline = |pipeline: Pipeline| {
        let name = pipeline.name.to_string();
        view! {
            <tr data-key=name.clone()>
                <th scope="row" data-label="Pipeline"><a href=format!("/pipelines/{name}")>{name.clone()}</a></th>
                <td data-label="Source"><code>{pipeline.source.url()}</code> " at " {pipeline.source.store.to_string()}</td>
                <td data-label="Sink">{pipeline.sink.to_string()}</td>
                <td data-label="Mode">{if pipeline.follow { "followed" } else { "on request" }}</td>
            </tr>
        }
    };
    (!sinks.is_empty()).then(|| {
        view! {
            <section aria-labelledby="sinks" data-key="sinks">
                <h2 id="sinks">"Sinks and pipelines"</h2>
                <table class="rows">
                    <caption class="visually-hidden">"Sinks, as configured"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Sink"</th>
                            <th scope="col">"Address"</th>
                            <th scope="col" class="number">"Connections"</th>
                            <th scope="col" class="number">"Limit"</th>
                        </tr>
                    </thead>
                    <tbody>{sinks.into_iter().map(sink).collect_view()}</tbody>
                </table>
                <table class="rows">
                    <caption class="visually-hidden">"Pipelines, as configured"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Pipeline"</th>
                            <th scope="col">"Source"</th>
                            <th scope="col">"Sink"</th>
                            <th scope="col">"Mode"</th>
                        </tr>
                    </thead>
                    <tbody>{pipelines.into_iter().map(pipeline).collect_view()}</tbody>
                </table>
                <p class="note">
                    <code>"[[sinks]]"</code> " and " <code>"[[pipelines]]"</code> " entries of the configuration file."
                </p>
            </section>
        }
    })
}
