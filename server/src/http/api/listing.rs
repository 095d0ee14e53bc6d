//! The query of a list: `after` and `limit` of every list, and the filter of `GET /api/v1/jobs`.
//!
//! Always: unknown parameters are refused. A misspelt filter would otherwise return items that it should leave out.

use std::str::FromStr;

use model::{Filter, Invalid, JobId, State, Time};

use super::limits;

const PARAMETERS: &str =
    "one of the parameters kind, state, store, bucket, author, text, from, to, after, limit, count";

#[derive(Debug, PartialEq)]
pub struct Listing {
    pub filter: Filter,
    pub after: Option<JobId>,
    pub limit: u32,
    pub count: bool,
}

impl Listing {
    /// `state` may be repeated and may be a list separated by commas; of any other parameter the last one counts. An
    /// empty value counts as left out, as forms send them.
    pub fn parse(parameters: &[(impl AsRef<str>, impl AsRef<str>)]) -> Result<Self, Invalid> {
        let mut listing = Self { filter: Filter::default(), after: None, limit: limits::PAGE, count: false };
        for (name, value) in parameters {
            listing.set(name.as_ref(), value.as_ref())?;
        }
        Ok(listing)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Invalid> {
        let filter = &mut self.filter;
        match name {
            "kind" => filter.kind = optional(value)?,
            "state" => {
                for state in value.split(',').filter(|state| !state.is_empty()) {
                    let state: State = state.parse()?;
                    if !filter.states.contains(&state) {
                        filter.states.push(state);
                    }
                }
            }
            "store" => filter.store = optional(value)?,
            "bucket" => filter.bucket = optional(value)?,
            "author" => filter.author = optional(value).unwrap_or_default(),
            "text" => filter.text = optional(value).unwrap_or_default(),
            "from" => filter.from = time(name, value)?,
            "to" => filter.to = time(name, value)?,
            "after" => self.after = after(value)?,
            "limit" => self.limit = limit(value)?,
            "count" => {
                self.count = value.parse().map_err(|_| Invalid::new(name, value, "true or false"))?;
            }
            _ => return Err(Invalid::new(name, value, PARAMETERS)),
        }
        Ok(())
    }
}

/// The `after` of any list.
pub fn after<T: FromStr>(value: &str) -> Result<Option<T>, Invalid> {
    optional(value).map_err(|_| Invalid::new("after", value, "the `next` of the page before"))
}

/// The `limit` of any list.
pub fn limit(value: &str) -> Result<u32, Invalid> {
    let limit = value.parse().ok().filter(|limit| (1..=limits::PAGE_MOST).contains(limit));
    limit.ok_or_else(|| Invalid::new("limit", value, format!("1 to {}", limits::PAGE_MOST)))
}

/// The query of a list without a filter.
pub fn page<T: FromStr>(parameters: &[(String, String)]) -> Result<(Option<T>, u32), Invalid> {
    let (mut from, mut most) = (None, limits::PAGE);
    for (name, value) in parameters {
        match name.as_str() {
            "after" => from = after(value)?,
            "limit" => most = limit(value)?,
            _ => return Err(Invalid::new(name, value, "one of the parameters after, limit")),
        }
    }
    Ok((from, most))
}

pub fn optional<T: FromStr>(value: &str) -> Result<Option<T>, T::Err> {
    if value.is_empty() { Ok(None) } else { value.parse().map(Some) }
}

pub fn time(name: &str, value: &str) -> Result<Option<Time>, Invalid> {
    optional(value).map_err(|_| Invalid::new(name, value, "a time such as 2026-03-09T14:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_may_be_repeated_or_listed() {
        let listing =
            Listing::parse(&[("state", "failed,running"), ("state", "queued"), ("state", "failed"), ("text", "")]);
        let filter = listing.unwrap().filter;
        assert_eq!(filter.states, [State::Failed, State::Running, State::Queued]);
        assert_eq!(filter.text, None);
    }

    #[test]
    fn wrong_parameter_is_refused_by_name() {
        for (name, value) in [
            ("stat", "failed"),
            ("state", "done"),
            ("limit", "0"),
            ("limit", "201"),
            ("limit", "-1"),
            ("after", "17"),
            ("from", "yesterday"),
            ("kind", "sync"),
            ("bucket", "A B"),
            ("count", "1"),
        ] {
            assert_eq!(Listing::parse(&[(name, value)]).unwrap_err().field, name, "{value}");
        }
    }
}
