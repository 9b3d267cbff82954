//! Reads any bytes as the stream queue's `batch`.
#![no_main]

#[expect(dead_code, reason = "each target calls one of the readers")]
#[path = "../../crates/systems/stream-queue/tests/readers/mod.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    readers::batch(bytes);
});
