//! Cost of requests by a price list: an estimate that names the source of its prices.
//!
//! Always: amounts are whole millionths of a currency, so that sums are exact on any machine.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Invalid, RequestCounts};

/// An amount of money in millionths of the currency. JSON: a text such as `"0.0265"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(pub u64);

/// Prices of 1,000 S3 requests each, and of Lambda.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    pub currency: String,
    /// LIST, COPY, PUT and POST.
    pub list_copy_put: Amount,
    /// GET and HEAD. DELETE is free.
    pub get_head: Amount,
    /// Price of a million Lambda GB-seconds; one costs less than a millionth, the unit of amounts.
    pub lambda_million_gb_seconds: Amount,
    pub lambda_million_requests: Amount,
    /// Source of the prices.
    pub source: String,
}

/// Estimated cost of requests, without storage, transfer and retries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    pub amount: Amount,
    pub currency: String,
    pub source: String,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            currency: "USD".to_owned(),
            list_copy_put: Amount(5_000),
            get_head: Amount(400),
            lambda_million_gb_seconds: Amount(16_666_700),
            lambda_million_requests: Amount(200_000),
            source: "AWS's list prices for S3 Standard in us-east-1".to_owned(),
        }
    }
}

impl Prices {
    /// Cost of requests, rounded up to a millionth.
    pub fn of(&self, requests: &RequestCounts) -> Price {
        let of = |count: u64, price: Amount| u128::from(count) * u128::from(price.0);
        let thousandths =
            of(requests.list.saturating_add(requests.copy), self.list_copy_put) + of(requests.head, self.get_head);
        let amount = Amount(u64::try_from(thousandths.div_ceil(1_000)).unwrap_or(u64::MAX));
        Price { amount, currency: self.currency.clone(), source: self.source.clone() }
    }

    /// Cost of Lambda invocations and of billed milliseconds times the megabytes of
    /// their function; 1,024 MB are a GB. Rounded up to a millionth once.
    pub fn of_lambda(&self, invocations: u64, billed_mb_ms: u64) -> Amount {
        const MB_MS_OF_A_GB_SECOND: u128 = 1_024 * 1_000;
        const MILLION: u128 = 1_000_000;
        let of = |count: u64, price: Amount| u128::from(count) * u128::from(price.0);
        let time = of(billed_mb_ms, self.lambda_million_gb_seconds);
        let requests = of(invocations, self.lambda_million_requests).saturating_mul(MB_MS_OF_A_GB_SECOND);
        let amount = time.saturating_add(requests).div_ceil(MB_MS_OF_A_GB_SECOND * MILLION);
        Amount(u64::try_from(amount).unwrap_or(u64::MAX))
    }
}

impl Amount {
    /// Parses the price of one unit with up to twelve decimals; returns the price of a million units.
    pub fn of_a_million(text: &str) -> Result<Self, Invalid> {
        let refused =
            || Invalid::new("price", text, "a number such as 0.0000166667, not negative, with at most twelve decimals");
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() {
            return Err(refused());
        }
        let (front, back) = decimals.split_at_checked(6).unwrap_or((decimals, ""));
        format!("{whole}{front:0<6}.{back}").parse().map_err(|_| refused())
    }
}

impl fmt::Display for Amount {
    /// Formats with two to six decimals: `0.0265`, `1.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:06}", self.0 % 1_000_000);
        let (first, rest) = decimals.split_at(2);
        write!(f, "{}.{first}{}", self.0 / 1_000_000, rest.trim_end_matches('0'))
    }
}

impl FromStr for Amount {
    type Err = Invalid;

    /// Parses a non-negative decimal number with at most six decimals.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = || Invalid::new("price", text, "a number such as 0.005, not negative, with at most six decimals");
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || decimals.len() > 6 || !digits(whole) || !digits(decimals) {
            return Err(refused());
        }
        let whole: u64 = whole.parse().map_err(|_| refused())?;
        let decimals: u64 = format!("{decimals:0<6}").parse().map_err(|_| refused())?;
        whole
            .checked_mul(1_000_000)
            .and_then(|millionths| millionths.checked_add(decimals))
            .map(Self)
            .ok_or_else(refused)
    }
}

impl TryFrom<String> for Amount {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

impl fmt::Display for Price {
    /// `about 0.0265 USD, by AWS's list prices for S3 Standard in us-east-1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "about {} {}, by {}", self.amount, self.currency, self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amount_round_trips() {
        for (text, written) in
            [("0.005", "0.005"), ("0.0004", "0.0004"), ("12", "12.00"), ("1.5", "1.50"), ("0", "0.00")]
        {
            let amount: Amount = text.parse().unwrap();
            assert_eq!(amount.to_string(), written);
            assert_eq!(written.parse::<Amount>().unwrap(), amount);
        }
    }

    #[test]
    fn invalid_price_is_refused() {
        for text in ["", "-1", "-0.005", ".5", "1,5", "1e3", "free", "NaN", "inf", "0.0000001", "99999999999999999"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn function_cost_is_exact_and_rounded_once() {
        let prices = Prices::default();
        // 1 GB-second is 16.6667 millionths; a request 0.2.
        assert_eq!(prices.of_lambda(0, 1_024_000), Amount(17));
        assert_eq!(prices.of_lambda(0, 1_024_000 * 1_000_000), Amount(16_666_700));
        assert_eq!(prices.of_lambda(5, 0), Amount(1));
        // 17 + 1 if each were rounded up.
        assert_eq!(prices.of_lambda(1, 1_024_000), Amount(17));
        assert_eq!(prices.of_lambda(u64::MAX, u64::MAX).to_string().split('.').count(), 2, "no overflow");
    }

    #[test]
    fn price_below_a_millionth_is_parsed_per_million() {
        for (text, of_a_million) in [("0.0000166667", 16_666_700), ("0.000000000001", 1), ("2", 2_000_000_000_000)] {
            assert_eq!(Amount::of_a_million(text), Ok(Amount(of_a_million)), "{text}");
        }
        for text in ["", "-1", "1e-5", "0.0000000000001", ".5", "free", "1.5x"] {
            assert!(Amount::of_a_million(text).is_err(), "{text}");
        }
    }

    #[test]
    fn estimate_charges_requests_but_not_deletes() {
        let requests = RequestCounts { list: 300, copy: 700, head: 10_000, delete: 10_000 };
        assert_eq!(Prices::default().of(&requests).amount.to_string(), "0.009");
        assert_eq!(Prices::default().of(&RequestCounts { list: 1, ..RequestCounts::default() }).amount, Amount(5));
    }
}
