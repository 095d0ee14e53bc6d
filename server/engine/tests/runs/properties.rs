//! The same events give the same runs in any order, split and repetition, and no input makes the reader panic.

use engine::runs::{LogEvent, Reader};
use model::Time;
use proptest::{prelude::*, sample::Index};

use crate::support::{BEGAN, options, read};

/// The form of a generated run's lines.
#[derive(Clone, Debug)]
struct Shape {
    ending: u8,
    summary: u8,
    figures: (u64, u64, u64),
    stream: u8,
    /// Start, in seconds after the first run.
    begins: i64,
    /// Milliseconds between its lines.
    step: i64,
}

fn shape() -> impl Strategy<Value = Shape> {
    (0..7_u8, 0..6_u8, (0..4_u64, 0..4_u64, 0..4_u64), 0..3_u8, 0..600_i64, 1..900_i64).prop_map(
        |(ending, summary, figures, stream, begins, step)| Shape { ending, summary, figures, stream, begins, step },
    )
}

/// The lines of a generated run. Fragments of a summary name their request, as requests may be interleaved.
fn lines(number: usize, shape: &Shape) -> Vec<String> {
    let id = format!("{number:08}-0000-4000-8000-000000000000");
    let named = |message: &str| format!("2017-03-09T23:26:00.000Z\t{id}\t{message}");
    let mut lines = vec![
        format!("START RequestId: {id} Version: $LATEST"),
        named(&format!("Bucket: [logs], Key: [a/{number}.log]")),
        named("posted to logstash"),
    ];
    let (encountered, parsed, sent) = shape.figures;
    let summary = format!(
        "{{\n    \"lines\": {{\n        \"encountered\": {encountered},\n        \"parsed\": {parsed},\n        \"sent\": {sent}\n    }}\n}}"
    );
    match shape.summary {
        0 => {}
        1 => lines.push(named(&summary)),
        2 => lines.push(named(&summary.replace('\n', "\r"))),
        3 => lines.extend(summary.lines().map(named)),
        4 => lines.push(format!(
            r#"{{"timestamp":"2017-03-09T23:26:00Z","level":"INFO","requestId":"{id}","message":{summary}}}"#
        )),
        _ => lines.push(named(&format!("All processing complete. Summary follows {summary}"))),
    }
    let report = |more: &str| {
        format!(
            "REPORT RequestId: {id}\tDuration: 812.2 ms\tBilled Duration: 900 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\t{more}"
        )
    };
    match shape.ending {
        0 => {}
        1 => lines.extend([format!("END RequestId: {id}"), report("")]),
        2 => lines.extend([named("Task timed out after 3.00 seconds"), report("Status: timeout")]),
        3 => lines.extend([report(""), named("Task timed out after 3.00 seconds")]),
        4 => lines.push(format!("RequestId: {id} Error: Runtime exited with error: signal: killed\nRuntime.ExitError")),
        5 => lines.push(format!(
            r#"{{"time":"2017-03-09T23:26:59Z","type":"platform.report","record":{{"requestId":"{id}","status":"success","metrics":{{"durationMs":812.2}}}}}}"#
        )),
        _ => lines.extend([named("Error: connect EMFILE 10.0.0.1:5000"), format!("END RequestId: {id}"), report("")]),
    }
    lines
}

fn events(shapes: &[Shape]) -> Vec<LogEvent> {
    let mut all = Vec::new();
    for (number, shape) in shapes.iter().enumerate() {
        for (index, text) in lines(number, shape).into_iter().enumerate() {
            all.push(LogEvent {
                at: Time(BEGAN.0 + shape.begins * 1_000 + i64::try_from(index).unwrap() * shape.step),
                id: format!("{number:020}{index:036}"),
                stream: format!("stream-{}", shape.stream),
                text,
            });
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn event_order_split_and_repetition_change_no_run(
        shapes in prop::collection::vec(shape(), 1..8),
        order in prop::collection::vec(any::<(Index, bool, bool)>(), 1..300),
    ) {
        let all = events(&shapes);
        let expected = read(all.clone());
        prop_assert_eq!(expected.len(), shapes.len());
        // Events that are not drawn come at the end in reverse order; takes happen anywhere.
        let mut shuffled: Vec<(LogEvent, bool)> = order.iter().map(|(index, take, _)| (index.get(&all).clone(), *take)).collect();
        shuffled.extend(all.iter().rev().map(|event| (event.clone(), false)));
        let mut reader = Reader::new(options());
        let mut reported = std::collections::HashMap::new();
        let newest = all.iter().map(|event| event.at).max().unwrap();
        for (event, take) in shuffled {
            reader.push(event);
            if take {
                reported.extend(reader.take(newest).into_iter().map(|run| (run.request_id.clone(), run)));
            }
        }
        reported.extend(reader.take(Time(BEGAN.0 + 3_600_000)).into_iter().map(|run| (run.request_id.clone(), run)));
        for run in expected {
            prop_assert_eq!(reported.get(&run.request_id), Some(&run));
        }
        prop_assert_eq!(reported.len(), shapes.len());
    }

    #[test]
    fn arbitrary_text_never_panics(texts in prop::collection::vec("\\PC{0,80}", 0..20), at in any::<i64>(), now in any::<i64>()) {
        let mut reader = Reader::new(options());
        for (number, text) in texts.into_iter().enumerate() {
            reader.push(LogEvent { at: Time(at), id: number.to_string(), stream: String::new(), text });
        }
        reader.take(Time(now));
        reader.reread_from();
    }

    #[test]
    fn damaged_lines_never_panic(
        shapes in prop::collection::vec(shape(), 1..3),
        cuts in prop::collection::vec(any::<(Index, Index, char)>(), 1..60),
    ) {
        let mut reader = Reader::new(options());
        let all = events(&shapes);
        for (which, cut, letter) in cuts {
            let mut event = which.get(&all).clone();
            let mut letters: Vec<char> = event.text.chars().collect();
            let at = cut.index(letters.len());
            letters[at] = letter;
            letters.truncate(letters.len() - at / 2);
            event.text = letters.into_iter().collect();
            reader.push(event);
        }
        reader.take(Time(BEGAN.0 + 3_600_000));
    }
}
