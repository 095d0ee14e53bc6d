//! Query parameters of requests: each at most once, unknown ones are errors.

use std::fmt;

use model::Invalid;
use url::form_urlencoded;

use super::{Bound, Version, limits};
use crate::sync::{Order, Span};

/// Parameters of `GET count?aboveRowVersion&belowRowVersion`; both bounds are exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountQuery(pub Span);

/// Parameters of `GET manifest?from&until&limit&order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageQuery {
    pub span: Span,
    pub order: Order,
    /// Approximate number of rows, at most [`limits::MAX_LISTED_ROWS`].
    pub limit: usize,
}

impl CountQuery {
    pub fn parse(query: &str) -> Result<Self, Invalid> {
        let [above, below] = parameters(query, ["aboveRowVersion", "belowRowVersion"])?;
        let from = match above {
            Some(above) => number("aboveRowVersion", &above, Version::MAX, Version::EXPECTED)? + 1,
            None => 0,
        };
        let until = match &below {
            Some(below) => number("belowRowVersion", below, Span::END, Bound::EXPECTED)?,
            None => Span::END,
        };
        if from > until {
            let expected = "above aboveRowVersion: both bounds are exclusive";
            return Err(Invalid::new("belowRowVersion", below.unwrap_or_default(), expected));
        }
        Ok(Self(Span { from, until }))
    }
}

impl fmt::Display for CountQuery {
    /// Omits bounds that do not restrict the span.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { from, until } = self.0;
        if from > 0 {
            write!(f, "aboveRowVersion={}", from - 1)?;
        }
        if until < Span::END {
            let and = if from > 0 { "&" } else { "" };
            write!(f, "{and}belowRowVersion={until}")?;
        }
        Ok(())
    }
}

impl PageQuery {
    pub fn parse(query: &str) -> Result<Self, Invalid> {
        const LIMIT: &str = "a whole number from 1 to 16384";
        let [from, until, limit, order] = parameters(query, ["from", "until", "limit", "order"])?;
        let bound = |field, text: &Option<String>, default| match text {
            Some(text) => number(field, text, Span::END, Bound::EXPECTED),
            None => Ok(default),
        };
        let span = Span { from: bound("from", &from, 0)?, until: bound("until", &until, Span::END)? };
        if span.is_empty() {
            return Err(Invalid::new("until", until.or(from).unwrap_or_default(), "larger than from"));
        }
        let limit = match limit {
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=limits::MAX_LISTED_ROWS).contains(limit))
                .ok_or_else(|| Invalid::new("limit", text, LIMIT))?,
            None => limits::DEFAULT_PAGE_ROWS,
        };
        let order = match order.as_deref() {
            None | Some("ascending") => Order::Ascending,
            Some("descending") => Order::Descending,
            Some(other) => return Err(Invalid::new("order", other, "ascending or descending")),
        };
        Ok(Self { span, order, limit })
    }
}

impl fmt::Display for PageQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self.order {
            Order::Ascending => "ascending",
            Order::Descending => "descending",
        };
        let Span { from, until } = self.span;
        write!(f, "from={from}&until={until}&limit={}&order={order}", self.limit)
    }
}

fn parameters<const N: usize>(query: &str, known: [&str; N]) -> Result<[Option<String>; N], Invalid> {
    let mut values = [const { None }; N];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let index = known.iter().position(|known| *known == name);
        let Some(index) = index else {
            return Err(Invalid::new(name, value, format!("left out: the parameters are {}", known.join(", "))));
        };
        if values[index].is_some() {
            return Err(Invalid::new(name, value, "given once"));
        }
        values[index] = Some(value.into_owned());
    }
    Ok(values)
}

fn number(field: &str, text: &str, max: u64, expected: &str) -> Result<u64, Invalid> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && *number <= max);
    number.ok_or_else(|| Invalid::new(field, text, expected))
}
