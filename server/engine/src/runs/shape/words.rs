//! A shape as a sentence with its figures.

use model::{Dimension, LossShape, number::count};

use super::{Table, partitions::Part};
use crate::log_object::LogName;

/// What a key has in common with its neighbours: its folder without the date, and the balancer that it names.
pub fn prefix_of(key: &str) -> String {
    let mut folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
    // `2026/03/09`: the three last, if they are digits; an account is digits, too.
    for _ in 0..3 {
        let (rest, last) = folder.rsplit_once('/').unwrap_or(("", folder));
        if last.is_empty() || !last.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        folder = rest;
    }
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    match LogName::of_key(key) {
        Some(name) => format!("{folder} of {}", name.balancer),
        None => folder,
    }
}

pub fn shape(part: &Part<'_>, table: Table, p_value: f64) -> LossShape {
    let Table { lost, of, elsewhere_lost, elsewhere_of } = table;
    let (dimension, who) = match part {
        Part::Below(Dimension::Size, at) => (Dimension::Size, format!("Objects under {}", bytes(*at))),
        Part::From(Dimension::Size, at) => (Dimension::Size, format!("Objects of {} and more", bytes(*at))),
        Part::Below(Dimension::Age, at) => (Dimension::Age, format!("Objects younger than {}", time(*at))),
        Part::From(Dimension::Age, at) => (Dimension::Age, format!("Objects {} old and older", time(*at))),
        Part::Below(dimension, at) => (*dimension, format!("Runs shorter than {}", time(*at))),
        Part::From(dimension, at) => (*dimension, format!("Runs of {} and longer", time(*at))),
        Part::Prefix(prefix) => (Dimension::Prefix, format!("Objects below {}", prefix.trim())),
    };
    let how = if lost == of { "lose everything" } else { "lose more than others" };
    let [lost_text, of_text, elsewhere_lost_text, elsewhere_of_text] =
        [lost, of, elsewhere_lost, elsewhere_of].map(count);
    let sentence =
        format!("{who} {how}: {lost_text} of {of_text}; others {elsewhere_lost_text} of {elsewhere_of_text}.");
    LossShape { dimension, sentence, lost, of, elsewhere_lost, elsewhere_of, p_value }
}

fn bytes(number: u64) -> String {
    in_units(number, &[(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"), (1, "B")])
}

fn time(ms: u64) -> String {
    in_units(ms, &[(3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")])
}

/// Formats a cut in its largest unit, with one decimal only if needed: cuts are mostly round numbers.
fn in_units(number: u64, units: &[(u64, &str)]) -> String {
    let Some((unit, name)) = units.iter().find(|(unit, _)| number >= *unit) else { return number.to_string() };
    match number % unit * 10 / unit {
        0 => format!("{} {name}", number / unit),
        tenths => format!("{}.{tenths} {name}", number / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_told_with_its_figures() {
        let table = Table { lost: 41, of: 41, elsewhere_lost: 2, elsewhere_of: 9_120 };
        let told = |part| shape(&part, table, 0.0).sentence;
        assert_eq!(
            told(Part::Below(Dimension::Size, 8_000)),
            "Objects under 8 kB lose everything: 41 of 41; others 2 of 9,120."
        );
        assert!(told(Part::From(Dimension::Duration, 3_000)).starts_with("Runs of 3 s and longer lose everything:"));
        let some = shape(&Part::Prefix("a/ of shop"), Table { lost: 9, ..table }, 0.0).sentence;
        assert_eq!(some, "Objects below a/ of shop lose more than others: 9 of 41; others 2 of 9,120.");
        assert_eq!((bytes(1_500), time(90_000), time(150)), ("1.5 kB".into(), "1.5 min".into(), "150 ms".into()));
    }

    #[test]
    fn a_prefix_has_no_date() {
        let folder = "p/AWSLogs/111122223333/elasticloadbalancing/us-east-1/";
        let file = "111122223333_elasticloadbalancing_us-east-1_app.shop.0123_20260309T1405Z_10.0.0.1_a1b2.log.gz";
        assert_eq!(prefix_of(&format!("{folder}2026/03/09/{file}")), format!("{folder} of app.shop.0123"));
        assert_eq!(prefix_of("logs/2026/03/09/a.log"), "logs/");
        assert_eq!((prefix_of("a.log"), prefix_of("")), (String::new(), String::new()));
    }
}
