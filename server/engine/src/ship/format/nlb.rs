//! Network Load Balancer, TLS log: one record a TLS connection; version 1.0 ended at the domain name.

use crate::ship::field::{Field, fields, key};

pub const FIELDS: &[Field] = fields![
    word "type",
    word "version",
    timestamp "time",
    word "elb",
    word "listener",
    endpoint "client:port" as "client_ip" "client_port",
    endpoint "destination:port" as "destination_ip" "destination_port",
    number "connection_time",
    number "tls_handshake_time",
    number "received_bytes",
    number "sent_bytes",
    word "incoming_tls_alert",
    word "chosen_cert_arn",
    word "chosen_cert_serial",
    word "tls_cipher",
    word "tls_protocol_version",
    word "tls_named_group",
    word "domain_name",
    @| word "alpn_fe_protocol",
    word "alpn_be_protocol",
    list "alpn_client_preference_list",
    @| word "tls_connection_creation_time",
];
