//! One page of a listing, checked: a page that cannot be trusted is an error, never a shorter listing.

use std::time::Duration;

use aws_sdk_s3::{
    operation::list_objects_v2::ListObjectsV2Output,
    types::{EncodingType, Object, ObjectStorageClass},
};
use model::{BucketName, Key, Prefix, Time};

use super::{
    Action, ETag, S3Client,
    classify::Context,
    encoding::listed_key,
    error::{Failed, S3Error},
};

/// Time limit of a page: some stores look at millions of deleted keys first.
const LIMIT: Duration = Duration::from_mins(5);

/// An object as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub key: Key,
    pub size: u64,
    /// `None` at stores that list none.
    pub etag: Option<ETag>,
    pub modified: Time,
    /// `None`: the standard class.
    pub class: Option<String>,
}

/// Where a listing continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// After a key that need not exist; `None`: at the start.
    Key(Option<String>),
    /// By the token of the page before, which ended with this key.
    Token { token: String, last: Option<Key> },
}

/// Order in which a store lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The order of the keys' bytes, as at S3.
    Bytes,
    /// An order of its own: the listing must be sorted.
    Any,
}

pub(crate) struct ListPage {
    pub objects: Vec<Listed>,
    /// `None` after the last page.
    pub next: Option<Start>,
}

impl S3Client {
    pub(crate) async fn page(&self, bucket: &BucketName, prefix: &Prefix, from: &Start) -> Result<ListPage, Failed> {
        self.page_in(Order::Bytes, bucket, prefix, from, 1_000).await
    }

    pub(crate) async fn page_in(
        &self,
        order: Order,
        bucket: &BucketName,
        prefix: &Prefix,
        from: &Start,
        most: i32,
    ) -> Result<ListPage, Failed> {
        let context = self.context(Action::List, Some(bucket));
        let request = || async {
            let mut request = self
                .client
                .list_objects_v2()
                .bucket(bucket.as_str())
                .encoding_type(EncodingType::Url)
                .max_keys(most)
                .set_prefix(Some(prefix.as_str().to_owned()).filter(|prefix| !prefix.is_empty()));
            request = match from {
                Start::Key(after) => request.set_start_after(after.clone()),
                Start::Token { token, .. } => request.continuation_token(token),
            };
            let page = request.send().await.map_err(|error| context.classify(&error))?;
            checked(&context, page, prefix, from, order)
        };
        self.retry.send(&context, LIMIT, request).await
    }
}

fn checked(
    context: &Context,
    page: ListObjectsV2Output,
    prefix: &Prefix,
    from: &Start,
    order: Order,
) -> Result<ListPage, S3Error> {
    let encoded = page.encoding_type() == Some(&EncodingType::Url);
    let Some(truncated) = page.is_truncated() else {
        return Err(context.unclear("the page does not say whether it is the last"));
    };
    let token = page.next_continuation_token().map(str::to_owned).filter(|token| !token.is_empty());
    let objects = page.contents.unwrap_or_default();
    if page.key_count.is_some_and(|count| usize::try_from(count) != Ok(objects.len())) {
        return Err(context.unclear("the page holds another number of keys than it says"));
    }
    let (mut last, mut floor) = match from {
        Start::Key(after) => (None, after.clone()),
        Start::Token { last, .. } => (last.clone(), last.as_ref().map(ToString::to_string)),
    };
    let mut listed = Vec::with_capacity(objects.len());
    for object in objects {
        let object = one(context, object, encoded, last.as_ref())?;
        let key = object.key.as_str();
        if !key.starts_with(prefix.as_str()) {
            return Err(context.listing(&format!("{key:?} does not start with the prefix"), last.as_ref()));
        }
        if order == Order::Bytes && floor.as_deref().is_some_and(|floor| key <= floor) {
            return Err(context.unordered(&object.key, last.as_ref()));
        }
        floor = Some(key.to_owned());
        last = Some(object.key.clone());
        listed.push(object);
    }
    let next = match (truncated, token) {
        (false, _) => None,
        (true, None) => return Err(context.listing("a page says that more follows, but not where", last.as_ref())),
        (true, Some(token)) => {
            if listed.is_empty() && matches!(from, Start::Token { token: before, .. } if *before == token) {
                return Err(context.listing("an empty page leads to itself", last.as_ref()));
            }
            Some(Start::Token { token, last })
        }
    };
    Ok(ListPage { objects: listed, next })
}

fn one(context: &Context, object: Object, encoded: bool, last: Option<&Key>) -> Result<Listed, S3Error> {
    let text = object.key.ok_or_else(|| context.listing("an object without a key", last))?;
    let key = if encoded { listed_key(&text) } else { Some(text.clone()) };
    let key = key
        .and_then(|key| Key::try_from(key).ok())
        .ok_or_else(|| context.listing(&format!("{text:?} is not a key"), last))?;
    let size = object.size.and_then(|size| u64::try_from(size).ok());
    Ok(Listed {
        size: size.ok_or_else(|| context.listing(&format!("{key} has no size"), last))?,
        etag: object.e_tag.as_deref().and_then(ETag::parse),
        modified: object.last_modified.and_then(|at| at.to_millis().ok()).map(Time).unwrap_or_default(),
        class: object.storage_class.as_ref().map(ObjectStorageClass::as_str).and_then(unusual),
        key,
    })
}

/// The storage class unless it is the standard one.
pub(super) fn unusual(class: &str) -> Option<String> {
    (!class.is_empty() && class != "STANDARD").then(|| class.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::S3Fault;

    fn page(keys: &[&str]) -> aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2OutputBuilder {
        let objects = keys.iter().map(|key| Object::builder().key(*key).size(1).build()).collect();
        ListObjectsV2Output::builder().is_truncated(false).set_contents(Some(objects)).encoding_type(EncodingType::Url)
    }

    fn check(page: ListObjectsV2Output, from: &Start) -> Result<ListPage, S3Fault> {
        let prefix = Prefix::default();
        checked(&Context::for_tests(), page, &prefix, from, Order::Bytes).map_err(|error| error.fault().clone())
    }

    fn refused(page: ListObjectsV2Output, from: &Start) -> String {
        check(page, from).err().expect("must be refused").to_string()
    }

    #[test]
    fn keys_are_decoded() {
        let page = check(page(&["a+b", "b%2Bc"]).build(), &Start::Key(None)).unwrap();
        let keys: Vec<_> = page.objects.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(keys, ["a b", "b+c"]);
    }

    #[test]
    fn page_out_of_order_is_an_error() {
        assert!(refused(page(&["b", "a"]).build(), &Start::Key(None)).contains("out of order"));
        assert!(refused(page(&["a", "a"]).build(), &Start::Key(None)).contains("listed twice"));
    }

    #[test]
    fn repeated_page_is_an_error() {
        let from = Start::Token { token: "2".into(), last: Some("b".parse().unwrap()) };
        assert!(refused(page(&["a", "b"]).build(), &from).contains("listed twice"));
    }

    #[test]
    fn truncated_page_without_continuation_is_an_error() {
        assert!(refused(page(&["a"]).is_truncated(true).build(), &Start::Key(None)).contains("not where"));
        let from = Start::Token { token: "2".into(), last: None };
        let itself = page(&[]).is_truncated(true).next_continuation_token("2").build();
        assert!(refused(itself, &from).contains("itself"));
    }

    #[test]
    fn page_with_too_few_keys_is_an_error() {
        assert!(refused(page(&["a"]).key_count(2).build(), &Start::Key(None)).contains("number of keys"));
        assert!(refused(page(&["a"]).set_is_truncated(None).build(), &Start::Key(None)).contains("the last"));
    }
}
