//! The documentation as the server shows it.

use logyard::http::docs;

use crate::support::server::TestServer;

async fn page(server: &TestServer, path: &str) -> String {
    let response = server.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    // Empty comments mark places for Leptos; nobody sees them.
    response.text().await.unwrap().replace("<!>", "")
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let before = format!(" {attribute}=\"");
    html.split(before.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn docs_pages_render_and_their_links_resolve() {
    let server = TestServer::open().await;
    for shown in &docs::docs().pages {
        let html = page(&server, &shown.path()).await;
        assert!(html.contains(&format!("<title>{} · Docs · Logyard</title>", shown.title)), "{}", shown.path());
        assert_eq!(html.matches("<h1").count(), 1, "{}", shown.path());
        assert!(!html.contains(" style="), "{}", shown.path());
        for link in values(&html, "href") {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if anchor.is_empty() || !(path.is_empty() || path.starts_with("/docs")) {
                continue;
            }
            let target = if path.is_empty() { html.clone() } else { page(&server, path).await };
            assert!(values(&target, "id").contains(&anchor), "{}: {link}", shown.path());
        }
    }
}

#[tokio::test]
async fn search_finds_sections_without_javascript() {
    let server = TestServer::open().await;
    let html = page(&server, "/docs?q=Mirror+confirmed").await;
    assert!(html.contains("href=\"/docs/clone#mirrors\""), "{html}");
    let nothing = page(&server, "/docs?q=%3Cscript%3Ezebra").await;
    assert!(nothing.contains("No section has all of the words") && !nothing.contains("<script>zebra"), "{nothing}");
}

#[tokio::test]
async fn unknown_page_is_not_found() {
    let server = TestServer::open().await;
    assert_eq!(server.get("/docs/nothing").await.status(), 404);
    assert_eq!(server.get("/docs/index").await.status(), 404);
}
