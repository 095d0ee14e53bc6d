//! The grants of an object, as a write request sends them.
//!
//! They are part of the copy request, not a request of their own afterwards: otherwise a copy would have another ACL for a
//! moment, or after a failure for good, and its ETag would make it pass for equal.

use aws_sdk_s3::types::{Grant, Grantee, Permission};
use model::{BucketName, Key};

use super::{Action, Failed, S3Client, S3Error, blank::sendable, head::LIMIT};

/// Values of the `x-amz-grant-…` headers: `id="…", uri="…"`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grants {
    pub full_control: Option<String>,
    pub read: Option<String>,
    pub read_acl: Option<String>,
    pub write_acl: Option<String>,
}

impl Grants {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// `None`: no header can express this grant.
    fn of(grants: &[Grant]) -> Option<Self> {
        let mut all = Self::default();
        for grant in grants {
            let list = match grant.permission()? {
                Permission::FullControl => &mut all.full_control,
                Permission::Read => &mut all.read,
                Permission::ReadAcp => &mut all.read_acl,
                Permission::WriteAcp => &mut all.write_acl,
                // Of an object it means nothing.
                Permission::Write => continue,
                _ => return None,
            };
            let grantee = grantee(grant.grantee()?)?;
            match list {
                Some(list) => *list = format!("{list}, {grantee}"),
                None => *list = Some(grantee),
            }
        }
        Some(all)
    }
}

fn grantee(grantee: &Grantee) -> Option<String> {
    let named = [("id", grantee.id()), ("uri", grantee.uri()), ("emailAddress", grantee.email_address())];
    let (name, value) = named.into_iter().find_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)))?;
    (!value.contains('"')).then(|| format!("{name}=\"{value}\""))
}

impl S3Client {
    /// The grants of an object's ACL.
    pub(super) async fn grants(&self, bucket: &BucketName, key: &Key) -> Result<Grants, Failed> {
        let context = self.context(Action::ReadAcl, Some(bucket));
        let request = || async {
            let answer = self.client.get_object_acl().bucket(bucket.as_str()).key(sendable(key)).send().await;
            let acl = answer.map_err(|error| context.classify(&error))?;
            Grants::of(acl.grants())
                .filter(|grants| !grants.is_empty())
                .ok_or_else(|| -> S3Error { context.unclear("the ACL holds no grant, or one of an unknown kind") })
        };
        self.retry.send(&context, LIMIT, request).await
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::Type;

    use super::*;

    fn grant(permission: Permission, id: &str) -> Grant {
        let grantee = Grantee::builder().r#type(Type::CanonicalUser).id(id).build().unwrap();
        Grant::builder().permission(permission).grantee(grantee).build()
    }

    #[test]
    fn grants_become_headers() {
        let all = Grants::of(&[
            grant(Permission::FullControl, "a"),
            grant(Permission::Read, "b"),
            grant(Permission::Read, "c"),
            grant(Permission::WriteAcp, "d"),
        ])
        .unwrap();
        assert_eq!(all.full_control.as_deref(), Some(r#"id="a""#));
        assert_eq!(all.read.as_deref(), Some(r#"id="b", id="c""#));
        assert_eq!((all.read_acl, all.write_acl.as_deref()), (None, Some(r#"id="d""#)));
        assert_eq!(Grants::of(&[grant(Permission::Read, "\"")]), None);
    }
}
