//! The URLs of the pages.
//!
//! Every page is rendered completely before it is sent, so that it works without JavaScript and has the right title.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    pages::{
        AlertPage, AlertsPage, BulkPage, DeadLettersPage, DocsPage, EditSchedulePage, JobPage, JobsPage, MirrorPage,
        NewClonePage, NewReprocessPage, NewSchedulePage, NotFound, OverviewPage, PipelinePage, PipelinesPage,
        RunLogPage, RunPage, RunsPage, SchedulePage, SchedulesPage, SettingsPage, SyncPage, SyncsPage, TemplatePage,
    },
    ui::Frame,
};

/// The whole interface: the content of `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Frame>
                <FlatRoutes fallback=|| view! { <NotFound /> }>
                    <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async />
                    <Route path=path!("/jobs") view=JobsPage ssr=SsrMode::Async />
                    <Route path=path!("/jobs/bulk") view=BulkPage ssr=SsrMode::Async />
                    <Route path=path!("/jobs/:id") view=JobPage ssr=SsrMode::Async />
                    <Route path=path!("/clones/new") view=NewClonePage ssr=SsrMode::Async />
                    <Route path=path!("/clones/mirror") view=MirrorPage ssr=SsrMode::Async />
                    <Route path=path!("/reprocesses/new") view=NewReprocessPage ssr=SsrMode::Async />
                    <Route path=path!("/runs") view=RunsPage ssr=SsrMode::Async />
                    <Route path=path!("/runs/:id") view=RunPage ssr=SsrMode::Async />
                    <Route path=path!("/runs/:id/log") view=RunLogPage ssr=SsrMode::Async />
                    <Route path=path!("/pipelines") view=PipelinesPage ssr=SsrMode::Async />
                    <Route path=path!("/pipelines/:name") view=PipelinePage ssr=SsrMode::Async />
                    <Route path=path!("/pipelines/:name/dead-letters") view=DeadLettersPage ssr=SsrMode::Async />
                    <Route path=path!("/pipelines/:name/template") view=TemplatePage ssr=SsrMode::Async />
                    <Route path=path!("/alerts") view=AlertsPage ssr=SsrMode::Async />
                    <Route path=path!("/alerts/:id") view=AlertPage ssr=SsrMode::Async />
                    <Route path=path!("/syncs") view=SyncsPage ssr=SsrMode::Async />
                    <Route path=path!("/syncs/:table") view=SyncPage ssr=SsrMode::Async />
                    <Route path=path!("/schedules") view=SchedulesPage ssr=SsrMode::Async />
                    <Route path=path!("/schedules/new") view=NewSchedulePage ssr=SsrMode::Async />
                    <Route path=path!("/schedules/:id") view=SchedulePage ssr=SsrMode::Async />
                    <Route path=path!("/schedules/:id/edit") view=EditSchedulePage ssr=SsrMode::Async />
                    <Route path=path!("/docs") view=DocsPage ssr=SsrMode::Async />
                    <Route path=path!("/docs/:page") view=DocsPage ssr=SsrMode::Async />
                    <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async />
                </FlatRoutes>
            </Frame>
        </Router>
    }
}
