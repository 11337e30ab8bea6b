//! Going through words one after the other.

use super::{BLOCK, Dictionary};

/// A walk over words. Of each it gives how many bytes it shares with the one before, and its further ones: who compares
/// words with something seldom needs whole ones.
#[derive(Debug)]
pub struct Walk<'a> {
    pub(super) dictionary: Dictionary<'a>,
    pub(super) next: u32,
    /// What is here around the next word, and where in it that is.
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// The word behind these bytes.
    pub(super) until: u32,
}

impl<'a> Walk<'a> {
    /// Goes to the next word; none at the end. The first one of a block shares nothing, because it is written whole.
    #[inline(never)]
    pub fn next(&mut self) -> Option<(usize, &'a [u8])> {
        self.read()
    }

    /// The same, for loops that pass over words.
    #[inline(always)]
    pub(super) fn read(&mut self) -> Option<(usize, &'a [u8])> {
        if self.next >= self.until {
            if self.next >= self.dictionary.words {
                return None;
            }
            *self = self.dictionary.walk(self.next);
        }
        let mut bytes = self.bytes.get(self.at..)?;
        let before = bytes.len();
        let shared = if self.is_first() { 0 } else { usize::from(*bytes.split_off_first()?) };
        let length = usize::from(*bytes.split_off_first()?);
        let further = bytes.get(..length)?;
        self.at += before - bytes.len() + length;
        self.next += 1;
        Some((shared, further))
    }

    /// Goes to the next word that does not begin as the word at hand does. Complexity: looks at the first word of each
    /// block between, and at each length in the last.
    #[inline(never)]
    pub fn next_past(&mut self, beginning: &[u8]) -> Option<(usize, &'a [u8])> {
        loop {
            let is_first = self.is_first();
            if is_first {
                self.pass_blocks(beginning);
            }
            let (shared, further) = self.read()?;
            if if is_first { !further.starts_with(beginning) } else { shared < beginning.len() } {
                return Some((shared, further));
            }
        }
    }

    /// The position of the word at hand.
    pub const fn position(&self) -> u32 {
        self.next.saturating_sub(1)
    }

    /// Whether the next word is the first one of a block.
    fn is_first(&self) -> bool {
        (self.next as usize).is_multiple_of(BLOCK)
    }

    /// Passes the blocks whose words begin so because the first one of the block behind does.
    fn pass_blocks(&mut self, beginning: &[u8]) {
        let mut block = self.next as usize / BLOCK;
        while block + 2 < self.dictionary.blocks.len() && self.dictionary.first_of(block + 1).starts_with(beginning) {
            block += 1;
        }
        *self = self.dictionary.walk((block * BLOCK) as u32);
    }
}
