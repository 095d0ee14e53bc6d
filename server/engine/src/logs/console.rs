//! Links into the CloudWatch console.
//!
//! The console keeps its state after `#`. Values are percent-encoded twice, with `$` in place of `%`: `/` becomes
//! `%2F`, then `%252F`, and is written `$252F`.

use model::Time;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters that `encodeURIComponent` does not escape.
const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'!').remove(b'~').remove(b'*');

/// URL of the console page with the lines of a group, or of one of its streams, from `from` to `to`; if `containing` is
/// given, only lines that contain it.
pub fn console(
    region: &str,
    group: &str,
    stream: Option<&str>,
    (from, to): (Time, Time),
    containing: Option<&str>,
) -> String {
    // Each AWS partition has its own console.
    let host = match region {
        china if china.starts_with("cn-") => "console.amazonaws.cn".to_owned(),
        government if government.starts_with("us-gov-") => "console.amazonaws-us-gov.com".to_owned(),
        region => format!("{region}.console.aws.amazon.com"),
    };
    let filter = containing.map(|text| format!("&filterPattern={}", encoded(&format!("\"{text}\""))));
    let query = format!("?start={}&end={}{}", from.0, to.0, filter.unwrap_or_default());
    let query = utf8_percent_encode(&query, &KEPT).to_string().replace('%', "$");
    let events = stream.map_or_else(String::new, |stream| format!("/{}", encoded_twice(stream)));
    let group = encoded_twice(group);
    format!(
        "https://{host}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}/log-events{events}{query}"
    )
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &KEPT).to_string()
}

fn encoded_twice(text: &str) -> String {
    encoded(&encoded(text)).replace('%', "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected link was copied from the console's address bar.
    #[test]
    fn link_equals_the_consoles_own() {
        let stream = Some("2026/11/21/[$LATEST]0123abcd");
        let link = console("eu-west-1", "/aws/lambda/api", stream, (Time(1_000), Time(2_000)), None);
        assert_eq!(
            link,
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/\
             $252Faws$252Flambda$252Fapi/log-events/2026$252F11$252F21$252F$255B$2524LATEST$255D0123abcd\
             $3Fstart$3D1000$26end$3D2000"
        );
    }

    #[test]
    fn link_without_stream_filters_the_group() {
        let link = console("cn-north-1", "g", None, (Time(1), Time(2)), Some("r-1"));
        assert!(link.starts_with("https://console.amazonaws.cn/"), "{link}");
        assert!(link.ends_with("/g/log-events$3Fstart$3D1$26end$3D2$26filterPattern$3D$2522r-1$2522"), "{link}");
    }
}
