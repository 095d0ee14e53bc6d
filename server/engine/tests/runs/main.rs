//! What is read of a shipper's logs, from outside: facts, samples, exports and properties.

mod exports;
mod properties;
mod sample;
mod shapes;
mod support;
