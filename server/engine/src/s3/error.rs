//! The errors of stores: one closed list, made from the SDK's errors in [`super::classify`].
//!
//! Every error names the store and the bucket, and says what to do now. No error holds a secret: only names, and the
//! store's own words.

use std::{error::Error, fmt, sync::Arc};

use model::{BucketName, Reason};

use super::{Action, Answer, Endpoint, exchange::clocks};

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
    /// A policy forbids it, whatever others allow.
    #[error("a policy denies it explicitly")]
    ExplicitlyDenied { permission: Option<String> },
    /// Unpaid, suspended, or closed by the store's operator.
    #[error("the account or the bucket is blocked")]
    Blocked,
    #[error("a quota, a cap or the capacity is used up")]
    Full,
    #[error("the object that is there is locked: by retention, a legal hold, or the bucket's own rules")]
    Locked,
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
    /// The store names another region or address; the next request goes there.
    #[error("the store sends the request on, to {to}")]
    Moved { to: String },
    /// A redirect that is not followed.
    #[error("the address redirects{} ({status})", .to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default())]
    Redirected { status: u16, to: Option<String> },
    /// The store finds the time of the request wrong. `ahead`: seconds by which its clock is ahead of this machine's.
    #[error("the time of the request is refused{}", .ahead.map(clocks).unwrap_or_default())]
    ClockSkew { ahead: Option<i64> },
    /// An answer that is not S3's. `passes`: it may be another one next time.
    #[error("{what}")]
    Unreadable { what: String, passes: bool },
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
    /// The digests show that bytes were altered on their way.
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

/// A request that failed: at which store, on which bucket, doing what, and why.
#[derive(Clone, Debug)]
pub struct S3Error {
    endpoint: Arc<Endpoint>,
    bucket: Option<BucketName>,
    action: Action,
    /// Permissions that the options of the request need besides the action's own.
    also: Box<[&'static str]>,
    fault: S3Fault,
    /// What the store answered, if it did.
    said: Option<Box<Answer>>,
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
    pub(crate) fn and(self, other: &Self) -> Self {
        Self { attempts: self.attempts + other.attempts, ..self }
    }
}

/// Attempts at a request whose error the next attempt corrects, or none.
const FEW: u32 = 3;

impl From<Failed> for S3Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl fmt::Display for S3Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_fault(f)?;
        match (&self.said, &self.fault) {
            // Both hold the answer already.
            (_, S3Fault::Other(_) | S3Fault::Unreadable { .. }) | (None, _) => Ok(()),
            (Some(said), S3Fault::NoBucket) if said.code == "NoSuchBucket" => Ok(()),
            (Some(said), _) => write!(f, "; the store says: {said}"),
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
        Self { endpoint, bucket, action, also: also.into(), fault, said: None }
    }

    /// The same, with what the store answered.
    pub(super) fn said(self, answer: Answer) -> Self {
        Self { said: Some(Box::new(answer)), ..self }
    }

