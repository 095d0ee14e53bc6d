//! Refuses clones that must not start, before anything is written.

use model::{CloneSpec, Key, Location, Mode, ObjectLock, UnreadableTags};

use super::{CloneError, mover::Mover};
use crate::s3::{S3Client, S3Error};

/// Fails with the reason if a clone must not start: same place, destination inside the source, missing bucket, no
/// permission.
pub async fn check(spec: &CloneSpec, source: &S3Client, destination: &S3Client) -> Result<(), CloneError> {
    apart(spec, source, destination)?;
    mover(spec, source, destination)?;
    let (source, destination) = (source.hasty(), destination.hasty());
    if spec.selection.keys_from.is_some() {
        return exist(&[(&source, &spec.source), (&destination, &spec.destination)]).await;
    }
    named(spec, &source).await?;
    let (first, there) = tokio::join!(
        source.peek(&spec.source.bucket, &spec.source.prefix, 1),
        destination.peek(&spec.destination.bucket, &spec.destination.prefix, 1),
    );
    let (first, _) = (first?, there?);
    if spec.fidelity.object_lock == ObjectLock::Copy && spec.mode != Mode::Verify {
        destination.can_lock(&spec.destination.bucket).await?;
    }
    // A key that is not chosen may be forbidden, and be excluded for that very reason.
    let chosen = |key: &&Key| {
        key.as_str().strip_prefix(spec.source.prefix.as_str()).is_some_and(|rest| spec.selection.names(rest))
    };
    let (Mode::Copy | Mode::Mirror, Some(key)) = (spec.mode, first.first().filter(chosen)) else { return Ok(()) };
    match source.head(&spec.source.bucket, key).await.map_err(S3Error::from) {
        // Deleted since it was listed, or an error of this one object: the run will report it.
        Err(error) if error.fatal() || error.denied() => return Err(error.into()),
        _ => {}
    }
    if spec.fidelity.object_lock == ObjectLock::Copy {
        source.tells_locks(&spec.source.bucket, key).await?;
    }
    check_tags(spec, &source, &destination, key).await
}

/// Fails if objects are streamed, must keep their tags, and the tags of this one may not be read.
pub(super) async fn check_tags(
    spec: &CloneSpec,
    source: &S3Client,
    destination: &S3Client,
    key: &Key,
) -> Result<(), CloneError> {
    let streams = mover(spec, source, destination)?.streams();
    if !streams || spec.mode == Mode::Verify || spec.fidelity.unreadable_tags != UnreadableTags::Fail {
        return Ok(());
    }
    source.tells_tags(&spec.source.bucket, key).await.map_err(|error| CloneError::TagsUnknown { error })
}

/// Returns the [`Mover`] of the clone. Fails if only the store may copy, and no one credential reaches both ends.
pub(super) fn mover(spec: &CloneSpec, source: &S3Client, destination: &S3Client) -> Result<Mover, CloneError> {
    let mover = Mover::new(spec.fidelity.copy_by, source.endpoint().one_credential(destination.endpoint()));
    if mover.lacks_credential() && spec.mode != Mode::Verify { Err(CloneError::NoCopyByStore) } else { Ok(mover) }
}

/// Fails if a bucket does not exist, or its store does not answer. A clone of named keys lists nothing, and need not be
/// allowed to.
async fn exist(places: &[(&S3Client, &Location)]) -> Result<(), CloneError> {
    for (store, place) in places {
        match store.peek(&place.bucket, &place.prefix, 1).await {
            Err(error) if !error.denied() => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Fails if the source's prefix is the key of an object, and its copy would be called like a folder, or not at all. A
/// source that does not answer is the concern of others.
pub(super) async fn named(spec: &CloneSpec, source: &S3Client) -> Result<(), CloneError> {
    let (from, to) = (&spec.source, &spec.destination);
    let folder = |prefix: &str| prefix.is_empty() || prefix.ends_with('/');
    let Ok(key) = from.prefix.as_str().parse::<Key>() else { return Ok(()) };
    if folder(key.as_str()) || !folder(to.prefix.as_str()) || !spec.selection.names("") {
        return Ok(());
    }
    if source.head(&from.bucket, &key).await.is_err() {
        return Ok(());
    }
    let name = key.as_str().rsplit('/').next().unwrap_or_default();
    Err(CloneError::NamedLikeFolder {
        copy: to.prefix.to_string(),
        right: format!("{}/{}{name}", to.bucket, to.prefix),
        key,
    })
}

/// Fails if source and destination overlap: a copy into its own source would list its copies, one over its source would
/// read what it wrote.
pub(super) fn apart(spec: &CloneSpec, source: &S3Client, destination: &S3Client) -> Result<(), CloneError> {
    let (from, to) = (&spec.source, &spec.destination);
    if from.bucket != to.bucket || !source.endpoint().same_service(destination.endpoint()) {
        return Ok(());
    }
    let (inner, outer) = (from.prefix.as_str(), to.prefix.as_str());
    if inner == outer {
        Err(CloneError::SamePlace { place: Box::new(from.clone()) })
    } else if inner.starts_with(outer) || outer.starts_with(inner) {
        Err(CloneError::Overlap { source_place: Box::new(from.clone()), destination: Box::new(to.clone()) })
    } else {
        Ok(())
    }
}
