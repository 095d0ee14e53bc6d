//! Reading runs from a shipper's log, through the public API: outcomes, samples, exports and properties.

mod exports;
mod properties;
mod sample;
mod shapes;
mod support;
