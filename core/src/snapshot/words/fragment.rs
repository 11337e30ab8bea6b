//! The fragments of a text in which words stand best.
//!
//! A text is cut where its tokens begin, so never within a grapheme cluster, and what stands behind a token without a
//! space belongs to it: "cat)." begins and ends as a whole.

use alloc::vec::Vec;
use core::ops::Range;

use crate::promised::Promised as _;
use crate::text::Analyzer;

/// Characters that stand around a token and belong to it; more than these are a line that someone drew.
const MOST_AROUND: usize = 8;

/// What a text is cut into.
struct Piece {
    bytes: Range<usize>,
    /// Where it begins and ends in UTF-16 units.
    from: u32,
    to: u32,
}

/// A place where a word stands, in bytes.
pub(in crate::snapshot) struct TextPlace {
    /// Which of the query's words.
    pub(in crate::snapshot) word: u32,
    pub(in crate::snapshot) bytes: Range<usize>,
}

/// The same in pieces, from the first to the last.
struct Occurrence {
    word: u32,
    first: usize,
    last: usize,
}

/// A text that may be cut.
pub(in crate::snapshot) struct Cut<'t> {
    text: &'t str,
    pieces: Vec<Piece>,
    found: Vec<Occurrence>,
    /// Pieces of fragments that were taken, first and last.
    taken: Vec<(usize, usize)>,
}

/// Where words stand best in a text, before anything is put around it. The greater one is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::snapshot) struct Best {
    /// Different words.
    words: usize,
    /// How close they stand: the units from the first to the last, turned.
    closeness: u32,
    /// The earlier, the greater.
    earliness: usize,
    last: usize,
}

impl Best {
    /// Whether it is better than that of a text before, which wins where both are as good.
    pub(in crate::snapshot) fn beats(&self, before: &Self) -> bool {
        (self.words, self.closeness) > (before.words, before.closeness)
    }
}

impl<'t> Cut<'t> {
    /// A text with the places where words stand, ascending.
    pub(in crate::snapshot) fn new(text: &'t str, analyzer: &Analyzer, places: &[TextPlace]) -> Self {
        let pieces = pieces(text, analyzer);
        let before = |byte: usize| pieces.partition_point(|piece| piece.bytes.start < byte).saturating_sub(1);
        let found = places.iter().map(|place| {
            let (first, last) = (before(place.bytes.start + 1), before(place.bytes.end));
            Occurrence { word: place.word, first, last: last.max(first) }
        });
        let found = found.collect();
        Self { text, pieces, found, taken: Vec::new() }
    }

    fn length(&self, first: usize, last: usize) -> u32 {
        let from = self.pieces.get(first).map_or(0, |piece| piece.from);
        self.pieces.get(last).map_or(0, |piece| piece.to.saturating_sub(from))
    }

    fn is_taken(&self, found: &Occurrence) -> bool {
        self.taken.iter().any(|&(first, last)| found.first <= last && found.last >= first)
    }

    /// Where most different words stand, of such places the closest, of these the first; none where no word stands that
    /// is not taken. Complexity: for each word those within the length of a fragment.
    pub(in crate::snapshot) fn best(&self, chars: u32) -> Option<Best> {
        let mut best: Option<Best> = None;
        let mut seen: Vec<u32> = Vec::new();
        for (at, start) in self.found.iter().enumerate() {
            seen.clear();
            let mut last = start.last;
            for found in self.found.get(at..).promised().iter().take_while(|found| !self.is_taken(found)) {
                last = last.max(found.last);
                let length = self.length(start.first, last);
                if length > chars && !seen.is_empty() {
                    break;
                }
                if seen.contains(&found.word) {
                    continue;
                }
                seen.push(found.word);
                let closeness = u32::MAX - length;
                let here = Best { words: seen.len(), closeness, earliness: usize::MAX - start.first, last };
                best = best.max(Some(here));
            }
        }
        best
    }

