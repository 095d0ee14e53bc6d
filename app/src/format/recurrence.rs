//! Cron expressions in words, where words are shorter than the expression.

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// Times before this hour are called night.
const MORNING: u8 = 5;

/// `every night at 02:00`, `every 15 minutes`, `on Mondays at 08:30`; `None` for expressions that
/// words would not make clearer.
pub fn recurrence(cron: &str) -> Option<String> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, "*", weekday] = fields[..] else { return None };
    match (minute, hour, day, weekday) {
        ("*", "*", "*", "*") => Some("every minute".to_owned()),
        ("0", "*", "*", "*") => Some("every hour".to_owned()),
        (minute, "*", "*", "*") => match step(minute, 60) {
            Some(minutes) => Some(format!("every {minutes} minutes")),
            None => Some(format!("every hour at :{:02}", number(minute, 59)?)),
        },
        ("0", hour, "*", "*") if step(hour, 24).is_some() => Some(format!("every {} hours", step(hour, 24)?)),
        (minute, hour, day, weekday) => {
            let (minute, hour) = (number(minute, 59)?, number(hour, 23)?);
            Some(format!("{} at {hour:02}:{minute:02}", days(hour, day, weekday)?))
        }
    }
}

fn days(hour: u8, day: &str, weekday: &str) -> Option<String> {
    match (day, weekday) {
        ("*", "*") if hour < MORNING => Some("every night".to_owned()),
        ("*", "*") => Some("every day".to_owned()),
        ("L", "*") => Some("on the last day of each month".to_owned()),
        (day, "*") => Some(format!("on day {} of each month", number(day, 31)?)),
        ("*", range) if range.contains('-') => {
            let (first, last) = range.split_once('-')?;
            Some(format!("{} to {}", weekday_named(first)?, weekday_named(last)?))
        }
        ("*", several) => {
            let mut names: Vec<String> =
                several.split(',').map(|day| Some(format!("{}s", weekday_named(day)?))).collect::<Option<_>>()?;
            let last = names.pop()?;
            let before = if names.is_empty() { String::new() } else { format!("{} and ", names.join(", ")) };
            Some(format!("on {before}{last}"))
        }
        _ => None,
    }
}

/// `0` to `7`, where both ends are Sunday, or the first three letters of its name.
fn weekday_named(text: &str) -> Option<&'static str> {
    let by_name = || DAYS.into_iter().find(|day| text.len() == 3 && day[..3].eq_ignore_ascii_case(text));
    number(text, 7).map(|number| DAYS[usize::from(number % 7)]).or_else(by_name)
}

fn number(text: &str, most: u8) -> Option<u8> {
    text.parse().ok().filter(|number| *number <= most)
}

/// The step of `*/n`, if it divides `whole`, so that all intervals are equal.
fn step(text: &str, whole: u8) -> Option<u8> {
    text.strip_prefix("*/")?.parse().ok().filter(|step| *step > 1 && whole.is_multiple_of(*step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_expressions_become_words() {
        for (cron, words) in [
            ("* * * * *", "every minute"),
            ("0 * * * *", "every hour"),
            ("5 * * * *", "every hour at :05"),
            ("*/15 * * * *", "every 15 minutes"),
            ("0 */6 * * *", "every 6 hours"),
            ("0 2 * * *", "every night at 02:00"),
            ("30 8 * * *", "every day at 08:30"),
            ("0 2 * * 0", "on Sundays at 02:00"),
            ("0 2 * * 7", "on Sundays at 02:00"),
            ("0 2 * * 1-5", "Monday to Friday at 02:00"),
            ("0 2 * * MON,wed,5", "on Mondays, Wednesdays and Fridays at 02:00"),
            ("0 2 1 * *", "on day 1 of each month at 02:00"),
            ("0 2 L * *", "on the last day of each month at 02:00"),
        ] {
            assert_eq!(recurrence(cron).as_deref(), Some(words), "{cron}");
        }
    }

    #[test]
    fn unclear_expressions_have_no_words() {
        for cron in [
            "",
            "0 2 * *",
            "*/7 * * * *",
            "0 */5 * * *",
            "0 2 1 * 1",
            "0 2 * 6 *",
            "0 2 * * 5#2",
            "0,30 2 * * *",
            "é 2 * * é",
        ] {
            assert_eq!(recurrence(cron), None, "{cron}");
        }
    }
}
