//! The requests that Logyard makes of a store: words for errors, and the permissions that they need.

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

impl Action {
    pub(super) fn words(self) -> &'static str {
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
