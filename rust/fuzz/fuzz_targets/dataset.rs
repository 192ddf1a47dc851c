#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dicomfast_fuzz::dataset(data));
