//! The errors of stores: one closed list, made from the SDK's errors in [`super::classify`].
//!
//! Every error names the store and the bucket, and says what to do now. No error holds a secret: only names, and the
//! store's own words.

use std::{error::Error, fmt, sync::Arc};

use model::BucketName;

use super::Endpoint;

/// The action that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    ListBuckets,
    List,
    Head,
    Copy,
    Get,
    Put,
    ReadTags,
    ReadAcl,
    ReadRetention,
    ReadLegalHold,
    ReadLockSettings,
    Abort,
    Delete,
}

/// What went wrong, as far as it matters for what to do now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum S3Fault {
    #[error("the bucket does not exist")]
    NoBucket,
    #[error("the object does not exist")]
    NotFound,
    /// The object is not the version that the condition named.
    #[error("the object has changed")]
    Changed,
    #[error("no permission")]
    Denied,
    /// The policy of the key that encrypts the object denies it, not the bucket's.
    #[error("no permission for the encryption key")]
    KeyDenied { permission: String },
    /// The store names the missing permission.
    #[error("no permission")]
    NamedDenied { permission: String },
    #[error("the bucket takes no ACLs, as its owner has them all (BucketOwnerEnforced) or the store has none")]
    NoAcls,
    #[error("the bucket has no Object Lock, so that it keeps neither retention nor legal hold")]
    NoObjectLock,
    /// The credentials themselves are refused: unknown, expired, wrongly signed.
    #[error("the credentials are refused: {code}")]
    BadCredentials { code: String },
    #[error("no credentials were found: {why}")]
    NoCredentials { why: String },
    #[error("the bucket lies in another region{}", .region.as_ref().map(|r| format!(", {r}")).unwrap_or_default())]
    WrongRegion { region: Option<String> },
    #[error("the object is archived")]
    Archived,
    /// No connection was made at all.
    #[error("no connection: {why}")]
    Unreachable { why: String },
    /// A connection broke before the answer was whole.
    #[error("the connection broke: {why}")]
    Broken { why: String },
    #[error("no answer within {seconds} s")]
    Timeout { seconds: u64 },
    #[error("too many requests: {code}")]
    Throttled { code: String },
    /// The bytes are not those that were read or sent, by their digests.
    #[error("the content was altered: {what}")]
    Altered { what: String },
    /// The store answered success, without what success must carry.
    #[error("{what}")]
    Unclear { what: String },
    /// A listing that cannot be trusted: pages out of order, repeated, or without a continuation.
    #[error("the listing cannot be trusted: {what}")]
    Listing { what: String },
    /// A listing whose keys do not come in the order of their bytes.
    #[error("the listing cannot be trusted: {what}")]
    Unordered { what: String },
    #[error("{0}")]
    Other(Box<Answer>),
    #[error("stopped")]
    Stopped,
}

/// An error in the store's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
}

/// A request that failed: at which store, on which bucket, doing what, and why.
#[derive(Clone, Debug)]
pub struct S3Error {
    endpoint: Arc<Endpoint>,
    bucket: Option<BucketName>,
    action: Action,
    /// Permissions that the options of the request need besides the action's own.
    also: Vec<&'static str>,
    fault: S3Fault,
}

/// A request that failed after `attempts` attempts.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
pub struct Failed {
    pub error: S3Error,
    pub attempts: u32,
}

impl S3Fault {
    /// Whether it is the store's own error of this code.
    pub(super) fn is_answer(&self, code: &str) -> bool {
        matches!(self, Self::Other(answer) if answer.code == code)
    }
}

impl Failed {
    /// The same error, with the attempts of another one added.
    pub(super) fn and(self, other: &Self) -> Self {
        Self { attempts: self.attempts + other.attempts, ..self }
    }
}

