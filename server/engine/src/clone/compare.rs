//! Whether two objects are equal: one rule for skipping, for proving and for previewing.
//!
//! 1. Another size: different.
//! 2. The same ETag: equal.
//! 3. Both are, by their ETags, a version that this run has read and what it made of it: equal by record.
//! 4. Otherwise a HEAD of both decides, since an ETag may be missing, depend on how the object was uploaded, or come from
//!    an encryption key. Checksums of the whole content and of the same kind are compared.
//! 5. With none in common, two ETags that are MD5s of their contents: different. So is a destination older than the
//!    source (in whole seconds, as some stores keep no finer time).
//! 6. Else nothing decides, and it is *unproven*: copied again, after which rule 3 applies, or reported where nothing may
//!    be written. A size alone proves nothing.
//!
//! If metadata is compared too, a HEAD of both follows for objects of equal content. The storage class counts only there,
//! and only if the source names one: rules at the destination move objects to other classes.

use model::{Compare, UnreadableTags};

use super::endpoints::Endpoints;
use crate::s3::{ETag, Head, Listed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The same size and ETag, or the same checksum of the whole content.
    Equal,
    /// This run copied this version of the source, and got this version.
    EqualByRecord,
    /// The same size, written at the destination after the source, and nothing else to compare.
    Unproven,
    Different,
    /// Equal content with other metadata, content headers, storage class or tags.
    CarriesOther,
}

impl Verdict {
    pub fn equal(self) -> bool {
        matches!(self, Self::Equal | Self::EqualByRecord)
    }
}

/// What the listings prove; `None`: requests must decide.
pub(super) fn by_listing(source: &Listed, destination: &Listed) -> Option<Verdict> {
    if source.size != destination.size {
        return Some(Verdict::Different);
    }
    (source.etag.is_some() && source.etag == destination.etag).then_some(Verdict::Equal)
}

/// What the listings make likely, where requests are too many or failed.
pub(super) fn by_form(source: &Listed, destination: &Listed) -> Verdict {
    by_listing(source, destination).unwrap_or_else(|| {
        if is_md5(source) && is_md5(destination) { Verdict::Different } else { by_size(source, destination) }
    })
}

fn is_md5(object: &Listed) -> bool {
    object.etag.as_ref().is_some_and(ETag::has_form_of_md5)
}

fn by_size(source: &Listed, destination: &Listed) -> Verdict {
    let seconds = |object: &Listed| object.modified.0.div_euclid(1_000);
    if source.size == destination.size && seconds(destination) >= seconds(source) {
        Verdict::Unproven
    } else {
        Verdict::Different
    }
}

fn by_checksum(source: &Head, destination: &Head) -> Option<Verdict> {
    let pairs = source.checksums.iter().flat_map(|left| destination.checksums.iter().map(move |right| (left, right)));
    let mut same_kind = pairs.filter(|(left, right)| left.kind == right.kind).peekable();
    same_kind.peek()?;
    let equal = source.object.size == destination.object.size && same_kind.all(|(left, right)| left == right);
    Some(if equal { Verdict::Equal } else { Verdict::Different })
}

fn by_heads(source: &Head, destination: &Head) -> Verdict {
    by_checksum(source, destination).unwrap_or_else(|| {
        if source.etag_is_opaque || destination.etag_is_opaque {
            by_size(&source.object, &destination.object)
        } else {
            by_form(&source.object, &destination.object)
        }
    })
}

impl Endpoints {
    /// What the listings and this run's own records prove; `None`: requests must decide.
    pub fn verdict_without_requests(&self, source: &Listed, destination: &Listed) -> Option<Verdict> {
        let verdict = self.content_without_requests(source, destination)?;
        (verdict == Verdict::Different || self.spec.fidelity.compare == Compare::Listing).then_some(verdict)
    }

    fn content_without_requests(&self, source: &Listed, destination: &Listed) -> Option<Verdict> {
        let recorded = || self.records.prove(source, destination).then_some(Verdict::EqualByRecord);
        by_listing(source, destination).or_else(recorded)
    }

    /// Applies all rules, with a HEAD of both where they need it. A HEAD that fails decides nothing.
    pub async fn compare(&self, source: &Listed, destination: &Listed) -> Verdict {
        if let Some(verdict) = self.verdict_without_requests(source, destination) {
            return verdict;
        }
        let heads = tokio::try_join!(
            self.source.head(&self.spec.source.bucket, &source.key),
            self.destination.head(&self.spec.destination.bucket, &destination.key)
        );
        let deep = self.spec.fidelity.compare == Compare::Metadata;
        let Ok((there, here)) = heads else {
            return if deep { Verdict::Unproven } else { by_form(source, destination) };
        };
        let verdict = self.content_without_requests(source, destination).unwrap_or_else(|| by_heads(&there, &here));
        if !deep || !verdict.equal() {
            return verdict;
        }
        match self.carry_the_same(&there, &here).await {
            Some(true) => verdict,
            Some(false) => Verdict::CarriesOther,
            None => Verdict::Unproven,
        }
    }

