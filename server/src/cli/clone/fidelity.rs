//! The options about the properties and encryption of copies.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use engine::s3::CustomerKey;
use model::{
    Acl, ClassFallback, ClassRule, Compare, CopyBy, Encryption, Fidelity, HeaderChange, HeaderChanges, Invalid,
    ObjectLock, UnreadableTags,
};

#[derive(Args)]
#[command(next_help_heading = "What copies keep and get")]
pub struct FidelityArgs {
    /// Encrypt copies with S3's keys or with a KMS key [default: as the destination's bucket does]
    #[arg(long, value_name = "AES256|aws:kms", value_parser = ["AES256", "aws:kms"])]
    sse: Option<String>,
    /// Id, alias or ARN of the KMS key [default: the account's key for S3]
    #[arg(long, value_name = "KEY", requires = "sse")]
    sse_kms_key_id: Option<String>,
    /// Copy the grants of the source, or set one of these ACLs [default: as the destination's bucket has it]
    #[arg(long, value_name = "copy|private|public-read|…")]
    acl: Option<Acl>,
    /// Storage class of copies: keep that of the source; none, for the destination's default; a class; or a map such as
    /// GLACIER=STANDARD, where other classes are kept
    #[arg(long, value_name = "keep|none|CLASS|MAP", default_value_t = ClassRule::Keep)]
    storage_class: ClassRule,
    /// Objects whose storage class the destination refuses: fail them, or write them with none or with this class
    #[arg(long, value_name = "fail|none|CLASS", default_value_t = ClassFallback::Fail)]
    storage_class_fallback: ClassFallback,
    /// Set a header of all copies, such as 'Cache-Control: max-age=60' or 'x-amz-meta-owner: me'; 'Expires:' removes it;
    /// repeatable. Costs one HEAD an object where the store copies by itself
    #[arg(long, value_name = "HEADER")]
    set_header: Vec<HeaderChange>,
    /// Who moves the bytes: the store where it can, else this process; only the store; or always this process
    #[arg(long, value_name = "auto|store|stream", default_value_t = CopyBy::Auto)]
    copy_by: CopyBy,
    /// Copy retention and legal hold; costs one HEAD an object
    #[arg(long, value_enum, value_name = "copy|none", default_value_t = LockArg::None, hide_possible_values = true)]
    object_lock: LockArg,
    /// Keep website redirects, which copying within a store loses; costs one HEAD an object
    #[arg(long)]
    website_redirects: bool,
    /// What makes two objects equal: what listings have (size, ETag; where they do not decide, checksums); or also
    /// metadata, tags and storage class, which costs one HEAD of each side an object; or content, which reads both sides
    /// where no ETag, checksum or digest decides
    #[arg(long, value_name = "listing|metadata|content", default_value_t = Compare::Listing)]
    compare: Compare,
    /// Objects whose tags cannot be read, or are not taken by the destination: fail them, or clone them without tags with
    /// or without a warning
    #[arg(long, value_name = "fail|warn|ignore", default_value = UnreadableTags::Fail.name())]
    unreadable_tags: UnreadableTags,
    /// Pay for requests at buckets that require it
    #[arg(long)]
    pub requester_pays: bool,
    /// The source's objects are encrypted under this key (SSE-C): 32 bytes, raw or in base64
    #[arg(long, value_name = "FILE")]
    source_customer_key_file: Option<PathBuf>,
    /// Encrypt copies under this key (SSE-C), which the store does not keep: 32 bytes, raw or in base64
    #[arg(long, value_name = "FILE", conflicts_with = "sse")]
    destination_customer_key_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LockArg {
    None,
    Copy,
}

/// The keys of SSE-C, source first, each with the file that it was read from.
#[derive(Default)]
pub struct Keys([Option<(PathBuf, CustomerKey)>; 2]);

impl FidelityArgs {
    pub fn fidelity(&self) -> Result<Fidelity, String> {
        let (sse, key) = (self.sse.as_deref().unwrap_or_default(), self.sse_kms_key_id.as_deref().unwrap_or_default());
        Ok(Fidelity {
            encryption: Encryption::read(sse, key).map_err(|invalid: Invalid| invalid.to_string())?,
            acl: self.acl,
            object_lock: match self.object_lock {
                LockArg::None => ObjectLock::None,
                LockArg::Copy => ObjectLock::Copy,
            },
            website_redirects: self.website_redirects,
            compare: self.compare,
            unreadable_tags: self.unreadable_tags,
            storage_class: self.storage_class.clone(),
            storage_class_fallback: self.storage_class_fallback.clone(),
            set_headers: HeaderChanges::of(self.set_header.clone()).map_err(|invalid| invalid.to_string())?,
            copy_by: self.copy_by,
        })
    }

    pub fn keys(&self) -> Result<Keys, String> {
        let key = |file: &Option<PathBuf>| file.as_deref().map(read).transpose();
        Ok(Keys([key(&self.source_customer_key_file)?, key(&self.destination_customer_key_file)?]))
    }
}

fn read(file: &Path) -> Result<(PathBuf, CustomerKey), String> {
    let shown = file.display();
    let bytes = std::fs::read(file).map_err(|error| format!("the key file {shown} cannot be read: {error}"))?;
    let key = CustomerKey::read(&bytes).map_err(|wrong| format!("the key file {shown} holds no key: {wrong}"))?;
    Ok((file.to_owned(), key))
}

impl Keys {
    pub fn of_source(&self) -> Option<CustomerKey> {
        self.0[0].as_ref().map(|(_, key)| key.clone())
    }

    pub fn of_destination(&self) -> Option<CustomerKey> {
        self.0[1].as_ref().map(|(_, key)| key.clone())
    }

    /// The options that name their files.
    pub fn words(&self, quoted: impl Fn(&str) -> String) -> Vec<String> {
        let names = ["source", "destination"].into_iter().zip(&self.0);
        let word = |(side, key): (&str, &Option<(PathBuf, CustomerKey)>)| {
            let (file, _) = key.as_ref()?;
            Some(format!("--{side}-customer-key-file {}", quoted(&file.display().to_string())))
        };
        names.filter_map(word).collect()
    }
}
