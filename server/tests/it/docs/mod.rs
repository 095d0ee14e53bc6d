//! The user's documentation: what it links to and names exists, its commands work, and the server shows it.

mod commands;
mod files;
mod pages;

use std::{fs, path::PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The root of the repository.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The user's pages, relative to the root, in the order of their names.
fn pages() -> Vec<String> {
    let folder = fs::read_dir(root().join("server/docs")).unwrap();
    let mut pages: Vec<String> =
        folder.map(|entry| format!("server/docs/{}", entry.unwrap().file_name().to_str().unwrap())).collect();
    pages.sort();
    pages
}

fn events(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES)
}

/// Code in fences: what follows the opening fence, and the code.
fn blocks(markdown: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for event in events(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => open = Some((info.to_string(), String::new())),
            Event::Text(text) => {
                if let Some((_, code)) = &mut open {
                    code.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            _ => {}
        }
    }
    blocks
}
