//! The promises of the shipper: of its parsing half, against the facts about the logs of load balancers, and of its
//! sinks, against receivers.

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
