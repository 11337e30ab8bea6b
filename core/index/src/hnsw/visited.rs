//! Which nodes a search has seen: one bit a node, so that even 16 million need 2 MiB.

use alloc::vec::Vec;

use crate::ids::Ordinal;

#[derive(Debug, Clone, Default)]
pub(super) struct Visited {
    words: Vec<u64>,
    touched: Vec<u32>,
}

impl Visited {
    pub(super) fn new(nodes: usize) -> Self {
        Self { words: alloc::vec![0; nodes.div_ceil(64)], touched: Vec::new() }
    }

    /// Marks a node; true when it was new. A node that does not exist is never new.
    #[inline]
    pub(super) fn insert(&mut self, ordinal: Ordinal) -> bool {
        let index = ordinal >> 6;
        let Some(word) = self.words.get_mut(index as usize) else { return false };
        let bit = 1u64 << (ordinal & 63);
        let new = *word & bit == 0;
        if *word == 0 {
            self.touched.push(index);
        }
        *word |= bit;
        new
    }

    /// Clears what was touched only: a build searches once a node.
    pub(super) fn clear(&mut self) {
        for &index in &self.touched {
            if let Some(word) = self.words.get_mut(index as usize) {
                *word = 0;
            }
        }
        self.touched.clear();
    }
}
