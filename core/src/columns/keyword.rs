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
//!
//! Of a field that ignores case the dictionary has every spelling, in the order of what they fold to and then of
//! their bytes: those that are one value stand side by side, and a point has one of them at most. So facets can show
//! a spelling that a counted point has.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use headwater_index::narrow::{Narrow, NarrowParts};
use headwater_index::sets::{SetBuilder, SetEntry, Sets};

use super::Bitmap;
use super::rows::{RowBuilder, Rows, covers};
use super::value::Keyword;
use crate::casefold::folded;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::model::{Condition, FieldType, FilterField};

/// Collects the keywords of all points, in ordinal order.
#[derive(Debug)]
pub(crate) struct KeywordBuilder {
    ignore_case: bool,
    /// Numbered as they come.
    known: BTreeMap<String, u32>,
    rows: RowBuilder<u32>,
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
    pub(crate) fn new(ignore_case: bool) -> Self {
        Self { ignore_case, known: BTreeMap::new(), rows: RowBuilder::default() }
    }

    /// Adds the next point's keywords.
    pub(crate) fn push(&mut self, keywords: &[Keyword<'_>]) {
        let known = &mut self.known;
        let number = |keyword: &Keyword<'_>| match known.get(keyword.text.as_ref()) {
            Some(&number) => number,
            None => {
                let number = known.len() as u32;
                known.insert(keyword.text.clone().into_owned(), number);
                number
            }
        };
        self.rows.push(keywords.iter().map(number));
    }

    pub(crate) fn finish(self) -> KeywordParts {
        let mut keywords: Vec<(String, u32)> = self.known.into_iter().collect();
        if self.ignore_case {
            // They stand by bytes, and keep that order where they fold to the same.
            keywords.sort_by_cached_key(|(keyword, _)| folded(keyword).into_owned());
        }
        let mut positions = alloc::vec![0; keywords.len()];
        let (mut dictionary_offsets, mut dictionary) = (alloc::vec![0], Vec::new());
        for (position, (keyword, number)) in (0..).zip(&keywords) {
            positions.get_mut(*number as usize).into_iter().for_each(|p| *p = position);
            dictionary.extend_from_slice(keyword.as_bytes());
            dictionary_offsets.push(dictionary.len() as u32);
        }
        let mut members: Vec<Vec<Ordinal>> = alloc::vec![Vec::new(); keywords.len()];
        let mut rows = RowBuilder::default();
        for (ordinal, row) in (0..).zip(self.rows.iter()) {
            let mut row: Vec<u32> = row.iter().filter_map(|&n| positions.get(n as usize).copied()).collect();
            row.sort_unstable();
            for &position in &row {
                members.get_mut(position as usize).into_iter().for_each(|m| m.push(ordinal));
            }
            rows.push(row);
        }
        // One past the last keyword stands for none.
        let most = keywords.len() as u32;
        let (values, row_offsets) = rows.finish(most);
        let mut sets = SetBuilder::default();
        members.iter().for_each(|ordinals| sets.push(ordinals));
        let (row_values, set_entries, sets) = (NarrowParts::of(values, most), sets.entries, sets.bytes);
        KeywordParts { dictionary_offsets, dictionary, row_offsets, row_values, set_entries, sets }
    }
}

/// A view of a stored column of keywords.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeywordColumn<'a> {
    pub(crate) dictionary_offsets: &'a [u32],
    pub(crate) dictionary: &'a [u8],
    pub(crate) rows: Rows<'a>,
    pub(crate) row_values: Narrow<'a>,
    pub(crate) sets: Sets<'a>,
    pub(crate) ignore_case: bool,
}

impl<'a> KeywordColumn<'a> {
    /// Checks the column of `points` points.
    pub(crate) fn check(&self, points: usize) -> Result<()> {
        let bad = |why: &str| Err(Error::corrupt(alloc::format!("keywords: {why}")));
        if !covers(self.dictionary_offsets, self.dictionary.len())
            || !self.rows.are_sound(self.row_values.count(), points)
        {
            return bad("offsets do not cover the values");
        }
        let count = self.len();
        let is_utf8 = |position| core::str::from_utf8(self.keyword(position)).is_ok();
        if !(0..count).all(is_utf8) {
            return bad("a keyword is not UTF-8");
        }
        let ascends = if self.ignore_case {
            self.folds_ascend()
        } else {
            (1..count).all(|i| self.keyword(i - 1) < self.keyword(i))
        };
        if !ascends {
            return bad("the dictionary does not ascend");
        }
        // Without offsets, one past the last keyword says that there is none.
        let end = if self.rows.0.is_some() { count } else { count.saturating_add(1) };
        if !(0..self.row_values.count()).all(|i| self.row_values.get(i).is_some_and(|v| v < end)) {
            return bad("a value is not in the dictionary");
        }
        if !self.sets.is_sound(count as usize, points) {
            return bad("sets do not fit the values");
        }
        Ok(())
    }

    fn folds_ascend(&self) -> bool {
        let mut last: Option<(Cow<'_, str>, &str)> = None;
        (0..self.len()).all(|position| {
            let text = self.text(position);
            let next = (folded(text), text);
            let ascends = last.as_ref().is_none_or(|last| *last < next);
            last = Some(next);
            ascends
        })
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

    /// The keyword at a position, with what it is compared by.
    pub(crate) fn spelling(&self, position: u32) -> Keyword<'a> {
        Keyword::new(Cow::Borrowed(self.text(position)), self.ignore_case)
    }

    /// What the keyword at a position is compared by.
    pub(crate) fn key(&self, position: u32) -> Cow<'a, str> {
        if self.ignore_case { folded(self.text(position)) } else { Cow::Borrowed(self.text(position)) }
    }

