//! Where tokens begin and end.
//!
//! Unicode's default rules (UAX #29, by `unicode-segmentation`) find words between spaces and keep emoji and
//! flags whole. What people look for by its parts is cut further, and where a script has no spaces pairs are made of
//! the characters that the rules give.
//!
//! | file | job |
//! | --- | --- |
//! | `plain` | words of ASCII between blanks, without tables |
//! | `parts` | the parts of a word: `node.js`, `v1.10.2`, `l'homme` |
//! | `run` | 東京都 as 東京, 京都, 都 |
//! | `scripts` | which characters are of which kind |

mod parts;
mod plain;
mod run;
mod scripts;

use core::iter::Peekable;
use core::ops::Range;
use headwater_model::promised::Promised as _;

use unicode_segmentation::{UWordBoundIndices, UnicodeSegmentation as _};

use self::run::Run;
pub(crate) use self::scripts::{is_pictograph, is_unspaced};
use super::Kind;
use super::fold::{Folds, is_apostrophe};

/// What becomes a token.
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
    /// A pair that is all there is of Han characters.
    pub(super) is_complete: bool,
}

/// Receives tokens; `false` stops.
type Each<'a> = dyn FnMut(Piece) -> bool + 'a;

/// Calls `each` with the tokens of the text, in order. `elided`: see `language::elided`.
pub(super) fn split(folds: &Folds, text: &str, elided: &str, each: &mut Each<'_>) {
    let splitter = Splitter { folds, text, elided };
    let mut start = 0;
    for (at, connector) in text.match_indices(is_connector).chain([(text.len(), "")]) {
        if splitter.split(start..at, each).is_none() {
            return;
        }
        start = at + connector.len();
    }
}

/// Whether a form that is nearly this one may be this one misspelt. Not so of numbers, versions and part numbers, in
/// which another digit is another thing, nor where a character is a word or a picture: 東京 is no misspelling of 北京.
#[must_use]
pub fn may_be_misspelt(form: &str) -> bool {
    !form.chars().any(|c| c.is_ascii_digit() || is_unspaced(c) || is_pictograph(c))
}

/// Signs that connect words, as in `snake_case`.
const fn is_connector(c: char) -> bool {
    matches!(
        c,
        '_' | '\u{202F}' | '\u{203F}' | '\u{2040}' | '\u{2054}' | '\u{FE33}' | '\u{FE34}' | '\u{FE4D}'
            ..='\u{FE4F}' | '\u{FF3F}'
    )
}

struct Splitter<'a> {
    folds: &'a Folds,
    text: &'a str,
    elided: &'a str,
}

type Segments<'a> = Peekable<UWordBoundIndices<'a>>;

impl Splitter<'_> {
    /// `None` when `each` has had enough.
    fn split(&self, stretch: Range<usize>, each: &mut Each<'_>) -> Option<()> {
        let mut at = stretch.start;
        loop {
            at = self.plain(at..stretch.end, each)?;
            if at == stretch.end {
                return Some(());
            }
            let end = self.plain_again(at..stretch.end);
            // With the blank before it, to which something may cling.
            self.by_unicode(at.saturating_sub(1).max(stretch.start)..end, each)?;
            at = end;
        }
    }

    /// The same by the rules of Unicode alone.
    fn by_unicode(&self, stretch: Range<usize>, each: &mut Each<'_>) -> Option<()> {
        let start = stretch.start;
        let stretch = self.text.get(stretch).promised();
        let mut run = Run::default();
        let mut segments = stretch.split_word_bound_indices().peekable();
        while let Some((at, segment)) = segments.next() {
            let mut end = cling(&mut segments, at + segment.len());
            if segment.starts_with(is_unspaced) {
                run.take(stretch.get(at..end).unwrap_or(segment), start + at, each)?;
                continue;
            }
            run.finish(each)?;
            if segment.contains(|c| self.folds.is_letter(c)) {
                while let Some(further) = self.after_apostrophe(stretch.get(at..end).unwrap_or(segment), &mut segments)
                {
                    end = cling(&mut segments, further);
                }
                self.parts(start + at..start + end, each)?;
            } else if segment.starts_with(is_pictograph) {
                let range = start + at..start + end;
                each(Piece { kind: Kind::Symbol, range, is_complete: false }).then_some(())?;
            }
        }
        run.finish(each)
    }

    /// Where a word ends that goes on behind an apostrophe which is none to UAX #29, as in O´Brien.
    fn after_apostrophe(&self, word: &str, segments: &mut Segments<'_>) -> Option<usize> {
        segments.peek().filter(|(_, segment)| segment.starts_with(is_apostrophe))?;
        let is_last_a_digit =
            word.chars().rev().find(|c| self.folds.is_letter(*c)).is_some_and(|c| self.folds.is_digit(c));
        let mut ahead = segments.clone();
        let (_, _) = ahead.next()?;
        let (at, further) = ahead.next()?;
        let first = further.chars().next()?;
        let goes_on = self.folds.is_letter(first) && !self.folds.is_digit(first) && !is_unspaced(first);
        if is_last_a_digit || !goes_on {
            return None;
        }
        *segments = ahead;
        Some(at + further.len())
    }
}

/// The end of a segment with what clings to it: the vowel AM of Thai and Lao is a segment of its own, but within the
/// grapheme cluster before.
fn cling(segments: &mut Segments<'_>, mut end: usize) -> usize {
    while let Some((at, clinging)) = segments.next_if(|(_, next)| next.starts_with(['\u{E33}', '\u{EB3}'])) {
        end = at + clinging.len();
    }
    end
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::tests::properties::{anything, texts};

    fn words() -> impl Strategy<Value = String> {
        let word =
            prop_oneof!["[a-cA1-3]{1,3}[ .,:;'`\"#()\t\n-]{1,2}", "[a1é'`.,:;\u{300}\u{E33}ก漢 ]{1,4}", texts(),];
        prop::collection::vec(word, 0..12).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn plain_words_are_those_of_unicode(text in prop_oneof![words(), anything()], elided in prop::sample::select(&["", "l d"][..])) {
            // What both have been cut at is no matter.
            let (text, folds) = (text.replace(is_connector, " "), Folds::unfold());
            let splitter = Splitter { folds: &folds, text: &text, elided };
            let (mut found, mut wanted) = (Vec::new(), Vec::new());
            let told = |all: &mut Vec<_>, piece: Piece| {
                all.push((piece.kind, piece.range, piece.is_complete));
                true
            };
            splitter.split(0..text.len(), &mut |piece| told(&mut found, piece)).unwrap();
            splitter.by_unicode(0..text.len(), &mut |piece| told(&mut wanted, piece)).unwrap();
            prop_assert_eq!(found, wanted);
        }
    }
}
