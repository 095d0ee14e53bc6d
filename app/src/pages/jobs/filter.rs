//! A list's filter and the query of its URL, both ways.

use model::{Filter, Invalid, Time};

use crate::query::Query;

/// Reads what the filter form writes; the first field that does not fit is told.
pub fn read_filter(query: &Query) -> Result<Filter, Invalid> {
    Ok(Filter {
        kind: query.get("kind").map(str::parse).transpose()?,
        states: query.all("state").map(str::parse).collect::<Result<_, _>>()?,
        store: query.get("store").map(str::parse).transpose()?,
        bucket: query.get("bucket").map(str::parse).transpose()?,
        author: query.get("author").map(str::to_owned),
        text: query.get("text").map(str::to_owned),
        from: read_time(query, "from")?,
        to: read_time(query, "to")?,
    })
}

/// RFC 3339, or what a browser's date field sends, `2026-03-09T14:00`, which is taken as UTC.
fn read_time(query: &Query, name: &str) -> Result<Option<Time>, Invalid> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text.to_owned(),
    };
    whole.parse().map(Some).map_err(|_| Invalid::new(name, text, "a time like 2026-03-09T14:00, in UTC"))
}

/// The query that [`read_filter`] reads back.
pub fn write_filter(filter: &Filter) -> Query {
    let mut query = Query::default().with("kind", filter.kind.map_or("", model::Kind::as_str));
    for state in &filter.states {
        query = query.with("state", state.as_str());
    }
    let time = |time: Option<Time>| time.map(|time| time.to_string()).unwrap_or_default();
    query
        .with("store", filter.store.as_ref().map_or("", |store| store.as_str()))
        .with("bucket", filter.bucket.as_ref().map_or("", |bucket| bucket.as_str()))
        .with("author", filter.author.as_deref().unwrap_or_default())
        .with("text", filter.text.as_deref().unwrap_or_default())
        .with("from", &time(filter.from))
        .with("to", &time(filter.to))
}

#[cfg(test)]
mod tests {
    use model::{Kind, State};

    use super::*;

    #[test]
    fn a_link_to_a_list_shows_the_other_person_the_same_list() {
        let filter = Filter {
            kind: Some(Kind::Clone),
            states: vec![State::Failed, State::Cancelled],
            store: Some("aws".parse().unwrap()),
            bucket: Some("demo-assets".parse().unwrap()),
            author: Some("operator & co".to_owned()),
            text: Some("50% off".to_owned()),
            from: Some("2026-03-09T14:00:00Z".parse().unwrap()),
            to: None,
        };
        let url = write_filter(&filter).on("/jobs");
        let (_, query) = url.split_once('?').unwrap();
        assert_eq!(read_filter(&Query::read(query)), Ok(filter));
    }

    #[test]
    fn the_fields_of_a_form_left_empty_narrow_nothing() {
        let query = Query::read("kind=&store=&bucket=&author=&text=&from=&to=");
        assert_eq!(read_filter(&query), Ok(Filter::default()));
    }

    #[test]
    fn a_date_field_is_read_as_utc_and_nonsense_is_named() {
        let at = |text: &str| read_filter(&Query::default().with("from", text)).map(|filter| filter.from);
        assert_eq!(at("2026-03-09T14:00"), Ok("2026-03-09T14:00:00Z".parse().ok()));
        assert_eq!(at("2026-03-09"), Ok("2026-03-09T00:00:00Z".parse().ok()));
        assert_eq!(at("soon").unwrap_err().field, "from");
        assert_eq!(read_filter(&Query::read("state=done")).unwrap_err().field, "state");
    }
}
