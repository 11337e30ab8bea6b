//! A typed word in a segment: a cursor for each of its lists.

use alloc::vec::Vec;

use super::bounds::{Words, bit};
use super::cursor::Cursor;
use super::evidence::{Asked, Demand};
use super::postings::BLOCK;
use super::score::over_fields;
use super::search::Lists;
use super::window::{Said, Window};
use crate::ids::Ordinal;

/// See the module.
pub(super) struct Word<'a> {
    pub(super) cursors: Vec<Cursor<'a>>,
    pub(super) said: Said,
    /// Whether a point must have it.
    pub(super) required: bool,
    /// Whether it is one of those of which a point must have so many.
    pub(super) counts: bool,
    pub(super) bit: Words,
}

impl<'a> Word<'a> {
    pub(super) fn all(lists: &Lists<'a>, asked: &Asked) -> Vec<Self> {
        let all = lists.words.iter().zip(&asked.words).zip(0u32..);
        all.map(|((lists, word), index)| Self {
            cursors: lists.iter().copied().map(Cursor::new).collect(),
            said: Said { index, said: word.said },
            required: word.required && asked.demand != Demand::Any,
            counts: word.required || asked.demand == Demand::Any,
            bit: bit(index),
        })
        .collect()
    }

    /// What a point has of it to which it adds so much.
    pub(super) fn times(&self, adds: u32) -> u64 {
        u64::from(adds) * u64::from(self.said.said)
    }

    pub(super) fn points(&self) -> u64 {
        self.cursors.iter().map(|cursor| u64::from(cursor.of.list.points())).sum()
    }

    /// What `of` says of its lists, as one number: the best of each field, and fields as [`over_fields`] has it.
    fn over_fields(&mut self, mut of: impl FnMut(&mut Cursor<'a>) -> u32) -> u32 {
        let (mut best, mut sum, mut of_field, mut field) = (0, 0u32, 0, 0);
        for cursor in &mut self.cursors {
            if cursor.of.field != field {
                (best, sum) = (best.max(of_field), sum.saturating_add(of_field));
                (field, of_field) = (cursor.of.field, 0);
            }
            of_field = of_field.max(of(cursor));
        }
        over_fields(best.max(of_field), sum.saturating_add(of_field))
    }

    /// The most that it adds to a point of a window.
    #[inline(never)]
    pub(super) fn bound(&mut self, start: Ordinal, end: Ordinal) -> u32 {
        self.over_fields(|cursor| cursor.bound(start, end))
    }

    /// What it adds to a point.
    #[inline(never)]
    pub(super) fn ask(&mut self, ordinal: Ordinal) -> u32 {
        self.over_fields(|cursor| if cursor.find(ordinal) { cursor.adds_at(ordinal) } else { 0 })
    }

    /// Rows of its lists before `end`, about: those of the blocks that end before it.
    #[inline(never)]
    pub(super) fn rows_until(&self, end: Ordinal) -> u32 {
        self.cursors.iter().map(|cursor| cursor.blocks_until(end)).sum::<u32>() * BLOCK as u32
    }

    /// Brings up the points of a window that it is in; with `known`, adds to those only that other words brought.
    pub(super) fn go_through(&mut self, window: &mut Window, end: Ordinal, known: bool) {
        let (start, said, is_only) = (window.start, self.said, self.cursors.len() == 1);
        let mut field = None;
        for cursor in &mut self.cursors {
            if field.is_some_and(|field| field != cursor.of.field) {
                window.end_field();
            }
            field = Some(cursor.of.field);
            // Where a point has several texts, another one may be longer than the shortest.
            let (whole, has_several) = (window.whole_length, cursor.of.lengths.is_empty());
            cursor.each(start, end, |row, ordinal| {
                if known && !window.has(ordinal) {
                    return;
                }
                let length = row.length_at(ordinal);
                let adds = row.adds(length);
                if length == whole || (has_several && length < whole) {
                    window.may_be_whole(ordinal, said);
                }
                if is_only {
                    window.add_word(ordinal, adds, said);
                } else {
                    window.add(ordinal, adds);
                }
            });
        }
        window.end_word(said);
    }
}
