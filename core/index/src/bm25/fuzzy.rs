//! Words that are a misspelling away.

use alloc::vec::Vec;

use super::dictionary::Dictionary;

/// Calls `found` with the position and the distance of every word at most `most` edits from `word`: characters put in, left
/// out, exchanged or swapped with their neighbour (optimal string alignment), the first one being right.
///
/// One row of the usual table is kept for each character of the word at hand. Words that share a beginning share its rows, and
/// where no cell of a row is within reach no word with that beginning is. Complexity: most words of a dictionary cost a look at
/// the bytes in which they differ.
#[inline(never)]
pub(super) fn each_near(dictionary: &Dictionary<'_>, word: &str, most: u8, mut found: impl FnMut(u32, u8)) {
    let wanted: Vec<char> = word.chars().collect();
    let Some(first) = wanted.first() else { return };
    let mut prefix = [0; 4];
    let range = dictionary.beginning_with(first.encode_utf8(&mut prefix));
    let mut table = Table::new(&wanted, most);
    let mut walk = dictionary.walk(range.start);
    // Bytes of the beginning that is known to be out of reach.
    let mut hopeless = usize::MAX;
    for position in range {
        let Some(shared) = walk.advance() else { return };
        if shared >= hopeless {
            continue;
        }
        hopeless = usize::MAX;
        match table.distance(&walk.word, shared) {
            Ok(distance) if distance <= most => found(position, distance),
            Ok(_) => {}
            Err(bytes) => hopeless = bytes,
        }
    }
}

struct Table<'w> {
    wanted: &'w [char],
    most: u8,
    /// Characters of the word at hand, and where each ends in bytes.
    characters: Vec<(char, usize)>,
    /// A row for nothing, then one for each character.
    rows: Vec<u8>,
}

impl<'w> Table<'w> {
    fn new(wanted: &'w [char], most: u8) -> Self {
        Self { wanted, most, characters: Vec::new(), rows: (0..=wanted.len()).map(|i| i as u8).collect() }
    }

    /// The distance of a word of which the first `shared` bytes are those of the one before. When its beginning is out of
    /// reach: how many bytes of it.
    #[inline(never)]
    fn distance(&mut self, word: &[u8], shared: usize) -> Result<u8, usize> {
        self.characters.retain(|(_, end)| *end <= shared);
        let start = self.characters.last().map_or(0, |(_, end)| *end);
        let text = core::str::from_utf8(word.get(start..).unwrap_or_default()).unwrap_or_default();
        for (at, character) in text.char_indices() {
            self.characters.push((character, start + at + character.len_utf8()));
            if !self.add_row() {
                return Err(self.characters.last().map_or(0, |(_, end)| *end));
            }
        }
        let width = self.wanted.len() + 1;
        Ok(self.rows.get(self.characters.len() * width + width - 1).copied().unwrap_or(u8::MAX))
    }

    /// Computes the row of the last character; says whether a cell of it is within reach.
    #[inline(never)]
    fn add_row(&mut self) -> bool {
        let (width, row) = (self.wanted.len() + 1, self.characters.len());
        self.rows.truncate(row * width);
        let (character, before) = match self.characters.as_slice() {
            [.., (before, _), (character, _)] => (*character, Some(*before)),
            [(character, _)] => (*character, None),
            [] => return false,
        };
        let (mut left, mut least, mut previous) = (row.min(255) as u8, row.min(255) as u8, None);
        self.rows.push(left);
        for (column, &wanted) in (1..).zip(self.wanted) {
            let at = |back: usize, shift: usize| {
                let index = (row - back) * width + column;
                self.rows.get(index - shift).copied().unwrap_or(u8::MAX)
            };
            let mut cell = at(1, 1).saturating_add(u8::from(wanted != character));
            cell = cell.min(at(1, 0).saturating_add(1)).min(left.saturating_add(1));
            if row > 1 && column > 1 && before == Some(wanted) && previous == Some(character) {
                cell = cell.min(at(2, 2).saturating_add(1));
            }
            self.rows.push(cell);
            (left, previous, least) = (cell, Some(wanted), least.min(cell));
        }
        least <= self.most
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::string::String;

    use proptest::prelude::*;

    use super::super::dictionary::DictionaryParts;
    use super::*;
    use crate::text::Fuzzy;

    proptest! {
        #[test]
        fn equals_comparing_every_word(words in prop::collection::btree_set("[abé]{1,7}", 0..150), word in "[abé]{1,7}", most in 0u8..3) {
            let parts = DictionaryParts::of(words.iter().map(String::as_str));
            let mut found = BTreeSet::new();
            each_near(&parts.view(words.len() as u32), &word, most, |position, distance| { found.insert((position, distance)); });
            let mut fuzzy = Fuzzy::new(&word, most);
            let wanted: BTreeSet<(u32, u8)> = words.iter().enumerate().filter_map(|(position, other)| {
                if other.chars().next() != word.chars().next() { return None; }
                Some((position as u32, fuzzy.within(other)?))
            }).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
