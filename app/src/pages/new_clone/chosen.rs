//! The choice of objects: its fields, folded away until they are wanted, and their texts as what they mean.

use leptos::prelude::*;
use model::{Glob, Invalid, Time};

use super::{checks::Checks, fields::FieldFault, form::CloneForm};
use crate::ui::in_textarea;

/// One glob a line, exactly as it stands there; blank lines are none.
pub fn globs(field: &str, text: &str) -> Result<Vec<Glob>, Invalid> {
    let lines = text.lines().filter(|line| !line.is_empty());
    let glob = |(index, line): (usize, &str)| {
        line.parse().map_err(|invalid: Invalid| Invalid { field: format!("{field}[{index}]"), ..invalid })
    };
    lines.enumerate().map(glob).collect()
}

pub fn lines(globs: &[Glob]) -> String {
    globs.iter().map(Glob::as_str).collect::<Vec<_>>().join("\n")
}

/// As a field for dates and times writes it, meant as UTC, or RFC 3339; empty is none.
pub fn instant(text: &str) -> Result<Option<Time>, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Browsers leave the seconds out where they are zero.
    let written = [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")];
    let time = written.iter().find_map(|text| text.parse().ok());
    time.map(Some).ok_or_else(|| Invalid::new("newer_than", text, "a time in UTC such as 2026-03-09T14:00"))
}

/// As a field for dates and times takes it.
pub fn local(time: Time) -> String {
    time.to_string().trim_end_matches('Z').to_owned()
}

#[component]
pub fn OnlySome(form: CloneForm, checks: Checks) -> impl IntoView {
    let fault = |field: &str| checks.at(field).map(|problem| problem.detail.clone());
    let faults = ["include", "exclude", "newer_than"].map(fault);
    let CloneForm { include, exclude, newer_than, .. } = form;
    let said = [&include, &exclude, &newer_than].iter().any(|text| !text.is_empty());
    let since = instant(&newer_than).ok().flatten().map_or(newer_than, local);
    let [include_fault, exclude_fault, since_fault] = faults;
    view! {
        <details open=said>
            <summary>"Only some objects"</summary>
            <fieldset class="side" aria-describedby="globs">
                <legend class="visually-hidden">"Only some objects"</legend>
                <Globs name="include" label="Include" empty="every key" text=include fault=include_fault />
                <Globs name="exclude" label="Exclude" empty="none" text=exclude fault=exclude_fault />
                <label for="newer-than">"Modified since, in UTC"</label>
                <input
                    id="newer-than"
                    type="datetime-local"
                    name="newer_than"
                    step="any"
                    aria-describedby="newer-than-fault"
                    value=since
                />
                <FieldFault id="newer-than-fault".to_owned() text=since_fault />
                <p class="note" id="globs">
                    "One glob a line, for what follows the source's prefix in a key: * any characters within a segment, \
                    ** across segments, ? one character, [a-z] one of these."
                </p>
            </fieldset>
        </details>
    }
}

#[component]
fn Globs(
    name: &'static str,
    label: &'static str,
    empty: &'static str,
    text: String,
    fault: Option<String>,
) -> impl IntoView {
    let faulty = format!("{name}-fault");
    let shown = in_textarea(&text);
    view! {
        <label for=name>{label}</label>
        <textarea
            id=name
            name=name
            rows="2"
            autocomplete="off"
            spellcheck="false"
            placeholder=empty
            aria-describedby=faulty.clone()
            inner_html=shown
        ></textarea>
        <FieldFault id=faulty text=fault />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_read_line_by_line_and_nothing_of_them_is_cut() {
        let read = globs("include", " a b \r\n\r\n*.gz\n").unwrap();
        assert_eq!(lines(&read), " a b \n*.gz");
        assert!(globs("include", "").unwrap().is_empty());
    }

    #[test]
    fn a_time_without_zone_is_in_utc() {
        let read = |text: &str| instant(text).unwrap().map(|time| time.to_string());
        assert_eq!(read("2026-03-09T14:00").unwrap(), "2026-03-09T14:00:00Z");
        assert_eq!(read("2026-03-09T14:00:05.25").unwrap(), "2026-03-09T14:00:05.250Z");
        assert_eq!(read("2026-03-09T14:00:00+10:00").unwrap(), "2026-03-09T04:00:00Z");
        assert_eq!(read(" "), None);
        assert_eq!(local(Time(250)), "1970-01-01T00:00:00.250");
        assert_eq!(instant(&local(Time(250))).unwrap(), Some(Time(250)));
    }

    /// What a textarea shows is text to its end tag: neither a comment nor a space of the renderer's may be in it.
    #[test]
    fn a_text_area_shows_the_globs_and_nothing_else() {
        for (text, shown) in [("", ""), ("</textarea><b>&", "&lt;/textarea>&lt;b>&amp;")] {
            let text = text.to_owned();
            let html = view! { <Globs name="include" label="Include" empty="all" text fault=None /> }.to_html();
            let (_, area) = html.split_once("<textarea").unwrap();
            let (area, _) = area.split_once("</textarea>").unwrap();
            assert_eq!(area.split_once('>').unwrap().1, shown, "{html}");
        }
    }
}
