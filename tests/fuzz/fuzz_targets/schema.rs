//! See `headwater_fuzz::targets::schema`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headwater_fuzz::targets::schema::run(data));
