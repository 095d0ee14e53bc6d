//! What a write says beside what every copy carries: encryption, access, Object Lock and a website's redirect.
//!
//! Always: all of it goes with the request that makes the object, so that there is no moment, and no failure, that
//! leaves an object without it. What was not asked for costs no request.

use std::time::SystemTime;

use aws_sdk_s3::{
    operation::{
        copy_object::builders::CopyObjectFluentBuilder,
        create_multipart_upload::builders::CreateMultipartUploadFluentBuilder, get_object::GetObjectOutput,
        head_object::HeadObjectOutput, put_object::builders::PutObjectFluentBuilder,
    },
    primitives::DateTime,
    types::{ObjectCannedAcl, ObjectLockLegalHoldStatus, ObjectLockMode, ServerSideEncryption},
};
use model::{Acl, BucketName, Encryption, Fidelity, ObjectLock};

use super::{Action, ETag, Failed, Listed, S3Client, acl::Grants, blank::sendable, head::LIMIT};

/// Of one object.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    encryption: Option<Encryption>,
    canned: Option<ObjectCannedAcl>,
    grants: Grants,
    lock: Lock,
    website_redirect: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Lock {
    retention: Option<(ObjectLockMode, DateTime)>,
    hold: Option<ObjectLockLegalHoldStatus>,
}

/// The answers of GET and HEAD have the same fields and no type in common.
macro_rules! read_off {
    ($beside:expr, $answer:expr, $fidelity:expr) => {{
        $beside.website_redirect = $answer.website_redirect_location().map(str::to_owned);
        if $fidelity.object_lock == ObjectLock::Copy {
            let retention = $answer.object_lock_mode().cloned().zip($answer.object_lock_retain_until_date().copied());
            $beside.lock.retention = retention.filter(|(_, until)| *until > DateTime::from(SystemTime::now()));
            let hold = $answer.object_lock_legal_hold_status().cloned();
            $beside.lock.hold = hold.filter(|hold| *hold == ObjectLockLegalHoldStatus::On);
        }
        $beside
    }};
}

/// Nor have the requests that write.
macro_rules! say {
    ($beside:expr, $request:expr) => {{
        let Beside { encryption, canned, grants, lock, website_redirect } = $beside;
        let (mode, until) = lock.retention.unzip();
        $request
            .set_server_side_encryption(encryption.as_ref().map(|how| ServerSideEncryption::from(how.name())))
            .set_ssekms_key_id(encryption.as_ref().and_then(Encryption::key_id).map(str::to_owned))
            .set_acl(canned)
            .set_grant_full_control(grants.full_control)
            .set_grant_read(grants.read)
            .set_grant_read_acp(grants.read_acl)
            .set_grant_write_acp(grants.write_acl)
            .set_object_lock_mode(mode)
            .set_object_lock_retain_until_date(until)
            .set_object_lock_legal_hold_status(lock.hold)
            .set_website_redirect_location(website_redirect)
    }};
}

impl Beside {
    pub(super) fn with_get(mut self, answer: &GetObjectOutput, fidelity: &Fidelity) -> Self {
        read_off!(self, answer, fidelity)
    }

    pub(super) fn with_head(mut self, answer: &HeadObjectOutput, fidelity: &Fidelity) -> Self {
        read_off!(self, answer, fidelity)
    }

    pub(super) fn onto_copy(self, request: CopyObjectFluentBuilder) -> CopyObjectFluentBuilder {
        say!(self, request)
    }

    pub(super) fn onto_put(self, request: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        say!(self, request)
    }

    pub(super) fn onto_upload(self, request: CreateMultipartUploadFluentBuilder) -> CreateMultipartUploadFluentBuilder {
        say!(self, request)
    }

    /// S3 takes the bytes of a locked object only with a checksum of them.
    pub(super) fn locks(&self) -> bool {
        self.lock.retention.is_some() || self.lock.hold.is_some()
    }

    /// What the policy must allow for it, beside what every write takes.
    pub(super) fn permissions(&self) -> Vec<&'static str> {
        let acl = self.canned.is_some() || !self.grants.is_empty();
        let kms = matches!(self.encryption, Some(Encryption::Kms { .. }));
        let needed = [
            (acl, "s3:PutObjectAcl"),
            (self.lock.retention.is_some(), "s3:PutObjectRetention"),
            (self.lock.hold.is_some(), "s3:PutObjectLegalHold"),
            (kms, "kms:GenerateDataKey and kms:Decrypt on the key of the copy"),
        ];
        needed.into_iter().filter_map(|(needed, permission)| needed.then_some(permission)).collect()
    }
}

impl S3Client {
    /// What a copy of an object of this store gets by these options, but for what its own headers tell. Asks for the
    /// object's ACL if that is to be kept.
    pub(super) async fn beside(
        &self,
        from: &BucketName,
        source: &Listed,
        fidelity: &Fidelity,
    ) -> Result<Beside, Failed> {
        let canned = match fidelity.acl {
            None | Some(Acl::Copy) => None,
            Some(Acl::BucketOwnerFullControl) => Some(ObjectCannedAcl::BucketOwnerFullControl),
            Some(Acl::Private) => Some(ObjectCannedAcl::Private),
        };
        let grants = match fidelity.acl {
            Some(Acl::Copy) => self.grants(from, &source.key).await?,
            _ => Grants::default(),
        };
        Ok(Beside { encryption: fidelity.encryption.clone(), canned, grants, ..Beside::default() })
    }

    /// The same, whole, for a store that copies by itself: asks for the headers too, if what they tell is to be kept.
    pub async fn beside_copy(&self, from: &BucketName, source: &Listed, fidelity: &Fidelity) -> Result<Beside, Failed> {
        let beside = self.beside(from, source, fidelity).await?;
        if !fidelity.website_redirects && fidelity.object_lock == ObjectLock::None {
            return Ok(beside);
        }
        let context = self.context(Action::Head, Some(from));
        let request = || async {
            let request = self.client.head_object().bucket(from.as_str()).key(sendable(&source.key));
            let request = request.set_if_match(source.etag.as_ref().map(ETag::quoted));
            request.send().await.map_err(|error| context.classify(&error))
        };
        let head = self.retry.send(&context, LIMIT, request).await?;
        Ok(beside.with_head(&head, fidelity))
    }
}
