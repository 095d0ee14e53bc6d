//! Markdown of the docs → HTML and searchable text.
//!
//! Always: raw HTML in the Markdown is shown as text. Links between the files become links between the pages.

use app::docs::{DocPage, DocSection};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::table::Tables;

/// `file` is a file's name without its ending; `index` becomes the start page.
pub fn page(file: &'static str, markdown: &str) -> DocPage {
    let name = if file == "index" { "" } else { file };
    let mut page = Page::default();
    let mut parser = Parser::new_ext(markdown, Options::ENABLE_TABLES).peekable();
    while let Some(event) = parser.next() {
        let empty = matches!(parser.peek(), Some(Event::End(TagEnd::TableCell)));
        page.take(event, empty);
    }
    let mut html = String::new();
    html::push_html(&mut html, page.events.into_iter());
    let mut sections = page.sections;
    for section in &mut sections {
        section.text = section.text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let title = sections.first().map(|section| section.heading.clone()).unwrap_or_default();
    DocPage { name, title, html, sections }
}

/// A page as far as it was read.
#[derive(Default)]
struct Page<'a> {
    events: Vec<Event<'a>>,
    sections: Vec<DocSection>,
    tables: Tables,
    /// Where in `events` the open heading's content begins.
    heading: Option<usize>,
}

impl<'a> Page<'a> {
    fn take(&mut self, event: Event<'a>, empty: bool) {
        self.keep_text(&event);
        if let Some(html) = self.tables.html(&event, empty) {
            return self.events.push(Event::Html(html.into()));
        }
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                self.heading = Some(self.events.len());
                let (id, heading, text) = (String::new(), String::new(), String::new());
                self.sections.push(DocSection { id, level: level as u8, heading, text });
            }
            Event::End(TagEnd::Heading(level)) => self.end_heading(level),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                self.events.push(Event::Start(Tag::Link { link_type, dest_url: target(dest_url), title, id }));
            }
            Event::Html(raw) | Event::InlineHtml(raw) => self.events.push(Event::Text(raw)),
            other => self.events.push(other),
        }
    }

    /// Puts the heading's content between tags with its anchor.
    fn end_heading(&mut self, level: HeadingLevel) {
        let content = self.events.split_off(self.heading.take().unwrap_or_default());
        let Some((section, before)) = self.sections.split_last_mut() else { return };
        let mut end = format!("</{level}>\n");
        if level == HeadingLevel::H1 {
            self.events.push(Event::Html("<h1>".into()));
        } else {
            section.id = unique(&slug(&section.heading), before);
            let (id, name) = (&section.id, escaped(&section.heading));
            self.events.push(Event::Html(format!("<{level} id=\"{id}\">").into()));
            end.insert_str(0, &format!(" <a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to “{name}”\">#</a>"));
        }
        self.events.extend(content);
        self.events.push(Event::Html(end.into()));
    }

    fn keep_text(&mut self, event: &Event<'_>) {
        let Some(section) = self.sections.last_mut() else { return };
        let into = if self.heading.is_some() { &mut section.heading } else { &mut section.text };
        match event {
            Event::Text(text) | Event::Code(text) => into.push_str(text),
            Event::SoftBreak | Event::HardBreak | Event::End(_) if !is_inline(event) => into.push(' '),
            _ => {}
        }
    }
}

/// Whether words go on after it without a space.
fn is_inline(event: &Event<'_>) -> bool {
    matches!(event, Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link | TagEnd::Heading(_)))
}

/// `clone.md#mirrors` is a page of its own: `/docs/clone#mirrors`. Everything else stays.
fn target(link: CowStr<'_>) -> CowStr<'_> {
    let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
    let Some(file) = path.strip_suffix(".md").filter(|file| !file.contains('/')) else { return link };
    let page = if file == "index" { "/docs".to_owned() } else { format!("/docs/{file}") };
    if anchor.is_empty() { page.into() } else { format!("{page}#{anchor}").into() }
}

/// As GitHub makes it: lower case, spaces to hyphens, no punctuation.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

/// The second `limits` of a page is `limits-1`.
fn unique(slug: &str, before: &[DocSection]) -> String {
    let free = |id: &String| before.iter().all(|section| section.id != *id);
    let numbered = (1_u32..).map(|number| format!("{slug}-{number}"));
    std::iter::once(slug.to_owned()).chain(numbered).find(free).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_anchors_and_sections_their_text() {
        let markdown = "# Clone\n\nIntro `code`.\n\n## What `equal` means?\n\nOne\ntwo.\n\n## Limits\n\n## Limits\n";
        let page = page("clone", markdown);
        assert_eq!((page.name, page.title.as_str()), ("clone", "Clone"));
        let sections: Vec<_> = page.sections.iter().map(|section| (&*section.id, &*section.text)).collect();
        let expected = [("", "Intro code."), ("what-equal-means", "One two."), ("limits", ""), ("limits-1", "")];
        assert_eq!(sections, expected);
        assert!(page.html.starts_with("<h1>Clone</h1>"), "{}", page.html);
        let heading = "<h2 id=\"what-equal-means\">What <code>equal</code> means? <a class=\"anchor\"";
        assert!(page.html.contains(heading), "{}", page.html);
    }

    #[test]
    fn raw_html_is_shown_as_text() {
        let html = page("a", "# A\n\n<script>alert(1)</script>\n\na <b onclick=x>b</b>\n").html;
        assert!(!html.contains("<script") && !html.contains("<b ") && html.contains("&lt;script&gt;"), "{html}");
    }

    #[test]
    fn links_between_files_become_links_between_pages() {
        for (link, becomes) in [
            ("clone.md", "/docs/clone"),
            ("index.md#words", "/docs#words"),
            ("sync.md#cost", "/docs/sync#cost"),
            ("#here", "#here"),
            ("/api/v1/openapi.json", "/api/v1/openapi.json"),
            ("https://example.com/a.md", "https://example.com/a.md"),
        ] {
            assert_eq!(&*target(link.into()), becomes);
        }
    }

    #[test]
    fn tables_have_no_inline_style_and_no_empty_headings() {
        let html = page("a", "# A\n\n| | n |\n| --- | --: |\n| a | 1 |\n").html;
        assert!(html.contains("aria-label=\"Table 1\" tabindex=\"0\"><table>"), "{html}");
        assert!(html.contains("<thead><tr><td></td><th scope=\"col\" class=\"number\">n</th></tr></thead>"), "{html}");
        assert!(html.contains("<tr><td>a</td><td class=\"number\">1</td></tr>") && !html.contains("style"), "{html}");
    }
}
