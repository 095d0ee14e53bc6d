//! A table of the docs: can be scrolled sideways on a narrow screen, and says of each cell what it is.
//!
//! Written by hand because the library aligns with inline styles, which the pages' policy forbids.

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};

/// The open table of a page.
#[derive(Default)]
pub struct Tables {
    count: usize,
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
    /// Of the open cell.
    cell: &'static str,
}

impl Tables {
    /// HTML for an event of a table; `None` for every other event. `empty`: a cell that ends at once.
    pub fn html(&mut self, event: &Event<'_>, empty: bool) -> Option<String> {
        Some(match event {
            Event::Start(Tag::Table(alignments)) => {
                self.count += 1;
                self.alignments.clone_from(alignments);
                let number = self.count;
                format!("<div class=\"table\" role=\"group\" aria-label=\"Table {number}\" tabindex=\"0\"><table>\n")
            }
            Event::Start(Tag::TableHead) => {
                (self.column, self.in_head) = (0, true);
                "<thead><tr>".to_owned()
            }
            Event::End(TagEnd::TableHead) => {
                self.in_head = false;
                "</tr></thead>\n<tbody>\n".to_owned()
            }
            Event::Start(Tag::TableRow) => {
                self.column = 0;
                "<tr>".to_owned()
            }
            Event::End(TagEnd::TableRow) => "</tr>\n".to_owned(),
            Event::Start(Tag::TableCell) => {
                let number = matches!(self.alignments.get(self.column), Some(Alignment::Right));
                self.column += 1;
                let class = if number { " class=\"number\"" } else { "" };
                // A heading of nothing is none.
                self.cell = if self.in_head && !empty { "th" } else { "td" };
                let scope = if self.cell == "th" { " scope=\"col\"" } else { "" };
                format!("<{}{scope}{class}>", self.cell)
            }
            Event::End(TagEnd::TableCell) => format!("</{}>", self.cell),
            Event::End(TagEnd::Table) => "</tbody></table></div>\n".to_owned(),
            _ => return None,
        })
    }
}
