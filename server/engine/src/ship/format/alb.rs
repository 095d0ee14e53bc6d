//! Application Load Balancer, access log: 18 fields at first, 33 by 2025, in groups that were added over the
//! years.
//!
//! Fields beyond the table are newer than it and ignored, as AWS asks of every reader.

use crate::ship::field::{Field, fields, key};

pub const FIELDS: &[Field] = fields![
    word "type",
    timestamp "time",
    word "elb",
    endpoint "client:port" as "client_ip" "client_port",
    endpoint "target:port" as "target_ip" "target_port",
    number "request_processing_time",
    number "target_processing_time",
    number "response_processing_time",
    number "elb_status_code",
    number "target_status_code",
    number "received_bytes",
    number "sent_bytes",
    request "request",
    quoted "user_agent",
    word "ssl_cipher",
    word "ssl_protocol",
    word "target_group_arn",
    quoted "trace_id",
    // 2018
    @| quoted "domain_name",
    quoted "chosen_cert_arn",
    @| number "matched_rule_priority",
    @| word "request_creation_time",
    quoted "actions_executed",
    quoted "redirect_url",
    @| quoted "error_reason",
    // 2019
    @| quoted "target:port_list" as "target_port_list",
    quoted "target_status_code_list",
    // 2020
    @| quoted "classification",
    quoted "classification_reason",
    // 2024
    @| word "conn_trace_id",
    // 2025
    @| quoted "transformed_host",
    quoted "transformed_uri",
    quoted "request_transform_status",
];
