//! A set of ordinals of one segment.

use alloc::vec::Vec;

use crate::ids::Ordinal;

/// One bit an ordinal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bitmap {
    words: Vec<u64>,
    len: u32,
}

impl Bitmap {
    /// No ordinal of `len`.
    #[must_use]
    pub fn none(len: u32) -> Self {
        Self { words: alloc::vec![0; (len as usize).div_ceil(64)], len }
    }

    /// Every ordinal below `len`.
    #[must_use]
    pub fn all(len: u32) -> Self {
        let mut all = Self { words: alloc::vec![u64::MAX; (len as usize).div_ceil(64)], len };
        all.trim();
        all
    }

    /// The ordinals for which `test` holds.
    #[must_use]
    pub fn from_fn(len: u32, test: impl Fn(Ordinal) -> bool) -> Self {
        let mut set = Self::none(len);
        for (index, word) in set.words.iter_mut().enumerate() {
            let first = index as u32 * 64;
            for ordinal in first..(first + 64).min(len) {
                *word |= u64::from(test(ordinal)) << (ordinal - first);
            }
        }
        set
    }

    /// Whether the ordinal is in the set.
    #[must_use]
    #[inline]
    pub fn contains(&self, ordinal: Ordinal) -> bool {
        self.words.get(ordinal as usize >> 6).is_some_and(|word| word >> (ordinal & 63) & 1 == 1)
    }

    /// The 32 ordinals from `first` on, as bits; those past the end are not in the set.
    #[must_use]
    #[inline]
    pub fn bits_from(&self, first: Ordinal) -> u32 {
        let (word, shift) = (first as usize >> 6, first & 63);
        let at = |index: usize| self.words.get(index).copied().unwrap_or(0);
        let high = if shift > 32 { at(word + 1) << (64 - shift) } else { 0 };
        (at(word) >> shift | high) as u32
    }

    /// Puts an ordinal in, if there is such a one.
    #[inline]
    pub fn insert(&mut self, ordinal: Ordinal) {
        if ordinal < self.len
            && let Some(word) = self.words.get_mut(ordinal as usize >> 6)
        {
            *word |= 1 << (ordinal & 63);
        }
    }

    /// Keeps the ordinals for which `test` holds; asks only about those that are in.
    pub fn retain(&mut self, test: impl Fn(Ordinal) -> bool) {
        for (index, word) in (0u32..).zip(&mut self.words) {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                *word &= !(u64::from(!test(index * 64 + bit)) << bit);
            }
        }
    }

    /// Takes an ordinal out.
    pub fn remove(&mut self, ordinal: Ordinal) {
        if let Some(word) = self.words.get_mut(ordinal as usize >> 6) {
            *word &= !(1 << (ordinal & 63));
        }
    }

    /// The bits, 64 at a time.
    pub fn words(&self) -> impl Iterator<Item = u64> + '_ {
        self.words.iter().copied()
    }

    /// How many are in the set.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.words.iter().map(|w| w.count_ones()).sum()
    }

    /// Keeps what is in both.
    pub fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// Adds what is in the other.
    pub fn unite(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    /// Turns every bit.
    pub fn negate(&mut self) {
        self.words.iter_mut().for_each(|w| *w = !*w);
        self.trim();
    }

    /// The ordinals, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Ordinal> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            core::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(index as u32 * 64 + bit)
            })
        })
    }

    fn trim(&mut self) {
        let used = self.len & 63;
        if used != 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << used) - 1;
        }
    }
}
