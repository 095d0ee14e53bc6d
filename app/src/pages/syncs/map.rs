//! The key space as a map: the versions from the lowest to the highest in pieces side by side, and what is known of each.
//!
//! Each kind has a colour and a pattern that can be told apart in a piece one pixel wide. The same stands beneath as a
//! table of stretches, for whoever cannot see the map or wants the versions.

use leptos::prelude::*;
use model::{KeySpan, SpanState};

use crate::format::{count, things};

/// Stretches told one by one, at most.
const TOLD: usize = 50;

const LOOKS: [SpanState; 3] = [SpanState::Verified, SpanState::Differing, SpanState::NotYet];

/// The word, and the class of its pattern.
fn word(look: SpanState) -> (&'static str, &'static str) {
    match look {
        SpanState::Verified => ("verified", "verified"),
        SpanState::Differing => ("differing", "differing"),
        SpanState::NotYet => ("not yet looked at", "not-yet"),
    }
}

/// Rows of several pieces; `None` where one was not counted.
fn rows(pieces: &[KeySpan]) -> Option<u64> {
    pieces.iter().map(|piece| piece.rows).sum()
}

/// `, 4,000 rows`, where they were counted.
fn told_rows(pieces: &[KeySpan]) -> String {
    rows(pieces).map(|number| format!(", {}", things(number, "row"))).unwrap_or_default()
}

/// `versions 0 to 4,095`.
fn versions(first: &KeySpan, last: &KeySpan) -> String {
    format!("versions {} to {}", count(first.from), count(last.until.saturating_sub(1)))
}

/// `3 pieces verified, 12,000 rows; 2 pieces differing; 1 piece not yet looked at, 4,000 rows`.
fn told(map: &[KeySpan]) -> String {
    let parts = LOOKS.map(|look| {
        let pieces: Vec<KeySpan> = map.iter().filter(|piece| piece.look == look).copied().collect();
        let some = !pieces.is_empty();
        some.then(|| format!("{} {}{}", things(pieces.len() as u64, "piece"), word(look).0, told_rows(&pieces)))
    });
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Neighbours of which the same is known.
fn stretches(map: &[KeySpan]) -> Vec<&[KeySpan]> {
    map.chunk_by(|one, next| one.look == next.look && one.until == next.from).collect()
}

#[component]
pub fn KeyMap(map: Vec<KeySpan>) -> impl IntoView {
    let (first, last) = (*map.first()?, *map.last()?);
    let spoken = format!("Key space, {}: {}", versions(&first, &last), told(&map));
    let piece = |piece: &KeySpan| {
        let (name, class) = word(piece.look);
        let title = format!("{}: {name}{}", versions(piece, piece), told_rows(std::slice::from_ref(piece)));
        view! { <span class=class title=title></span> }
    };
    let label = |look: SpanState| {
        let pieces: Vec<KeySpan> = map.iter().filter(|piece| piece.look == look).copied().collect();
        let (name, class) = word(look);
        (!pieces.is_empty()).then(|| {
            let rows = told_rows(&pieces);
            view! { <li class=class><span class="last">{count(pieces.len() as u64)}</span> " " {name} {rows}</li> }
        })
    };
    Some(view! {
        <section aria-labelledby="map" data-key="map">
            <h2 id="map">"Key space"</h2>
            <figure class="key-map">
                <figcaption>
                    {things(map.len() as u64, "piece")} " by row version"
                    <ul class="measures">{LOOKS.map(label).into_iter().collect_view()}</ul>
                </figcaption>
                <div class="pieces" role="img" aria-label=spoken>{map.iter().map(piece).collect_view()}</div>
                <p class="axis"><span>{count(first.from)}</span><span>{count(last.until.saturating_sub(1))}</span></p>
            </figure>
            <details>
                <summary>"The stretches one by one"</summary>
                <Stretches map=map.clone() />
            </details>
        </section>
    })
}

#[component]
fn Stretches(map: Vec<KeySpan>) -> impl IntoView {
    let stretches = stretches(&map);
    let more = stretches.len().saturating_sub(TOLD) as u64;
    let row = |stretch: &[KeySpan]| {
        let (first, last) = (*stretch.first()?, *stretch.last()?);
        let rows = rows(stretch).map_or_else(|| "not counted".to_owned(), count);
        Some(view! {
            <tr data-key=first.from.to_string()>
                <th scope="row" data-label="Versions">{versions(&first, &last)}</th>
                <td data-label="Known">{word(first.look).0}</td>
                <td data-label="Rows" class="number">{rows}</td>
            </tr>
        })
    };
    view! {
        <table class="rows">
            <caption class="visually-hidden">"Stretches of versions of which the same is known"</caption>
            <thead>
                <tr>
                    <th scope="col">"Versions"</th>
                    <th scope="col">"Known"</th>
                    <th scope="col" class="number">"Local rows"</th>
                </tr>
            </thead>
            <tbody>{stretches.iter().take(TOLD).map(|stretch| row(stretch)).collect_view()}</tbody>
        </table>
        {(more > 0).then(|| view! { <p class="note">{format!("And {} more.", count(more))}</p> })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn the_map_is_told_in_words_with_counts() {
        let map = examples::sync_view(model::SyncState::Reconciling).map;
        let said = "3 pieces verified, 12,000 rows; 2 pieces differing; 1 piece not yet looked at, 4,000 rows";
        assert_eq!(told(&map), said);
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
    fn neighbours_of_which_the_same_is_known_are_one_stretch() {
        let map = examples::sync_view(model::SyncState::Reconciling).map;
        let lengths: Vec<usize> = stretches(&map).iter().map(|stretch| stretch.len()).collect();
        assert_eq!(lengths, [2, 2, 1, 1]);
        assert_eq!((rows(&map[..2]), rows(&map[2..4])), (Some(8_000), None), "a piece that was not counted is no zero");
    }
}
