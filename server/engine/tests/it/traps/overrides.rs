//! What copies get in place of what their source has: storage classes and headers.

use model::{CloneSpec, Compare, Fidelity, HeaderChanges, Mode};

use super::full;
use crate::{
    multipart::{MIB, above_5_mib},
    proxy::{Fate, Proxy, Seen},
    support::{Finished, TestBuckets, clone_with, connect, connect_as_anyone, with},
};

fn fidelity(json: &str) -> Fidelity {
    serde_json::from_str(json).unwrap()
}

/// A source with an object that a store copies in one request, and one that is copied in parts.
async fn source() -> TestBuckets {
    let buckets = TestBuckets::new().await;
    for (key, size) in [("small", 10), ("large", MIB * 6)] {
        let content = embedded::Content { body: vec![b'x'; size].into(), ..full("x") };
        buckets.store.put_content("source", key, &content).await.unwrap();
    }
    buckets.put("standard", "x").await;
    buckets
}

/// Clones within one store, and between two stores. Each write is answered as `decide` says.
async fn both_ways(spec: &CloneSpec, decide: fn(&Seen) -> Fate) -> [(Finished, TestBuckets); 2] {
    let answered = async |buckets: &TestBuckets| {
        Proxy::before(&buckets.store.url(), move |seen| std::future::ready(decide(&seen))).await
    };
    let (one, here, there) = (source().await, source().await, TestBuckets::new().await);
    let (front, far) = (answered(&one).await, answered(&there).await);
    let store = connect_as_anyone(front.url()).await;
    let within = clone_with(&store, &store, spec, &above_5_mib()).await;
    let (near, far) = (connect(&here.store.url()).await, connect_as_anyone(far.url()).await);
    [(within, one), (clone_with(&near, &far, spec, &above_5_mib()).await, there)]
}

/// The storage classes of the copies: large, small, standard.
async fn classes(buckets: &TestBuckets) -> [Option<String>; 3] {
    let class = async |key| buckets.store.content("destination", key).await.unwrap().unwrap().storage_class;
    [class("large").await, class("small").await, class("standard").await]
}

#[tokio::test]
async fn copies_get_the_storage_class_asked_for() {
    let class = full("x").storage_class;
    assert_eq!(class.as_deref(), Some("STANDARD_IA"));
    for (rule, expected) in [
        ("keep", [Some("STANDARD_IA"), Some("STANDARD_IA"), None]),
        ("none", [None; 3]),
        ("GLACIER_IR", [Some("GLACIER_IR"); 3]),
        ("STANDARD=ONEZONE_IA,STANDARD_IA=none", [None, None, Some("ONEZONE_IA")]),
    ] {
        let fidelity = Fidelity { storage_class: rule.parse().unwrap(), ..Fidelity::default() };
        for (finished, buckets) in both_ways(&with(fidelity), |_| Fate::Forward).await {
            finished.is_complete();
            assert_eq!(classes(&buckets).await, expected.map(|class| class.map(str::to_owned)), "{rule}");
        }
    }
}

/// As a store without storage classes answers.
fn refuses_classes(seen: &Seen) -> Fate {
    let asked = seen.headers.get("x-amz-storage-class").is_some_and(|class| class != "ONEZONE_IA");
    if asked { Fate::Refuse(400, "InvalidStorageClass") } else { Fate::Forward }
}

#[tokio::test]
async fn refused_storage_class_fails_its_object_in_the_store_s_words() {
    for (finished, _) in both_ways(&with(Fidelity::default()), refuses_classes).await {
        assert_eq!(finished.taken.failures.len(), 2, "{finished:?}");
        assert!(finished.taken.failures.iter().all(|failure| failure.message.contains("InvalidStorageClass")));
    }
}

#[tokio::test]
async fn refused_storage_class_falls_back_as_asked() {
    for (fallback, class) in [("none", None), ("ONEZONE_IA", Some("ONEZONE_IA".to_owned()))] {
        let fidelity = fidelity(&format!(r#"{{"storage_class_fallback":"{fallback}","compare":"metadata"}}"#));
        for (finished, buckets) in both_ways(&with(fidelity), refuses_classes).await {
            finished.is_complete();
            assert_eq!(classes(&buckets).await, [class.clone(), class.clone(), None]);
        }
    }
}

/// A store that refuses for another reason is asked once more, and its answer is reported.
#[tokio::test]
async fn other_refusal_is_not_hidden_by_the_fallback() {
    let refuses = |seen: &Seen| {
        let writes = seen.headers.contains_key("x-amz-copy-source") || seen.method == "PUT" || seen.method == "POST";
        if writes { Fate::Explain(501, "NotImplemented", "writing is off") } else { Fate::Forward }
    };
    let fidelity = fidelity(r#"{"storage_class_fallback":"none"}"#);
    for (finished, _) in both_ways(&with(fidelity), refuses).await {
        assert_eq!(finished.taken.failures.len(), 3, "{finished:?}");
        assert!(finished.taken.failures.iter().all(|failure| failure.message.contains("writing is off")));
    }
}

#[tokio::test]
async fn headers_are_set_and_removed_and_the_others_kept() {
    let set_headers =
        HeaderChanges::lines("Cache-Control: max-age=1\nContent-Language:\nx-amz-meta-added: yes").unwrap();
    let fidelity = Fidelity { set_headers, compare: Compare::Metadata, ..Fidelity::default() };
    for (finished, buckets) in both_ways(&with(fidelity.clone()), |_| Fate::Forward).await {
        finished.is_complete();
        for key in ["small", "large"] {
            let copy = buckets.store.content("destination", key).await.unwrap().unwrap();
            let mut headers = full("x").headers;
            headers.cache_control = Some("max-age=1".to_owned());
            headers.content_language = None;
            headers.metadata.insert("added".to_owned(), "yes".to_owned());
            headers.website_redirect.clone_from(&copy.headers.website_redirect);
            assert_eq!((copy.headers, copy.tags), (headers, full("x").tags), "{key}");
        }
    }
}

/// The comparison expects what the clone was to write, not what the source has.
#[tokio::test]
async fn comparison_by_metadata_expects_the_headers_asked_for() {
    let buckets = source().await;
    let changed = fidelity(r#"{"set_headers":{"cache-control":"no-store"},"compare":"metadata"}"#);
    buckets.clone(&with(changed.clone())).await.is_equal();
    let verify = |fidelity: Fidelity| CloneSpec { mode: Mode::Verify, ..with(fidelity) };
    buckets.clone(&verify(changed)).await.is_equal();
    let plain = buckets.clone(&verify(fidelity(r#"{"compare":"metadata"}"#))).await;
    assert_eq!(plain.comparison().different, 3, "{plain:?}");
}