    /// Whether metadata, headers, class and tags are equal; `None`: the tags cannot be read. Tags of which one side cannot be
    /// read do not count if the clone allows copies without them.
    async fn carry_the_same(&self, source: &Head, destination: &Head) -> Option<bool> {
        // A store that copies by itself loses them, unless they are asked for.
        let carried = self.spec.fidelity.website_redirects || !self.one_credential;
        let redirects = !carried || source.redirect == destination.redirect;
        if !redirects || !source.metadata.same_as(&destination.metadata) {
            return Some(false);
        }
        let strict = self.spec.fidelity.unreadable_tags == UnreadableTags::Fail;
        if strict && source.tags != destination.tags {
            return Some(false);
        }
        if source.tags == 0 && destination.tags == 0 {
            return Some(true);
        }
        let tags = tokio::try_join!(
            self.source.tags_to_compare(&self.spec.source.bucket, &source.object.key),
            self.destination.tags_to_compare(&self.spec.destination.bucket, &destination.object.key)
        );
        tags.ok().map(|(there, here)| there.zip(here).is_none_or(|(there, here)| there == here))
    }
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;
    use crate::s3::Checksum;

    fn object(size: u64, etag: &str, modified: i64) -> Listed {
        Listed { key: "k".parse().unwrap(), size, etag: ETag::parse(etag), modified: Time(modified), class: None }
    }

    const ONE: &str = "9e107d9d372bb6826bd81d3542a419d6";
    const TWO: &str = "e4d909c290d0fb1ca068ffaddf22cbd0";

    #[test]
    fn sizes_then_etags_decide_before_times() {
        assert_eq!(by_listing(&object(1, ONE, 9), &object(2, ONE, 0)), Some(Verdict::Different));
        assert_eq!(by_listing(&object(1, ONE, 9), &object(1, ONE, 0)), Some(Verdict::Equal));
        assert_eq!(by_form(&object(1, ONE, 0), &object(1, TWO, 9)), Verdict::Different);
    }

    #[test]
    fn other_etags_decide_only_if_equal() {
        let parts = format!("{ONE}-2");
        assert_eq!(by_listing(&object(1, &parts, 0), &object(1, ONE, 0)), None);
        assert_eq!(by_listing(&object(1, &parts, 0), &object(1, &parts, 0)), Some(Verdict::Equal));
        assert_eq!(by_listing(&object(1, "", 0), &object(1, "", 0)), None);
    }

    #[test]
    fn checksums_of_the_same_kind_decide() {
        let head = |kind: &'static str, value: &str| Head {
            checksums: vec![Checksum { kind, value: value.to_owned() }],
            ..Head::of(object(1, "", 0))
        };
        assert_eq!(by_checksum(&head("CRC32", "a"), &head("CRC32", "a")), Some(Verdict::Equal));
        assert_eq!(by_checksum(&head("CRC32", "a"), &head("CRC32", "b")), Some(Verdict::Different));
        assert_eq!(by_checksum(&head("CRC32", "a"), &head("SHA1", "a")), None);
    }

    #[test]
    fn encrypted_etags_do_not_make_a_copy_different() {
        let head = |etag: &str, modified: i64, etag_is_opaque: bool| Head {
            etag_is_opaque,
            ..Head::of(object(1, etag, modified))
        };
        assert_eq!(by_listing(&object(1, ONE, 0), &object(1, TWO, 9)), None);
        assert_eq!(by_heads(&head(ONE, 0, true), &head(TWO, 9_000, true)), Verdict::Unproven);
        assert_eq!(by_heads(&head(ONE, 9_000, false), &head(TWO, 0, true)), Verdict::Different);
        assert_eq!(by_heads(&head(ONE, 0, false), &head(TWO, 9_000, false)), Verdict::Different);
    }

    #[test]
    fn equal_size_is_unproven_and_older_copy_different() {
        assert_eq!(by_size(&object(1, "", 5_900), &object(1, "", 5_000)), Verdict::Unproven);
        assert_eq!(by_size(&object(1, "", 6_000), &object(1, "", 5_999)), Verdict::Different);
        assert_eq!(by_size(&object(1, "", 0), &object(2, "", 9)), Verdict::Different);
    }
}
