//! A limit on what one call may take from the heap.

use std::alloc::System;

use cap::Cap;

/// What opening or searching an input of some 100 KiB may take beside it. The most that limits allow such an input: a
/// manifest's tree of 32 times its text, a decompressed payload block for each of 10,000 hits one after the other, and
/// lists of candidates.
pub const MOST_BYTES: usize = 64 << 20;

/// Past the limit it gives no memory, and the process ends with "memory allocation of … bytes failed".
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Runs `work`, which may take [`MOST_BYTES`].
///
/// The limit is the process's: of two threads that do this at once, the one that ends first lifts it for both.
pub fn limited<T>(work: impl FnOnce() -> T) -> T {
    let limit = HEAP.allocated().saturating_add(MOST_BYTES);
    // It fails only where more than the limit is taken already.
    let _ = HEAP.set_limit(limit);
    let done = work();
    let _ = HEAP.set_limit(usize::MAX);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_limit_is_refused_until_the_work_is_done() {
        let refused = |bytes: usize| Vec::<u8>::new().try_reserve_exact(bytes).is_err();
        assert!(limited(|| refused(MOST_BYTES + 1)));
        assert!(!limited(|| refused(MOST_BYTES / 2)));
        assert!(!refused(MOST_BYTES + 1));
    }
}
