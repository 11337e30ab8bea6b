//! See `headwater_fuzz::targets::query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headwater_fuzz::targets::query::run(data));