impl From<Failed> for S3Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl Action {
    fn words(self) -> &'static str {
        match self {
            Self::ListBuckets => "list the buckets",
            Self::List => "list",
            Self::Head => "look at an object",
            Self::Copy => "copy an object",
            Self::Get => "read an object",
            Self::Put => "write an object",
            Self::ReadTags => "read the tags of an object",
            Self::ReadAcl => "read the ACL of an object",
            Self::ReadRetention => "read the retention of an object",
            Self::ReadLegalHold => "read the legal hold of an object",
            Self::ReadLockSettings => "read the Object Lock settings",
            Self::Abort => "abort an upload",
            Self::Delete => "delete an object",
        }
    }

    /// The permission that the policy must allow.
    pub fn permission(self) -> &'static str {
        match self {
            Self::ListBuckets => "s3:ListAllMyBuckets",
            Self::List => "s3:ListBucket",
            Self::Head | Self::Get => "s3:GetObject",
            Self::Copy => {
                "s3:GetObject and s3:GetObjectTagging at the source, s3:PutObject and s3:PutObjectTagging here"
            }
            Self::Put => "s3:PutObject and s3:PutObjectTagging",
            Self::ReadTags => "s3:GetObjectTagging",
            Self::ReadAcl => "s3:GetObjectAcl",
            Self::ReadRetention => "s3:GetObjectRetention",
            Self::ReadLegalHold => "s3:GetObjectLegalHold",
            Self::ReadLockSettings => "s3:GetBucketObjectLockConfiguration",
            Self::Abort => "s3:AbortMultipartUpload",
            // The latter for the condition on the ETag.
            Self::Delete => "s3:DeleteObject and s3:GetObject",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        self.request_id.as_ref().map_or(Ok(()), |id| write!(f, " (request {id})"))
    }
}

impl fmt::Display for S3Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = &self.endpoint.name;
        match (&self.fault, &self.bucket) {
            (S3Fault::NoBucket, Some(bucket)) => write!(f, "bucket {bucket} does not exist at store {store}"),
            (S3Fault::Denied, bucket) => {
                self.write_denied(f, bucket.as_ref(), self.action.permission())?;
                if self.also.is_empty() { Ok(()) } else { write!(f, "; beside that {}", self.also.join(", ")) }
            }
            (S3Fault::NamedDenied { permission }, bucket) => self.write_denied(f, bucket.as_ref(), permission),
            (S3Fault::KeyDenied { permission }, bucket) => {
                self.write_denied(f, bucket.as_ref(), permission)?;
                f.write_str(" on the key that encrypts it")
            }
            (S3Fault::Unreachable { why }, _) => {
                write!(f, "store {store} at {} cannot be reached: {why}", self.endpoint.describe())
            }
            (fault, Some(bucket)) => {
                write!(f, "could not {} in bucket {bucket} at store {store}: {fault}", self.action.words())
            }
            (fault, None) => write!(f, "could not {} at store {store}: {fault}", self.action.words()),
        }
    }
}

impl Error for S3Error {}

impl S3Error {
    pub(super) fn new(
        endpoint: Arc<Endpoint>,
        bucket: Option<BucketName>,
        action: Action,
        also: Vec<&'static str>,
        fault: S3Fault,
    ) -> Self {
        Self { endpoint, bucket, action, also, fault }
    }

    fn write_denied(&self, f: &mut fmt::Formatter<'_>, bucket: Option<&BucketName>, permission: &str) -> fmt::Result {
        write!(f, "no permission to {}", self.action.words())?;
        bucket.map_or(Ok(()), |bucket| write!(f, " in bucket {bucket}"))?;
        write!(f, " at store {}: the policy must allow {permission}", self.endpoint.name)
    }

    pub fn fault(&self) -> &S3Fault {
        &self.fault
    }

    /// A permission is missing: at the store, or for a key.
    pub fn denied(&self) -> bool {
        matches!(self.fault, S3Fault::Denied | S3Fault::KeyDenied { .. } | S3Fault::NamedDenied { .. })
    }

