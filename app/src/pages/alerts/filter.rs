//! Converts between the filter of alerts and the query of its URL, and renders its form.

use leptos::prelude::*;
use model::{AlertFilter, AlertKind, AlertState, Invalid, Time};

use crate::{
    format::{Mark, alert_words},
    query::Query,
    scope::Scope,
    ui::ScopeFields,
};

/// Reads the filter from a query. The error names the first field that is not valid.
pub fn read_filter(query: &Query, now: Time) -> Result<AlertFilter, Invalid> {
    let scope = Scope::read(query)?;
    Ok(AlertFilter {
        pipeline: query.get("pipeline").map(str::parse).transpose()?,
        schedule: None,
        table: None,
        kind: query.get("kind").map(str::parse).transpose()?,
        states: query.all("state").map(str::parse).collect::<Result<_, _>>()?,
        from: scope.start(now),
        to: scope.end(),
    })
}

const FIELDS: [&str; 8] = ["pipeline", "kind", "state", "from", "to", "zone", "from_zone", "to_zone"];

/// The query without paging.
pub fn without_page(query: &Query) -> Query {
    let kept = query.pairs().iter().filter(|(name, _)| FIELDS.contains(&name.as_str()));
    kept.fold(Query::default(), |filter, (name, value)| filter.with(name, value))
}

#[component]
pub fn FilterForm(query: Query) -> impl IntoView {
    let chosen = query.get("kind").map(str::to_owned);
    let kind_option = |kind: AlertKind| {
        let selected = chosen.as_deref() == Some(kind.as_str());
        view! { <option value=kind.as_str() selected=selected>{alert_words(kind)}</option> }
    };
    let state_box = |state: AlertState| {
        let checked = query.all("state").any(|name| name == state.as_str());
        let mark = Mark::of_alert(state);
        view! {
            <label class="choice">
                <input type="checkbox" name="state" value=state.as_str() checked=checked />
                <span class=format!("mark {}", mark.tone)>
                    <span aria-hidden="true">{mark.shape}</span>
                    " "
                    {mark.word}
                </span>
            </label>
        }
    };
    let in_use = ["pipeline", "kind", "state"].iter().any(|name| query.get(name).is_some());
    let pipeline = query.get("pipeline").unwrap_or_default().to_owned();
    view! {
        <form method="get" action="/alerts" class="filter" role="search" aria-label="Filter alerts">
            <ScopeFields />
            <div class="filter-row">
                <label>
                    <span>"Pipeline"</span>
                    <input type="search" name="pipeline" value=pipeline />
                </label>
                <label>
                    <span>"Kind"</span>
                    <select name="kind">
                        <option value="">"any"</option>
                        {AlertKind::ALL.into_iter().map(kind_option).collect_view()}
                    </select>
                </label>
                <fieldset class="states">
                    <legend>"State"</legend>
                    {AlertState::ALL.into_iter().map(state_box).collect_view()}
                </fieldset>
            </div>
            <p class="actions">
                <button>"Filter"</button>
                {in_use.then(|| view! { <a href=crate::context::scope().on("/alerts")>"Show all"</a> })}
            </p>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_keeps_the_filter() {
        let query = Query::read("pipeline=api&kind=loss&state=open&state=silenced&from=-1h&after=x");
        let filter = read_filter(&query, Time(7_200_000)).unwrap();
        assert_eq!((filter.kind, filter.from), (Some(AlertKind::Loss), Some(Time(3_600_000))));
        assert_eq!(filter.states, [AlertState::Open, AlertState::Silenced]);
        assert!(without_page(&query).get("after").is_none());
        assert_eq!(read_filter(&Query::read("kind=doom"), Time(0)).unwrap_err().field, "kind");
    }
}
