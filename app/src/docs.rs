//! The user's documentation: pages that the server has rendered, and the search in them.
//!
//! The server puts an `Arc<Docs>` into the context of every render. Always: `html` comes from this repository's own
//! Markdown and has no raw HTML of its own; everything else is plain text.

/// Sections found by one search.
const MATCHES_MOST: usize = 20;
/// Characters of an excerpt before and after the first word found.
const EXCERPT: usize = 80;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Docs {
    /// In reading order; the first is the start page.
    pub pages: Vec<DocPage>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocPage {
    /// The last segment of its path, such as `clone`; empty for the start page.
    pub name: &'static str,
    pub title: String,
    pub html: String,
    pub sections: Vec<DocSection>,
}

/// A heading and the text up to the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocSection {
    /// The heading's anchor; empty for the page's own title.
    pub id: String,
    /// 1 for the page's own title.
    pub level: u8,
    pub heading: String,
    /// Without markup, words separated by single spaces.
    pub text: String,
}

/// A section with every word of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocMatch<'a> {
    pub page: &'a DocPage,
    pub section: &'a DocSection,
    pub excerpt: String,
}

impl Docs {
    pub fn page(&self, name: &str) -> Option<&DocPage> {
        self.pages.iter().find(|page| page.name == name)
    }

    /// Sections that have every word of `text`, whatever its case; those with a word in the heading first, at most 20.
    pub fn search(&self, text: &str) -> Vec<DocMatch<'_>> {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(usize, DocMatch<'_>)> = Vec::new();
        for page in &self.pages {
            for section in &page.sections {
                let heading = format!("{} {}", page.title, section.heading).to_lowercase();
                let body = section.text.to_lowercase();
                if words.iter().all(|word| heading.contains(word) || body.contains(word)) {
                    let in_heading = words.iter().filter(|word| section.heading.to_lowercase().contains(*word)).count();
                    found.push((in_heading, DocMatch { page, section, excerpt: excerpt(&section.text, &words) }));
                }
            }
        }
        found.sort_by_key(|(in_heading, _)| std::cmp::Reverse(*in_heading));
        found.into_iter().map(|(_, found)| found).take(MATCHES_MOST).collect()
    }
}

impl DocPage {
    /// `/docs` or `/docs/clone`.
    pub fn path(&self) -> String {
        if self.name.is_empty() { "/docs".to_owned() } else { format!("/docs/{}", self.name) }
    }

    /// Headings of the second level.
    pub fn outline(&self) -> impl Iterator<Item = &DocSection> {
        self.sections.iter().filter(|section| section.level == 2)
    }
}

impl DocMatch<'_> {
    /// The page's path with the section's anchor.
    pub fn path(&self) -> String {
        if self.section.id.is_empty() { self.page.path() } else { format!("{}#{}", self.page.path(), self.section.id) }
    }
}

/// The text around the first word that is in it; its beginning if none is.
fn excerpt(text: &str, words: &[String]) -> String {
    let lower = text.to_lowercase();
    let first = words.iter().filter_map(|word| lower.find(word.as_str())).min().unwrap_or(0);
    // In characters: lower case may have another length in bytes.
    let at = lower[..first].chars().count();
    let start = at.saturating_sub(EXCERPT);
    let length = text.chars().count();
    let end = length.min(at + EXCERPT);
    let part: String = text.chars().skip(start).take(end - start).collect();
    // Words that are cut are left out, unless there is nothing else.
    let part = if start > 0 { part.split_once(' ').map_or(&*part, |(_, rest)| rest) } else { &part };
    let part = if end < length { part.rsplit_once(' ').map_or(part, |(rest, _)| rest) } else { part };
    let before = if start > 0 { "… " } else { "" };
    let after = if end < length { " …" } else { "" };
    format!("{before}{}{after}", part.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: &str, level: u8, heading: &str, text: &str) -> DocSection {
        DocSection { id: id.to_owned(), level, heading: heading.to_owned(), text: text.to_owned() }
    }

    fn docs() -> Docs {
        let clone = vec![
            section("", 1, "Clone", "Copies a bucket and proves that the copy is equal."),
            section("mirrors", 2, "Mirrors", "A mirror deletes only what a confirmed plan says."),
        ];
        let sync = vec![section("", 1, "Sync", "A large deletion waits for approval. No mirror is involved.")];
        let page =
            |name, title: &str, sections| DocPage { name, title: title.to_owned(), html: String::new(), sections };
        Docs {
            pages: vec![page("", "Start here", Vec::new()), page("sync", "Sync", sync), page("clone", "Clone", clone)],
        }
    }

    #[test]
    fn search_needs_every_word_and_puts_headings_first() {
        let docs = docs();
        let paths = |text: &str| docs.search(text).iter().map(DocMatch::path).collect::<Vec<_>>();
        assert_eq!(paths("MIRROR"), ["/docs/clone#mirrors", "/docs/sync"]);
        assert_eq!(paths("mirror plan"), ["/docs/clone#mirrors"]);
        assert_eq!(paths("clone bucket"), ["/docs/clone"]);
        assert!(paths("zebra").is_empty() && paths("  ").is_empty());
    }

    #[test]
    fn excerpt_surrounds_the_first_word_found() {
        let long = format!("{} needle {}", "a ".repeat(100), "b ".repeat(100));
        let excerpt = excerpt(&long, &["needle".to_owned()]);
        assert!(excerpt.starts_with('…') && excerpt.ends_with('…') && excerpt.contains("needle"), "{excerpt}");
        assert!(excerpt.chars().count() <= 2 * EXCERPT + 4);
        assert!(excerpt.split_whitespace().all(|word| ["…", "a", "needle", "b"].contains(&word)), "{excerpt}");
    }

    #[test]
    fn excerpt_survives_letters_whose_lower_case_is_longer() {
        assert!(excerpt("İİİİ needle", &["needle".to_owned()]).contains("needle"));
    }
}
