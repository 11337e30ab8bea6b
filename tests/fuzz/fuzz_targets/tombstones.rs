//! See `headwater_fuzz::targets::tombstones`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headwater_fuzz::targets::tombstones::run(data));
