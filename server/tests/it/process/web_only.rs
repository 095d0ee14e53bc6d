//! A server that only serves pages and API, beside a worker that does all the work.

use std::{fs, path::Path, process::Stdio};

use embedded::Embedded;
use model::{PipelineName, State, SyncState};
use serde_json::Value;
use testing::{ChildProcess, Span};

use crate::{
    support::process::{TestProcess, logyard},
    sync::table_pair::{TablePair, until},
};

const KINDS: [&str; 10] =
    ["run_jobs", "follow", "read_logs", "reconcile", "evaluate", "canary", "schedule", "sync", "sweep", "send_alerts"];

/// A `logyard worker`, and the name under which it holds leases.
fn worker(config: &Path) -> (ChildProcess, String) {
    let mut command = logyard();
    command
        .arg("--config")
        .arg(config)
        .arg("worker")
        .env("AWS_ACCESS_KEY_ID", embedded::ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", embedded::SECRET_KEY)
        .stdout(Stdio::piped());
    let mut process = ChildProcess::spawn("logyard worker", &mut command);
    let holder = |line: &str| Some(line.strip_prefix("Working as ")?.split(' ').next()?.to_owned());
    let holder = process.line("its name", 1.mins(), holder);
    (process, holder)
}

/// One log object, as a balancer would deliver it now.
async fn deliver(s3: &Embedded) {
    let line = "http 2026-03-09T14:00:01.000001Z app/api/1 10.0.0.9:2817 10.0.0.2:80 0.000 0.001 0.000 200 200 34 366 \
                \"GET http://api.example.com:80/ HTTP/1.1\" \"curl/8.0\" - - - \"-\" \"-\" \"-\" 0 \
                2026-03-09T14:00:01.000000Z \"forward\" \"-\" \"-\" \"10.0.0.2:80\" \"200\" \"-\" \"-\"\n";
    s3.put("logs", "api/one.log", line.to_owned()).await.unwrap();
}

/// With every task off a server holds no lease: it ships, syncs, evaluates and runs nothing, while a worker on the same
/// database does all of it.
#[tokio::test(flavor = "multi_thread")]
async fn web_only_server_leaves_work_to_the_worker() {
    let s3 = Embedded::in_memory().await.unwrap();
    for bucket in ["logs", "source", "destination"] {
        s3.create_bucket(bucket).unwrap();
    }
    s3.seed_objects("source", 3).await.unwrap();
    let pair = TablePair::new().await;
    pair.insert(1, 101).await;
    let events = pair.folder.path().join("events.ndjson");
    let config = format!(
        "{}\n[[sinks]]\nname = 'file'\nurl = 'file:{}'\n[[pipelines]]\nname = 'api'\nsource = 's3://logs/api/'\n\
         sink = 'file'\nfollow = true\n",
        pair.config("every = '1s'").replace("http://127.0.0.1:9", &s3.url()),
        events.display()
    );
    let file = pair.write(&config);

    let mut command = logyard();
    for kind in KINDS {
        command.env(format!("LOGYARD_TASKS_{}", kind.to_uppercase()), "false");
    }
    let server = TestProcess::start_as(command, &file, &pair.folder.path().join("data"));
    let ready: Value = reqwest::get(format!("{}/readyz", server.url)).await.unwrap().json().await.unwrap();
    assert_eq!((&ready["ready"], &ready["runner"]), (&true.into(), &"left to workers".into()), "{ready}");
    let job = server.start_clone("s3://destination").await;
    let db = pair.db().await;
    deliver(&s3).await;
    for _ in 0..20 {
        let page = reqwest::get(format!("{}/settings", server.url)).await.unwrap().text().await.unwrap();
        assert!(page.contains("it only serves pages and API"), "{page}");
    }
    assert_eq!(db.leases().await.unwrap(), []);
    assert_eq!(server.job(job).await.state, State::Queued);

    let (worker, holder) = worker(&file);
    server.until(job, "succeeded", |job| job.state == State::Succeeded).await;
    let (pipeline, table): (PipelineName, _) = ("api".parse().unwrap(), TablePair::table());
    until("shipped", || async { fs::read_to_string(&events).is_ok_and(|text| text.lines().count() == 1) }).await;
    until("in sync and evaluated", || async {
        let status = db.sync(&table).await.unwrap().map(|(status, ..)| status.state);
        status == Some(SyncState::InSync) && db.evaluated_at().await.unwrap().is_some()
    })
    .await;
    assert!(pair.is_equal().await && db.following(&pipeline).await.unwrap().unwrap().held);
    let leases = db.leases().await.unwrap();
    for kind in ["evaluate", "follow", "reconcile", "schedule", "sweep", "sync"] {
        assert!(leases.iter().any(|lease| lease.task == kind), "{kind}: {leases:?}");
    }
    assert!(leases.iter().all(|lease| lease.holder == holder), "{holder}: {leases:?}");
    // Each process shows who runs what.
    until("a recorded round on the page Settings", || async {
        let page = reqwest::get(format!("{}/settings", server.url)).await.unwrap().text().await.unwrap();
        page.contains(&holder)
    })
    .await;
    drop(worker);
    assert!(server.terminate().await.success());
}

/// A worker with every task off would do nothing: that is a mistake in the configuration.
#[tokio::test]
async fn worker_with_all_tasks_off_exits_2() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("logyard.toml");
    let off: String = KINDS.map(|kind| format!("{kind} = false\n")).concat();
    let stores = "[[stores]]\nname = 'own'\nregion = 'us-east-1'\nendpoint_url = 'http://127.0.0.1:9'\n";
    fs::write(&file, format!("[tasks]\n{off}{stores}")).unwrap();
    let mut worker = logyard();
    worker.arg("--config").arg(&file).arg("worker").current_dir(folder.path());
    let ended = tokio::task::spawn_blocking(move || worker.output().unwrap());
    let output = tokio::time::timeout(2.mins(), ended).await.expect("it ends by itself").unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("every task under [tasks] is false"), "{said}");
}
