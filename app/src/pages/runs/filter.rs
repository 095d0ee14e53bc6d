//! Converts between the filter of runs and the query of its URL.

use model::{Invalid, PipelineName, RunFilter};

use crate::{context, query::Query, scope::Scope};

/// Reads the filter from a query. The error names the first field that is not valid.
pub fn read_filter(query: &Query) -> Result<RunFilter, Invalid> {
    let scope = Scope::read(query)?;
    Ok(RunFilter {
        pipeline: query.get("pipeline").map(str::parse).transpose()?,
        outcomes: query.all("outcome").map(str::parse).collect::<Result<_, _>>()?,
        job: query.get("job").map(str::parse).transpose()?,
        key: query.get("key").map(str::parse).transpose()?,
        request_id: query.get("request_id").map(str::to_owned),
        from: scope.start(context::now()),
        to: scope.end(),
    })
}

const FIELDS: [&str; 10] =
    ["pipeline", "outcome", "job", "key", "request_id", "from", "to", "zone", "from_zone", "to_zone"];

/// The query without paging.
pub fn without_page(query: &Query) -> Query {
    let kept = query.pairs().iter().filter(|(name, _)| FIELDS.contains(&name.as_str()));
    kept.fold(Query::default(), |filter, (name, value)| filter.with(name, value))
}

/// The query of a pipeline's runs.
pub fn run_query(pipeline: &PipelineName) -> Query {
    Query::default().with("pipeline", pipeline.as_str())
}

#[cfg(test)]
mod tests {
    use model::Outcome;

    use super::*;

    #[test]
    fn link_keeps_the_filter() {
        let query =
            Query::read("?pipeline=api&outcome=partial&outcome=crashed&key=a%2Fb&from=2026-03-09T14:00&after=1-2");
        let filter = read_filter(&query).unwrap();
        assert_eq!(filter.outcomes, [Outcome::Partial, Outcome::Crashed]);
        assert_eq!(filter.key.unwrap().as_str(), "a/b");
        assert_eq!(filter.from.unwrap().to_string(), "2026-03-09T14:00:00Z");
        assert!(without_page(&query).get("after").is_none());
        assert_eq!(read_filter(&Query::read("outcome=lost")).unwrap_err().field, "outcome");
    }
}
