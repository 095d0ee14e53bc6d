//! Conditions on an event's fields: `elb_status_code >= 500 or request_url ~ "/api/"`.
//!
//! `and` binds closer than `or`; there are no brackets. A field alone holds if the event has it, `not` before a comparison
//! turns it around. Numbers compare as numbers, everything else as text.
//!
//! Always: a comparison of a field that the event lacks does not hold, except `!=`.

use std::borrow::Cow;

use model::Invalid;

const EXPECTED: &str = "comparisons such as elb_status_code >= 500 and not request_url ~ \"/health\": FIELD, or FIELD with \
                        =, !=, <, <=, >, >= or ~ (contains) and a value, joined by and or or";

/// Any of these, each of which is all of its comparisons.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Vec<Vec<Comparison>>);

#[derive(Clone, Debug, PartialEq)]
struct Comparison {
    negated: bool,
    field: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Exists,
    Compare(Operator, String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Contains,
}

const OPERATORS: [(&str, Operator); 7] = [
    ("!=", Operator::Unequal),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::More),
    ("~", Operator::Contains),
];

#[derive(Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Quoted(&'a str),
    Operator(Operator),
}

impl Condition {
    pub fn read(name: &str, text: &str) -> Result<Self, Invalid> {
        parse(text).ok_or_else(|| Invalid::new(name, text, EXPECTED))
    }

    /// `value`: the JSON of a field, `None` if the event lacks it.
    pub fn holds<'e>(&self, value: impl Fn(&str) -> Option<&'e [u8]>) -> bool {
        self.0.iter().any(|all| all.iter().all(|comparison| comparison.holds(value(&comparison.field))))
    }

    /// The fields that it reads.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(|comparison| comparison.field.as_str())
    }
}

impl Comparison {
    fn holds(&self, value: Option<&[u8]>) -> bool {
        let holds = match (&self.test, value) {
            (Test::Exists, value) => value.is_some(),
            (Test::Compare(operator, _), None) => *operator == Operator::Unequal,
            (Test::Compare(operator, wanted), Some(value)) => compare(*operator, &text(value), wanted),
        };
        holds != self.negated
    }
}

fn compare(operator: Operator, value: &str, wanted: &str) -> bool {
    let order = match (value.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(value), Ok(wanted)) => value.total_cmp(&wanted),
        _ => value.cmp(wanted),
    };
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::Unequal => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::More => order.is_gt(),
        Operator::AtLeast => order.is_ge(),
        Operator::Contains => value.contains(wanted),
    }
}

/// A JSON value as text: of a string its content.
pub fn text(value: &[u8]) -> Cow<'_, str> {
    match value {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => String::from_utf8_lossy(inner),
        [b'"', ..] => serde_json::from_slice::<String>(value).unwrap_or_default().into(),
        other => String::from_utf8_lossy(other),
    }
}

fn parse(text: &str) -> Option<Condition> {
    let tokens = tokens(text)?;
    let any = tokens.split(|token| *token == Token::Word("or"));
    any.map(|all| all.split(|token| *token == Token::Word("and")).map(comparison).collect())
        .collect::<Option<Vec<_>>>()
        .map(Condition)
}

fn comparison(tokens: &[Token<'_>]) -> Option<Comparison> {
    let (negated, tokens) = match tokens {
        [Token::Word("not"), rest @ ..] => (true, rest),
        all => (false, all),
    };
    let (field, test) = match tokens {
        [Token::Word(field)] => (field, Test::Exists),
        [Token::Word(field), Token::Operator(operator), Token::Word(value) | Token::Quoted(value)] => {
            (field, Test::Compare(*operator, (*value).to_owned()))
        }
        _ => return None,
    };
    Some(Comparison { negated, field: (*field).to_owned(), test })
}

fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        let after = if let Some(quoted) = rest.strip_prefix('"') {
            let (inner, after) = quoted.split_once('"')?;
            tokens.push(Token::Quoted(inner));
            after
        } else if let Some((sign, operator)) = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            tokens.push(Token::Operator(*operator));
            &rest[sign.len()..]
        } else {
            let end = rest.find(|next: char| next.is_whitespace() || "=!<>~\"".contains(next)).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            tokens.push(Token::Word(&rest[..end]));
            &rest[end..]
        };
        rest = after.trim_start();
    }
    (!tokens.is_empty()).then_some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str) -> bool {
        let value = |name: &str| match name {
            "elb_status_code" => Some(&b"502"[..]),
            "request_url" => Some(&br#""http://a/health?x=\"1\"""#[..]),
            "target_processing_time" => Some(&b"0.00004"[..]),
            _ => None,
        };
        Condition::read("keep_if", condition).unwrap().holds(value)
    }

    #[test]
    fn conditions_compare_numbers_and_texts() {
        for (condition, expected) in [
            ("elb_status_code = 502", true),
            ("elb_status_code=502.0", true),
            ("elb_status_code >= 500 and elb_status_code < 600", true),
            ("elb_status_code < 60", false),
            ("request_url ~ \"/health\"", true),
            ("not request_url ~ /api/", true),
            ("target_processing_time > 0.00003", true),
            ("user_agent", false),
            ("not user_agent", true),
            ("user_agent = curl", false),
            ("user_agent != curl", true),
            ("user_agent or elb_status_code = 1 or request_url ~ health", true),
            ("elb_status_code = 502 and user_agent", false),
        ] {
            assert_eq!(holds(condition), expected, "{condition}");
        }
    }

    #[test]
    fn unreadable_condition_is_refused_with_example() {
        for text in ["", "=", "a =", "a = b c", "a and", "or a", "a ! b", "a = \"b", "\"a\" = b", "not"] {
            let refusal = Condition::read("drop_if", text).unwrap_err();
            assert!(refusal.to_string().contains("elb_status_code >= 500"), "{text}: {refusal}");
        }
    }
}
