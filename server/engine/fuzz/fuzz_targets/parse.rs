//! Fuzz target: runs the checks of the engine's tests on inputs from libFuzzer.
#![no_main]

#[path = "../../tests/ship/promises.rs"]
mod promises;
#[path = "../../tests/ship/support.rs"]
#[expect(dead_code, reason = "the rest is for other tests")]
mod support;

libfuzzer_sys::fuzz_target!(|input: &[u8]| promises::hold(input));
