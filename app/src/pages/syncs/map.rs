//! The key space of a table as a map: consecutive ranges of row versions, and whether each is verified.
//!
//! Each status has a colour and a pattern that stays distinct at a width of one pixel. The same data is in a table below,
//! for screen readers and for the versions.

use leptos::prelude::*;
use model::{KeySpan, SpanState};

use crate::format::{count, counted};

/// Most sections listed.
const LISTED: usize = 50;

const STATES: [SpanState; 3] = [SpanState::Verified, SpanState::Differing, SpanState::NotYet];

/// The word of a status, and the CSS class of its pattern.
fn word(state: SpanState) -> (&'static str, &'static str) {
    match state {
        SpanState::Verified => ("verified", "verified"),
        SpanState::Differing => ("differing", "differing"),
        SpanState::NotYet => ("not checked yet", "not-yet"),
    }
}

/// Rows of several ranges; `None` if one was not counted.
fn rows(pieces: &[KeySpan]) -> Option<u64> {
    pieces.iter().map(|piece| piece.rows).sum()
}

/// `, 4,000 rows`; empty if not all ranges were counted.
fn row_words(pieces: &[KeySpan]) -> String {
    rows(pieces).map(|number| format!(", {}", counted(number, "row"))).unwrap_or_default()
}

/// `versions 0 to 4,095`.
fn versions(first: &KeySpan, last: &KeySpan) -> String {
    format!("versions {} to {}", count(first.from), count(last.until.saturating_sub(1)))
}

/// `3 ranges verified, 12,000 rows; 2 ranges differing; 1 range not checked yet, 4,000 rows`.
fn summary(map: &[KeySpan]) -> String {
    let parts = STATES.map(|state| {
        let pieces: Vec<KeySpan> = map.iter().filter(|piece| piece.look == state).copied().collect();
        let some = !pieces.is_empty();
        some.then(|| format!("{} {}{}", counted(pieces.len() as u64, "range"), word(state).0, row_words(&pieces)))
    });
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Neighbouring ranges with the same status.
fn sections(map: &[KeySpan]) -> Vec<&[KeySpan]> {
    map.chunk_by(|one, next| one.look == next.look && one.until == next.from).collect()
}

#[component]
pub fn KeyMap(map: Vec<KeySpan>) -> impl IntoView {
    let (first, last) = (*map.first()?, *map.last()?);
    let spoken = format!("Key space, {}: {}", versions(&first, &last), summary(&map));
    let piece = |piece: &KeySpan| {
        let (name, class) = word(piece.look);
        let title = format!("{}: {name}{}", versions(piece, piece), row_words(std::slice::from_ref(piece)));
        view! { <span class=class title=title></span> }
    };
    let label = |state: SpanState| {
        let pieces: Vec<KeySpan> = map.iter().filter(|piece| piece.look == state).copied().collect();
        let (name, class) = word(state);
        (!pieces.is_empty()).then(|| {
            let rows = row_words(&pieces);
            view! { <li class=class><span class="last">{count(pieces.len() as u64)}</span> " " {name} {rows}</li> }
        })
    };
    Some(view! {
        <section aria-labelledby="map" data-key="map">
            <h2 id="map">"Key space"</h2>
            <figure class="key-map">
                <figcaption>
                    {counted(map.len() as u64, "range")} " by row version"
                    <ul class="measures">{STATES.map(label).into_iter().collect_view()}</ul>
                </figcaption>
                <div class="pieces" role="img" aria-label=spoken>{map.iter().map(piece).collect_view()}</div>
                <p class="axis"><span>{count(first.from)}</span><span>{count(last.until.saturating_sub(1))}</span></p>
            </figure>
            <details>
                <summary>"Range details"</summary>
                <Sections map=map.clone() />
            </details>
        </section>
    })
}

#[component]
fn Sections(map: Vec<KeySpan>) -> impl IntoView {
    let sections = sections(&map);
    let more = sections.len().saturating_sub(LISTED) as u64;
    let row = |section: &[KeySpan]| {
        let (first, last) = (*section.first()?, *section.last()?);
        let rows = rows(section).map_or_else(|| "not counted".to_owned(), count);
        Some(view! {
            <tr data-key=first.from.to_string()>
                <th scope="row" data-label="Versions">{versions(&first, &last)}</th>
                <td data-label="Status">{word(first.look).0}</td>
                <td data-label="Rows" class="number">{rows}</td>
            </tr>
        })
    };
    view! {
        <table class="rows">
            <caption class="visually-hidden">"Ranges of versions and their status"</caption>
            <thead>
                <tr>
                    <th scope="col">"Versions"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col" class="number">"Local rows"</th>
                </tr>
            </thead>
            <tbody>{sections.iter().take(LISTED).map(|section| row(section)).collect_view()}</tbody>
        </table>
        {(more > 0).then(|| view! { <p class="note">{format!("And {} more.", count(more))}</p> })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn map_has_words_with_counts() {
        let map = examples::sync_view(model::SyncState::Reconciling).map;
        let said = "3 ranges verified, 12,000 rows; 2 ranges differing; 1 range not checked yet, 4,000 rows";
        assert_eq!(summary(&map), said);
        let html = examples::html(move || view! { <KeyMap map /> });
        assert!(
            html.contains(&format!("role=\"img\" aria-label=\"Key space, versions 0 to 24,575: {said}\"")),
            "{html}"
        );
        for title in ["versions 0 to 4,095: verified, 4,000 rows", "versions 8,192 to 12,287: differing\""] {
            assert!(html.contains(&format!("title=\"{title}")), "{title}: {html}");
        }
        assert_eq!(examples::html(|| view! { <KeyMap map=vec![] /> }), "");
    }

    #[test]
    fn equal_neighbours_are_joined() {
        let map = examples::sync_view(model::SyncState::Reconciling).map;
        let lengths: Vec<usize> = sections(&map).iter().map(|section| section.len()).collect();
        assert_eq!(lengths, [2, 2, 1, 1]);
        assert_eq!(
            (rows(&map[..2]), rows(&map[2..4])),
            (Some(8_000), None),
            "a range that was not counted is not zero"
        );
    }
}
