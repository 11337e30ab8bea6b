//! Work over ranges: on all cores with feature `std`, one after the other without. The results come in
//! order either way, so what is built from them does not depend on the number of threads.

use alloc::vec::Vec;
use core::ops::Range;

/// Calls `work` for consecutive ranges of at most `step` items that cover `0..len`.
pub(crate) fn map_ranges<T: Send>(len: usize, step: usize, work: impl Fn(Range<usize>) -> T + Sync + Send) -> Vec<T> {
    let range = |i: usize| i * step..((i + 1) * step).min(len);
    #[cfg(feature = "std")]
    {
        use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
        (0..len.div_ceil(step)).into_par_iter().map(|i| work(range(i))).collect()
    }
    #[cfg(not(feature = "std"))]
    (0..len.div_ceil(step)).map(|i| work(range(i))).collect()
}

/// Does work that would take all cores on one of them, which leaves the others to whoever waits for an answer.
#[cfg(feature = "std")]
pub fn on_one_core<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(one) => one.install(work),
        // No thread can be had now: what is asked for is done all the same.
        Err(_) => work(),
    }
}

/// The same where there is only one.
#[cfg(not(feature = "std"))]
pub fn on_one_core<T>(work: impl FnOnce() -> T) -> T {
    work()
}
