//! The documentation as files: links, routes, options and settings that it names exist.

use std::{collections::BTreeSet, process::Command, sync::LazyLock};

use logyard::{config::Config, http::docs};
use pulldown_cmark::{Event, Tag, TagEnd};
use serde_json::Value;

use super::{blocks, events, pages, read, root};
use crate::support::process::logyard;

const OTHERS: [&str; 5] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
/// Of the README.
const MOST_WORDS: usize = 900;

fn all() -> impl Iterator<Item = String> {
    OTHERS.into_iter().map(str::to_owned).chain(pages())
}

/// As GitHub and the server make them.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let (mut anchors, mut heading) = (BTreeSet::new(), None::<String>);
    for event in events(markdown) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => heading.iter_mut().for_each(|heading| heading.push_str(&text)),
            Event::End(TagEnd::Heading(_)) => {
                let text = heading.take().unwrap_or_default().to_lowercase();
                let kept = text.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
                assert!(anchors.insert(kept.collect::<String>().replace(' ', "-")), "two headings are named {text}");
            }
            _ => {}
        }
    }
    anchors
}

fn links(markdown: &str) -> Vec<String> {
    let target = |event: Event<'_>| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    events(markdown).filter_map(target).collect()
}

/// The paths of the API's description.
fn described() -> &'static [String] {
    static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let description: Value = serde_json::from_str(&read("server/src/http/api/openapi.json")).unwrap();
        description["paths"].as_object().unwrap().keys().cloned().collect()
    });
    &PATHS
}

/// Whether the API's description has this path; names in braces stand for anything.
fn is_described(path: &str) -> bool {
    let path = path.trim_end_matches(['/', '.', ',']);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let fits = |template: &str| {
        let (mut ours, mut theirs) = (path.split('/'), template.split('/'));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(our), Some(their)) if our == their || their.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    described().iter().any(|template| fits(template))
}

#[test]
fn every_link_leads_somewhere() {
    for file in all() {
        let folder = root().join(&file).parent().unwrap().to_owned();
        for link in links(&read(&file)) {
            if link.starts_with("http://") || link.starts_with("https://") {
                continue;
            }
            if link.starts_with('/') {
                assert!(is_described(&link), "{file}: {link} is not a route");
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { root().join(&file) } else { folder.join(path) };
            assert!(target.exists(), "{file}: {link} does not exist");
            let is_page = path.is_empty() || path.strip_suffix(".md").is_some_and(|name| !name.contains('/'));
            assert!(!file.starts_with("server/docs/") || is_page, "{file}: {link} is not a page that the server shows");
            let text = std::fs::read_to_string(target).unwrap_or_default();
            assert!(anchor.is_empty() || anchors(&text).contains(anchor), "{file}: {link} has no such heading");
        }
    }
}

#[test]
fn every_route_that_the_docs_name_exists() {
    for file in all() {
        let text = read(&file);
        for (at, _) in text.match_indices("/api/v1") {
            let ends = |letter: char| !(letter.is_ascii_alphanumeric() || "/{}-_.".contains(letter));
            let path = text[at..].split(ends).next().unwrap_or_default();
            assert!(is_described(path), "{file}: {path} is not a route");
        }
    }
}

#[test]
fn the_server_shows_every_page_of_the_folder() {
    let shown: BTreeSet<String> = docs::PAGES.iter().map(|(name, _)| format!("server/docs/{name}.md")).collect();
    assert_eq!(shown, pages().into_iter().collect());
}

#[test]
fn the_readme_stays_short() {
    let words = read("README.md").split_whitespace().count();
    assert!(words < MOST_WORDS, "{words} words");
}

/// Those that are not run are at least commands that a shell can read.
#[test]
fn every_shell_block_is_a_shell_script() {
    for file in all() {
        for (info, code) in blocks(&read(&file)) {
            if info.split(' ').next() == Some("sh") {
                let read = Command::new("bash").args(["-n", "-c", &code]).output().unwrap();
                assert!(read.status.success(), "{file}:\n{code}\n{}", String::from_utf8_lossy(&read.stderr));
            }
        }
    }
}

/// Long options of `logyard` in a line of shell, or in a code span that begins with one.
fn options(markdown: &str) -> BTreeSet<String> {
    let mut code = String::new();
    for (info, block) in blocks(markdown) {
        let lines = block.replace("\\\n", " ");
        let ours = lines.lines().filter(|line| info.starts_with("sh") && line.trim_start().starts_with("logyard "));
        ours.for_each(|line| code = format!("{code} {}", line.split(" #").next().unwrap_or_default()));
    }
    for event in events(markdown) {
        if let Event::Code(span) = event
            && span.starts_with("--")
        {
            code = format!("{code} {span}");
        }
    }
    let is_option = |word: &&str| word.starts_with("--") && word.len() > 2;
    code.split([' ', '=', '|']).filter(is_option).map(str::to_owned).collect()
}

#[test]
fn every_option_that_the_docs_name_exists() {
    let commands = [
        "serve",
        "worker",
        "clone",
        "reprocess",
        "parse",
        "template",
        "sync",
        "runs import",
        "s3",
        "hash-password",
        "token",
        "completions",
        "man",
    ];
    let mut known = String::new();
    for command in commands {
        let help = logyard().args(command.split(' ')).arg("--help").output().unwrap();
        assert!(help.status.success(), "{command}");
        known.push_str(&String::from_utf8(help.stdout).unwrap());
    }
    let known: BTreeSet<&str> = known.split(|letter: char| !(letter.is_ascii_lowercase() || letter == '-')).collect();
    for file in all() {
        for option in options(&read(&file)) {
            assert!(known.contains(option.as_str()), "{file}: {option} is not an option of any command");
        }
    }
}

#[test]
fn every_configuration_in_the_docs_is_valid() {
    let environment = |_: &str| Some("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".to_owned());
    let mut count = 0;
    for file in all() {
        for (_, text) in blocks(&read(&file)).into_iter().filter(|(info, _)| info == "toml") {
            // The variables stand for whatever would fit there.
            let text = text.replace("${LOGYARD_PASSWORD_HASH}", "$argon2id$");
            let needs_sink = text.contains("[[pipelines]]") && !text.contains("[[sinks]]");
            let sink = if needs_sink { "[[sinks]]\nname = \"logstash\"\nurl = \"tcp://logs:5000\"\n" } else { "" };
            let only_file = |name: &str| if name.starts_with("LOGYARD_") { None } else { environment(name) };
            let read = Config::parse(None, &format!("{sink}{text}"), &only_file);
            read.unwrap_or_else(|error| panic!("{file}: {error}\n{text}"));
            count += 1;
        }
    }
    assert!(count > 5, "{count}");
}

#[test]
fn operations_page_names_every_permission_of_the_policies() {
    let page = read("server/docs/operations.md");
    for entry in std::fs::read_dir(root().join("server/deploy/policies")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let policy: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for statement in policy["Statement"].as_array().unwrap() {
            for action in statement["Action"].as_array().unwrap() {
                let action = action.as_str().unwrap();
                assert!(page.contains(&format!("`{action}`")), "{}: {action}", file.display());
            }
        }
    }
}
