//! A typed word in a segment: a cursor for each of its lists.

use alloc::vec::Vec;

use super::bounds::{Words, bit};
use super::cursor::Cursor;
use super::evidence::{Asked, Demand};
use super::postings::BLOCK;
use super::score::{least_in_field, over_fields};
use super::search::Lists;
use super::window::{Said, Window};
use crate::ids::Ordinal;
use crate::promised::Promised as _;

/// To which points a word adds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Points {
    /// No word was before it: to all that can be hits.
    First,
    /// To those that words before it have, and to others that can be hits.
    Further,
    /// To those alone that words before it have.
    Known,
}

/// See the module.
pub(super) struct Word<'a> {
    pub(super) cursors: Vec<Cursor<'a>>,
    /// Fields, and the most that each has in the window at hand.
    fields: Vec<(u32, u32)>,
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
            fields: Vec::new(),
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
        self.fields.clear();
        for cursor in &mut self.cursors {
            let most = cursor.bound(start, end);
            match self.fields.last_mut().filter(|last| last.0 == cursor.of.field) {
                Some(last) => last.1 = last.1.max(most),
                None => self.fields.push((cursor.of.field, most)),
            }
        }
        let (best, sum) =
            self.fields.iter().fold((0u32, 0u32), |(best, sum), of| (best.max(of.1), sum.saturating_add(of.1)));
        over_fields(best, sum)
    }

    /// What it adds to a point.
    #[inline(never)]
    pub(super) fn ask(&mut self, ordinal: Ordinal) -> u32 {
        self.over_fields(|cursor| if cursor.find(ordinal) { cursor.adds_at(ordinal) } else { 0 })
    }

    /// Rows of its lists before `end`, about: those of the blocks that end before it.
    #[inline(never)]
    pub(super) fn rows_until(&self, end: Ordinal) -> u64 {
        self.cursors.iter().map(|cursor| cursor.blocks_until(end) * BLOCK as u64).sum()
    }

    /// Adds to points of a window. Those that no word before has need at least so much of this one.
    #[inline(never)]
    pub(super) fn go_through(&mut self, window: &mut Window, end: Ordinal, points: Points, least: u32) {
        let (start, said, is_only) = (window.start, self.said, self.cursors.len() == 1);
        let (mut field, mut least_of_field) = (None, 0);
        for cursor in &mut self.cursors {
            let of = cursor.of;
            if field != Some(of.field) {
                field.into_iter().for_each(|_| window.end_field());
                field = Some(of.field);
                let others = self.fields.iter().filter(|other| other.0 != of.field);
                least_of_field = least_in_field(least, others.map(|other| other.1));
            }
            let has_new = points != Points::Known && cursor.most >= least_of_field;
            if cursor.most == 0 || (points == Points::First && !has_new) {
                continue;
            }
            let least_of_block = if points == Points::First { least_of_field } else { 0 };
            // Where a point has several texts, a list says the length of the shortest that has its form. Another may be
            // longer, and the whole text may have a form whose list is passed over here.
            let (whole, has_several) = (window.whole_length, of.lengths.is_empty());
            cursor.seek(start);
            while let Some((block, rows)) = cursor.rows(start, end, least_of_block) {
                let next = rows.end;
                let rows = rows.clone().zip(block.ordinals().get(rows).promised());
                for (row, &ordinal) in rows {
                    let place = ordinal.wrapping_sub(start);
                    let is_known = window.has(place);
                    if !is_known && !has_new {
                        continue;
                    }
                    let length = of.lengths.get(ordinal as usize).copied().unwrap_or_else(|| block.length(row));
                    let adds = of.weight.adds(block.count(row), length, of.table);
                    if !is_known && adds < least_of_field {
                        continue;
                    }
                    let may_be_whole = length == whole || (has_several && (length < whole || !is_only));
                    if is_only {
                        window.add_word(place, adds, may_be_whole, said);
                    } else {
                        window.add(place, adds, may_be_whole, said);
                    }
                }
                if !cursor.pass(next) {
                    break;
                }
            }
        }
        window.end_word(said);
    }
}
