//! Builder, sections and view of one column.
//!
//! ```text
//! keyword  dictionary offsets  k + 1 u32   into the dictionary bytes; keywords ascend and are unique
//!          dictionary          UTF-8
//!          row offsets         n + 1 u32   into the row values
//!          row values          u32         positions in the dictionary, ascending inside a row
//! number   values              n f64       NaN where the field is missing
//! ```

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::FieldValue;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::model::FieldType;

/// Collects one field of all points, in ordinal order.
pub(crate) enum ColumnBuilder {
    Keyword(Vec<Vec<String>>),
    Number(Vec<f64>),
}

/// The sections of a finished column.
pub(crate) enum ColumnParts {
    Keyword { dictionary_offsets: Vec<u32>, dictionary: Vec<u8>, row_offsets: Vec<u32>, row_values: Vec<u32> },
    Number(Vec<f64>),
}

impl ColumnBuilder {
    pub(crate) const fn new(kind: FieldType) -> Self {
        match kind {
            FieldType::Keyword => Self::Keyword(Vec::new()),
            FieldType::Integer | FieldType::Float => Self::Number(Vec::new()),
        }
    }

    /// Adds the next point's value, which `ingest` has checked.
    pub(crate) fn push(&mut self, value: &FieldValue<'_>) {
        match (self, value) {
            (Self::Keyword(rows), FieldValue::Keywords(keywords)) => {
                rows.push(keywords.iter().map(|&k| k.into()).collect())
            }
            (Self::Keyword(rows), _) => rows.push(Vec::new()),
            (Self::Number(values), FieldValue::Number(n)) => values.push(*n),
            (Self::Number(values), _) => values.push(f64::NAN),
        }
    }

    pub(crate) fn finish(self) -> ColumnParts {
        let rows = match self {
            Self::Number(values) => return ColumnParts::Number(values),
            Self::Keyword(rows) => rows,
        };
        let mut positions: BTreeMap<&str, u32> = rows.iter().flatten().map(|k| (k.as_str(), 0)).collect();
        let (mut dictionary_offsets, mut dictionary) = (alloc::vec![0], Vec::new());
        for (position, (keyword, slot)) in positions.iter_mut().enumerate() {
            *slot = position as u32;
            dictionary.extend_from_slice(keyword.as_bytes());
            dictionary_offsets.push(dictionary.len() as u32);
        }
        let (mut row_offsets, mut row_values) = (alloc::vec![0], Vec::new());
        for row in &rows {
            let mut values: Vec<u32> = row.iter().filter_map(|k| positions.get(k.as_str()).copied()).collect();
            values.sort_unstable();
            values.dedup();
            row_values.extend(values);
            row_offsets.push(row_values.len() as u32);
        }
        ColumnParts::Keyword { dictionary_offsets, dictionary, row_offsets, row_values }
    }
}

/// The sections of a stored keyword column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeywordSections<'a> {
    pub(crate) dictionary_offsets: &'a [u32],
    pub(crate) dictionary: &'a [u8],
    pub(crate) row_offsets: &'a [u32],
    pub(crate) row_values: &'a [u32],
}

/// A view of one stored column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column<'a> {
    Keyword(KeywordSections<'a>),
    Number(&'a [f64]),
}

impl<'a> Column<'a> {
    /// Checks the column of `points` points.
    pub(crate) fn check(&self, points: usize) -> Result<()> {
        let bad = |why: &str| Err(Error::corrupt(format!("column: {why}")));
        match self {
            Self::Number(values) if values.len() != points => bad("not one number a point"),
            Self::Number(_) => Ok(()),
            Self::Keyword(k) => {
                if !covers(k.dictionary_offsets, k.dictionary.len())
                    || !covers(k.row_offsets, k.row_values.len())
                    || k.row_offsets.len() != points + 1
                {
                    return bad("offsets do not cover the values");
                }
                let count = k.dictionary_offsets.len() - 1;
                let ascending = (1..count).all(|i| k.keyword(i - 1) < k.keyword(i));
                if !ascending {
                    return bad("the dictionary does not ascend");
                }
                if k.row_values.iter().any(|&v| v as usize >= count) {
                    return bad("a value is not in the dictionary");
                }
                Ok(())
            }
        }
    }

    /// Whether the point has a value.
    pub(crate) fn exists(&self, ordinal: Ordinal) -> bool {
        match self {
            Self::Keyword(k) => !k.row(ordinal).is_empty(),
            Self::Number(_) => !self.number(ordinal).is_nan(),
        }
    }

    /// The point's number; NaN when it has none.
    pub(crate) fn number(&self, ordinal: Ordinal) -> f64 {
        match self {
            Self::Number(values) => values.get(ordinal as usize).copied().unwrap_or(f64::NAN),
            Self::Keyword(_) => f64::NAN,
        }
    }
}

impl<'a> KeywordSections<'a> {
    /// The keyword at a dictionary position.
    pub(crate) fn keyword(&self, position: usize) -> &'a [u8] {
        match self.dictionary_offsets.get(position..position + 2) {
            Some(&[from, to]) => self.dictionary.get(from as usize..to as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Keywords in the dictionary.
    pub(crate) fn len(&self) -> u32 {
        self.dictionary_offsets.len().saturating_sub(1) as u32
    }

    /// The dictionary position of a keyword.
    pub(crate) fn position(&self, keyword: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.dictionary_offsets.len().saturating_sub(1));
        while low < high {
            let middle = low + (high - low) / 2;
            match self.keyword(middle).cmp(keyword.as_bytes()) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
                core::cmp::Ordering::Equal => return Some(middle as u32),
            }
        }
        None
    }

    /// The dictionary positions of a point's keywords.
    pub(crate) fn row(&self, ordinal: Ordinal) -> &'a [u32] {
        let row = ordinal as usize;
        match self.row_offsets.get(row..row + 2) {
            Some(&[from, to]) => self.row_values.get(from as usize..to as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Whether offsets start at 0, never descend and end at `len`.
pub(crate) fn covers(offsets: &[u32], len: usize) -> bool {
    offsets.first() == Some(&0) && offsets.last().is_some_and(|&o| o as usize == len) && offsets.is_sorted()
}