    /// The dictionary positions of a point's keywords, ascending.
    #[inline]
    pub(crate) fn row(&self, ordinal: Ordinal) -> impl Iterator<Item = u32> {
        let end = if self.rows.0.is_none() { self.len() } else { u32::MAX };
        let values = self.row_values;
        self.rows.of(ordinal).filter_map(move |index| values.get(index).filter(|&value| value < end))
    }

    /// How many of these points have each keyword, and how many have none. Complexity: the values of these points; of
    /// all points the keywords, and with several the offsets.
    pub(crate) fn count(&self, among: &Bitmap) -> (Vec<u32>, u32) {
        let keywords = self.len();
        let points = self.rows.points(self.row_values.count());
        if among.count() as usize == points {
            let counts: Vec<u32> = (0..keywords).map(|position| self.sets.points(position)).collect();
            let missing = match self.rows.0 {
                None => (points as u32).saturating_sub(counts.iter().copied().fold(0, u32::saturating_add)),
                Some(offsets) => {
                    offsets.windows(2).filter(|row| matches!(row, [from, to] if from == to)).count() as u32
                }
            };
            return (counts, missing);
        }
        let mut counts = alloc::vec![0; keywords as usize + 1];
        if self.rows.0.is_none() {
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

    /// The same where of several keywords of a point only the least counts.
    pub(crate) fn count_least(&self, among: &Bitmap) -> (Vec<u32>, u32) {
        if self.rows.0.is_none() {
            return self.count(among);
        }
        let (mut counts, mut missing) = (alloc::vec![0; self.len() as usize], 0);
        for ordinal in among.iter() {
            match self.row(ordinal).next().and_then(|position| counts.get_mut(position as usize)) {
                Some(count) => *count += 1,
                None => missing += 1,
            }
        }
        (counts, missing)
    }

    /// The points that have a wanted keyword, by asking each.
    pub(crate) fn select(&self, wanted: &Bitmap, points: u32) -> Bitmap {
        match self.rows.0 {
            None => self.row_values.select(wanted),
            Some(_) => Bitmap::from_fn(points, |ordinal| self.row(ordinal).any(|position| wanted.contains(position))),
        }
    }

    /// The first position whose keyword is not `below`.
    fn first_not(&self, below: impl Fn(&str) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if below(&self.key(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The positions of all spellings of a keyword.
    fn positions(&self, key: &str) -> Range<u32> {
        let first = self.first_not(|k| k < key);
        let one = first..first.saturating_add(1).min(self.len());
        match self.ignore_case {
            true => first..self.first_not(|k| k <= key),
            false if self.text(first) == key => one,
            false => first..first,
        }
    }

    /// The dictionary positions whose keywords pass.
    pub(crate) fn wanted(&self, test: &KeywordTest) -> Bitmap {
        let mut wanted = Bitmap::none(self.len());
        let mut add = |range: Range<u32>| range.for_each(|position| wanted.insert(position));
        match test {
            KeywordTest::Any => add(0..self.len()),
            KeywordTest::In(keywords) => keywords.iter().for_each(|keyword| add(self.positions(keyword))),
            KeywordTest::Prefix(prefix) => {
                let prefix = prefix.as_str();
                let first = self.first_not(|k| k < prefix);
                add(first..self.first_not(|k| k < prefix || k.starts_with(prefix)));
            }
            KeywordTest::Contains(part) => {
                (0..self.len()).filter(|&p| self.key(p).contains(part.as_str())).for_each(|p| add(p..p + 1));
            }
        }
        wanted
    }
}

/// What a filter asks of a keyword, in the form in which its field compares.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum KeywordTest {
    /// That there is one.
    Any,
    /// That it is one of these.
    In(Vec<String>),
    /// That it begins with this.
    Prefix(String),
    /// That it has this in it.
    Contains(String),
}

impl KeywordTest {
    /// What a condition asks; none where it asks something else.
    pub(crate) fn of(condition: &Condition, field: FilterField) -> Option<Self> {
        let key = |text: &str| if field.ignore_case { folded(text).into_owned() } else { String::from(text) };
        let is_text = field.kind == FieldType::Keyword;
        Some(match condition {
            Condition::Exists => Self::Any,
            Condition::In(values) => {
                let keywords = values.iter().map(|value| value.keyword(field.kind).map(key));
                Self::In(keywords.collect::<Option<_>>()?)
            }
            Condition::Prefix(prefix) if is_text => Self::Prefix(key(prefix)),
            Condition::Contains(part) if is_text => Self::Contains(key(part)),
            _ => return None,
        })
    }

    /// Whether a keyword passes, by what it is compared by.
    pub(crate) fn passes(&self, key: &str) -> bool {
        match self {
            Self::Any => true,
            Self::In(keywords) => keywords.iter().any(|keyword| keyword == key),
            Self::Prefix(prefix) => key.starts_with(prefix.as_str()),
            Self::Contains(part) => key.contains(part.as_str()),
        }
    }
}
