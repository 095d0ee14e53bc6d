//! What this server is and how it is set up. Read-only: the configuration is a file.

use leptos::prelude::*;
use model::{Settings, Time};

use crate::{
    api,
    ui::{Loaded, Moment, PageTitle, StoreList},
};

#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <PageTitle text="Settings" />
        <h1>"Settings"</h1>
        <Loaded of=api::settings() let:settings>
            <Sections settings />
        </Loaded>
    }
}

#[component]
fn Sections(settings: Settings) -> impl IntoView {
    let checked = settings.stores.iter().map(|store| store.checked_at).max().unwrap_or(Time(0));
    let config = settings.config_file.unwrap_or_else(|| "none: defaults and the embedded demo store".to_owned());
    let auth = if settings.auth {
        "on: a password for people, tokens for the API"
    } else {
        "off: everybody who reaches this machine's own address may do everything"
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
            <p>"Times are in UTC, or in your own zone if you switch at the top; this browser remembers it. Light or dark follows your system."</p>
        </section>
    }
}
