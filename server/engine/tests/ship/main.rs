//! Tests of the shipper: its parser against the documented log formats of load balancers, its sinks against receivers.

mod alb;
mod alb_connection;
mod classic;
mod errors;
mod fuzzing;
mod generate;
mod gzip;
mod json;
mod nlb;
mod promises;
mod properties;
mod recognising;
mod records;
mod sinks;
mod support;
