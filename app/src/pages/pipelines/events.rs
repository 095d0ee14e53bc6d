//! How a pipeline's events differ from what the log says, in words.

use model::{EventOptions, Redaction, Schema};

use crate::format::count;

/// One phrase for each option that is set; empty if events are as the log has them.
pub fn differences(options: &EventOptions) -> Vec<String> {
    let mut said = Vec::new();
    if options.schema == Schema::Ecs {
        said.push("named by ECS".to_owned());
    }
    if options.raw {
        said.push("with the record's own text".to_owned());
    }
    if options.labels {
        said.push("with labels".to_owned());
    }
    if !options.drop_fields.is_empty() {
        said.push(format!("without {}", options.drop_fields.join(", ")));
    }
    said.extend(options.rename_fields.iter().map(|(from, to)| format!("{from} named {to}")));
    said.extend(options.redact.iter().map(|redaction| match redaction {
        Redaction::Addresses => "without the hosts of clients".to_owned(),
        Redaction::Queries => "without query strings".to_owned(),
    }));
    said.extend(options.keep_if.iter().map(|condition| format!("only if {condition}")));
    said.extend(options.drop_if.iter().map(|condition| format!("not if {condition}")));
    if let Some(many) = options.sample {
        let of = options.sample_if.as_ref().map(|condition| format!(" if {condition}")).unwrap_or_default();
        said.push(format!("one in {}{of}", count(many.into())));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_is_said() {
        assert_eq!(differences(&EventOptions::default()), [""; 0]);
        let options = EventOptions {
            schema: Schema::Ecs,
            labels: true,
            drop_fields: vec!["ssl_cipher".to_owned()],
            rename_fields: [("elb".to_owned(), "balancer".to_owned())].into(),
            redact: vec![Redaction::Addresses],
            drop_if: Some("request_url ~ /health".to_owned()),
            sample: Some(10),
            sample_if: Some("elb_status_code < 400".to_owned()),
            ..EventOptions::default()
        };
        let expected = [
            "named by ECS",
            "with labels",
            "without ssl_cipher",
            "elb named balancer",
            "without the hosts of clients",
            "not if request_url ~ /health",
            "one in 10 if elb_status_code < 400",
        ];
        assert_eq!(differences(&options), expected);
    }
}
