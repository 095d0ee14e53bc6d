//! The real router on a free loopback port, with SQLite in a folder of its own and an S3 store in
//! memory. No runner: jobs stay where a test puts them.

use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroU32, path::Path, sync::Arc};

use app::backend::Backend;
use argon2::{Argon2, Params, PasswordHasher};
use db::{Db, NewRun};
use embedded::Embedded;
use engine::s3::{Ceilings, Threshold};
use logyard::{
    backend::{AppBackend, hub::Hub},
    config::{self, Config},
    connections::{
        dead_letters::{dead_letters, of_pipeline},
        log_groups::LogGroups,
        receivers::Receivers,
        sinks::Sinks,
        stores::{StoreHealth, Stores},
        tables::Syncs,
        transforms::Transforms,
    },
    http::{assets::Assets, auth::Auth, replicas::Replicas, router, state::App},
    signals::Nudge,
    tasks::runner::{Context, Runner},
};
use model::{Job, LogFormat, Pipeline, Place, Run};
use reqwest::{Client, Method, RequestBuilder, Response, header, redirect};
use serde_json::{Value, json};
use tempfile::TempDir;
use testing::{Span as _, eventually_async, seen, within};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::runners::{file_sink, quick};

pub const USER: &str = "operator";
pub const PASSWORD: &str = "correct horse";

pub struct TestServer {
    pub url: String,
    pub app: App,
    /// The token of `[[auth.tokens]]`, if the server has `[auth]`.
    pub token: String,
    client: Client,
    pub s3: Embedded,
    _dir: TempDir,
}

