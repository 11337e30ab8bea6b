//! See `headwater_fuzz::targets::model`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headwater_fuzz::targets::model::run(data));
