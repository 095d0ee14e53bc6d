//! Encryption as a client sees it: the requested encryption is stored and returned, the ETag of an object encrypted
//! under a key is not a hash, and an object under a customer key is readable only with that key.

use s3s::{S3Result, s3_error};

use super::error::custom;
use crate::storage::{Attributes, Encryption};

/// Checks the customer key. `given`: MD5 of the key in the request.
pub fn allow(attributes: &Attributes, given: Option<&str>) -> S3Result<()> {
    match (&attributes.encryption, given) {
        (Some(Encryption::Customer { key_md5 }), Some(given)) if key_md5 == given => Ok(()),
        (Some(Encryption::Customer { .. }), Some(_)) => {
            Err(s3_error!(AccessDenied, "The key is not the one that the object was encrypted under."))
        }
        (Some(Encryption::Customer { .. }), None) => Err(s3_error!(
            InvalidRequest,
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to \
             retrieve the object."
        )),
        (_, Some(_)) => Err(custom("InvalidRequest", "The encryption parameters are not applicable to this object.")),
        (_, None) => Ok(()),
    }
}

/// Requested encryption of a write, from any of the three inputs that have it.
macro_rules! encryption {
    ($input:expr) => {{
        let algorithm = $input.server_side_encryption.as_ref().map(|how| how.as_str().to_owned());
        let key_id = $input.ssekms_key_id.clone();
        match ($input.sse_customer_key_md5.clone(), algorithm) {
            (Some(key_md5), _) => Some($crate::storage::Encryption::Customer { key_md5 }),
            (None, Some(algorithm)) => Some($crate::storage::Encryption::Store { algorithm, key_id }),
            (None, None) => None,
        }
    }};
}
pub(super) use encryption;

/// Encryption fields of a description: algorithm, key, MD5 of a customer key.
pub fn told(attributes: &Attributes) -> (Option<String>, Option<String>, Option<String>) {
    match &attributes.encryption {
        None => (None, None, None),
        Some(Encryption::Store { algorithm, key_id }) => (Some(algorithm.clone()), key_id.clone(), None),
        Some(Encryption::Customer { key_md5 }) => (None, None, Some(key_md5.clone())),
    }
}
