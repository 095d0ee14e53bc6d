//! Pages as the server renders them, before any script runs.

use model::JobId;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;

use crate::support::server::TestServer;

pub async fn page(server: &TestServer, path: &str) -> String {
    let response = server.get(path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    // Empty comments mark places for Leptos; nobody sees them.
    response.text().await.unwrap().replace("<!>", "")
}

/// Sends a form as a browser does, without following redirects.
pub async fn send(server: &TestServer, function: &str, fields: &str) -> Response {
    let request = server.request(Method::POST, &format!("/api/fn/{function}")).header(header::ACCEPT, "text/html");
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(fields.to_owned()).send().await.unwrap()
}

pub fn leads_to(response: &Response) -> &str {
    assert_eq!(response.status(), StatusCode::FOUND);
    response.headers()[header::LOCATION].to_str().unwrap()
}

/// The content of the element with this id, up to its end tag.
pub fn inside<'a>(html: &'a str, id: &str, name: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {html}"));
    rest.split_once(&format!("</{name}>")).unwrap().0.split_once('>').unwrap().1
}

#[tokio::test]
async fn page_names_its_live_subjects_and_marks_rows() {
    let server = TestServer::open().await;
    let JobId(job) = server.clone_number(1).await.id;
    for (path, whose) in [("/", "runs"), ("/jobs", "all")] {
        let html = page(&server, path).await;
        assert!(html.contains(&format!("id=\"follow\" data-jobs=\"{whose}\"")), "{path}: {html}");
        assert!(html.contains(&format!("data-key=\"{job}\"")), "{path}: {html}");
    }
    let html = page(&server, &format!("/jobs/{job}")).await;
    assert!(html.contains(&format!("id=\"follow\" data-jobs=\"{job}\"")), "{html}");
    assert!(html.contains("<title>○ queued · source → target/1/ · Logyard</title>"), "{html}");
    assert!(html.contains("<li data-key=\"1\">"), "its first event: {html}");
    for path in ["/settings", "/clones/new", "/jobs/bulk?action=cancel"] {
        assert!(!page(&server, path).await.contains("id=\"follow\""), "{path}");
    }
}

