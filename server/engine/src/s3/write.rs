//! Writes a file as an object, in one request.

use std::{io, path::Path};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use futures::StreamExt;
use http_body_util::StreamBody;
use hyper::body::Frame;
use md5::{Digest, Md5};
use model::{BucketName, Key};
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use super::{
    Action, S3Client,
    blank::sendable,
    digest::content_md5,
    error::Failed,
    stream::{calculating, idle_limit},
};

/// Why a file is not an object now.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the file to write cannot be read: {0}")]
    File(#[from] io::Error),
    #[error("{}", .0.error)]
    Store(#[from] Failed),
}

impl S3Client {
    /// Writes the file, which must not change meanwhile, with its MD5: a store that received other bytes refuses them. Stores
    /// take at most 5 GiB in one request.
    pub async fn write_file(
        &self,
        bucket: &BucketName,
        key: &Key,
        file: &Path,
        content_type: &str,
    ) -> Result<(), WriteError> {
        let (length, sum) = measure(file).await?;
        let context = self.context(Action::Put, Some(bucket));
        let request = || async {
            let open = File::open(file).await.map_err(|error| context.unclear(error.to_string()))?;
            let frames = ReaderStream::new(open).map(|bytes| bytes.map(Frame::data));
            let body = ByteStream::new(SdkBody::from_body_1_x(StreamBody::new(frames)));
            let put = self.client.put_object().bucket(bucket.as_str()).key(sendable(key));
            let put = put.content_type(content_type).content_length(length).content_md5(content_md5(sum)).body(body);
            let sent = put.customize().config_override(calculating(None)).send().await;
            sent.map(drop).map_err(|error| context.classify(&error))
        };
        Ok(self.retry.send(&context, idle_limit(length.unsigned_abs()), request).await?)
    }
}

/// Length and MD5 of a file.
async fn measure(file: &Path) -> io::Result<(i64, [u8; 16])> {
    let (mut pieces, mut length, mut md5) = (ReaderStream::new(File::open(file).await?), 0, Md5::new());
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        length += piece.len() as u64;
        md5.update(&piece);
    }
    let length = i64::try_from(length).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    Ok((length, md5.finalize().into()))
}
