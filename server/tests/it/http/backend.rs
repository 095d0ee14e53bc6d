//! What pages and API are answered, beyond what the tests of the API ask.

use std::{net::TcpListener, sync::Arc};

use app::backend::Backend;
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

use crate::support::runners::Workshop;

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
        selection: Selection::default(),
        fidelity: model::Fidelity::default(),
        plan: None,
        confirm: None,
    }
}

/// With the stores of `text`, or the workshop's own.
async fn yard(workshop: &Workshop, text: &str) -> AppBackend {
    let mut config = Config::parse(None, text, &|_| None).unwrap();
    if text.is_empty() {
        config.stores[0].endpoint_url = Some(workshop.s3.url());
    }
    let db = workshop.db.clone();
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
async fn a_job_is_found_by_id_by_the_end_of_its_id_by_title_and_by_author() {
    let workshop = Workshop::with_objects(Scratch::sqlite(), 1).await;
    let yard = yard(&workshop, "").await;
    let job = yard.start_clone(&viewer(), request("source", "destination/in/"), None).await.unwrap();
    let other = workshop.clone(Mode::Verify).await;
    for text in [job.id.to_string(), job.id.short(), "destination/in".to_owned(), "ada".to_owned()] {
        let found = yard.jump(&text).await.unwrap();
        assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), [job.id], "{text}");
    }
    let both = yard.jump("destination").await.unwrap();
    assert_eq!(both.iter().map(|job| job.id).collect::<Vec<_>>(), [other, job.id], "newest first, each once");
    assert!(yard.jump("").await.unwrap().is_empty());
    assert!(yard.jump("nothing like it").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_bucket_is_named_with_its_side_and_with_what_there_is() {
    let workshop = Workshop::with_objects(Scratch::sqlite(), 1).await;
    let yard = yard(&workshop, "").await;
    let refused = yard.start_clone(&viewer(), request("source", "nowhere"), None).await.unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (ProblemCode::Invalid, Some("destination.bucket")));
    assert_eq!(
        refused.detail,
        "Destination bucket `nowhere` does not exist at store `demo`. Create it, or pick one of the 2 buckets there."
    );
    let refused = yard.preview_clone(&viewer(), request("nowhere", "destination")).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("source.bucket"));
    let refused = yard.peek("nowhere".parse().unwrap()).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("bucket"));
    let mut elsewhere = request("source", "destination");
    elsewhere.source.store = Some("aws".parse().unwrap());
    let refused = yard.start_clone(&viewer(), elsewhere, None).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("source.store"));
    assert!(refused.detail.contains("`aws`") && refused.detail.contains("`demo`"), "{}", refused.detail);
    assert!(workshop.db.active(10).await.unwrap().is_empty(), "nothing refused became a job");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_into_itself_is_refused_at_the_destination() {
    let workshop = Workshop::with_objects(Scratch::sqlite(), 1).await;
    let yard = yard(&workshop, "").await;
    for destination in ["source", "source/objects/"] {
        let refused = yard.start_clone(&viewer(), request("source", destination), None).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (ProblemCode::Invalid, Some("destination")));
    }
}

/// A store that accepts connections and then says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_says_nothing_is_called_unreachable_and_the_others_are_still_shown() {
    let workshop = Workshop::open(Scratch::sqlite()).await;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!(
        "[[stores]]\nname = 'silent'\nendpoint_url = 'http://{}'\nregion = 'a'\n\
         [[stores]]\nname = 'open'\nendpoint_url = '{}'\nregion = 'a'\n[demo]\nenabled = true\naddr = '{}'\n",
        silent.local_addr().unwrap(),
        workshop.s3.url(),
        workshop.s3.addr()
    );
    let yard = yard(&workshop, &text).await;
    let known = |stores: &Vec<StoreStatus>| {
        assert_eq!(stores.len(), 3);
        matches!(&stores[0].health, Health::Unreachable { reason } if !reason.is_empty())
    };
    let probe = || async { seen(yard.stores().await.unwrap(), known) };
    let stores = eventually_async("the silent store is unreachable", within(1.mins()), probe).await;
    assert!(stores[2].embedded && !stores[1].embedded);
    let Health::Reachable { buckets: Some(buckets), .. } = &stores[2].health else { panic!("{stores:?}") };
    assert_eq!(buckets.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_shows_the_command_and_the_call_that_do_the_same() {
    let workshop = Workshop::with_objects(Scratch::sqlite(), 1).await;
    let yard = yard(&workshop, "").await;
    let job = yard.start_clone(&viewer(), request("source/it's/", "destination"), None).await.unwrap();
    let view = yard.job(job.id).await.unwrap();
    assert!(view.command.starts_with("logyard clone "), "{}", view.command);
    assert!(view.command.contains(r"'s3://source/it'\''s/'"), "{}", view.command);
    assert!(view.command.contains(&workshop.s3.url()), "{}", view.command);
    assert!(view.curl.contains("http://127.0.0.1:3000/api/v1/clones"), "{}", view.curl);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_between_two_endpoints_names_both_in_its_command() {
    let workshop = Workshop::with_objects(Scratch::sqlite(), 1).await;
    let text = format!(
        "[[stores]]\nname = 'here'\nendpoint_url = '{}'\nregion = 'a'\n[demo]\nenabled = true\n\
         [[stores]]\nname = 'there'\nendpoint_url = 'http://[::1]:9'\nregion = 'b'\n",
        workshop.s3.url()
    );
    let yard = yard(&workshop, &text).await;
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
            selection: Selection::default(),
            fidelity: model::Fidelity::default(),
            plan: None,
        })
    };
    let mut commands = Vec::new();
    for destination in ["here", "there"] {
        let new = NewJob { spec: spec(destination), author: "ada".to_owned(), idempotency: None };
        let id = workshop.db.insert(new).await.unwrap().0.id;
        commands.push(yard.job(id).await.unwrap().command);
    }
    let url = workshop.s3.url();
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
