//! The backend behind pages and API, where the tests of the API do not reach.

use std::{net::TcpListener, sync::Arc};

use app::backend::{CloneBackend, JobBackend, StoreBackend};
use db::{NewJob, testing::Scratch};
use logyard::{
    backend::{AppBackend, hub::Hub},
    config::Config,
    connections::{
        log_groups::LogGroups,
        receivers::Receivers,
        sinks::Sinks,
        stores::{StoreHealth, Stores},
        tables::Syncs,
    },
    signals::Nudge,
};
use model::{
    CloneRequest, CloneSpec, Health, Location, Mode, Place, ProblemCode, Selection, Spec, StoreStatus, Viewer,
};
use testing::{Span as _, eventually_async, seen, within};
use tokio_util::sync::CancellationToken;

use crate::support::runners::TestRunners;

fn viewer() -> Viewer {
    Viewer { name: "ada".to_owned(), signed_in: true }
}

fn request(source: &str, destination: &str) -> CloneRequest {
    let place = |text: &str| text.parse::<Place>().unwrap();
    CloneRequest {
        source: place(source),
        destination: place(destination),
        mode: Mode::Copy,
        dry_run: false,
        name: None,
        selection: Selection::default(),
        fidelity: model::Fidelity::default(),
        limits: model::Limits::default(),
        report: None,
        plan: None,
        confirm: None,
    }
}

/// The backend with the stores of `text`, or with the store of the setup.
async fn backend(setup: &TestRunners, text: &str) -> AppBackend {
    let mut config = Config::parse(None, text, &|_| None).unwrap();
    if text.is_empty() {
        config.stores[0].endpoint_url = Some(setup.s3.url());
    }
    let db = setup.db.clone();
    let stores = Stores::connect(&config).await;
    let clock = db.clone();
    AppBackend {
        health: StoreHealth::new(stores.clone(), move || clock.now()),
        groups: LogGroups::new(&config, &stores),
        sinks: Sinks::new(&config.sinks),
        receivers: Receivers::open(&config.alerts, &stores, None).await,
        syncs: Syncs::new(&config),
        stores,
        hub: Hub::start(db.clone(), CancellationToken::new()),
        runner: Nudge::default(),
        scheduler: Nudge::default(),
        origin: "http://127.0.0.1:3000".to_owned(),
        config: Arc::new(config),
        holder: "test".into(),
        started_at: db.now(),
        db,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn job_search_matches_id_title_and_author() {
    let setup = TestRunners::with_objects(Scratch::sqlite(), 1).await;
    let backend = backend(&setup, "").await;
    let job = backend.start_clone(&viewer(), request("source", "destination/in/"), None).await.unwrap();
    let other = setup.clone(Mode::Verify).await;
    for text in [job.id.to_string(), job.id.short(), "destination/in".to_owned(), "ada".to_owned()] {
        let found = backend.find_jobs(&text).await.unwrap();
        assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), [job.id], "{text}");
    }
    let both = backend.find_jobs("destination").await.unwrap();
    assert_eq!(both.iter().map(|job| job.id).collect::<Vec<_>>(), [other, job.id], "newest first, each once");
    assert!(backend.find_jobs("").await.unwrap().is_empty());
    assert!(backend.find_jobs("nothing like it").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_bucket_error_lists_existing_buckets() {
    let setup = TestRunners::with_objects(Scratch::sqlite(), 1).await;
    let backend = backend(&setup, "").await;
    let refused = backend.start_clone(&viewer(), request("source", "nowhere"), None).await.unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (ProblemCode::Invalid, Some("destination.bucket")));
    assert_eq!(
        refused.detail,
        "Destination bucket `nowhere` does not exist at store `demo`. Create it, or pick one of the 2 buckets there."
    );
    let refused = backend.preview_clone(&viewer(), request("nowhere", "destination")).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("source.bucket"));
    let refused = backend.list_first_keys("nowhere".parse().unwrap()).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("bucket"));
    let mut elsewhere = request("source", "destination");
    elsewhere.source.store = Some("aws".parse().unwrap());
    let refused = backend.start_clone(&viewer(), elsewhere, None).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("source.store"));
    assert!(refused.detail.contains("`aws`") && refused.detail.contains("`demo`"), "{}", refused.detail);
    assert!(setup.db.active(10).await.unwrap().is_empty(), "nothing refused became a job");
}

