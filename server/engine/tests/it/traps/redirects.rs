//! Where an object of a website leads: CopyObject loses it.

use embedded::{Content, Headers};
use model::Fidelity;

use super::full;
use crate::yard::{Yard, buckets, clone_between, with};

async fn redirect(yard: &Yard) -> Option<String> {
    let copy = yard.store.content("destination", "page").await.unwrap().unwrap();
    copy.headers.website_redirect
}

async fn website() -> Yard {
    let yard = Yard::with(&["plain"]).await;
    let page = full("page");
    let headers = Headers { website_redirect: Some("/there".to_owned()), ..page.headers };
    yard.store.put_content("source", "page", &Content { headers, ..page }).await.unwrap();
    yard
}

#[tokio::test]
async fn a_website_redirect_is_kept_where_that_is_asked_for() {
    let yard = website().await;
    yard.clone(&with(Fidelity { website_redirects: true, ..Fidelity::default() })).await.is_equal();
    assert_eq!(redirect(&yard).await.as_deref(), Some("/there"));
    let mut copy = yard.store.content("destination", "page").await.unwrap().unwrap();
    copy.headers.website_redirect = None;
    assert_eq!(copy, full("page"), "and all else with it");
}

#[tokio::test]
async fn without_asking_a_copy_costs_one_request_and_a_stream_keeps_the_redirect() {
    let (here, there) = (website().await, Yard::new().await);
    here.clone(&buckets()).await.is_equal();
    assert_eq!((here.copies(), here.requests("HeadObject")), (2, 0));
    assert_eq!(redirect(&here).await, None);
    clone_between(&here.engine().await, &there.engine().await, &buckets()).await.is_equal();
    assert_eq!(redirect(&there).await.as_deref(), Some("/there"));
}
