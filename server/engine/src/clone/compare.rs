//! Whether two objects are equal: one rule for skipping, for proving and for previewing. No verdict is stronger than what
//! it rests on.
//!
//! 1. Another size: different.
//! 2. The same ETag, in the form of a digest: equal.
//! 3. On record as a copy whose bytes were digested on their way, with the digest that both ends tell: equal.
//! 4. Otherwise a HEAD of both decides, since an ETag may be missing, depend on how the object was uploaded, or come from
//!    an encryption key. Checksums of the same kind are compared; then two ETags that are MD5s of their contents. A record
//!    never outvotes them.
//! 5. If the clone compares contents, both objects are read and compared byte by byte.
//! 6. On record as a copy of which nothing but the writing is known: *unverified*.
//! 7. Else nothing decides, and it is *unproven*: copied again, or reported where nothing may be written. Neither a size
//!    nor a time proves anything, and what cannot be read is unproven, too.
//!
//! If metadata is compared too, a HEAD of both follows for objects of equal content. The storage class counts only there,
//! and only if the source names one: rules at the destination move objects to other classes.

use bytes::Bytes;
use model::{Compare, UnreadableTags};

use super::endpoints::Endpoints;
use crate::s3::{ETag, Evidence, Failed, Head, Listed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The same size and ETag, or the same checksum.
    Equal,
    /// The bytes were digested when they were copied, and both ends told the same digest.
    EqualByDigest,
    /// Both were read, and are the same byte by byte.
    EqualByContent,
    /// On record as a copy of this version; nothing compared its content.
    Unverified,
    /// The same size, and nothing else to compare.
    Unproven,
    Different,
    /// Equal content with other metadata, content headers, storage class or tags.
    CarriesOther,
}

impl Verdict {
    pub fn equal(self) -> bool {
        matches!(self, Self::Equal | Self::EqualByDigest | Self::EqualByContent)
    }

    /// Whether another copy would add nothing.
    pub fn settled(self) -> bool {
        self.equal() || self == Self::Unverified
    }
}

/// Decides by size and ETag of the listings; `None` if only further requests can decide.
pub(super) fn by_listing(source: &Listed, destination: &Listed) -> Option<Verdict> {
    if source.size != destination.size {
        return Some(Verdict::Different);
    }
    let digest = source.etag.as_ref().filter(|etag| etag.has_form_of_digest());
    (digest.is_some() && digest == destination.etag.as_ref()).then_some(Verdict::Equal)
}

/// Guesses from the listings alone whether two objects are equal. Only previews use it: they send no request per object.
pub(super) fn by_form(source: &Listed, destination: &Listed) -> Verdict {
    let is_md5 = |object: &Listed| object.etag.as_ref().is_some_and(ETag::has_form_of_md5);
    by_listing(source, destination)
        .unwrap_or_else(|| if is_md5(source) && is_md5(destination) { Verdict::Different } else { Verdict::Unproven })
}

/// Compares the checksums that both objects have. Checksums of parts differ for equal contents that were cut differently, so
/// they can prove that two objects are equal, but not that they are different.
fn by_checksum(source: &Head, destination: &Head) -> Option<Verdict> {
    let pairs = source.checksums.iter().flat_map(|left| destination.checksums.iter().map(move |right| (left, right)));
    let same_kind: Vec<_> =
        pairs.filter(|(left, right)| left.kind == right.kind && left.of_parts == right.of_parts).collect();
    if same_kind.iter().any(|(left, right)| left.value != right.value && !left.of_parts) {
        return Some(Verdict::Different);
    }
    same_kind.iter().any(|(left, right)| left.value == right.value).then_some(Verdict::Equal)
}

fn by_heads(source: &Head, destination: &Head) -> Option<Verdict> {
    by_listing(&source.object, &destination.object).or_else(|| by_checksum(source, destination)).or_else(|| {
        let digests = !source.etag_is_opaque && !destination.etag_is_opaque;
        (digests && by_form(&source.object, &destination.object) == Verdict::Different).then_some(Verdict::Different)
    })
}

impl Endpoints {
    /// Decides by the listings and by digests on record; `None` if only further requests can decide.
    pub fn verdict_without_requests(&self, source: &Listed, destination: &Listed) -> Option<Verdict> {
        let verdict = self.content_without_requests(source, destination)?;
        (verdict == Verdict::Different || self.spec.fidelity.compare != Compare::Metadata).then_some(verdict)
    }

    fn content_without_requests(&self, source: &Listed, destination: &Listed) -> Option<Verdict> {
        by_listing(source, destination).or_else(|| {
            let digested = self.records.evidence(source, destination) == Some(Evidence::Digest);
            digested.then_some(Verdict::EqualByDigest)
        })
    }