    /// Takes the fragment around the best place, and says which bytes it has.
    pub(in crate::snapshot) fn take(&mut self, best: Best, chars: u32) -> Range<usize> {
        let (first, last) = (usize::MAX - best.earliness, best.last);
        let below = self.taken.iter().filter(|taken| taken.1 < first).map(|taken| taken.1 + 1).max().unwrap_or(0);
        let above = self.taken.iter().filter(|taken| taken.0 > last).map(|taken| taken.0).min();
        let above = above.unwrap_or(self.pieces.len());
        let around = chars.saturating_sub(self.length(first, last)) / 2;
        let (mut from, mut to) = (first, last);
        let span = self.length(first, last);
        while from > below && self.length(from - 1, last) <= span + around {
            from -= 1;
        }
        while to + 1 < above && self.length(from, to + 1) <= chars {
            to += 1;
        }
        while from > below && self.length(from - 1, to) <= chars {
            from -= 1;
        }
        self.taken.push((from, to));
        self.bytes(from, to, chars)
    }

    /// The bytes of the beginning.
    pub(in crate::snapshot) fn beginning(&self, chars: u32) -> Range<usize> {
        let fitting = (0..self.pieces.len()).take_while(|&last| self.length(0, last) <= chars);
        self.bytes(0, fitting.last().unwrap_or(0), chars)
    }

    fn bytes(&self, first: usize, last: usize, chars: u32) -> Range<usize> {
        let start = self.pieces.get(first).map_or(0, |piece| piece.bytes.start);
        let end = self.pieces.get(last).map_or(start, |piece| piece.bytes.end);
        if first == last && self.length(first, last) > chars {
            return start..start + cut_within(self.text.get(start..end).promised(), chars);
        }
        start..end
    }
}

/// Where a word is cut that is longer than a fragment: between two ASCII characters, which no grapheme cluster joins,
/// or not at all.
fn cut_within(word: &str, chars: u32) -> usize {
    let (mut units, mut best, mut was_ascii) = (0, word.len(), false);
    for (at, character) in word.char_indices() {
        if units > chars as usize {
            break;
        }
        if was_ascii && character.is_ascii_graphic() {
            best = at;
        }
        was_ascii = character.is_ascii_graphic();
        units += character.len_utf16();
    }
    best
}

fn pieces(text: &str, analyzer: &Analyzer) -> Vec<Piece> {
    let mut bytes: Vec<Range<usize>> = Vec::new();
    analyzer.analyze(text, |token| {
        // Pairs overlap, and each character of them begins one.
        if let Some(last) = bytes.last_mut().filter(|last| last.end > token.range.start) {
            last.end = token.range.start;
        }
        bytes.push(token.range);
    });
    if bytes.is_empty() {
        let start_of = |piece: &str| piece.as_ptr() as usize - text.as_ptr() as usize;
        bytes.extend(text.split_whitespace().map(|piece| start_of(piece)..start_of(piece) + piece.len()));
    }
    if let Some(first) = bytes.first_mut() {
        let leading = text.get(..first.start).promised().trim_start();
        if leading.chars().nth(MOST_AROUND).is_none() {
            first.start -= leading.len();
        }
    }
    for at in 0..bytes.len() {
        let next = bytes.get(at + 1).map_or(text.len(), |next| next.start);
        let Some(piece) = bytes.get_mut(at) else { continue };
        let behind = text.get(piece.end..next).promised();
        let behind = behind.split(char::is_whitespace).next().unwrap_or_default();
        if behind.chars().nth(MOST_AROUND).is_none() {
            piece.end += behind.len();
        }
    }
    let (mut units, mut counted) = (0u32, 0);
    let mut units_to = |byte: usize| {
        units += text.get(counted..byte).promised().encode_utf16().count() as u32;
        counted = byte;
        units
    };
    bytes.into_iter().map(|bytes| Piece { from: units_to(bytes.start), to: units_to(bytes.end), bytes }).collect()
}
