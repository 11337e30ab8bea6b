//! See `headwater_fuzz::targets::point`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headwater_fuzz::targets::point::run(data));
