//! Where tokens begin and end.
//!
//! Unicode's default rules (UAX #29, by `unicode-segmentation`) find words between spaces and keep emoji and
//! flags whole. Where a script has no spaces they give single characters, of which pairs are made here.

use core::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::Kind;

/// Receives tokens; `false` stops.
type Each<'a> = dyn FnMut(Kind, Range<usize>) -> bool + 'a;

/// Calls `each` with the tokens of the text, in order. `elided`: see `Language::elided`.
pub(super) fn split(text: &str, elided: &str, each: &mut Each<'_>) {
    let mut start = 0;
    for piece in text.split('_') {
        if split_piece(piece, start, elided, each).is_none() {
            return;
        }
        start += piece.len() + 1;
    }
}

/// `None` when `each` has had enough.
fn split_piece(piece: &str, start: usize, elided: &str, each: &mut Each<'_>) -> Option<()> {
    let mut run = Run::default();
    let mut segments = piece.split_word_bound_indices().peekable();
    while let Some((at, segment)) = segments.next() {
        let mut end = at + segment.len();
        while let Some((_, clinging)) = segments.next_if(|(_, next)| next.starts_with(['\u{E33}', '\u{EB3}'])) {
            // The vowel AM of Thai and Lao: a segment of its own, but within the grapheme cluster before.
            end += clinging.len();
        }
        let range = start + at..start + end;
        if segment.starts_with(is_unspaced) {
            run.take(piece.get(at..end).unwrap_or(segment), range.start, each)?;
            continue;
        }
        run.finish(each)?;
        if segment.contains(char::is_alphanumeric) {
            let word = range.start + elision(segment, elided);
            each(Kind::Word, word..range.end).then_some(())?;
        } else if segment.starts_with(is_pictograph) {
            each(Kind::Symbol, range).then_some(())?;
        }
    }
    run.finish(each)
}

/// Characters without spaces between them, of which the last two wait for the next.
#[derive(Default)]
struct Run {
    before: Option<Range<usize>>,
    last: Option<Range<usize>>,
    /// The last one ends with the sign that stacks the next consonant under it (Burmese, Khmer).
    stacks: bool,
}

impl Run {
    fn take(&mut self, segment: &str, start: usize, each: &mut Each<'_>) -> Option<()> {
        for (at, c) in segment.char_indices() {
            let (from, to) = (start + at, start + at + c.len_utf8());
            // Words of katakana come whole; what else follows within a segment are marks.
            let begins = if at == 0 { !self.stacks } else { is_katakana(c) };
            match &mut self.last {
                Some(last) if !begins => last.end = to,
                _ => {
                    self.pair(each)?;
                    self.before = self.last.replace(from..to);
                }
            }
            self.stacks = matches!(c, '\u{1039}' | '\u{17D2}');
        }
        Some(())
    }

    fn pair(&self, each: &mut Each<'_>) -> Option<()> {
        match (&self.before, &self.last) {
            (Some(before), Some(last)) => each(Kind::Pair, before.start..last.end).then_some(()),
            _ => Some(()),
        }
    }

    fn finish(&mut self, each: &mut Each<'_>) -> Option<()> {
        self.pair(each)?;
        self.stacks = false;
        let kind = if self.before.take().is_some() { Kind::Tail } else { Kind::Single };
        match self.last.take() {
            Some(last) => each(kind, last).then_some(()),
            None => Some(()),
        }
    }
}

/// How many bytes an elided word and its apostrophe take at the beginning of a word.
fn elision(word: &str, elided: &str) -> usize {
    let Some((before, after)) = word.split_once(['\'', '\u{2019}', '\u{2BC}', '\u{FF07}']) else { return 0 };
    if elided.is_empty() || !elided.split(' ').any(|e| e.eq_ignore_ascii_case(before)) {
        return 0;
    }
    // Marks on the apostrophe go with it.
    after.find(char::is_alphanumeric).map_or(0, |at| word.len() - after.len() + at)
}

/// Letters of scripts that are written without spaces; their digits are words as elsewhere.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{E01}'..='\u{E3A}' | '\u{E40}'..='\u{E4E}' | '\u{E81}'..='\u{ECE}' | '\u{EDC}'..='\u{EDF}'
        | '\u{1000}'..='\u{103F}' | '\u{1050}'..='\u{108F}' | '\u{109A}'..='\u{109D}'
        | '\u{1780}'..='\u{17D3}' | '\u{17D7}' | '\u{17DC}' | '\u{17DD}' | '\u{A9E0}'..='\u{A9EF}'
        | '\u{A9FA}'..='\u{A9FE}' | '\u{AA60}'..='\u{AA7F}'
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3031}'..='\u{3035}' | '\u{303B}'
        | '\u{3041}'..='\u{3096}' | '\u{3099}' | '\u{309A}' | '\u{309D}'..='\u{309F}' | '\u{30A1}'..='\u{30FA}'
        | '\u{30FC}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' | '\u{1B000}'..='\u{1B16F}' | '\u{20000}'..='\u{3FFFF}')
}

fn is_katakana(c: char) -> bool {
    matches!(c,
        '\u{3031}'..='\u{3035}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{FF66}'..='\u{FF9D}' | '\u{1B000}'..='\u{1B16F}')
}

/// The blocks of emoji, which also have other symbols: the exact property would be a table. Skin tones begin none: they belong to what
/// stands before them.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2300}'..='\u{23FF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{1F000}'..='\u{1F3FA}' | '\u{1F400}'..='\u{1FAFF}')
}
