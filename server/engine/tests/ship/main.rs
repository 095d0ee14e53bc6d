//! The promises of the shipper's parsing half, against the facts about the logs of load balancers.

mod alb;
mod alb_connection;
mod classic;
mod errors;
mod generate;
mod gzip;
mod json;
mod nlb;
mod properties;
mod recognising;
mod records;
mod support;
