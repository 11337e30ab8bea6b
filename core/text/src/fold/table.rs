//! The table of folded characters, unfolded; and which characters are letters and digits.
//!
//! ```text
//! fold.bin, all LEB128:
//! n · n gaps to the next code point · n × (length × 2 + 1 if an accent got lost) · n differences (zigzag) of
//! the first character of the folded text to that of the one before · its other characters
//! ```

use alloc::vec::Vec;
use headwater_model::promised::Promised as _;

use unicode_segmentation::UnicodeSegmentation as _;

static DATA: &[u8] = include_bytes!("fold.bin");

/// What a character folds to.
struct Entry {
    code: u32,
    start: u16,
    length: u8,
    /// It had an accent: a mark that follows is not its only one.
    accented: bool,
}

/// The table, unfolded.
pub(crate) struct Folds {
    entries: Vec<Entry>,
    characters: Vec<char>,
}

impl Folds {
    pub(crate) fn unfold() -> Self {
        let mut column = Column(DATA);
        let count = column.number();
        let mut code = 0;
        let mut entries: Vec<Entry> = Vec::with_capacity(count as usize);
        for _ in 0..count {
            code += column.number();
            entries.push(Entry { code, start: 0, length: 0, accented: false });
        }
        for entry in &mut entries {
            let packed = column.number();
            entry.length = (packed >> 1) as u8;
            entry.accented = packed & 1 == 1;
        }
        let mut firsts = Vec::with_capacity(entries.len());
        let mut first = 0u32;
        for _ in 0..count {
            let zigzag = column.number();
            first = first.wrapping_add(zigzag >> 1 ^ (zigzag & 1).wrapping_neg());
            firsts.push(first);
        }
        let mut characters = Vec::new();
        for (entry, first) in entries.iter_mut().zip(firsts) {
            entry.start = characters.len() as u16;
            characters.push(char_of(first));
            characters.extend((1..entry.length).map(|_| char_of(column.number())));
        }
        Self { entries, characters }
    }

    /// What a character above ASCII folds to, and whether it had an accent.
    pub(super) fn find(&self, c: char) -> Option<(&[char], bool)> {
        if c.is_ascii() {
            return None;
        }
        let at = self.entries.binary_search_by_key(&u32::from(c), |e| e.code).ok()?;
        let entry = self.entries.get(at)?;
        let start = usize::from(entry.start);
        Some((self.characters.get(start..start + usize::from(entry.length))?, entry.accented))
    }

    /// Whether a word may begin with it: UAX #29 says so of letters and digits by leaving them together with a letter
    /// that follows; other numbers, such as ², fold to some, or are of few kinds. Marks are none. The rules have a
    /// table of letters, so this needs none of its own.
    pub(crate) fn is_letter(&self, c: char) -> bool {
        if c.is_ascii() {
            return c.is_ascii_alphanumeric();
        }
        let mut beside = [0; 8];
        let length = c.encode_utf8(&mut beside).len();
        if let Some(after) = beside.get_mut(length) {
            *after = b'a';
        }
        let beside = beside.get(..=length).and_then(|bytes| core::str::from_utf8(bytes).ok()).promised();
        beside.split_word_bounds().next().is_some_and(|word| word.len() > length)
            || is_number(c)
            || matches!(self.find(c), Some(([first, ..], _)) if first.is_ascii_alphanumeric())
    }

    /// Whether it is a digit, of whatever script.
    pub(crate) fn is_digit(&self, c: char) -> bool {
        c.is_ascii_digit() || matches!(self.find(c), Some(([digit], _)) if digit.is_ascii_digit())
    }
}

/// Fractions, and numbers that are no digits of Bengali, Tamil, Malayalam and Ethiopic.
const fn is_number(c: char) -> bool {
    matches!(c,
        '\u{BC}'..='\u{BE}' | '\u{9F4}'..='\u{9F9}' | '\u{BF0}'..='\u{BF2}' | '\u{D58}'..='\u{D5E}' | '\u{D70}'..='\u{D78}'
        | '\u{1369}'..='\u{137C}' | '\u{2150}'..='\u{215F}' | '\u{2189}')
}

fn char_of(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Reads LEB128 numbers.
struct Column<'d>(&'d [u8]);

impl Column<'_> {
    fn number(&mut self) -> u32 {
        let mut number = 0;
        let mut shift = 0;
        while let Some((byte, rest)) = self.0.split_first() {
            self.0 = rest;
            number |= u32::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
}
