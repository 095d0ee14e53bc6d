//! What every event states about its object, and the readers that feed the parser.

use engine::ship::{Batches, Events, Origin, ParseOptions};
use serde_json::json;

use crate::{
    classic::HTTP,
    gzip::gzip,
    support::{parse, parse_with},
};

fn origin(etag: &str) -> Origin {
    Origin::object(&"elb-logs".parse().unwrap(), &"api/a\"é.log".parse().unwrap(), etag)
}

#[test]
fn event_names_its_object_and_offset() {
    let object = format!("{HTTP}\n{HTTP}\n");
    let outcome = parse_with(&ParseOptions::default(), origin("e"), [object.as_bytes()]);
    let second = &outcome.events()[1];
    assert_eq!(second["log"], json!({"bucket": "elb-logs", "key": "api/a\"é.log", "offset": HTTP.len() + 1}));
    let id = second["@metadata"]["_id"].as_str().unwrap();
    assert_eq!((id.len(), second.get("_id")), (32, None));
    let on_top = parse_with(&ParseOptions::default(), origin("e").with_id_on_top(), [object.as_bytes()]);
    assert_eq!((on_top.events()[1]["_id"].as_str(), on_top.events()[1].get("@metadata")), (Some(id), None));
}

#[test]
fn ids_are_independent_of_compression_and_chunks() {
    let object = format!("{HTTP}\n\n{HTTP}\n");
    let ids = |etag: &str, object: &[u8], chunk: usize| -> Vec<_> {
        let outcome = parse_with(&ParseOptions::default(), origin(etag), object.chunks(chunk));
        outcome.events().iter().map(|event| event["@metadata"]["_id"].clone()).collect()
    };
    let first = ids("e", object.as_bytes(), 1_000);
    assert_eq!(ids("e", object.as_bytes(), 7), first);
    assert_eq!(ids("e", &gzip(object.as_bytes()), 13), first);
    assert_ne!(ids("f", object.as_bytes(), 1_000), first);
    assert_ne!(first[0], first[1]);
}

#[test]
fn events_without_object_have_no_id() {
    let event = parse(HTTP).event();
    assert_eq!((event.get("_id"), event.get("@metadata")), (None, None));
}

#[tokio::test]
async fn blocking_and_async_readers_agree() {
    let object = gzip(format!("{HTTP}\nbad\n").repeat(3_000).as_bytes());
    let events = || Events::new(&ParseOptions::default(), Origin::unknown());
    let (mut blocking, mut asynchronous) = (Batches::new(&object[..], events()), Batches::new(&object[..], events()));
    let (mut one, mut other, mut batch) = (Vec::new(), Vec::new(), Vec::new());
    while blocking.read(&mut batch).unwrap() {
        one.append(&mut batch);
    }
    one.append(&mut batch);
    while asynchronous.read_async(&mut batch).await.unwrap() {
        other.append(&mut batch);
    }
    other.append(&mut batch);
    assert_eq!(one, parse(&object).output);
    assert_eq!(other, one);
    assert_eq!(blocking.summary(), asynchronous.summary());
}
