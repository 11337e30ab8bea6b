//! The WebAssembly memory of an isolate: it grows and never shrinks, and each blob lies in one piece of it.
//!
//! A blob that was let go makes place for a larger one only where nothing lies behind it. What is small and stays
//! (opened segments, a model's vocabulary, names) would come to lie behind blobs, because the allocator takes what it
//! finds no free piece for from the end. So there is a free piece from the beginning, in front of all blobs, and the
//! allocator looks there first.
//!
//! ```text
//! | code's own data | small things, and room for more | wall | blobs … | end
//! ```

use std::hint::black_box;

/// Room for what is small; of WordNet's snapshot that is about 2 MB, most of it the vocabulary.
const SMALL_BYTES: usize = 8 * 1024 * 1024;
/// Keeps the free piece from melting into the end. More than any gap that is there already.
const WALL_BYTES: usize = 64 * 1024;

thread_local! {
    static WALL: Vec<u8> = {
        let small: Vec<u8> = black_box(Vec::with_capacity(SMALL_BYTES));
        let wall = black_box(Vec::with_capacity(WALL_BYTES));
        drop(small);
        wall
    };
}

/// Makes the free piece, once.
pub(crate) fn keep_small_things_in_front() {
    WALL.with(|_| ());
}
