//! What is read of a shipper's logs, from outside: facts, samples and properties.

mod properties;
mod sample;
mod shapes;
mod support;
