//! Keywords: builder, sections and view of a column of texts or booleans.
//!
//! ```text
//! dictionary offsets  k + 1 u32   into the dictionary bytes; keywords ascend and are unique
//! dictionary          UTF-8 in composed form (NFC)
//! row offsets         n + 1 u32   into the row values; only where a point has several
//! row values          positions in the dictionary, ascending inside a row; without offsets one a point, k where there is none.
//!                     u8 up to 255 keywords, u16 up to 65,535, else u32
//! set entries         k           see `sets`
//! sets
//! ```

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use headwater_index::narrow::{Narrow, NarrowParts};
use headwater_index::sets::{SetBuilder, SetEntry, Sets};

use super::{Bitmap, covers};
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::model::{Condition, FieldType};

/// Collects the keywords of all points, in ordinal order.
#[derive(Debug, Default)]
pub(crate) struct KeywordBuilder {
    /// Numbered as they come.
    known: BTreeMap<String, u32>,
    rows: Vec<Vec<u32>>,
}

/// The sections of a finished column.
#[derive(Debug)]
pub(crate) struct KeywordParts {
    pub(crate) dictionary_offsets: Vec<u32>,
    pub(crate) dictionary: Vec<u8>,
    pub(crate) row_offsets: Option<Vec<u32>>,
    pub(crate) row_values: NarrowParts,
    pub(crate) set_entries: Vec<SetEntry>,
    pub(crate) sets: Vec<u8>,
}

impl KeywordBuilder {
    /// Adds the next point's keywords.
    pub(crate) fn push(&mut self, keywords: &[Cow<'_, str>]) {
        let number = |keyword: &Cow<'_, str>| match self.known.get(keyword.as_ref()) {
            Some(&number) => number,
            None => {
                let number = self.known.len() as u32;
                self.known.insert(keyword.clone().into_owned(), number);
                number
            }
        };
        self.rows.push(keywords.iter().map(number).collect());
    }

    pub(crate) fn finish(self) -> KeywordParts {
        let keywords = self.known.len() as u32;
        let mut positions = alloc::vec![0; self.known.len()];
        let (mut dictionary_offsets, mut dictionary) = (alloc::vec![0], Vec::new());
        for (position, (keyword, number)) in (0..).zip(&self.known) {
            positions.get_mut(*number as usize).into_iter().for_each(|p| *p = position);
            dictionary.extend_from_slice(keyword.as_bytes());
            dictionary_offsets.push(dictionary.len() as u32);
        }
        let (mut offsets, mut values, mut has_several) = (alloc::vec![0], Vec::new(), false);
        let mut members: Vec<Vec<Ordinal>> = alloc::vec![Vec::new(); self.known.len()];
        for (ordinal, row) in (0..).zip(&self.rows) {
            let mut row: Vec<u32> = row.iter().filter_map(|&n| positions.get(n as usize).copied()).collect();
            row.sort_unstable();
            row.dedup();
            for &position in &row {
                members.get_mut(position as usize).into_iter().for_each(|m| m.push(ordinal));
            }
            has_several |= row.len() > 1;
            values.extend(row);
            offsets.push(values.len() as u32);
        }
        if !has_several {
            let value = |window: &[u32]| match window {
                [from, to] if from < to => values.get(*from as usize).copied().unwrap_or(keywords),
                _ => keywords,
            };
            values = offsets.windows(2).map(value).collect();
        }
        let row_values = NarrowParts::of(values, keywords);
        let mut sets = SetBuilder::default();
        members.iter().for_each(|ordinals| sets.push(ordinals));
        let row_offsets = has_several.then_some(offsets);
        let (set_entries, sets) = (sets.entries, sets.bytes);
        KeywordParts { dictionary_offsets, dictionary, row_offsets, row_values, set_entries, sets }
    }
}

/// A view of a stored column of keywords.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeywordColumn<'a> {
    pub(crate) dictionary_offsets: &'a [u32],
    pub(crate) dictionary: &'a [u8],
    pub(crate) row_offsets: Option<&'a [u32]>,
    pub(crate) row_values: Narrow<'a>,
    pub(crate) sets: Sets<'a>,
}

impl<'a> KeywordColumn<'a> {
    /// Checks the column of `points` points.
    pub(crate) fn check(&self, points: usize) -> Result<()> {
        let bad = |why: &str| Err(Error::corrupt(alloc::format!("keywords: {why}")));
        let rows_end = match self.row_offsets {
            Some(offsets) if !covers(offsets, self.row_values.count()) => None,
            Some(offsets) => offsets.len().checked_sub(1),
            None => Some(self.row_values.count()),
        };
        if !covers(self.dictionary_offsets, self.dictionary.len()) || rows_end != Some(points) {
            return bad("offsets do not cover the values");
        }
        let count = self.len();
        if !(1..count).all(|i| self.keyword(i - 1) < self.keyword(i)) {
            return bad("the dictionary does not ascend");
        }
        let is_utf8 = |position| core::str::from_utf8(self.keyword(position)).is_ok();
        if !(0..count).all(is_utf8) {
            return bad("a keyword is not UTF-8");
        }
        // Without offsets, one past the last keyword says that there is none.
        let end = if self.row_offsets.is_some() { count } else { count.saturating_add(1) };
        if !(0..self.row_values.count()).all(|i| self.row_values.get(i).is_some_and(|v| v < end)) {
            return bad("a value is not in the dictionary");
        }
        if !self.sets.is_sound(count as usize, points) {
            return bad("sets do not fit the values");
        }
        Ok(())
    }

