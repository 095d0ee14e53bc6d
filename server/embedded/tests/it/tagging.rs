//! Tags of objects.

use aws_sdk_s3::types::{Tag, Tagging};

use crate::support::{client, code, in_memory, put};

fn tagging(pairs: &[(&str, &str)]) -> Tagging {
    let tags = pairs.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build().unwrap());
    Tagging::builder().set_tag_set(Some(tags.collect())).build().unwrap()
}

#[tokio::test]
async fn tags_change_without_touching_the_object() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let etag = put(&client, "yard", "a", "body").await;
    let set = client.put_object_tagging().bucket("yard").key("a").tagging(tagging(&[("team", "web"), ("é", " & <b>")]));
    set.send().await.unwrap();
    let got = client.get_object_tagging().bucket("yard").key("a").send().await.unwrap();
    let got: Vec<_> = got.tag_set().iter().map(|tag| (tag.key(), tag.value())).collect();
    assert_eq!(got, [("team", "web"), ("é", " & <b>")]);
    let head = client.head_object().bucket("yard").key("a").send().await.unwrap();
    assert_eq!((head.tag_count, head.e_tag), (Some(2), Some(etag)));
    client.delete_object_tagging().bucket("yard").key("a").send().await.unwrap();
    let head = client.head_object().bucket("yard").key("a").send().await.unwrap();
    assert_eq!(head.tag_count, None);
}

#[tokio::test]
async fn tags_beyond_the_limits_are_refused() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let set = |key: &str, pairs: &[(&str, &str)]| {
        client.put_object_tagging().bucket("yard").key(key).tagging(tagging(pairs)).send()
    };
    assert_eq!(code(set("missing", &[("a", "b")]).await), "NoSuchKey");
    put(&client, "yard", "a", "body").await;
    let eleven: Vec<_> = "abcdefghijk".chars().map(String::from).collect();
    let eleven: Vec<_> = eleven.iter().map(|key| (key.as_str(), "")).collect();
    assert_eq!(code(set("a", &eleven).await), "BadRequest");
    assert_eq!(code(set("a", &[("a", "1"), ("a", "2")]).await), "InvalidTag");
    assert_eq!(code(set("a", &[(&"k".repeat(129), "")]).await), "InvalidTag");
    assert_eq!(code(set("a", &[("k", &"v".repeat(257))]).await), "InvalidTag");
}