#[tokio::test]
async fn missing_job_page_says_so() {
    let server = TestServer::open().await;
    for id in ["0198c0de-0000-7000-8000-000000000000", "nonsense"] {
        let response = server.get(&format!("/jobs/{id}")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let html = response.text().await.unwrap();
        assert!(html.contains("role=\"alert\"") && html.contains("<main"), "{html}");
    }
}

#[tokio::test]
async fn partly_filled_form_shows_no_error() {
    let server = TestServer::open().await;
    for query in ["", "?source_store=demo&mode=copy", "?source_bucket=source", "?source_bucket=source&preview=1"] {
        let html = page(&server, &format!("/clones/new{query}")).await;
        assert!(!html.contains('✖') && !html.contains("role=\"alert\""), "{query}: {html}");
        assert_eq!(html.contains("Readable, starts with “a”"), query.contains("source_bucket"), "{query}: {html}");
    }
    let html = page(&server, "/clones/new?source_bucket=nowhere").await;
    assert!(inside(&html, "source-bucket-fault", "p").contains("`nowhere` does not exist"), "{html}");
    assert!(!inside(&html, "destination-bucket-fault", "p").contains('✖'), "{html}");
}

#[tokio::test]
async fn form_previews_its_job_and_commands() {
    let server = TestServer::open().await;
    let values = "source_bucket=source&destination_bucket=target&destination_prefix=it%27s%2F";
    let checked = page(&server, &format!("/clones/new?{values}")).await;
    assert!(!checked.contains("id=\"preview\""), "{checked}");
    let previewed = page(&server, &format!("/clones/new?{values}&preview=1")).await;
    assert!(previewed.contains("id=\"preview\"") && previewed.contains("Copy 1 object, 1 B"), "{previewed}");

    let started = send(&server, "start_clone", &format!("{values}&key=a")).await;
    let job = page(&server, leads_to(&started)).await;
    let twice = send(&server, "start_clone", &format!("{values}&key=a")).await;
    assert_eq!(leads_to(&twice), leads_to(&started), "a double click makes one job");
    let commands = |html: &str| -> Vec<String> {
        html.split("<pre").skip(1).map(|rest| rest.split_once("</pre>").unwrap().0.to_owned()).collect()
    };
    assert_eq!(commands(&checked), commands(&job));
    assert_eq!(commands(&job).len(), 2);
}

#[tokio::test]
async fn refused_clone_returns_form_with_field_error() {
    let server = TestServer::open().await;
    let refused = send(&server, "start_clone", "source_bucket=source&destination_bucket=nowhere&dry_run=on").await;
    let html = page(&server, leads_to(&refused)).await;
    assert!(inside(&html, "destination-bucket-fault", "p").contains("`nowhere` does not exist"), "{html}");
    assert!(html.contains("value=\"nowhere\"") && html.contains("value=\"source\""), "{html}");
    assert!(!html.contains("role=\"alert\""), "and not a second time in general words: {html}");
    assert_eq!(server.json("/api/v1/jobs").await["items"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn form_selection_round_trips_and_errors_name_fields() {
    let server = TestServer::open().await;
    let places = "source_bucket=source&destination_bucket=target";
    let wrong =
        send(&server, "start_clone", &format!("{places}&exclude=%3C%2Ftextarea%3E%0D%0Aa%5B&newer_than=soon")).await;
    let html = page(&server, leads_to(&wrong)).await;
    assert!(inside(&html, "exclude-fault", "p").contains("a[") && html.contains("<details open"), "{html}");
    assert!(inside(&html, "exclude", "textarea").starts_with("&lt;/textarea>"), "{html}");
    assert!(!html.contains("role=\"alert\""), "{html}");
    let wrong = page(&server, &format!("/clones/new?{places}&newer_than=soon")).await;
    assert!(inside(&wrong, "newer-than-fault", "p").contains("UTC"), "{wrong}");

    for (field, id) in [("older_than", "older-than"), ("min_size", "min-size"), ("of_class", "of-class")] {
        let wrong = page(&server, &format!("/clones/new?{places}&{field}=soon")).await;
        assert!(inside(&wrong, &format!("{id}-fault"), "p").contains("soon"), "{wrong}");
    }

    let some =
        format!("{places}&include=a%0D%0A**%2F*.gz&newer_than=2020-03-09T14%3A00&max_size=5MB&of_class=STANDARD");
    let previewed = page(&server, &format!("/clones/new?{some}&preview=1")).await;
    assert!(previewed.contains("Selected at the source") && previewed.contains("Copy 1 object"), "{previewed}");
    let started = send(&server, "start_clone", &some).await;
    let job = page(&server, leads_to(&started)).await;
    assert!(
        job.contains("modified at or after 2020-03-09T14:00:00Z, of 5MB or less, of storage class STANDARD"),
        "{job}"
    );
    let (_, again) = job.split_once("href=\"/clones/new?").unwrap();
    let again = again.split_once('"').unwrap().0.replace("&amp;", "&");
    let again = page(&server, &format!("/clones/new?{again}")).await;
    assert_eq!(inside(&again, "include", "textarea"), "a\n**/*.gz");
    assert!(again.contains("value=\"2020-03-09T14:00:00\""), "{again}");
}

#[tokio::test]
async fn form_limits_round_trip_and_errors_name_fields() {
    let server = TestServer::open().await;
    let places = "source_bucket=source&destination_bucket=target";
    let wrong = send(&server, "start_clone", &format!("{places}&bandwidth_hours=noon")).await;
    let html = page(&server, leads_to(&wrong)).await;
    assert!(inside(&html, "bandwidth-hours-fault", "p").contains("noon"), "{html}");
    assert!(!html.contains("role=\"alert\""), "{html}");
    let zone =
        page(&server, &format!("/clones/new?{places}&bandwidth_hours=8:00-18:00+1MB&bandwidth_zone=Mars&preview=1"))
            .await;
    assert!(inside(&zone, "bandwidth-zone-fault", "p").contains("IANA"));

    let some = format!("{places}&job_name=Moving+day&bandwidth_hours=8:00-18:00+10MB&max_failures=5");
    let started = send(&server, "start_clone", &some).await;
    let job = page(&server, leads_to(&started)).await;
    assert!(job.contains("<h1>Moving day: source → target</h1>"), "{job}");
    assert!(
        job.contains("bytes/s by the hour: 08:00-18:00 10MB (UTC); ends after more than 5 failed objects"),
        "{job}"
    );
    assert!(job.contains("--bandwidth-hours"), "{job}");
    let (_, again) = job.split_once("href=\"/clones/new?").unwrap();
    let again = again.split_once('"').unwrap().0.replace("&amp;", "&");
    let again = page(&server, &format!("/clones/new?{again}")).await;
    for value in ["Moving day", "08:00-18:00 10MB", "5"] {
        assert!(again.contains(&format!("value=\"{value}\"")), "{value}: {again}");
    }
}

#[tokio::test]
async fn form_options_round_trip_and_errors_name_fields() {
    let server = TestServer::open().await;
    let places = "source_bucket=source&destination_bucket=target";
    let wrong = send(&server, "start_clone", &format!("{places}&sse=AES256&sse_kms_key_id=k&acl=")).await;
    let html = page(&server, leads_to(&wrong)).await;
    assert!(inside(&html, "sse-kms-key-id-fault", "p").contains("aws:kms"), "{html}");
    assert!(!html.contains("role=\"alert\""), "{html}");

    let some = format!("{places}&sse=aws%3Akms&sse_kms_key_id=alias%2Fk&website_redirects=on&unreadable_tags=warn");
    let form = page(&server, &format!("/clones/new?{some}")).await;
    assert!(
        form.contains("--sse aws:kms --sse-kms-key-id alias/k --website-redirects --unreadable-tags warn"),
        "{form}"
    );
    let started = send(&server, "start_clone", &some).await;
    let job = page(&server, leads_to(&started)).await;
    assert!(job.contains("encrypted by aws:kms with key alias/k, with website redirects"), "{job}");
    let (_, again) = job.split_once("href=\"/clones/new?").unwrap();
    let again = again.split_once('"').unwrap().0.replace("&amp;", "&");
    let again = page(&server, &format!("/clones/new?{again}")).await;
    assert!(again.contains("value=\"alias/k\""), "{again}");
    assert!(again.contains("<option value=\"warn\" selected"), "{again}");
}

#[tokio::test]
async fn clone_of_nothing_is_shown_as_neutral() {
    let server = TestServer::open().await;
    let runner = server.runner().await;
    let body = serde_json::json!({"source": "s3://source/typo/", "destination": "s3://target"});
    let job: Value = server.post("/api/v1/clones", &body).await.json().await.unwrap();
    runner.nudge().nudge();
    let path = format!("/jobs/{}", job["id"].as_str().unwrap());
    let ended = server.json_once(&format!("/api/v1{path}"), |job| job["state"] == "succeeded").await;
    assert_eq!((&ended["proof"]["equal"], &ended["proof"]["nothing"]), (&false.into(), &true.into()), "{ended}");
    let html = page(&server, &path).await;
    assert!(html.contains("nothing to do") && html.contains("Nothing to do: the source has no object."), "{html}");
    assert!(!html.contains("mark good"), "{html}");
    let jobs = page(&server, "/jobs").await;
    assert!(jobs.contains("no object at the source") && jobs.contains("nothing to do"), "{jobs}");
    runner.stop().await;
}

#[tokio::test]
async fn refused_job_action_is_explained_on_its_page() {
    let server = TestServer::open().await;
    let job = server.clone_number(1).await.id;
    for back in ["", "/"] {
        let refused = send(&server, "act_on_job", &format!("id={job}&action=retry&back={back}")).await;
        let html = page(&server, leads_to(&refused)).await;
        assert!(html.contains("role=\"alert\"") && html.contains("state does not allow this"), "{html}");
    }
}

#[tokio::test]
async fn jump_box_receives_jobs_as_text() {
    let server = TestServer::open().await;
    let job = server.clone_number(1).await;
    server.clone_number(2).await;
    let hits = server.json("/api/fn/find_jobs?text=target%2F1").await;
    let expected = serde_json::json!([{
        "path": format!("/jobs/{}", job.id), "kind": "clone", "title": job.title(),
        "shape": "○", "word": "queued", "tone": "idle", "id": job.id.short(),
    }]);
    assert_eq!(hits, expected);
}
