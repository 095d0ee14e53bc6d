//! Helpers: a store and its client.

use std::{fmt::Debug, path::Path};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
};
use embedded::{ACCESS_KEY, Config, Embedded, SECRET_KEY};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub async fn in_memory() -> Embedded {
    Embedded::in_memory().await.unwrap()
}

pub async fn on_disk(dir: &Path) -> Embedded {
    Embedded::start(Config { dir: Some(dir.to_owned()), addr: ([127, 0, 0, 1], 0).into() }).await.unwrap()
}

/// A client with the known credentials.
pub fn client(store: &Embedded) -> Client {
    client_with(store, Some(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test")))
}

/// A client with these credentials; `None` does not sign.
pub fn client_with(store: &Embedded, credentials: Option<Credentials>) -> Client {
    let mut config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(store.url())
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    match credentials {
        Some(credentials) => config = config.credentials_provider(credentials),
        None => config = config.allow_no_auth(),
    }
    Client::from_conf(config.build())
}

/// Value of `CopySource` for a key.
pub fn source(bucket: &str, key: &str) -> String {
    format!("{bucket}/{}", utf8_percent_encode(key, NON_ALPHANUMERIC))
}

pub async fn put(client: &Client, bucket: &str, key: &str, body: impl Into<Vec<u8>>) -> String {
    let body = ByteStream::from(body.into());
    let output = client.put_object().bucket(bucket).key(key).body(body).send().await.unwrap();
    output.e_tag.unwrap()
}

pub async fn read(client: &Client, bucket: &str, key: &str) -> Vec<u8> {
    let output = client.get_object().bucket(bucket).key(key).send().await.unwrap();
    output.body.collect().await.unwrap().to_vec()
}

/// The error's code, or the status for HEAD, which has no body.
pub fn code<E: ProvideErrorMetadata + Debug, T>(result: Result<T, SdkError<E>>) -> String {
    let Err(error) = result else { panic!("expected an error") };
    let status = error.raw_response().map(|response| response.status().as_u16());
    match error.code() {
        Some(code) => code.to_owned(),
        None => status.map_or_else(|| format!("{error:?}"), |status| status.to_string()),
    }
}
