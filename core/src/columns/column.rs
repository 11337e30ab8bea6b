//! A column of any kind: collects what payloads say, and reads it back.

use alloc::vec::Vec;

use super::FieldValue;
use super::keyword::{KeywordBuilder, KeywordColumn, KeywordParts};
use super::number::{NumberColumn, NumberParts};
use super::place::{self, PlaceColumn};
use crate::error::Result;
use crate::model::FieldType;

/// How a type of field is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// A dictionary; booleans are two keywords.
    Keywords,
    /// Numbers by value; datetimes are milliseconds.
    Numbers,
    /// Places.
    Places,
}

impl Storage {
    pub(crate) const fn of(kind: FieldType) -> Self {
        match kind {
            FieldType::Keyword | FieldType::Boolean => Self::Keywords,
            FieldType::Integer | FieldType::Float | FieldType::Datetime => Self::Numbers,
            FieldType::Geo => Self::Places,
        }
    }
}

/// Collects one field of all points, in ordinal order.
pub(crate) enum ColumnBuilder {
    Keywords(KeywordBuilder),
    Numbers(Vec<f64>),
    Places(Vec<[i32; 2]>),
}

/// The sections of a finished column.
pub(crate) enum ColumnParts {
    Keywords(KeywordParts),
    Numbers(NumberParts),
    Places(Vec<[i32; 2]>),
}

impl ColumnBuilder {
    pub(crate) fn new(kind: FieldType) -> Self {
        match Storage::of(kind) {
            Storage::Keywords => Self::Keywords(KeywordBuilder::default()),
            Storage::Numbers => Self::Numbers(Vec::new()),
            Storage::Places => Self::Places(Vec::new()),
        }
    }

    /// Adds the next point's value, which `ingest` has checked.
    pub(crate) fn push(&mut self, value: &FieldValue<'_>) {
        match self {
            Self::Keywords(builder) => builder.push(value.keywords()),
            Self::Numbers(values) => values.push(value.number()),
            Self::Places(places) => places.push(place::stored(value.place())),
        }
    }

    pub(crate) fn finish(self) -> ColumnParts {
        match self {
            Self::Keywords(builder) => ColumnParts::Keywords(builder.finish()),
            Self::Numbers(values) => ColumnParts::Numbers(NumberParts::of(values)),
            Self::Places(places) => ColumnParts::Places(places),
        }
    }
}

/// A view of one stored column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column<'a> {
    Keywords(KeywordColumn<'a>),
    Numbers(NumberColumn<'a>),
    Places(PlaceColumn<'a>),
}

impl Column<'_> {
    /// Checks the column of `points` points.
    pub(crate) fn check(&self, points: usize) -> Result<()> {
        match self {
            Self::Keywords(column) => column.check(points),
            Self::Numbers(column) => column.check(points),
            Self::Places(column) => column.check(points),
        }
    }
}

/// Whether offsets start at 0, never descend and end at `len`.
pub(crate) fn covers(offsets: &[u32], len: usize) -> bool {
    offsets.first() == Some(&0) && offsets.last().is_some_and(|&o| o as usize == len) && offsets.is_sorted()
}
