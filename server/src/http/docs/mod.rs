//! The user's documentation: `server/docs` as it was when this binary was built, rendered once.
//!
//! Always: the list here and the files of the folder are the same; a test compares them.

mod render;
mod table;

use std::sync::{Arc, LazyLock};

use app::docs::Docs;

macro_rules! page {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../docs/", $name, ".md")))
    };
}

/// File names without their ending, in reading order, with their Markdown.
pub const PAGES: [(&str, &str); 10] = [
    page!("index"),
    page!("clone"),
    page!("reprocess"),
    page!("runs-and-alerts"),
    page!("sync"),
    page!("replica-api"),
    page!("configuration"),
    page!("operations"),
    page!("security"),
    page!("performance"),
];

/// The pages, rendered when the first one is requested.
pub fn docs() -> Arc<Docs> {
    static DOCS: LazyLock<Arc<Docs>> = LazyLock::new(|| {
        Arc::new(Docs { pages: PAGES.iter().map(|(file, markdown)| render::page(file, markdown)).collect() })
    });
    Arc::clone(&DOCS)
}
