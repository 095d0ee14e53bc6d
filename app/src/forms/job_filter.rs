//! Converts between the filter of jobs and the query of its URL.

use model::{Filter, Invalid};

use crate::{context, query::Query, scope::Scope};

/// Reads the filter from a query. The error names the first field that is not valid.
pub fn read_filter(query: &Query) -> Result<Filter, Invalid> {
    let scope = Scope::read(query)?;
    Ok(Filter {
        kind: query.get("kind").map(str::parse).transpose()?,
        states: query.all("state").map(str::parse).collect::<Result<_, _>>()?,
        store: query.get("store").map(str::parse).transpose()?,
        bucket: query.get("bucket").map(str::parse).transpose()?,
        author: query.get("author").map(str::to_owned),
        text: query.get("text").map(str::to_owned),
        from: scope.start(context::now()),
        to: scope.end(),
    })
}

/// Query fields of the filter.
const FIELDS: [&str; 11] =
    ["kind", "state", "store", "bucket", "author", "text", "from", "to", "zone", "from_zone", "to_zone"];

/// The query without paging and results of actions.
pub fn without_page(query: &Query) -> Query {
    let kept = query.pairs().iter().filter(|(name, _)| FIELDS.contains(&name.as_str()));
    kept.fold(Query::default(), |filter, (name, value)| filter.with(name, value))
}

/// The filter in words: `state failed or cancelled`, `bucket demo-assets`.
pub fn words(query: &Query) -> Vec<String> {
    let worded = |name: &&str| {
        let values: Vec<&str> = query.all(name).collect();
        (!values.is_empty()).then(|| format!("{name} {}", values.join(" or ")))
    };
    FIELDS.iter().filter(|name| !name.ends_with("_zone")).filter_map(worded).collect()
}

#[cfg(test)]
mod tests {
    use model::{Kind, State};

    use super::*;

    #[test]
    fn link_keeps_the_filter() {
        let query = Query::read(
            "kind=clone&state=failed&state=cancelled&store=aws&bucket=demo-assets&author=a%20%26%20b&text=50%25&from=2026-03-09T14:00",
        );
        let filter = read_filter(&query).unwrap();
        assert_eq!(filter.kind, Some(Kind::Clone));
        assert_eq!(filter.states, [State::Failed, State::Cancelled]);
        assert_eq!(filter.text.as_deref(), Some("50%"));
        assert_eq!(filter.author.as_deref(), Some("a & b"));
        let link = without_page(&query.with("after", "x").with("changed", "3")).on("/jobs");
        assert_eq!(read_filter(&Query::read(link.strip_prefix("/jobs?").unwrap())), Ok(filter));
    }

    #[test]
    fn filter_in_words() {
        let query = Query::read("state=failed&state=cancelled&bucket=demo-assets&after=x");
        assert_eq!(words(&query), ["state failed or cancelled", "bucket demo-assets"]);
    }

    #[test]
    fn empty_fields_filter_nothing() {
        let query = Query::read("kind=&store=&bucket=&author=&text=&from=&to=");
        assert_eq!(read_filter(&query), Ok(Filter::default()));
    }

    #[test]
    fn dates_are_utc_and_invalid_fields_are_named() {
        let at = |text: &str| read_filter(&Query::default().with("from", text)).map(|filter| filter.from);
        assert_eq!(at("2026-03-09T14:00"), Ok("2026-03-09T14:00:00Z".parse().ok()));
        assert_eq!(at("2026-03-09"), Ok("2026-03-09T00:00:00Z".parse().ok()));
        assert_eq!(at("soon").unwrap_err().field, "from");
        assert_eq!(read_filter(&Query::read("state=done")).unwrap_err().field, "state");
    }
}