    /// Applies all rules, with the requests that they need. A request that fails decides nothing.
    pub async fn compare(&self, source: &Listed, destination: &Listed) -> Verdict {
        if let Some(verdict) = self.verdict_without_requests(source, destination) {
            return verdict;
        }
        let heads = tokio::try_join!(
            self.source.head(&self.spec.source.bucket, &source.key),
            self.destination.head(&self.spec.destination.bucket, &destination.key)
        );
        let Ok((there, here)) = heads else { return Verdict::Unproven };
        let proven = self.content_without_requests(source, destination).or_else(|| by_heads(&there, &here));
        let verdict = match proven {
            Some(verdict) => verdict,
            None => self.compare_further(&there.object, &here.object).await,
        };
        if self.spec.fidelity.compare != Compare::Metadata || !verdict.settled() {
            return verdict;
        }
        match self.carry_the_same(&there, &here).await {
            Some(true) => verdict,
            Some(false) => Verdict::CarriesOther,
            None => Verdict::Unproven,
        }
    }

    /// Decides about two objects that no digest tells apart: reads both if the clone compares contents, else looks for a
    /// record of the copy.
    async fn compare_further(&self, source: &Listed, destination: &Listed) -> Verdict {
        if self.spec.fidelity.compare == Compare::Content {
            return match self.same_content(source, destination).await {
                Ok(true) => Verdict::EqualByContent,
                Ok(false) => Verdict::Different,
                Err(error) => {
                    tracing::debug!(%error, key = %source.key, "content not compared");
                    Verdict::Unproven
                }
            };
        }
        self.records.evidence(source, destination).map_or(Verdict::Unproven, |_| Verdict::Unverified)
    }

    /// Reads both objects, each on condition that it is still this version, and compares them byte by byte.
    async fn same_content(&self, source: &Listed, destination: &Listed) -> Result<bool, Failed> {
        let (mut there, mut here) = tokio::try_join!(
            self.source.read(&self.spec.source.bucket, source),
            self.destination.read(&self.spec.destination.bucket, destination)
        )?;
        let (mut left, mut right) = (Bytes::new(), Bytes::new());
        loop {
            if left.is_empty() {
                left = there.next().await?.unwrap_or_default();
            }
            if right.is_empty() {
                right = here.next().await?.unwrap_or_default();
            }
            let length = left.len().min(right.len());
            if length == 0 {
                return Ok(left.is_empty() && right.is_empty());
            }
            if left.split_to(length) != right.split_to(length) {
                return Ok(false);
            }
        }
    }

    /// Whether the destination has the metadata, headers and class that this clone gives to copies.
    fn carries_metadata(&self, source: &Head, destination: &Head) -> bool {
        let fidelity = &self.spec.fidelity;
        let asked = source.metadata.clone().changed_by(fidelity);
        let fallback = fidelity.storage_class_fallback.class();
        asked.same_as(&destination.metadata)
            || fallback.is_some_and(|class| asked.with_class(class).same_as(&destination.metadata))
    }

    /// Whether metadata, headers, class and tags are equal; `None`: the tags cannot be read. Tags of which one side cannot be
    /// read do not count if the clone allows copies without them.
    async fn carry_the_same(&self, source: &Head, destination: &Head) -> Option<bool> {
        // A store that copies by itself loses them, unless they are asked for.
        let carried = self.spec.fidelity.website_redirects || self.mover.streams();
        let redirects = !carried || source.redirect == destination.redirect;
        if !redirects || !self.carries_metadata(source, destination) {
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
        assert_eq!(by_listing(&object(1, "65e8f0a2-1c8", 0), &object(1, "65e8f0a2-1c8", 0)), None, "a time and a size");
    }

    fn checked(kind: &str, value: &str) -> Head {
        let (kind, of_parts) = (kind.into(), value.contains('-'));
        Head { checksums: vec![Checksum { kind, value: value.to_owned(), of_parts }], ..Head::of(object(1, "", 0)) }
    }

    #[test]
    fn checksums_of_the_same_kind_decide() {
        assert_eq!(by_checksum(&checked("CRC32", "a"), &checked("CRC32", "a")), Some(Verdict::Equal));
        assert_eq!(by_checksum(&checked("CRC32", "a"), &checked("CRC32", "b")), Some(Verdict::Different));
        assert_eq!(by_checksum(&checked("CRC32", "a"), &checked("SHA1", "a")), None);
    }

    #[test]
    fn checksums_of_parts_prove_only_equality() {
        assert_eq!(by_checksum(&checked("SHA1", "a-2"), &checked("SHA1", "a-2")), Some(Verdict::Equal));
        assert_eq!(by_checksum(&checked("SHA1", "a-2"), &checked("SHA1", "b-3")), None);
        assert_eq!(by_checksum(&checked("SHA1", "a-2"), &checked("SHA1", "a")), None);
    }

    #[test]
    fn encrypted_etags_do_not_make_a_copy_different() {
        let head = |etag: &str, etag_is_opaque: bool| Head { etag_is_opaque, ..Head::of(object(1, etag, 0)) };
        assert_eq!(by_listing(&object(1, ONE, 0), &object(1, TWO, 9)), None);
        assert_eq!(by_heads(&head(ONE, true), &head(TWO, true)), None);
        assert_eq!(by_heads(&head(ONE, false), &head(TWO, true)), None);
        assert_eq!(by_heads(&head(ONE, false), &head(TWO, false)), Some(Verdict::Different));
    }

    #[test]
    fn neither_size_nor_time_decides() {
        for modified in [0, 9_000] {
            assert_eq!(by_form(&object(1, "", 5_000), &object(1, "", modified)), Verdict::Unproven);
        }
    }
}
