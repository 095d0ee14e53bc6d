//! Application Load Balancer, connection log: one record a connection.

use crate::ship::field::{Field, fields, key};

pub const FIELDS: &[Field] = fields![
    timestamp "time",
    word "client_ip",
    port "client_port",
    port "listener_port",
    word "tls_protocol",
    word "tls_cipher",
    number "tls_handshake_latency",
    quoted "leaf_client_cert_subject",
    word "leaf_client_cert_validity",
    word "leaf_client_cert_serial_number",
    word "tls_verify_status",
    @| word "conn_trace_id",
];
