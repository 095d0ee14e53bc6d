//! Messages survive encoding and decoding; bad ones are refused with the expected form.

use proptest::{collection::vec, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::*;
use crate::sync::{Cell, Mark, Order, Row, Span};

fn travels<T: Serialize + DeserializeOwned>(message: &T) -> T {
    serde_json::from_slice(&serde_json::to_vec(message).unwrap()).unwrap()
}

fn written(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap()
}

fn spans() -> impl Strategy<Value = SpanOnWire> {
    (0..Span::END, 1..=Span::END)
        .prop_map(|(from, width)| SpanOnWire(Span { from, until: (from + width).min(Span::END) }))
}

fn marks() -> impl Strategy<Value = MarkOnWire> {
    (0..Span::END, any::<u64>()).prop_map(|(version, key)| MarkOnWire(Mark { version, key }))
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1_000_000..1_000_000).prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Value::from),
        Just(json!({"base64": "AAEC/w=="})),
    ]
}

fn rows() -> impl Strategy<Value = RowOnWire> {
    let key = prop_oneof![any::<i64>().prop_map(RowKey::Integer), any::<String>().prop_map(RowKey::Text)];
    let columns = vec((any::<String>(), values()), 0..5).prop_map(|columns| columns.into_iter().collect::<Map<_, _>>());
    (key, 0..Span::END, columns).prop_map(|(key, version, values)| RowOnWire { key, version: Version(version), values })
}

proptest! {
    #[test]
    fn requests_round_trip(
        spans in vec(spans(), 0..20), split: bool, marks in vec(marks(), 0..20), rows in vec(rows(), 0..10),
    ) {
        let summaries = SummariesRequest { spans: spans.clone(), split };
        prop_assert_eq!(travels(&summaries), summaries);
        let list = ListRequest { spans };
        prop_assert_eq!(travels(&list), list);
        let deletion = Deletion { rows: marks };
        prop_assert_eq!(travels(&deletion), deletion);
        let upload = Upload { rows };
        prop_assert_eq!(travels(&upload), upload);
    }

    #[test]
    fn answers_round_trip(
        marks in vec(marks(), 0..20), span in spans(), cells in vec(any::<[u64; 4]>(), 0..20), error: String, row in rows(),
    ) {
        let SpanOnWire(Span { from, until }) = span;
        let page = PageAnswer { from: Bound(from), until: Bound(until), rows: marks.clone() };
        prop_assert_eq!(travels(&page), page);
        let lists = Lists { lists: vec![marks.clone(), Vec::new(), marks] };
        prop_assert_eq!(travels(&lists), lists);
        let cells: Vec<_> =
            cells.into_iter().map(|[count, hash, keys, versions]| Cell { count, hash, keys, versions }).collect();
        prop_assert_eq!(travels(&Summaries::of(&cells)).read(), Some(cells));
        let taken = Taken { refused: vec![RefusedRow { key: row.key, version: row.version, error }] };
        prop_assert_eq!(travels(&taken), taken);
    }

    #[test]
    fn rows_round_trip(row in rows()) {
        let sent = Row::from(row.clone());
        let arrived = travels(&RowOnWire::of(sent.clone()).unwrap());
        prop_assert_eq!(arrived.mark(), row.mark());
        prop_assert_eq!(Row::from(arrived), sent);
    }

    #[test]
    fn query_parameters_round_trip(span in spans(), limit in 1..=limits::MAX_LISTED_ROWS, down: bool) {
        let order = if down { Order::Descending } else { Order::Ascending };
        let page = PageQuery { span: span.0, order, limit };
        prop_assert_eq!(PageQuery::parse(&page.to_string()), Ok(page));
        let count = CountQuery(span.0);
        prop_assert_eq!(CountQuery::parse(&count.to_string()), Ok(count));
    }

    #[test]
    fn compression_is_lossless_and_bounded(bytes in vec(any::<u8>(), 0..5_000), most in 0_usize..5_000) {
        let expected = if bytes.len() > most { Err(gzip::Unreadable::TooLarge) } else { Ok(bytes.clone()) };
        prop_assert_eq!(gzip::decompressed(&gzip::compressed(&bytes), most), expected);
    }

    #[test]
    fn arbitrary_input_never_panics_the_parsers(text: String, bytes in vec(any::<u8>(), 0..200)) {
        let _ = CountQuery::parse(&text);
        let _ = PageQuery::parse(&text);
        let _ = Summaries { cells: text }.read();
        let _ = serde_json::from_slice::<Upload>(&bytes);
        let _ = gzip::decompressed(&bytes, 100);
    }
}

/// Other clients and servers rely on these forms.
#[test]
fn wire_format_matches_published_examples() {
    let span = SpanOnWire(Span { from: 0, until: Span::END });
    let mark = MarkOnWire(Mark { version: 9, key: (-2_i64).cast_unsigned() });
    assert_eq!(
        written(&SummariesRequest { spans: vec![span], split: true }),
        r#"{"spans":[[0,9223372036854775808]],"split":true}"#
    );
    assert_eq!(written(&Deletion { rows: vec![mark] }), r#"{"rows":[[9,18446744073709551614]]}"#);
    let row = RowOnWire { key: RowKey::Text("Zoë".to_owned()), version: Version(3), values: Map::new() };
    assert_eq!(written(&Upload { rows: vec![row] }), r#"{"rows":[{"key":"Zoë","version":3,"values":{}}]}"#);
    assert_eq!(written(&Counted { count: 1 }), r#"{"count":1}"#);
    assert_eq!(CountQuery(Span { from: 5, until: 9 }).to_string(), "aboveRowVersion=4&belowRowVersion=9");
    let page = PageQuery { span: Span { from: 5, until: 9 }, order: Order::Descending, limit: 7 };
    assert_eq!(page.to_string(), "from=5&until=9&limit=7&order=descending");
}
