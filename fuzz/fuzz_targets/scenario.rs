//! Reads any bytes as a scenario file. Its corpus begins with the files in `scenarios/`.
#![no_main]

#[path = "../../crates/scenarios/tests/scenario_files/reader/mod.rs"]
mod reader;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    reader::scenario_file(bytes);
});
