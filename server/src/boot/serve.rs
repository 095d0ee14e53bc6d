//! `logyard serve`: everything in one process.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::serve::ListenerExt;
use tokio::{net::TcpListener, time::timeout};
use tracing::{info, warn};

use super::{Failure, database, runner_context, stop};
use crate::{
    backend::{AppBackend, hub::Hub},
    config::{Config, DataDir},
    connections::{
        receivers::Receivers,
        stores::{StoreHealth, Stores},
        tables::Syncs,
    },
    demo::{self, Demo},
    http::{assets::Assets, auth::Auth, replicas::Replicas, router, state::App},
    tasks::Tasks,
};

/// How long requests under way may take once the process stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(2);

pub async fn run(mut config: Config) -> Result<(), Failure> {
    let shutdown = stop::on_signal();
    let data_dir = DataDir::claim(&config.server.data_dir).map_err(Failure::usage)?;
    let listener = bind(config.server.addr).await?;
    let addr = listener.local_addr().map_err(Failure::usage)?;
    let assets = Assets::load().map_err(Failure::usage)?;
    let db = database::open(&config, &shutdown).await?;
    let demo = demo::start(&mut config, &data_dir, addr).await.map_err(Failure::usage)?;

    let config = Arc::new(config);
    let stores = Stores::connect(&config).await;
    let hub = Hub::start(db.clone(), shutdown.clone());
    let context = runner_context(&config, &db, &stores);
    let (holder, sinks, groups) = (context.holder.clone(), context.sinks.clone(), context.groups.clone());
    let syncs = Syncs::new(&config);
    let origin = config.server.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));
    let receivers = Receivers::open(&config.alerts, &stores, Some(origin.clone())).await;
    let tasks = Tasks::start(&config, &context, syncs.clone(), receivers.clone(), Some(hub.waker()));
    let backend = AppBackend {
        health: StoreHealth::new(stores.clone(), {
            let db = db.clone();
            move || db.now()
        }),
        db: db.clone(),
        stores,
        sinks,
        receivers,
        groups,
        syncs,
        hub: hub.clone(),
        runner: tasks.runner(),
        scheduler: tasks.scheduler(),
        origin: origin.clone(),
        config: config.clone(),
        holder,
        started_at: db.now(),
    };
    let app = App {
        backend: Arc::new(backend),
        hub,
        auth: Auth::new(config.auth.as_ref(), db.clone()),
        config: config.clone(),
        assets,
        db,
        replicas: Replicas::new(&config.replicas),
        runner: tasks.pulse(),
        shutdown: shutdown.clone(),
    };
    let service = router::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let no_delay = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true); // without it answers only take a little longer
    });
    let serving = axum::serve(no_delay, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let server = tokio::spawn(serving.into_future());
    greet(&origin, demo.as_ref());
    info!(%addr, "serving");

    shutdown.cancelled().await;
    let ((), drained) = tokio::join!(tasks.stop(), timeout(DRAIN_WITHIN, server));
    if drained.is_err() {
        warn!("connections closed before their requests ended: shutdown takes {DRAIN_WITHIN:?} at most");
    }
    drop(demo); // tasks used it until they ended
    drop(data_dir);
    Ok(())
}

async fn bind(addr: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(addr).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::usage(format!(
            "{addr} is taken by another program. Stop it, or choose another address: \
             LOGYARD_SERVER_ADDR=127.0.0.1:{} logyard",
            addr.port().saturating_add(10)
        )),
        _ => Failure::usage(format!("cannot listen on {addr}: {error}")),
    })
}

/// Greets the person who started the server. A closed standard output does not stop it.
fn greet(origin: &str, demo: Option<&Demo>) {
    let mut text = format!("Logyard is at {origin}\n");
    if let Some(demo) = demo {
        let (url, key, secret) = (demo.url(), embedded::ACCESS_KEY, embedded::SECRET_KEY);
        let _ = write!(
            text,
            "\nThe demo store is real S3 at {url}, for any other client too:\n  \
             export AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret}\n  \
             aws --endpoint-url {url} s3 ls s3://demo-assets\n"
        );
    }
    text.push_str("\nCtrl-C stops it; running jobs go on at the next start.\n");
    let _ = io::stdout().write_all(text.as_bytes());
}
