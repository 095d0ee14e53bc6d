//! How reads travel: JSON over `POST`.
//!
//! Like the framework's own encoding, but read as text. The page's data and the live stream are read so, too; reading
//! bytes would bring a second copy of every type's reader into the browser.

use bytes::Bytes;
use leptos::server_fn::{ContentType, Decodes, Encodes, Format, FormatType, Http, codec::Post};
use serde::{Serialize, de::DeserializeOwned};

pub struct Json;

/// The protocol of a server function that reads.
pub type Read = Http<Post<Json>, Post<Json>>;

impl ContentType for Json {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Json {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Json {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Json {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        // What is no text is no JSON either, and is refused as such.
        serde_json::from_str(str::from_utf8(&bytes).unwrap_or_default())
    }
}