    /// Stable code in snake case.
    pub fn code(&self) -> &'static str {
        match self.fault {
            S3Fault::NoBucket => "no_bucket",
            S3Fault::NotFound => "not_found",
            S3Fault::Changed => "changed",
            S3Fault::Denied | S3Fault::KeyDenied { .. } | S3Fault::NamedDenied { .. } => "denied",
            S3Fault::NoAcls => "no_acls",
            S3Fault::NoObjectLock => "no_object_lock",
            S3Fault::BadCredentials { .. } => "bad_credentials",
            S3Fault::NoCredentials { .. } => "no_credentials",
            S3Fault::WrongRegion { .. } => "wrong_region",
            S3Fault::Archived => "archived",
            S3Fault::Unreachable { .. } => "unreachable",
            S3Fault::Stopped => "stopped",
            _ if self.action == Action::List => "listing",
            S3Fault::Timeout { .. } => "timeout",
            S3Fault::Throttled { .. } => "throttled",
            S3Fault::Altered { .. } => "altered",
            S3Fault::Broken { .. }
            | S3Fault::Unclear { .. }
            | S3Fault::Listing { .. }
            | S3Fault::Unordered { .. }
            | S3Fault::Other(_) => "store",
        }
    }

    /// What to do now.
    pub fn advice(&self) -> &'static str {
        match self.fault {
            S3Fault::NoBucket => "Create the bucket, or pick one that exists; the name may be misspelt.",
            S3Fault::NotFound | S3Fault::Changed => "Run again: what is equal already is skipped.",
            S3Fault::Denied if !self.endpoint.requester_pays => {
                "Let the policy of the credentials in use allow it, then resume or retry. If the bucket makes its \
                 requesters pay, say so: `requester_pays = true` of its store, or --requester-pays."
            }
            S3Fault::Denied | S3Fault::KeyDenied { .. } | S3Fault::NamedDenied { .. } => {
                "Let the policy of the credentials in use allow it, then resume or retry."
            }
            S3Fault::NoAcls => "Clone without an ACL: the bucket's own settings then hold.",
            S3Fault::NoObjectLock => {
                "Clone without Object Lock, or to a bucket that has it: it is switched on when a bucket is made."
            }
            S3Fault::BadCredentials { .. } => "Renew or correct the credentials, then resume.",
            S3Fault::NoCredentials { .. } => {
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of the AWS configuration files."
            }
            S3Fault::WrongRegion { .. } => "Set the store's region to that of the bucket.",
            S3Fault::Archived => "Restore the object from its archive first, then retry what failed.",
            S3Fault::Unreachable { .. } => "Check the endpoint's URL and that it is up and reachable from here.",
            S3Fault::Timeout { .. } | S3Fault::Broken { .. } => "Check the network and the store, then resume.",
            S3Fault::Throttled { .. } => "Resume later, or with fewer copies at once.",
            S3Fault::Listing { .. } => {
                "The store breaks the S3 protocol here; nothing was skipped silently. Tell its makers."
            }
            S3Fault::Unordered { .. } => {
                "A copy and a comparison get along with such a store, as they sort what it lists; a mirror deletes \
                 nothing by it."
            }
            S3Fault::Altered { .. } => {
                "Retry: until then the copy may be missing or wrong. If it repeats, the source's content is not what its \
                 ETag says, or the network or the store alters data: read the object by other means."
            }
            S3Fault::Unclear { .. } | S3Fault::Other(_) => "Look at the store's own log for the request, then resume.",
            S3Fault::Stopped => "Resume when you like.",
        }
    }

    pub fn unreachable(&self) -> bool {
        matches!(self.fault, S3Fault::Unreachable { .. })
    }

    /// Whether the error concerns the whole store or bucket, so that the next object would fail too.
    pub fn fatal(&self) -> bool {
        matches!(
            self.fault,
            S3Fault::NoBucket
                | S3Fault::BadCredentials { .. }
                | S3Fault::NoCredentials { .. }
                | S3Fault::WrongRegion { .. }
                | S3Fault::Unreachable { .. }
                | S3Fault::Stopped
        )
    }

    pub(super) fn worth_repeating(&self) -> bool {
        match &self.fault {
            S3Fault::Unreachable { .. }
            | S3Fault::Broken { .. }
            | S3Fault::Timeout { .. }
            | S3Fault::Throttled { .. }
            | S3Fault::Altered { .. }
            | S3Fault::Unclear { .. } => true,
            // 200 with an error inside is a failure that came late, whatever it is called. 501 is "never".
            S3Fault::Other(answer) => answer.status < 300 || (answer.status >= 500 && answer.status != 501),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::classify::Context, *};

    #[test]
    fn an_error_names_store_and_bucket_and_what_to_do() {
        let denied = Context::for_tests().error(S3Fault::Denied);
        assert_eq!(
            denied.to_string(),
            "no permission to list in bucket photos at store here: the policy must allow s3:ListBucket"
        );
        assert!(denied.advice().contains("policy") && denied.advice().contains("--requester-pays"));
        let gone = Context::for_tests().error(S3Fault::NoBucket);
        assert_eq!(gone.to_string(), "bucket photos does not exist at store here");
    }

    #[test]
    fn a_late_error_inside_success_is_worth_another_try() {
        let answer = |status| Answer { status, code: "Odd".into(), message: String::new(), request_id: None };
        let error = |status| Context::for_tests().error(S3Fault::Other(Box::new(answer(status))));
        assert!(error(200).worth_repeating());
        assert!(error(500).worth_repeating());
        assert!(!error(400).worth_repeating());
        assert!(!error(501).worth_repeating());
    }
}