    /// Keywords in the dictionary.
    pub(crate) fn len(&self) -> u32 {
        self.dictionary_offsets.len().saturating_sub(1) as u32
    }

    /// The keyword at a dictionary position.
    pub(crate) fn keyword(&self, position: u32) -> &'a [u8] {
        let position = position as usize;
        match self.dictionary_offsets.get(position..position + 2) {
            Some(&[from, to]) => self.dictionary.get(from as usize..to as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The same as a text: [`Self::check`] has seen that it is one.
    pub(crate) fn text(&self, position: u32) -> &'a str {
        core::str::from_utf8(self.keyword(position)).unwrap_or_default()
    }

    /// The dictionary positions of a point's keywords, ascending.
    #[inline]
    pub(crate) fn row(&self, ordinal: Ordinal) -> impl Iterator<Item = u32> {
        let row = ordinal as usize;
        let (range, end) = match self.row_offsets {
            None => (row..row + 1, self.len()),
            Some(offsets) => match offsets.get(row..row + 2) {
                Some(&[from, to]) => (from as usize..to as usize, u32::MAX),
                _ => (0..0, 0),
            },
        };
        let values = self.row_values;
        range.filter_map(move |index| values.get(index).filter(|&value| value < end))
    }

    /// How many of these points have each keyword, and how many have none.
    pub(crate) fn count(&self, among: &Bitmap) -> (Vec<u32>, u32) {
        let keywords = self.len();
        let points = self.row_values.count();
        if self.row_offsets.is_none() && among.count() as usize == points {
            let counts: Vec<u32> = (0..keywords).map(|position| self.sets.points(position)).collect();
            let with = counts.iter().copied().fold(0, u32::saturating_add);
            return (counts, (points as u32).saturating_sub(with));
        }
        let mut counts = alloc::vec![0; keywords as usize + 1];
        if self.row_offsets.is_none() {
            // One past the last keyword stands for none.
            self.row_values.tally(among, &mut counts);
        } else {
            for ordinal in among.iter() {
                let mut is_missing = true;
                for position in self.row(ordinal) {
                    is_missing = false;
                    counts.get_mut(position as usize).into_iter().for_each(|count| *count += 1);
                }
                counts.last_mut().into_iter().for_each(|missing| *missing += u32::from(is_missing));
            }
        }
        let missing = counts.pop().unwrap_or_default();
        (counts, missing)
    }

    /// The points that have a wanted keyword, by asking each.
    pub(crate) fn select(&self, wanted: &Bitmap, points: u32) -> Bitmap {
        match self.row_offsets {
            None => self.row_values.select(wanted),
            Some(_) => Bitmap::from_fn(points, |ordinal| self.row(ordinal).any(|position| wanted.contains(position))),
        }
    }

    /// The first position whose keyword is not `below`.
    fn first_not(&self, below: impl Fn(&[u8]) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if below(self.keyword(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn position(&self, keyword: &str) -> Range<u32> {
        let first = self.first_not(|k| k < keyword.as_bytes());
        first..first + u32::from(first < self.len() && self.keyword(first) == keyword.as_bytes())
    }

    /// The dictionary positions whose keywords meet a condition.
    pub(crate) fn wanted(&self, condition: &Condition, kind: FieldType) -> Bitmap {
        let mut wanted = Bitmap::none(self.len());
        let mut add = |range: Range<u32>| range.for_each(|position| wanted.insert(position));
        match condition {
            Condition::Exists => add(0..self.len()),
            Condition::In(values) => {
                values.iter().filter_map(|v| v.keyword(kind)).for_each(|keyword| add(self.position(keyword)));
            }
            Condition::Prefix(prefix) => {
                let prefix = prefix.as_bytes();
                let first = self.first_not(|k| k < prefix);
                add(first..self.first_not(|k| k < prefix || k.starts_with(prefix)));
            }
            Condition::Contains(part) => {
                (0..self.len()).filter(|&p| self.text(p).contains(part)).for_each(|p| add(p..p + 1));
            }
            Condition::Range { .. } | Condition::Within(_) => {}
        }
        wanted
    }
}

/// Whether a keyword meets a condition.
pub(crate) fn keyword_meets(condition: &Condition, kind: FieldType, keyword: &str) -> bool {
    match condition {
        Condition::Exists => true,
        Condition::In(values) => values.iter().any(|v| v.keyword(kind) == Some(keyword)),
        Condition::Prefix(prefix) => keyword.starts_with(prefix.as_str()),
        Condition::Contains(part) => keyword.contains(part.as_str()),
        Condition::Range { .. } | Condition::Within(_) => false,
    }
}