impl TestServer {
    /// Starts a server without `[auth]`.
    pub async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// Starts a server with an operator and one API token.
    pub async fn guarded() -> Self {
        Self::with(guard).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let s3 = Embedded::in_memory().await.unwrap();
        s3.create_bucket("source").unwrap();
        s3.create_bucket("target").unwrap();
        s3.create_bucket("logs").unwrap();
        s3.put("source", "a", b"1").await.unwrap();
        let dir = TempDir::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();

        let mut config = config(addr, dir.path(), &s3);
        change(&mut config);
        let (token, sha256) = config::secrets::token::new_token();
        if let Some(auth) = &mut config.auth {
            auth.tokens.push(config::Token { name: "ci".to_owned(), sha256 });
        }
        let app = assemble(config).await;
        let service = router::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, service).into_future());

        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { url: format!("http://{addr}"), app, token, client, s3, _dir: dir }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// Waits until the answer of a path is as expected; returns it.
    pub async fn json_once(&self, path: &str, expected: impl Fn(&Value) -> bool) -> Value {
        let probe = || async { seen(self.json(path).await, &expected) };
        eventually_async(format!("the expected answer of {path}"), within(2.mins()), probe).await
    }

    /// Queues a clone to a prefix of its own.
    pub async fn clone_number(&self, number: u32) -> Job {
        let body = json!({"source": "s3://source", "destination": format!("s3://target/{number}/")});
        let response = self.post("/api/v1/clones", &body).await;
        assert_eq!(response.status(), 202);
        response.json().await.unwrap()
    }

    /// Creates a nightly schedule, which starts nothing without a scheduler; returns its id.
    pub async fn schedule(&self, name: &str) -> String {
        let clone = json!({"source": "s3://source", "destination": "s3://target"});
        let response =
            self.post("/api/v1/schedules", &json!({"name": name, "cron": "0 2 * * *", "clone": clone})).await;
        assert_eq!(response.status(), 201);
        response.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// A runner beside the server, on the same database, stores and sinks.
    pub async fn runner(&self) -> Runner {
        let config = &self.app.config;
        let stores = Stores::connect(config).await;
        Runner::start(Context {
            db: self.app.db.clone(),
            groups: LogGroups::new(config, &stores),
            transforms: Transforms::new(&config.pipelines),
            stores,
            sinks: Sinks::new(&config.sinks),
            data_dir: config.server.data_dir.clone(),
            config: quick(),
            holder: "beside".into(),
        })
    }

    /// The events that the sink `file` has received.
    pub fn received(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.app.config.server.data_dir.join("received.ndjson")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Creates a job and a pipeline with dead letters, and a run; returns the ids of job and run.
    pub async fn job_that_left_everything(&self) -> (String, String) {
        let job = self.clone_number(1).await.id;
        let letters = dead_letters(&self.app.config.server.data_dir, job);
        std::fs::create_dir_all(letters.parent().unwrap()).unwrap();
        std::fs::write(letters, "{}\n").unwrap();
        let (db, pipeline) = (&self.app.db, "api".parse().unwrap());
        std::fs::write(of_pipeline(&self.app.config.server.data_dir, &pipeline), "{}\n").unwrap();
        db.follow(&pipeline, "test", 60_000).await.unwrap().unwrap();
        let run = Run {
            id: db.new_run_id(),
            pipeline: Some(pipeline.clone()),
            source: model::RunSource::Logyard,
            request_id: None,
            job: None,
            outcome: model::Outcome::Partial,
            reason: "1 of 2 records could not be parsed.".to_owned(),
            started_at: db.now(),
            duration_ms: 3,
            memory_mb: None,
            invocation: None,
            store: Some("demo".parse().unwrap()),
            bucket: Some("logs".parse().unwrap()),
            key: Some("AWSLogs/<b>a</b>.log".parse().unwrap()),
            etag: None,
            size: Some(9),
            summary: Some(serde_json::from_value(partial()).unwrap()),
            logged: None,
            accepted: None,
        };
        let id = run.id.to_string();
        assert!(
            db.record_followed(&pipeline, "test", &[NewRun { run, sink: "file".parse().unwrap(), window: None }])
                .await
                .unwrap()
        );
        (job.to_string(), id)
    }

    /// Reports a table of an agent as in sync.
    pub async fn agent_reports(&self, table: &str) {
        let end = json!({"local_count": 2, "local_version": 9, "remote_count": 2, "remote_version": 9, "uploaded": 2});
        let response = self.post(&format!("/api/v1/syncs/{table}/progress"), &end).await;
        assert_eq!(response.status(), 200);
    }

    /// Creates an open alert; returns its id.
    pub async fn alert(&self) -> String {
        let (db, now) = (&self.app.db, self.app.db.now());
        let alert = model::Alert {
            id: db.new_alert_id(),
            kind: model::AlertKind::Loss,
            pipeline: Some("api".parse().unwrap()),
            sink: None,
            schedule: None,
            table: None,
            state: model::AlertState::Open,
            reason: "12 of 100 <b>events</b> did not arrive.".to_owned(),
            advice: "Mend the sink.".to_owned(),
            since: now,
            opened_at: now,
            updated_at: now,
            resolved_at: None,
            acknowledged_by: None,
            acknowledged_at: None,
            silenced_until: None,
            runs: Vec::new(),
            keys: vec!["AWSLogs/<b>a</b>.log".to_owned()],
            window: model::Window::around(now, now, 60_000),
        };
        let id = alert.id.to_string();
        let kept = db::KeptAlert { alert, gone_since: None, told_at: now, told_weight: 12 };
        assert!(db.acquire(db::task::EVALUATE, db::task::ALL, "test", 60_000).await.unwrap());
        assert!(db.record_evaluation("test", &[(db::AlertChange::Opened(kept), None)], &[]).await.unwrap());
        id
    }

    pub async fn sign_in(&self, user: &str, password: &str, next: &str) -> Response {
        let form = format!("user={user}&password={}&next={next}", password.replace(' ', "+"));
        let form_type = "application/x-www-form-urlencoded";
        self.request(Method::POST, "/login").header(header::CONTENT_TYPE, form_type).body(form).send().await.unwrap()
    }

    /// Signs in; returns the value for `Cookie`.
    pub async fn session(&self) -> String {
        let response = self.sign_in(USER, PASSWORD, "/").await;
        assert_eq!(response.status(), 303);
        cookie(&response).unwrap()
    }
}

/// The `name=value` of `Set-Cookie`.
pub fn cookie(response: &Response) -> Option<String> {
    let set = response.headers().get(header::SET_COOKIE)?.to_str().unwrap();
    set.split(';').next().map(ToOwned::to_owned)
}

/// Turns `[auth]` on. The password's hash is a cheap one: these tests sign in often.
pub fn guard(config: &mut Config) {
    let params = Params::new(8, 1, 1, None).unwrap();
    let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let password_hash = argon2.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    config.auth = Some(config::Auth { user: USER.to_owned(), password_hash, session_hours: 12, tokens: Vec::new() });
}

fn config(addr: SocketAddr, dir: &Path, s3: &Embedded) -> Config {
    let db = config::Store {
        name: "demo".parse().unwrap(),
        endpoint_url: Some(s3.url()),
        region: None,
        path_style: None,
        profile: None,
        requester_pays: false,
        max_jobs: 2,
        ceilings: Ceilings::default(),
    };
    Config {
        file: None,
        server: config::Server { addr, data_dir: dir.to_owned(), public_url: None },
        database: config::Database { url: format!("sqlite:{}", dir.join("logyard.db").display()) },
        auth: None,
        runner: config::Runner { jobs: 0, concurrency: 4, lease_ms: 15_000, multipart_threshold: Threshold::default() },
        tasks: config::Tasks::default(),
        prices: model::Prices::default(),
        retention: config::Retention::default(),
        stores: vec![db],
        sinks: vec![file_sink(dir)],
        pipelines: vec![pipeline()],
        logs: config::Logs::default(),
        demo: config::Demo { enabled: true, addr: s3.addr() },
        alerts: config::Alerts::default(),
        replicas: Vec::new(),
        tables: Vec::new(),
        sync: config::Sync { requests_per_second: NonZeroU32::MAX, rows_per_second: NonZeroU32::MAX },
    }
}

/// A summary with a line that only looks like HTML.
fn partial() -> Value {
    let failure = json!({"line": 2, "offset": 4, "reason": "elb: missing", "cut": "<script>alert(1)</script>"});
    json!({
        "lines": {"encountered": 2, "parsed": 1, "sent": 1, "acknowledged": 1},
        "failures": {"parsing": {"total": 1, "lastFew": [failure]}},
        "sink": "file:/received.ndjson",
        "acknowledged": true,
    })
}

/// `api`: what lies in `logs`, to the file.
pub fn pipeline() -> Pipeline {
    let source: Place = "s3://logs/".parse().unwrap();
    Pipeline {
        name: "api".parse().unwrap(),
        source: source.at(&"demo".parse().unwrap()),
        format: LogFormat::Auto,
        sink: "file".parse().unwrap(),
        every_s: None,
        events: model::EventOptions::default(),
        labels: BTreeMap::new(),
        follow: false,
        sqs_queue_url: None,
        function: None,
    }
}

async fn assemble(config: Config) -> App {
    let config = Arc::new(config);
    let db = Db::open(&config.database.url).await.unwrap();
    let stores = Stores::connect(&config).await;
    let shutdown = CancellationToken::new();
    let sinks = Sinks::new(&config.sinks);
    let receivers = Receivers::open(&config.alerts, &stores, Some(format!("http://{}", config.server.addr))).await;
    let hub = Hub::start(db.clone(), shutdown.clone());
    let clock = db.clone();
    let backend: Arc<dyn Backend> = Arc::new(AppBackend {
        db: db.clone(),
        health: StoreHealth::new(stores.clone(), move || clock.now()),
        groups: LogGroups::new(&config, &stores),
        stores,
        sinks,
        receivers,
        syncs: Syncs::new(&config),
        hub: hub.clone(),
        runner: Nudge::default(),
        scheduler: Nudge::default(),
        config: Arc::clone(&config),
        origin: format!("http://{}", config.server.addr),
        holder: "test".into(),
        started_at: db.now(),
    });
    let auth = Auth::new(config.auth.as_ref(), db.clone());
    let replicas = Replicas::new(&config.replicas);
    App { backend, hub, auth, config, assets: Assets::load().unwrap(), db, replicas, runner: None, shutdown }
}
