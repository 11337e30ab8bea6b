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
