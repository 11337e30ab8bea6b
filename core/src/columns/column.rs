//! A column of any kind: collects what payloads say, and reads it back.

use alloc::vec::Vec;

use super::FieldValue;
use super::keyword::{KeywordBuilder, KeywordColumn, KeywordParts};
use super::number::{NumberColumn, NumberParts};
use super::place::{MISSING, PlaceColumn, StoredPlace, stored};
use super::rows::RowBuilder;
use crate::error::Result;
use crate::model::{FieldType, FilterField};

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
    Numbers(RowBuilder<f64>),
    Places(RowBuilder<StoredPlace>),
}

/// The sections of a finished column.
pub(crate) enum ColumnParts {
    Keywords(KeywordParts),
    Numbers(NumberParts),
    Places(PlaceParts),
}

/// The sections of places.
pub(crate) struct PlaceParts {
    pub(crate) offsets: Option<Vec<u32>>,
    pub(crate) places: Vec<StoredPlace>,
}

impl ColumnBuilder {
    pub(crate) fn new(field: FilterField) -> Self {
        match Storage::of(field.kind) {
            Storage::Keywords => Self::Keywords(KeywordBuilder::new(field.ignore_case)),
            Storage::Numbers => Self::Numbers(RowBuilder::default()),
            Storage::Places => Self::Places(RowBuilder::default()),
        }
    }

    /// Adds the next point's values, which `ingest` has checked.
    pub(crate) fn push(&mut self, value: &FieldValue<'_>) {
        match self {
            Self::Keywords(builder) => builder.push(value.keywords()),
            Self::Numbers(builder) => builder.push(value.numbers().iter().copied()),
            Self::Places(builder) => builder.push(value.places().iter().copied().map(stored)),
        }
    }

    pub(crate) fn finish(self) -> ColumnParts {
        match self {
            Self::Keywords(builder) => ColumnParts::Keywords(builder.finish()),
            Self::Numbers(builder) => ColumnParts::Numbers(NumberParts::of(builder)),
            Self::Places(builder) => {
                let (places, offsets) = builder.finish(MISSING);
                ColumnParts::Places(PlaceParts { offsets, places })
            }
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
