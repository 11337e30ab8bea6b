//! See `headwater_fuzz::targets::pages`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headwater_fuzz::targets::pages::run(data));
