//! Classic Load Balancer: 15 fields, or the first 12 as balancers wrote until about 2015.

use crate::ship::field::{Field, fields, key};

pub const FIELDS: &[Field] = fields![
    timestamp "timestamp",
    word "elb",
    endpoint "client:port" as "client_ip" "client_port",
    endpoint "backend:port" as "backend_ip" "backend_port",
    number "request_processing_time",
    number "backend_processing_time",
    number "response_processing_time",
    number "elb_status_code",
    number "backend_status_code",
    number "received_bytes",
    number "sent_bytes",
    request "request",
    @| quoted "user_agent",
    word "ssl_cipher",
    word "ssl_protocol",
];
