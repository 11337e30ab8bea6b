//! The cost of checking, natively: `bench sync` has the same in WebAssembly.

use std::hint::black_box;
use std::time::Instant;

use headwater_bench_engine::Proof;
use serde_json::json;

use crate::Outcome;

/// Bytes that are checked: about the demo's segment.
const BYTES: usize = 64 * 1024 * 1024;
const ROUNDS: usize = 9;

/// Prints a JSON line: GB/s of each way, the median of some rounds, on one thread.
pub(crate) fn run() -> Outcome<()> {
    let proof = Proof::new((0..BYTES).map(|i| (i * 31 / 7) as u8).collect());
    let speed = |act: &dyn Fn() -> bool| {
        let mut seconds: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                assert!(black_box(act()), "sound bytes are found sound");
                started.elapsed().as_secs_f64()
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        BYTES as f64 / 1e9 / seconds.get(ROUNDS / 2).copied().unwrap_or(f64::INFINITY)
    };
    let (whole, make, pages) = (speed(&|| proof.whole()), speed(&|| proof.make()), speed(&|| proof.pages()));
    let line = json!({ "runtime": "native", "wholeGBps": whole, "makeListGBps": make, "pagesGBps": pages, "listBytes": proof.list_bytes() });
    println!("{line}");
    Ok(())
}
