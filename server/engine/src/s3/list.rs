//! One page of a listing, checked: a page that cannot be trusted is an error, never a shorter listing. How many keys a page
//! says it holds is judged in [`super::key_count`].

use std::time::Duration;

use aws_sdk_s3::{
    operation::list_objects_v2::ListObjectsV2Output,
    types::{EncodingType, Object, ObjectStorageClass},
};
use model::{Attributes, BucketName, Key, Prefix, Time};

use super::{
    Action, ETag, S3Client,
    classify::Context,
    encoding::listed_key,
    error::{Failed, S3Error},
    key_count::SamePage,
    list_v1::{looks_like_v1, refuses_version},
    odd_key::{OddKey, is_odd, stand_in},
};

/// Time limit of a page: some stores look at millions of deleted keys first.
const LIMIT: Duration = Duration::from_mins(5);

/// Keys asked for at once: the most that S3 answers.
const MOST: i32 = 1_000;

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

impl Listed {
    /// What a selection may look at, beside the key.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes { modified: self.modified, size: self.size, class: self.class.as_deref() }
    }
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
    /// Those whose keys are none, in the same order. They cost a failure each, not the listing.
    pub odd: Vec<OddKey>,
    /// `None` after the last page.
    pub next: Option<Start>,
}

impl S3Client {
    pub(crate) async fn page(&self, bucket: &BucketName, prefix: &Prefix, from: &Start) -> Result<ListPage, Failed> {
        self.page_in(Order::Bytes, bucket, prefix, from).await
    }

    pub(crate) async fn page_in(
        &self,
        order: Order,
        bucket: &BucketName,
        prefix: &Prefix,
        from: &Start,
    ) -> Result<ListPage, Failed> {
        self.page_of(MOST, Some(&SamePage::default()), order, bucket, prefix, from).await
    }

    /// A page of at most so many keys; without `before` it may hold fewer than it says.
    pub(super) async fn page_of(
        &self,
        most: i32,
        before: Option<&SamePage>,
        order: Order,
        bucket: &BucketName,
        prefix: &Prefix,
        from: &Start,
    ) -> Result<ListPage, Failed> {
        let context = self.context(Action::List, Some(bucket));
        let request = || async {
            let page = self.either_page(&context, most, bucket, prefix, from).await?;
            let keys = page.contents().iter().map(|object| object.key().unwrap_or_default());
            if before.is_some_and(|before| !self.key_counts.holds_all(page.key_count(), keys, most, before)) {
                return Err(context.unclear("the page holds fewer keys than it says"));
            }
            checked(&context, page, prefix, from, order)
        };
        self.retry.send(&context, LIMIT, request).await
    }

    /// A page as the store answers it, by the version of the request that it knows. One attempt.
    async fn either_page(
        &self,
        context: &Context,
        most: i32,
        bucket: &BucketName,
        prefix: &Prefix,
        from: &Start,
    ) -> Result<ListObjectsV2Output, S3Error> {
        if self.only_v1.is_known() {
            match self.page_by_v1(context, most, bucket, prefix, from).await {
                Err(error) if refuses_version(&error) => self.only_v1.note(false),
                page => return page,
            }
        }
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
        let refused = match request.send().await.map_err(|error| context.classify(&error)) {
            Ok(page) if looks_like_v1(&page, from) => None,
            Err(error) if refuses_version(&error) => Some(error),
            answer => return answer,
        };
        let page = self.page_by_v1(context, most, bucket, prefix, from).await;
        self.only_v1.note(page.is_ok());
        page.map_err(|error| refused.unwrap_or(error))
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
    let (mut last, mut floor) = match from {
        Start::Key(after) => (None, after.clone().map(String::into_bytes)),
        Start::Token { last, .. } => (last.clone(), last.as_ref().map(|last| last.as_str().into())),
    };
    let (mut listed, mut odd) = (Vec::with_capacity(objects.len()), Vec::new());
    for object in objects {
        let (bytes, object) = one(context, object, encoded, last.as_ref())?;
        if !bytes.starts_with(prefix.as_str().as_bytes()) {
            let key = String::from_utf8_lossy(&bytes);
            return Err(context.listing(&format!("{key:?} does not start with the prefix"), last.as_ref()));
        }
        if order == Order::Bytes && floor.as_ref().is_some_and(|floor| bytes <= *floor) {
            return Err(context.unordered(&object.key, last.as_ref()));
        }
        if is_odd(&object.key) {
            odd.push(OddKey::not_a_key(bytes.clone(), object));
        } else {
            last = Some(object.key.clone());
            listed.push(object);
        }
        floor = Some(bytes);
    }
    let next = match (truncated, token) {
        (false, _) => None,
        (true, None) => return Err(context.listing("a page says that more follows, but not where", last.as_ref())),
        (true, Some(token)) => {
            if listed.is_empty()
                && odd.is_empty()
                && matches!(from, Start::Token { token: before, .. } if *before == token)
            {
                return Err(context.listing("an empty page leads to itself", last.as_ref()));
            }
            Some(Start::Token { token, last })
        }
    };
    Ok(ListPage { objects: listed, odd, next })
}

/// The bytes of an object's key, and the object, with a stand-in if they are not a key.
fn one(context: &Context, object: Object, encoded: bool, last: Option<&Key>) -> Result<(Vec<u8>, Listed), S3Error> {
    let text = object.key.unwrap_or_default();
    let bytes = if encoded { listed_key(&text) } else { text.into_bytes() };
    let key = String::from_utf8(bytes.clone()).ok().and_then(|key| Key::try_from(key).ok());
    let key = key.or_else(|| stand_in(&bytes)).ok_or_else(|| context.listing("an object without a key", last))?;
    let size = object.size.and_then(|size| u64::try_from(size).ok());
    let object = Listed {
        size: size.ok_or_else(|| context.listing(&format!("{key} has no size"), last))?,
        etag: object.e_tag.as_deref().and_then(ETag::parse),
        modified: object.last_modified.and_then(|at| at.to_millis().ok()).map(Time).unwrap_or_default(),
        class: object.storage_class.as_ref().map(ObjectStorageClass::as_str).and_then(unusual),
        key,
    };
    Ok((bytes, object))
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
    fn keys_that_are_none_keep_their_place_and_no_other_from_its() {
        let page = check(page(&["a", "b%FF", "c"]).build(), &Start::Key(None)).unwrap();
        assert_eq!((page.objects.len(), page.odd.len()), (2, 1));
        assert_eq!(page.odd[0].bytes, b"b\xFF");
        assert!(refused(self::page(&["b%FF", "a"]).build(), &Start::Key(None)).contains("out of order"));
    }

    #[test]
    fn wrong_count_of_keys_does_not_matter() {
        assert_eq!(check(page(&["a"]).key_count(2).build(), &Start::Key(None)).unwrap().objects.len(), 1);
    }

    #[test]
    fn page_that_does_not_say_whether_it_is_the_last_is_an_error() {
        assert!(refused(page(&["a"]).set_is_truncated(None).build(), &Start::Key(None)).contains("the last"));
    }
}
