//! A tile for each pipeline: status of the last hour, delivery, failures, lag, last run and trend; and the answer to
//! *Is everything arriving?* over all of them.

use leptos::prelude::*;
use model::{AlertState, Tile, Time};

use crate::{
    context,
    format::{Mark, alert_words, count, counted, duration, of, share, signed},
    ui::{Moment, StateMark, chart::Trend},
};

/// The worst status of the last hour; an open alert is worse than any run.
fn mark(tile: &Tile) -> Mark {
    if let Some(alert) = tile.alerts.iter().find(|alert| alert.state == AlertState::Open) {
        return Mark { shape: "✖", word: alert_words(alert.kind), tone: "bad" };
    }
    tile.worst.map_or(Mark { shape: "○", word: "no runs in the last hour", tone: "idle" }, Mark::of_outcome)
}

/// The answer to *Is everything arriving?*; `None` without pipelines.
pub fn answer(tiles: &[Tile]) -> Option<Mark> {
    let bad = tiles.iter().filter(|tile| mark(tile).tone == "bad").count();
    let unsure = tiles.iter().filter(|tile| mark(tile).tone == "warn" || tile.lag_ms.is_none()).count();
    match (tiles.len(), bad, unsure) {
        (0, ..) => None,
        (_, 0, 0) => Some(Mark { shape: "✔", word: "Yes, as far as runs and sinks can tell.", tone: "good" }),
        (_, 0, _) => Some(Mark { shape: "?", word: "Unknown for some pipelines.", tone: "warn" }),
        _ => Some(Mark { shape: "✖", word: "Not everything.", tone: "bad" }),
    }
}

/// The answer in figures, over all pipelines in the last hour; `None` if there were no lines.
pub fn summary(tiles: &[Tile]) -> Option<String> {
    let sum = |part: fn(&Tile) -> u64| tiles.iter().map(part).sum::<u64>();
    let (lines, delivered) = (sum(|tile| tile.sums.lines), sum(|tile| tile.sums.delivered));
    let names: Vec<_> =
        tiles.iter().filter(|tile| mark(tile).tone == "bad").map(|tile| tile.pipeline.as_str()).collect();
    let wrong = match names.as_slice() {
        [] => String::new(),
        names if names.len() <= 3 => format!(" Check {}.", names.join(", ")),
        names => format!(" Check {} and {} others.", names[..3].join(", "), names.len() - 3),
    };
    let missing = lines.saturating_sub(delivered);
    let were_not = match missing {
        0 => String::new(),
        1 => "; 1 was not".to_owned(),
        missing => format!("; {} were not", count(missing)),
    };
    // A sink that does not acknowledge has only been sent them.
    let some = format!("In the last hour {} were sent or delivered{were_not}.{wrong}", of(delivered, lines) + " lines");
    (lines > 0).then_some(some)
}

#[component]
pub fn Tiles(tiles: Vec<Tile>, now: Time) -> impl IntoView {
    view! { <ul class="tiles">{tiles.into_iter().map(|tile| view! { <One tile now /> }).collect_view()}</ul> }
}

#[component]
fn One(tile: Tile, now: Time) -> impl IntoView {
    let (mark, scope) = (mark(&tile), context::scope());
    let name = tile.pipeline.to_string();
    let page = scope.on(&format!("/pipelines/{name}"));
    let sums = tile.sums;
    let delivered = share(sums.delivered, sums.lines).map_or_else(
        || "no lines".to_owned(),
        |share| {
            format!("{share}, {} {}", of(sums.delivered, sums.lines), if sums.lines == 1 { "line" } else { "lines" })
        },
    );
    let failed = (sums.failures > 0)
        .then(|| view! { <p class="field-fault">{format!("✖ {} failed", count(sums.failures))}</p> });
    let lag = match tile.lag_ms {
        None => "unknown".to_owned(),
        Some(0) => "none".to_owned(),
        Some(ms) => duration(signed(ms)),
    };
    let last = tile.last_run.map(|run| {
        let href = scope.on(&format!("/runs/{}", run.id));
        view! { <a href=href><StateMark mark=Mark::of_outcome(run.outcome) /></a> " " <Moment at=run.started_at now /> }
    });
    let alerts = (!tile.alerts.is_empty()).then(|| {
        let href = scope.on(&format!("/alerts?pipeline={name}"));
        view! { <p><a href=href>{counted(tile.alerts.len() as u64, "alert")}</a></p> }
    });
    view! {
        <li data-key=name.clone()>
            <h3><a href=page data-row="">{name.clone()}</a></h3>
            <p><StateMark mark /></p>
            {alerts}
            <dl class="facts">
                <dt>"Sent or delivered"</dt>
                <dd>{delivered} {failed}</dd>
                <dt>"Lag"</dt>
                <dd>{lag}</dd>
                <dt>"Last run"</dt>
                <dd>{last.map_or_else(|| "none".into_any(), IntoAny::into_any)}</dd>
            </dl>
            <Trend sums=tile.trend />
        </li>
    }
}

#[cfg(test)]
mod tests {
    use model::Outcome;

    use super::*;
    use crate::examples;

    #[test]
    fn answer_is_yes_only_if_all_is_known_delivered() {
        let tile = |worst, lag_ms| Tile { worst, lag_ms, alerts: Vec::new(), ..examples::tile() };
        let fine = tile(Some(Outcome::Sent), Some(0));
        let shape = |tiles: &[Tile]| answer(tiles).map(|mark| mark.shape);
        assert_eq!(shape(&[]), None);
        assert_eq!(shape(std::slice::from_ref(&fine)), Some("✔"));
        assert_eq!(shape(&[fine.clone(), tile(Some(Outcome::Sent), None)]), Some("?"));
        assert_eq!(shape(&[fine.clone(), tile(Some(Outcome::Suspicious), Some(0))]), Some("?"));
        assert_eq!(shape(&[fine, examples::tile()]), Some("✖"), "an open alert");
    }

    #[test]
    fn missing_lines_name_their_pipelines() {
        let fine = Tile { worst: Some(Outcome::Sent), alerts: Vec::new(), ..examples::tile() };
        assert_eq!(
            summary(&[fine, examples::tile()]).unwrap(),
            "In the last hour 6 of 8 lines were sent or delivered; 2 were not. Check demo-elb."
        );
        assert_eq!(summary(&[]), None);
    }

    #[test]
    fn tile_shows_outcome_loss_lag_and_last_run() {
        let html = examples::html(|| view! { <Tiles tiles=vec![examples::tile()] now=Time(1_770_000_060_000) /> });
        for text in ["Losing records", "75 %, 3 of 4 lines", "1 failed", "4 min", "partial", "1 alert", "<path"] {
            assert!(html.contains(text), "{text}: {html}");
        }
    }
}
