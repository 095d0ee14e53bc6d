//! Receives a body into a blob, and checks length and digests that the client declared.

use std::sync::{Arc, Mutex};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::StreamExt;
use http::{Extensions, HeaderMap};
use md5::{Digest, Md5};
use s3s::{
    S3Error, S3ErrorCode, S3Request, S3Result,
    checksum::ChecksumHasher,
    crypto::{Crc32, Crc32c, Crc64Nvme, Sha1, Sha256},
    dto::{self, PutObjectInput, StreamingBlob, UploadPartInput},
    s3_error,
};

use crate::storage::{Body, Checksum, Storage};

/// Largest body of a request: 5 GiB.
pub const LARGEST_PUT: u64 = 5 << 30;

/// Trailers of a chunked body, filled once it is read to its end. The layer in front sets it as a request extension for
/// requests whose chunks s3s does not decode.
#[derive(Debug, Clone, Default)]
pub struct Trailers(pub Arc<Mutex<HeaderMap>>);

/// A received body that passed every check.
pub struct Received {
    pub body: Body,
    pub md5: [u8; 16],
    pub checksum: Option<Checksum>,
}

/// Length and digests declared by the client.
pub struct Promise {
    length: Option<u64>,
    md5: Option<String>,
    algorithm: Option<String>,
    /// Checksums by algorithm, in base64.
    checksums: Vec<(&'static str, String)>,
    trailers: Option<s3s::TrailingHeaders>,
    own_trailers: Option<Trailers>,
}

macro_rules! promise {
    ($request:expr) => {{
        let given = [
            ("CRC32", $request.input.checksum_crc32.take()),
            ("CRC32C", $request.input.checksum_crc32c.take()),
            ("CRC64NVME", $request.input.checksum_crc64nvme.take()),
            ("SHA1", $request.input.checksum_sha1.take()),
            ("SHA256", $request.input.checksum_sha256.take()),
        ];
        Promise {
            length: $request.input.content_length.and_then(|length| u64::try_from(length).ok()),
            md5: $request.input.content_md5.take(),
            algorithm: $request.input.checksum_algorithm.as_ref().map(|algorithm| algorithm.as_str().to_owned()),
            checksums: given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            trailers: $request.trailing_headers.take(),
            own_trailers: own_trailers(&$request.extensions),
        }
    }};
}

impl Promise {
    pub fn of_object(request: &mut S3Request<PutObjectInput>) -> Self {
        promise!(request)
    }

    pub fn of_part(request: &mut S3Request<UploadPartInput>) -> Self {
        promise!(request)
    }

    fn algorithms(&self) -> impl Iterator<Item = &str> {
        self.checksums.iter().map(|(name, _)| *name).chain(self.algorithm.as_deref())
    }

    /// Declared checksum of an algorithm, from a header or a trailer.
    fn expected(&self, algorithm: &str) -> Option<String> {
        let before = self.checksums.iter().find(|(name, _)| *name == algorithm).map(|(_, value)| value.clone());
        let name = format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase());
        let read = |headers: &HeaderMap| Some(headers.get(&name)?.to_str().ok()?.to_owned());
        before
            .or_else(|| self.trailers.as_ref()?.read(read)?)
            .or_else(|| read(&*self.own_trailers.as_ref()?.0.lock().ok()?))
    }
}

fn own_trailers(extensions: &Extensions) -> Option<Trailers> {
    extensions.get::<Trailers>().cloned()
}

pub async fn receive(storage: &Storage, body: Option<StreamingBlob>, promise: &Promise) -> S3Result<Received> {
    if promise.length.is_some_and(|length| length > LARGEST_PUT) {
        return Err(too_large());
    }
    let mut md5 = Md5::new();
    let mut hasher = hasher(promise.algorithms())?;
    let mut writer = storage.blobs.writer(promise.length);
    let mut length = 0;
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(incomplete)?;
            length += chunk.len() as u64;
            if length > LARGEST_PUT {
                return Err(too_large());
            }
            md5.update(&chunk);
            hasher.update(&chunk);
            writer.write(&chunk).await?;
        }
    }
    if promise.length.is_some_and(|promised| promised != length) {
        return Err(s3_error!(IncompleteBody, "The body has {length} bytes, not as many as announced."));
    }
    let md5 = md5.finalize().into();
    check_md5(promise.md5.as_deref(), md5)?;
    let checksum = check_checksums(promise, &hasher.finalize())?;
    Ok(Received { body: Body::new([writer.finish().await?]), md5, checksum })
}

fn too_large() -> S3Error {
    s3_error!(EntityTooLarge, "One request may carry at most {LARGEST_PUT} bytes.")
}

/// Error for a broken connection, or a wrong signed digest found by s3s.
fn incomplete(source: s3s::StdError) -> S3Error {
    match source.downcast::<S3Error>() {
        Ok(error) => *error,
        Err(source) => S3Error::with_source(S3ErrorCode::IncompleteBody, source),
    }
}

fn hasher<'a>(algorithms: impl Iterator<Item = &'a str>) -> S3Result<ChecksumHasher> {
    let mut hasher = ChecksumHasher::default();
    for algorithm in algorithms {
        match algorithm {
            "CRC32" => hasher.crc32 = Some(Crc32::default()),
            "CRC32C" => hasher.crc32c = Some(Crc32c::default()),
            "CRC64NVME" => hasher.crc64nvme = Some(Crc64Nvme::default()),
            "SHA1" => hasher.sha1 = Some(Sha1::default()),
            "SHA256" => hasher.sha256 = Some(Sha256::default()),
            other => return Err(s3_error!(InvalidRequest, "There is no checksum algorithm {other}.")),
        }
    }
    Ok(hasher)
}

fn check_md5(promised: Option<&str>, found: [u8; 16]) -> S3Result<()> {
    let Some(promised) = promised else { return Ok(()) };
    let digest = BASE64_STANDARD.decode(promised).ok().filter(|digest| digest.len() == found.len());
    match digest {
        None => Err(s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid.")),
        Some(digest) if digest != found => {
            Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."))
        }
        Some(_) => Ok(()),
    }
}

/// The checksum to store with the object, if all declared ones match.
fn check_checksums(promise: &Promise, found: &dto::Checksum) -> S3Result<Option<Checksum>> {
    let mut kept = None;
    for algorithm in promise.algorithms() {
        let value = match algorithm {
            "CRC32" => &found.checksum_crc32,
            "CRC32C" => &found.checksum_crc32c,
            "CRC64NVME" => &found.checksum_crc64nvme,
            "SHA1" => &found.checksum_sha1,
            _ => &found.checksum_sha256,
        };
        let Some(value) = value else { continue };
        if promise.expected(algorithm).is_some_and(|expected| expected != *value) {
            return Err(s3_error!(BadDigest, "The {algorithm} you specified did not match the calculated checksum."));
        }
        kept = Some(Checksum { algorithm: algorithm.to_owned(), value: value.clone() });
    }
    Ok(kept)
}

/// A checksum in its S3 field.
pub fn to_dto(checksum: Option<&Checksum>) -> dto::Checksum {
    let mut fields = dto::Checksum::default();
    if let Some(Checksum { algorithm, value }) = checksum {
        let field = match algorithm.as_str() {
            "CRC32" => &mut fields.checksum_crc32,
            "CRC32C" => &mut fields.checksum_crc32c,
            "CRC64NVME" => &mut fields.checksum_crc64nvme,
            "SHA1" => &mut fields.checksum_sha1,
            _ => &mut fields.checksum_sha256,
        };
        *field = Some(value.clone());
    }
    fields
}
