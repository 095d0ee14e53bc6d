//! Pages as the server sends them: whole, before any script has run.

use model::JobId;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;

use crate::support::server::Site;

pub async fn page(site: &Site, path: &str) -> String {
    let response = site.get(path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

/// What a browser sends for a form, without following where it leads.
pub async fn send(site: &Site, function: &str, fields: &str) -> Response {
    let request = site.request(Method::POST, &format!("/api/fn/{function}")).header(header::ACCEPT, "text/html");
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(fields.to_owned()).send().await.unwrap()
}

pub fn leads_to(response: &Response) -> &str {
    assert_eq!(response.status(), StatusCode::FOUND);
    response.headers()[header::LOCATION].to_str().unwrap()
}

/// What stands inside the element with this id, up to the end tag of its name.
pub fn inside<'a>(html: &'a str, id: &str, name: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {html}"));
    rest.split_once(&format!("</{name}>")).unwrap().0.split_once('>').unwrap().1
}

#[tokio::test]
async fn a_page_says_whose_changes_concern_it_and_marks_its_rows() {
    let site = Site::open().await;
    let JobId(job) = site.clone_number(1).await.id;
    for (path, whose) in [("/", "runs"), ("/jobs", "all")] {
        let html = page(&site, path).await;
        assert!(html.contains(&format!("id=\"follow\" data-jobs=\"{whose}\"")), "{path}: {html}");
        assert!(html.contains(&format!("data-key=\"{job}\"")), "{path}: {html}");
    }
    let html = page(&site, &format!("/jobs/{job}")).await;
    assert!(html.contains(&format!("id=\"follow\" data-jobs=\"{job}\"")), "{html}");
    assert!(html.contains("<title>○ queued · source → target/1/ · Logyard</title>"), "{html}");
    assert!(html.contains("<li data-key=\"1\">"), "its first event: {html}");
    for path in ["/settings", "/clones/new", "/jobs/bulk?action=cancel"] {
        assert!(!page(&site, path).await.contains("id=\"follow\""), "{path}");
    }
}

#[tokio::test]
async fn a_job_that_does_not_exist_is_a_page_that_says_so() {
    let site = Site::open().await;
    for id in ["0198c0de-0000-7000-8000-000000000000", "nonsense"] {
        let response = site.get(&format!("/jobs/{id}")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let html = response.text().await.unwrap();
        assert!(html.contains("role=\"alert\"") && html.contains("<main"), "{html}");
    }
}

#[tokio::test]
async fn a_form_half_filled_in_is_checked_as_far_as_it_goes_and_has_no_fault() {
    let site = Site::open().await;
    for query in ["", "?source_store=demo&mode=copy", "?source_bucket=source", "?source_bucket=source&preview=1"] {
        let html = page(&site, &format!("/clones/new{query}")).await;
        assert!(!html.contains('✖') && !html.contains("role=\"alert\""), "{query}: {html}");
        assert_eq!(html.contains("Readable, begins with “a”"), query.contains("source_bucket"), "{query}: {html}");
    }
    let html = page(&site, "/clones/new?source_bucket=nowhere").await;
    assert!(inside(&html, "source-bucket-fault", "p").contains("`nowhere` does not exist"), "{html}");
    assert!(!inside(&html, "destination-bucket-fault", "p").contains('✖'), "{html}");
}

#[tokio::test]
async fn a_form_shows_what_its_values_would_do_and_the_commands_its_job_will_show() {
    let site = Site::open().await;
    let values = "source_bucket=source&destination_bucket=target&destination_prefix=it%27s%2F";
    let checked = page(&site, &format!("/clones/new?{values}")).await;
    assert!(!checked.contains("What it would do"), "{checked}");
    let previewed = page(&site, &format!("/clones/new?{values}&preview=1")).await;
    assert!(previewed.contains("What it would do") && previewed.contains("Copy 1 object, 1 B"), "{previewed}");

    let started = send(&site, "start_clone", &format!("{values}&key=a")).await;
    let job = page(&site, leads_to(&started)).await;
    let twice = send(&site, "start_clone", &format!("{values}&key=a")).await;
    assert_eq!(leads_to(&twice), leads_to(&started), "a double click makes one job");
    let commands = |html: &str| -> Vec<String> {
        html.split("<pre").skip(1).map(|rest| rest.split_once("</pre>").unwrap().0.to_owned()).collect()
    };
    assert_eq!(commands(&checked), commands(&job));
    assert_eq!(commands(&job).len(), 2);
}

#[tokio::test]
async fn a_refused_clone_leads_back_to_the_form_as_it_was_with_the_fault_at_its_field() {
    let site = Site::open().await;
    let refused = send(&site, "start_clone", "source_bucket=source&destination_bucket=nowhere&dry_run=on").await;
    let html = page(&site, leads_to(&refused)).await;
    assert!(inside(&html, "destination-bucket-fault", "p").contains("`nowhere` does not exist"), "{html}");
    assert!(html.contains("value=\"nowhere\"") && html.contains("value=\"source\""), "{html}");
    assert!(!html.contains("role=\"alert\""), "and not a second time in general words: {html}");
    assert_eq!(site.json("/api/v1/jobs").await["items"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn a_choice_of_objects_goes_from_the_form_to_the_job_and_back_and_its_faults_to_their_fields() {
    let site = Site::open().await;
    let places = "source_bucket=source&destination_bucket=target";
    let wrong =
        send(&site, "start_clone", &format!("{places}&exclude=%3C%2Ftextarea%3E%0D%0Aa%5B&newer_than=soon")).await;
    let html = page(&site, leads_to(&wrong)).await;
    assert!(inside(&html, "exclude-fault", "p").contains("a[") && html.contains("<details open"), "{html}");
    assert!(inside(&html, "exclude", "textarea").starts_with("&lt;/textarea>"), "{html}");
    assert!(!html.contains("role=\"alert\""), "{html}");
    let wrong = page(&site, &format!("/clones/new?{places}&newer_than=soon")).await;
    assert!(inside(&wrong, "newer-than-fault", "p").contains("UTC"), "{wrong}");

    let some = format!("{places}&include=a%0D%0A**%2F*.gz&newer_than=2020-03-09T14%3A00");
    let previewed = page(&site, &format!("/clones/new?{some}&preview=1")).await;
    assert!(previewed.contains("Chosen at the source") && previewed.contains("Copy 1 object"), "{previewed}");
    let started = send(&site, "start_clone", &some).await;
    let job = page(&site, leads_to(&started)).await;
    assert!(job.contains("modified at or after 2020-03-09T14:00:00Z"), "{job}");
    let (_, again) = job.split_once("href=\"/clones/new?").unwrap();
    let again = again.split_once('"').unwrap().0.replace("&amp;", "&");
    let again = page(&site, &format!("/clones/new?{again}")).await;
    assert_eq!(inside(&again, "include", "textarea"), "a\n**/*.gz");
    assert!(again.contains("value=\"2020-03-09T14:00:00\""), "{again}");
}

#[tokio::test]
async fn options_go_from_the_form_to_the_job_and_back_and_their_faults_to_their_fields() {
    let site = Site::open().await;
    let places = "source_bucket=source&destination_bucket=target";
    let wrong = send(&site, "start_clone", &format!("{places}&sse=AES256&sse_kms_key_id=k&acl=")).await;
    let html = page(&site, leads_to(&wrong)).await;
    assert!(inside(&html, "sse-kms-key-id-fault", "p").contains("aws:kms"), "{html}");
    assert!(!html.contains("role=\"alert\""), "{html}");

    let some = format!("{places}&sse=aws%3Akms&sse_kms_key_id=alias%2Fk&website_redirects=on");
    let form = page(&site, &format!("/clones/new?{some}")).await;
    assert!(form.contains("--sse aws:kms --sse-kms-key-id alias/k --website-redirects"), "{form}");
    let started = send(&site, "start_clone", &some).await;
    let job = page(&site, leads_to(&started)).await;
    assert!(job.contains("encrypted by aws:kms with key alias/k, with website redirects"), "{job}");
    let (_, again) = job.split_once("href=\"/clones/new?").unwrap();
    let again = again.split_once('"').unwrap().0.replace("&amp;", "&");
    let again = page(&site, &format!("/clones/new?{again}")).await;
    assert!(again.contains("value=\"alias/k\""), "{again}");
}

#[tokio::test]
async fn what_may_not_be_done_to_a_job_is_told_on_the_page_the_button_was_on() {
    let site = Site::open().await;
    let job = site.clone_number(1).await.id;
    for back in ["", "/"] {
        let refused = send(&site, "act_on_job", &format!("id={job}&action=retry&back={back}")).await;
        let html = page(&site, leads_to(&refused)).await;
        assert!(html.contains("role=\"alert\"") && html.contains("state does not allow it"), "{html}");
    }
}

#[tokio::test]
async fn the_jump_box_is_told_jobs_in_words() {
    let site = Site::open().await;
    let job = site.clone_number(1).await;
    site.clone_number(2).await;
    let hits = site.json("/api/fn/jump?text=target%2F1").await;
    let expected = serde_json::json!([{
        "path": format!("/jobs/{}", job.id), "kind": "clone", "title": job.title(),
        "shape": "○", "word": "queued", "tone": "idle", "id": job.id.short(),
    }]);
    assert_eq!(hits, expected);
}
