//! Why a clone does not start or cannot go on. What concerns one object is a [`model::Failure`] instead.

use model::{Invalid, Key, Location};

use crate::{
    listing::DualListingError,
    s3::{S3Error, S3Fault},
};

#[derive(Debug, thiserror::Error)]
pub enum CloneError {
    /// Asked to stop by the token; the tracker holds the checkpoint.
    #[error("stopped")]
    Stopped,
    #[error("source and destination are the same place: {place} at store {}", place.store)]
    SamePlace { place: Box<Location> },
    /// Within one bucket, where the copies would appear in the source's listing, or cover it.
    #[error("source {source_place} and destination {destination} at store {} lie within each other", destination.store)]
    Overlap { source_place: Box<Location>, destination: Box<Location> },
    /// The source's prefix is the key of one object, but the destination's prefix names a folder.
    #[error(
        "the source's prefix {:?} is the key of an object, whose copy would get the key {copy:?}: for that object the \
         destination is s3://{right}", .key.as_str()
    )]
    NamedLikeFolder { key: Key, copy: String, right: String },
    /// The clone may only be made by the store, which cannot reach both ends with one credential.
    #[error(
        "the copies are to be made by the store, but no one credential reads the source and writes the destination"
    )]
    NoCopyByStore,
    /// The spec names a list of keys that the caller does not have: a fault of the caller.
    #[error("the clone is of a list of keys, and the list is not at hand")]
    NoKeys,
    /// Nothing could be written, and many copies were refused alike.
    #[error("{error}; {refused} objects in a row were refused alike, and nothing was written")]
    AllRefused { refused: u32, error: S3Error },
    /// Without the permission, a store does not say either that an object has tags.
    #[error("{error}; without it nobody can tell whether objects have tags to copy")]
    TagsUnknown { error: S3Error },
    #[error(transparent)]
    Store(#[from] S3Error),
    /// A mirror that nobody was shown: a fault of the caller.
    #[error("a mirror needs the plan of a preview, and has none")]
    NoPlan,
    /// What only the destination has is not what the plan says.
    #[error(
        "the plan does not hold any more: {planned} objects were to be deleted at the destination, and now it has \
         {found} that the source does not have, or other ones"
    )]
    PlanChanged { planned: u64, found: u64 },
    #[error("the source had {planned} objects when the plan was made, and lists none now")]
    SourceEmpty { planned: u64 },
    #[error("{failed} objects could not be copied")]
    NotAllCopied { failed: u64 },
    /// The clone's own limit. What was copied stays copied, and the checkpoint is where it ended.
    #[error("{failed} objects have failed, more than the {most} after which this clone is to end")]
    TooManyFailures { failed: u64, most: u64 },
    /// Limits that [`super::check_limits`] refuses.
    #[error(transparent)]
    BadLimits(#[from] Invalid),
    /// A mirror that ended before its first delete.
    #[error("{0}; nothing was deleted at the destination")]
    NothingDeleted(Box<CloneError>),
    /// A mirror that ended while it deleted.
    #[error("{source}; at the destination {} known to be deleted by then", known(*.deleted))]
    HalfDeleted { deleted: u64, source: Box<CloneError> },
    /// A task of the engine itself broke: a fault of Logyard's.
    #[error("a part of the clone broke: {0}")]
    Broke(#[from] tokio::task::JoinError),
}

impl From<DualListingError> for CloneError {
    fn from(error: DualListingError) -> Self {
        match error {
            DualListingError::Store(error) => Self::Store(error),
            DualListingError::Reader(error) => Self::Broke(error),
        }
    }
}

fn known(deleted: u64) -> String {
    match deleted {
        0 => "no object is".to_owned(),
        1 => "1 object is".to_owned(),
        many => format!("{many} objects are"),
    }
}

impl CloneError {
    /// For `JobError`: stable code, and what to do now.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::SamePlace { .. } => "same_place",
            Self::Overlap { .. } => "overlap",
            Self::NamedLikeFolder { .. } => "named_like_folder",
            Self::Store(error) | Self::AllRefused { error, .. } | Self::TagsUnknown { error } => error.code(),
            Self::NoCopyByStore => "no_copy_by_store",
            Self::NoKeys => "no_keys",
            Self::NoPlan => "no_plan",
            Self::PlanChanged { .. } => "plan_changed",
            Self::SourceEmpty { .. } => "source_empty",
            Self::NotAllCopied { .. } => "items_failed",
            Self::TooManyFailures { .. } => "too_many_failures",
            Self::BadLimits(_) => "bad_limits",
            Self::NothingDeleted(error) | Self::HalfDeleted { source: error, .. } => error.code(),
            Self::Broke(_) => "internal",
        }
    }

    pub fn advice(&self) -> &'static str {
        match self {
            Self::Stopped => "Resume when you like: what is done stays done.",
            Self::SamePlace { .. } => "Choose another bucket or prefix as destination.",
            Self::Overlap { .. } => {
                "Choose prefixes of which neither starts with the other, or another bucket. A prefix is no folder: \
                 `logs` also covers `logs-old/`."
            }
            Self::NamedLikeFolder { .. } => {
                "Name the copy in the destination, or end the source's prefix with a slash if it is a folder. A prefix is \
                 the beginning of keys."
            }
            Self::NoCopyByStore => {
                "Let Logyard stream the objects (`copy_by` auto or stream), or reach both ends by one endpoint and profile."
            }
            Self::TagsUnknown { .. } => {
                "Let the policy of the credentials in use allow it, or clone without the tags that cannot be read: \
                 `unreadable_tags`, or --unreadable-tags."
            }
            Self::AllRefused { .. } => {
                "Let the destination take these objects, or exclude those that it does not take, then resume or retry."
            }
            Self::Store(error) => error.advice(),
            Self::NoKeys => "Clone with the list: --keys.",
            Self::NoPlan => "Look at a preview of the mirror, and start it with the plan that it answers.",
            Self::PlanChanged { .. } => {
                "Look at a new preview, and start the mirror with its plan: what is equal is skipped."
            }
            Self::SourceEmpty { .. } => {
                "See whether it is the right bucket and prefix. If it is meant to be empty, start anew from a preview."
            }
            Self::NotAllCopied { .. } => {
                "See why under failures, then retry what failed: deleting follows once everything is copied."
            }
            Self::TooManyFailures { .. } => {
                "See why under failures and see to the cause, then resume, or retry what failed: it goes on where it ended."
            }
            Self::BadLimits(_) => "Correct the limits of the clone.",
            Self::NothingDeleted(error) => error.advice(),
            Self::HalfDeleted { .. } => {
                "See to the cause, then mirror again from a new preview: what is copied and deleted already stays so."
            }
            Self::Broke(_) => "Resume; if it happens again, report it with the log.",
        }
    }

    /// A store lists in an order of its own.
    pub(super) fn unordered(&self) -> bool {
        matches!(self, Self::Store(error) if matches!(error.fault(), S3Fault::Unordered { .. }))
    }

    /// True where the endpoint could not be reached at all: exit code 3.
    pub fn unreachable(&self) -> bool {
        match self {
            Self::Store(error) => error.unreachable(),
            Self::NothingDeleted(error) | Self::HalfDeleted { source: error, .. } => error.unreachable(),
            _ => false,
        }
    }
}