#[tokio::test(flavor = "multi_thread")]
async fn clone_into_itself_is_refused() {
    let setup = TestRunners::with_objects(Scratch::sqlite(), 1).await;
    let backend = backend(&setup, "").await;
    for destination in ["source", "source/objects/"] {
        let refused = backend.start_clone(&viewer(), request("source", destination), None).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (ProblemCode::Invalid, Some("destination")));
    }
}

/// A store that accepts connections and never answers.
#[tokio::test(flavor = "multi_thread")]
async fn silent_store_is_unreachable_beside_the_others() {
    let setup = TestRunners::open(Scratch::sqlite()).await;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!(
        "[[stores]]\nname = 'silent'\nendpoint_url = 'http://{}'\nregion = 'a'\n\
         [[stores]]\nname = 'open'\nendpoint_url = '{}'\nregion = 'a'\n[demo]\nenabled = true\naddr = '{}'\n",
        silent.local_addr().unwrap(),
        setup.s3.url(),
        setup.s3.addr()
    );
    let backend = backend(&setup, &text).await;
    let known = |stores: &Vec<StoreStatus>| {
        assert_eq!(stores.len(), 3);
        matches!(&stores[0].health, Health::Unreachable { reason } if !reason.is_empty())
    };
    let probe = || async { seen(backend.list_stores().await.unwrap(), known) };
    let stores = eventually_async("the silent store is unreachable", within(1.mins()), probe).await;
    assert!(stores[2].embedded && !stores[1].embedded);
    let Health::Reachable { buckets: Some(buckets), .. } = &stores[2].health else { panic!("{stores:?}") };
    assert_eq!(buckets.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn job_shows_equivalent_command_and_api_call() {
    let setup = TestRunners::with_objects(Scratch::sqlite(), 1).await;
    let backend = backend(&setup, "").await;
    let job = backend.start_clone(&viewer(), request("source/it's/", "destination"), None).await.unwrap();
    let view = backend.get_job(job.id).await.unwrap();
    assert!(view.command.starts_with("logyard clone "), "{}", view.command);
    assert!(view.command.contains(r"'s3://source/it'\''s/'"), "{}", view.command);
    assert!(view.command.contains(&setup.s3.url()), "{}", view.command);
    assert!(view.curl.contains("http://127.0.0.1:3000/api/v1/clones"), "{}", view.curl);
}

#[tokio::test(flavor = "multi_thread")]
async fn command_of_cross_store_clone_names_both_endpoints() {
    let setup = TestRunners::with_objects(Scratch::sqlite(), 1).await;
    let text = format!(
        "[[stores]]\nname = 'here'\nendpoint_url = '{}'\nregion = 'a'\n[demo]\nenabled = true\n\
         [[stores]]\nname = 'there'\nendpoint_url = 'http://[::1]:9'\nregion = 'b'\n",
        setup.s3.url()
    );
    let backend = backend(&setup, &text).await;
    let spec = |destination: &str| {
        let place = |store: &str, bucket: &str| Location {
            store: store.parse().unwrap(),
            bucket: bucket.parse().unwrap(),
            prefix: "".parse().unwrap(),
        };
        let (source, destination) = (place("here", "source"), place(destination, "destination"));
        Spec::Clone(CloneSpec {
            source,
            destination,
            mode: Mode::Copy,
            dry_run: false,
            name: None,
            selection: Selection::default(),
            fidelity: model::Fidelity::default(),
            limits: model::Limits::default(),
            plan: None,
            report: None,
            consent: None,
        })
    };
    let mut commands = Vec::new();
    for destination in ["here", "there"] {
        let new = NewJob { spec: spec(destination), author: "ada".to_owned(), idempotency: None };
        let id = setup.db.insert(new).await.unwrap().0.id;
        commands.push(backend.get_job(id).await.unwrap().command);
    }
    let url = setup.s3.url();
    assert_eq!(
        commands,
        [
            format!("logyard clone s3://source s3://destination --endpoint-url {url} --region a"),
            format!(
                "logyard clone s3://source s3://destination --source-endpoint-url {url} \
                 --destination-endpoint-url 'http://[::1]:9'"
            ),
        ]
    );
}
