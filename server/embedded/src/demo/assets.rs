//! The 7,500 objects of `demo-assets`: files of a company's website, and every kind of key that tools mishandle.
//!
//! 192 folders, one per department and month, and three from odd keys: `/`, `./` and `../`. Sizes, metadata and tags
//! are derived from an object's number.

use crate::storage::{Headers, Key};

const OBJECTS: usize = 7_500;
const MONTHS: usize = 12;

/// Department, extension and content type of its files.
const DEPARTMENTS: [(&str, &str, &str); 16] = [
    ("banners", "webp", "image/webp"),
    ("brochures", "pdf", "application/pdf"),
    ("catalogue", "json", "application/json"),
    ("diagrams", "svg", "image/svg+xml"),
    ("fonts", "woff2", "font/woff2"),
    ("icons", "png", "image/png"),
    ("invoices", "csv", "text/csv"),
    ("letters", "txt", "text/plain; charset=utf-8"),
    ("manuals", "html", "text/html; charset=utf-8"),
    ("maps", "geojson", "application/geo+json"),
    ("photos", "jpg", "image/jpeg"),
    ("recipes", "md", "text/markdown; charset=utf-8"),
    ("reports", "xml", "application/xml"),
    ("scripts", "js", "text/javascript"),
    ("sounds", "ogg", "audio/ogg"),
    ("styles", "css", "text/css"),
];

/// Legal keys that tools mishandle: at the root, and in folders whose names only S3 allows.
const ODD: [&str; 30] = [
    "a file with spaces.txt",
    " starts and ends with a space ",
    "one+one.txt",
    "100%.txt",
    "encoded%20already%2F.txt",
    "naïve café.txt",
    "点検表.txt",
    "locomotive-🚂.txt",
    "\"quoted\" and 'quoted'.txt",
    "salt&pepper.txt",
    "less<more>.txt",
    "question?mark=1&and#hash.txt",
    "back\\slash.txt",
    "semi;colon,comma:colon.txt",
    "star*[brackets]{braces}.txt",
    "control\u{1}character.bin",
    "line\nbreak.txt",
    "tab\tstop.txt",
    "dot.",
    "..",
    "manuals-2025-01",
    "manuals-2025-01/",
    "manuals-2025-01//nameless-folder.txt",
    "photos-2025-07/summer/",
    "/leading-slash.txt",
    "//two-leading-slashes.txt",
    "./here.txt",
    "../above.txt",
    "./././here-again.txt",
    "../../further-above.txt",
];

/// Objects that any website has at its root.
const ROOT: [(&str, &str); 7] = [
    ("favicon.ico", "image/x-icon"),
    ("humans.txt", "text/plain; charset=utf-8"),
    ("index.html", "text/html; charset=utf-8"),
    ("manifest.json", "application/manifest+json"),
    ("robots.txt", "text/plain; charset=utf-8"),
    ("sitemap.xml", "application/xml"),
    (".empty", "text/plain; charset=utf-8"),
];

pub struct Asset {
    pub key: String,
    pub headers: Headers,
    pub tags: Vec<(String, String)>,
    /// `None` is `STANDARD`.
    pub storage_class: Option<String>,
    pub body: Vec<u8>,
}

pub fn all() -> impl Iterator<Item = Asset> {
    let root = ROOT.into_iter().map(|(key, kind)| (key.to_owned(), kind));
    let odd = ODD.into_iter().map(|key| (key.to_owned(), "text/plain; charset=utf-8"));
    let longest = (format!("{:x<1$}", "longest-key-", Key::LONGEST), "text/plain; charset=utf-8");
    let special = root.chain(odd).chain([longest]);
    let regular = (0..).map(regular);
    special.chain(regular).take(OBJECTS).enumerate().map(|(number, (key, kind))| asset(number, key, kind))
}

/// Distributes objects over the folders in turn.
fn regular(index: usize) -> (String, &'static str) {
    let (department, extension, kind) = DEPARTMENTS[index % DEPARTMENTS.len()];
    let turn = index / DEPARTMENTS.len();
    let (month, number) = (turn % MONTHS + 1, turn / MONTHS + 1);
    (format!("{department}-2025-{month:02}/{department}-{number:04}.{extension}"), kind)
}

fn asset(number: usize, key: String, kind: &str) -> Asset {
    let mut headers = Headers { content_type: Some(kind.to_owned()), ..Headers::default() };
    if number.is_multiple_of(3) {
        headers.cache_control = Some("public, max-age=86400".to_owned());
    }
    if number.is_multiple_of(5) {
        headers.metadata.insert("source".to_owned(), format!("import-{}", number / 500));
        headers.metadata.insert("revision".to_owned(), (number % 17).to_string());
    }
    if number.is_multiple_of(50) {
        headers.metadata.insert("place".to_owned(), "Whāngārei".to_owned());
    }
    if number.is_multiple_of(40) {
        headers.content_disposition = Some("attachment".to_owned());
        headers.content_language = Some("en-NZ".to_owned());
    }
    let tags = match number % 7 {
        0 => vec![("team".to_owned(), "web".to_owned()), ("reviewed".to_owned(), "yes".to_owned())],
        _ => Vec::new(),
    };
    let storage_class = number.is_multiple_of(11).then(|| "STANDARD_IA".to_owned());
    let body = if key.ends_with('/') || key == ".empty" { Vec::new() } else { body(number) };
    Asset { key, headers, tags, storage_class, body }
}

/// 1 to 16 kB of text, different for each number.
fn body(number: usize) -> Vec<u8> {
    let mut random = SplitMix(number as u64);
    let length = 1_000 + usize::try_from(random.next() % 15_001).unwrap_or_default();
    let mut body = Vec::with_capacity(length + 8);
    while body.len() < length {
        body.extend(random.next().to_le_bytes().map(|byte| b'a' + byte % 26));
    }
    body.truncate(length);
    body
}

/// `SplitMix64`: a few lines instead of a dependency, and the same on every machine.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
