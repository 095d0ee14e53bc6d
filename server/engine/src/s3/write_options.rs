//! Options of a write that no copy carries by itself: encryption, ACL, Object Lock and website redirect; and what a copy by
//! the store gets in place of what it would carry: storage class and headers.
//!
//! Always: they are part of the request that makes the object, so that no failure leaves an object without them. Options
//! that are not requested cost no request.

use std::time::SystemTime;

use aws_sdk_s3::{
    client::customize::CustomizableOperation,
    operation::{
        copy_object::{CopyObjectError, CopyObjectOutput, builders::CopyObjectFluentBuilder},
        create_multipart_upload::builders::CreateMultipartUploadFluentBuilder,
        get_object::GetObjectOutput,
        head_object::HeadObjectOutput,
        put_object::builders::PutObjectFluentBuilder,
    },
    primitives::DateTime,
    types::{ObjectCannedAcl, ObjectLockLegalHoldStatus, ObjectLockMode, ServerSideEncryption, StorageClass},
};
use model::{Acl, BucketName, ClassFallback, Encryption, Fidelity, ObjectLock};

use super::{
    Action, ETag, Failed, Listed, ObjectMetadata, S3Client, S3Fault, acl::Grants, blank::sendable, head::LIMIT,
};

const MD5_OF_NOTHING: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";

#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    encryption: Option<Encryption>,
    canned: Option<ObjectCannedAcl>,
    grants: Grants,
    lock: Lock,
    website_redirect: Option<String>,
    /// Storage class that a store which copies by itself gives to the copy; `None` for its default.
    class: Option<String>,
    fallback: ClassFallback,
    /// Replaces the metadata that such a store would carry.
    replaced: Option<Box<ObjectMetadata>>,
}

#[derive(Clone, Debug, Default)]
struct Lock {
    retention: Option<(ObjectLockMode, DateTime)>,
    hold: Option<ObjectLockLegalHoldStatus>,
}

/// Reads the options off a response: those of GET and HEAD have the same fields and no type in common.
macro_rules! read_off {
    ($options:expr, $answer:expr, $fidelity:expr) => {{
        $options.website_redirect = $answer.website_redirect_location().map(str::to_owned);
        if $fidelity.object_lock == ObjectLock::Copy {
            let retention = $answer.object_lock_mode().cloned().zip($answer.object_lock_retain_until_date().copied());
            $options.lock.retention = retention.filter(|(_, until)| *until > DateTime::from(SystemTime::now()));
            let hold = $answer.object_lock_legal_hold_status().cloned();
            $options.lock.hold = hold.filter(|hold| *hold == ObjectLockLegalHoldStatus::On);
        }
        $options
    }};
}

/// Sets the options on a request: those that write have no type in common either.
macro_rules! set {
    ($options:expr, $request:expr) => {{
        let WriteOptions { encryption, canned, grants, lock, website_redirect, .. } = $options;
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

impl WriteOptions {
    pub(super) fn with_get(mut self, answer: &GetObjectOutput, fidelity: &Fidelity) -> Self {
        read_off!(self, answer, fidelity)
    }

    pub(super) fn with_head(mut self, answer: &HeadObjectOutput, fidelity: &Fidelity) -> Self {
        read_off!(self, answer, fidelity)
    }

    /// Puts them on a copy that the store makes by itself, which gets this storage class.
    pub(super) fn onto_copy(
        self,
        request: CopyObjectFluentBuilder,
        class: Option<&str>,
    ) -> CustomizableOperation<CopyObjectOutput, CopyObjectError, CopyObjectFluentBuilder> {
        let replaced = self.replaced.clone().map(|metadata| metadata.with_class(class));
        let raw = replaced.as_ref().map(ObjectMetadata::raw);
        let locks = self.locks();
        let request = set!(self, request);
        let request = match replaced {
            Some(metadata) => metadata.onto_copy(request),
            None => request.set_storage_class(class.map(StorageClass::from)),
        };
        let mut request = request.customize();
        if let Some(raw) = raw {
            request = request.interceptor(raw);
        }
        if locks {
            // Some stores want it with every lock, even of a request without a body.
            request = request.mutate_request(|request| {
                request.headers_mut().insert("content-md5", MD5_OF_NOTHING);
            });
        }
        request
    }

    /// Storage class of a copy that the store makes by itself.
    pub(super) fn class(&self) -> Option<String> {
        self.class.clone()
    }

    pub(super) fn onto_put(self, request: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        set!(self, request)
    }

    pub(super) fn onto_upload(self, request: CreateMultipartUploadFluentBuilder) -> CreateMultipartUploadFluentBuilder {
        set!(self, request)
    }

    /// What to do if the storage class is refused.
    pub(super) fn fallback(&self) -> &ClassFallback {
        &self.fallback
    }

    /// Whether the object gets a lock: S3 then requires a checksum of its bytes.
    pub(super) fn locks(&self) -> bool {
        self.lock.retention.is_some() || self.lock.hold.is_some()
    }

    /// Whether the copy's ETag will be no digest, as a key encrypts it.
    pub(super) fn hides_digest(&self) -> bool {
        matches!(self.encryption, Some(Encryption::Kms { .. }))
    }

    /// Permissions that the options need, besides that of every write.
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
    /// Options of a copy of this store's object, without those in its headers. Reads the object's ACL if the copy keeps it.
    pub(super) async fn write_options(
        &self,
        from: &BucketName,
        source: &Listed,
        fidelity: &Fidelity,
    ) -> Result<WriteOptions, Failed> {
        let canned = match fidelity.acl {
            None | Some(Acl::Copy) => None,
            Some(set) => Some(ObjectCannedAcl::from(set.name())),
        };
        let grants = match fidelity.acl {
            Some(Acl::Copy) => self.grants(from, &source.key).await?,
            _ => Grants::default(),
        };
        Ok(WriteOptions {
            encryption: fidelity.encryption.clone(),
            canned,
            grants,
            class: fidelity.storage_class.of(source.class.as_deref()),
            fallback: fidelity.storage_class_fallback.clone(),
            ..WriteOptions::default()
        })
    }

    /// All options for a store that copies by itself: reads the headers too, if the copy keeps what they contain.
    pub async fn copy_options(
        &self,
        from: &BucketName,
        source: &Listed,
        fidelity: &Fidelity,
    ) -> Result<WriteOptions, Failed> {
        let options = self.write_options(from, source, fidelity).await?;
        let replaces = !fidelity.set_headers.is_empty();
        if !fidelity.website_redirects && fidelity.object_lock == ObjectLock::None && !replaces {
            return Ok(options);
        }
        let context = self.context(Action::Head, Some(from));
        let request = || async {
            let request = self.client.head_object().bucket(from.as_str()).key(sendable(&source.key));
            let request = request.set_if_match(source.etag.as_ref().map(ETag::quoted));
            request.send().await.map_err(|error| context.classify(&error))
        };
        let head = self.retry.send(&context, LIMIT, request).await?;
        let metadata = ObjectMetadata::of_head(&head, source, None);
        if replaces && metadata.hides_some() {
            let what = "it has metadata that the store does not show, and that changing headers would lose".to_owned();
            return Err(Failed { error: context.error(S3Fault::Unreadable { what, passes: false }), attempts: 1 });
        }
        let mut options = options;
        if fidelity.website_redirects || fidelity.object_lock == ObjectLock::Copy {
            options = options.with_head(&head, fidelity);
        }
        if replaces {
            options.replaced = Some(Box::new(metadata.changed_by(fidelity)));
        }
        Ok(options)
    }
}
