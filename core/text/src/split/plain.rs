//! Words of ASCII between blanks, which most words of most texts are: they need none of the tables of UAX #29.
//!
//! What lies between two blanks is plain where it has nothing but ASCII, and no sign with which a word may go on
//! between letters or digits. There a word is a run of letters and digits. No rule of UAX #29 reaches over a blank
//! behind which a letter or digit of ASCII stands.

use core::ops::Range;

use headwater_model::promised::Promised as _;

use super::{Each, Piece, Splitter};
use crate::Kind;

const BLANK: u8 = b' ';

impl Splitter<'_> {
    /// Gives the words up to what is not plain; returns where that begins, behind a blank or at the start.
    pub(super) fn plain(&self, stretch: Range<usize>, each: &mut Each<'_>) -> Option<usize> {
        let mut at = stretch.start;
        while at < stretch.end {
            let rest = self.text.as_bytes().get(at..stretch.end).promised();
            let length = rest.iter().position(|&byte| byte == BLANK).unwrap_or(rest.len());
            let between = rest.get(..length).promised();
            if !is_plain(between) {
                return Some(at);
            }
            let mut start = 0;
            for word in between.split(|byte| !byte.is_ascii_alphanumeric()) {
                if !word.is_empty() {
                    let range = at + start..at + start + word.len();
                    each(Piece { kind: Kind::Word, range, is_complete: false }).then_some(())?;
                }
                start += word.len() + 1;
            }
            at += length + 1;
        }
        Some(stretch.end)
    }

    /// Where text may be plain again.
    pub(super) fn plain_again(&self, stretch: Range<usize>) -> usize {
        let rest = self.text.as_bytes().get(stretch.clone()).promised();
        let begins = |pair: &[u8]| matches!(pair, &[BLANK, first] if first.is_ascii_alphanumeric());
        rest.windows(2).position(begins).map_or(stretch.end, |at| stretch.start + at + 1)
    }
}

fn is_plain(between: &[u8]) -> bool {
    let goes_on = |three: &[u8]| {
        matches!(three, [before, b'.' | b',' | b':' | b';' | b'\'' | b'`', after]
            if before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric())
    };
    between.is_ascii() && !between.windows(3).any(goes_on)
}