    fn write_fault(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = &self.endpoint.name;
        match (&self.fault, &self.bucket) {
            (S3Fault::NoBucket, Some(bucket)) => write!(f, "bucket {bucket} does not exist at store {store}"),
            (S3Fault::Denied, _) => {
                write!(f, "{}: the policy must allow {}", self.denied_what(), self.action.permission())?;
                if self.also.is_empty() { Ok(()) } else { write!(f, "; beside that {}", self.also.join(", ")) }
            }
            (S3Fault::NamedDenied { permission }, _) => {
                write!(f, "{}: the policy must allow {permission}", self.denied_what())
            }
            (S3Fault::KeyDenied { permission }, _) => {
                write!(f, "{}: the policy must allow {permission} on the key that encrypts it", self.denied_what())
            }
            (S3Fault::ExplicitlyDenied { permission }, _) => {
                let what = permission.as_deref().unwrap_or("it");
                write!(f, "{}: a policy denies {what} explicitly", self.denied_what())
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

    fn denied_what(&self) -> String {
        let bucket = self.bucket.as_ref().map(|bucket| format!(" in bucket {bucket}")).unwrap_or_default();
        format!("no permission to {}{bucket} at store {}", self.action.words(), self.endpoint.name)
    }

    pub fn fault(&self) -> &S3Fault {
        &self.fault
    }

    /// A permission is missing: at the store, or for a key.
    pub fn denied(&self) -> bool {
        matches!(
            self.fault,
            S3Fault::Denied
                | S3Fault::KeyDenied { .. }
                | S3Fault::NamedDenied { .. }
                | S3Fault::ExplicitlyDenied { .. }
        )
    }

    /// Whether the store does not make copies by itself, or not on a condition.
    pub fn cannot_copy(&self) -> bool {
        let S3Fault::Other(answer) = &self.fault else { return false };
        let unknown = matches!(answer.code.as_str(), "NotImplemented" | "MethodNotAllowed" | "UnsupportedOperation");
        self.action == Action::Copy && (unknown || matches!(answer.status, 405 | 501))
    }

    /// Reason for which an object failed that this error concerns.
    pub(crate) fn reason(&self) -> Reason {
        match self.fault {
            S3Fault::Changed => Reason::Changed,
            S3Fault::NotFound => Reason::Gone,
            _ if self.denied() => Reason::Denied,
            S3Fault::Archived => Reason::Archived,
            S3Fault::Full => Reason::Full,
            S3Fault::Locked => Reason::Locked,
            S3Fault::Timeout { .. } => Reason::Timeout,
            _ => Reason::Store,
        }
    }

    /// Stable code in snake case.
    pub fn code(&self) -> &'static str {
        match self.fault {
            S3Fault::NoBucket => "no_bucket",
            S3Fault::NotFound => "not_found",
            S3Fault::Changed => "changed",
            _ if self.denied() => "denied",
            S3Fault::Blocked => "blocked",
            S3Fault::Full => "full",
            S3Fault::Locked => "locked",
            S3Fault::Redirected { .. } => "redirected",
            S3Fault::ClockSkew { .. } => "clock_skew",
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
            _ => "store",
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
            S3Fault::ExplicitlyDenied { .. } => {
                "Find the policy with that deny: of the bucket, the user, the organisation or an access point. To allow \
                 it elsewhere does not help."
            }
            S3Fault::Blocked => "Settle it with the store's operator: a bill, or a suspension. Then resume.",
            S3Fault::Full => "Raise the quota or the cap, or make room, then retry what failed.",
            S3Fault::Locked => {
                "Wait until its retention ends, or remove the legal hold, then retry; or clone to another prefix."
            }
            S3Fault::Moved { .. } => "Set the store's region, or its URL, to what the store names.",
            S3Fault::Redirected { .. } => {
                "Set the store's URL to the address that answers by itself, or see what stands in between: a proxy, a \
                 login page."
            }
            S3Fault::ClockSkew { .. } => "Set the clock of this machine, then resume.",
            S3Fault::Unreadable { .. } => {
                "See what answers at the store's URL: a proxy, a login page, or another service. Then resume."
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
                | S3Fault::Blocked
                | S3Fault::BadCredentials { .. }
                | S3Fault::NoCredentials { .. }
                | S3Fault::WrongRegion { .. }
                | S3Fault::Unreachable { .. }
                | S3Fault::Stopped
        )
    }

    /// Whether to send the request again, after so many attempts of at most `most`.
    pub(super) fn worth_repeating(&self, attempts: u32, most: u32) -> bool {
        match &self.fault {
            S3Fault::Unreachable { .. }
            | S3Fault::Broken { .. }
            | S3Fault::Timeout { .. }
            | S3Fault::Throttled { .. }
            | S3Fault::Altered { .. }
            | S3Fault::Unclear { .. } => attempts < most,
            S3Fault::Other(answer) => attempts < most && answer.passes(),
            // Corrected by then, or never.
            S3Fault::ClockSkew { .. } | S3Fault::Unreadable { passes: true, .. } => attempts < FEW,
            S3Fault::Moved { .. } => attempts < most.max(FEW),
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
    fn an_error_keeps_the_words_of_the_store() {
        let answer = |status| Answer {
            status,
            code: "Odd".into(),
            message: "as it is".into(),
            request_id: Some("7".to_owned()),
        };
        let denied = Context::for_tests().error(S3Fault::Denied).said(answer(403)).to_string();
        assert!(denied.ends_with("s3:ListBucket; the store says: 403 Odd: as it is (request 7)"), "{denied}");
        let other = Context::for_tests().error(S3Fault::Other(Box::new(answer(400)))).said(answer(400)).to_string();
        assert_eq!(other.matches("as it is").count(), 1, "{other}");
    }
}
