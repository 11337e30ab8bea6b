//! Runs of characters that are written without spaces, as overlapping pairs.

use core::ops::Range;

use super::scripts::{is_han, is_katakana};
use super::{Each, Piece};
use crate::Kind;

/// Characters without spaces between them, of which the last two wait for the next.
#[derive(Default)]
pub(super) struct Run {
    /// What stands before `before` is of the Han script.
    follows_han: bool,
    before: Option<Character>,
    last: Option<Character>,
    /// The last one ends with the sign that stacks the next consonant under it (Burmese, Khmer).
    stacks: bool,
}

#[derive(Clone)]
struct Character {
    range: Range<usize>,
    is_han: bool,
}

impl Run {
    pub(super) fn take(&mut self, segment: &str, start: usize, each: &mut Each<'_>) -> Option<()> {
        for (at, c) in segment.char_indices() {
            let (from, to) = (start + at, start + at + c.len_utf8());
            // Words of katakana come whole; what else follows within a segment are marks.
            let begins = if at == 0 { !self.stacks } else { is_katakana(c) };
            match &mut self.last {
                Some(last) if !begins => last.range.end = to,
                _ => {
                    let next = Character { range: from..to, is_han: is_han(c) };
                    self.pair(next.is_han, each)?;
                    self.follows_han = self.before.as_ref().is_some_and(|before| before.is_han);
                    self.before = self.last.replace(next);
                }
            }
            self.stacks = matches!(c, '\u{1039}' | '\u{17D2}');
        }
        Some(())
    }

    /// Gives the last two characters; `han_follows` says what the next one is.
    fn pair(&self, han_follows: bool, each: &mut Each<'_>) -> Option<()> {
        let (Some(before), Some(last)) = (&self.before, &self.last) else { return Some(()) };
        let is_complete = before.is_han && last.is_han && !self.follows_han && !han_follows;
        each(Piece { kind: Kind::Pair, range: before.range.start..last.range.end, is_complete }).then_some(())
    }

    pub(super) fn finish(&mut self, each: &mut Each<'_>) -> Option<()> {
        self.pair(false, each)?;
        self.stacks = false;
        self.follows_han = false;
        let kind = if self.before.take().is_some() { Kind::Tail } else { Kind::Single };
        match self.last.take() {
            Some(last) => each(Piece { kind, range: last.range, is_complete: false }).then_some(()),
            None => Some(()),
        }
    }
}
