//! See `headwater_fuzz::targets::head`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headwater_fuzz::targets::head::run(data));
