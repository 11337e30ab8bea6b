//! Queries and filters made in Rust instead of read from JSON: a query begins as [`Query::default`], a text of words as
//! [`Match::any_of`].
//!
//! Members without a method here are public: they are set one by one. Nothing is checked before the search, which says
//! what is wrong.
//!
//! ```
//! use headwater_model::model::{Filter, Query};
//!
//! let animals = Filter::equals("kind", "animal").and(Filter::at_least("legs", 4.0)).and(!Filter::equals("legs", 6.0));
//! let query = Query::default().with_text("small wild cat").with_match("wild cat").with_filter(animals).with_top_k(5);
//! let read = br#"{
//!     "text": "small wild cat", "match": "wild cat", "topK": 5,
//!     "filter": { "$and": [{ "kind": "animal" }, { "legs": { "$gte": 4 } }, { "legs": { "$ne": 6 } }] }
//! }"#;
//! assert_eq!(query, Query::from_json(read)?);
//! # Ok::<(), headwater_model::error::Error>(())
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Not;

use super::{Condition, Filter, IdCondition, Match, Query, Scalar};

impl Query {
    /// Searches by the meaning of a text, which the model embeds that the schema names.
    #[must_use]
    pub fn with_text(self, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..self }
    }

    /// Searches by a vector, of the dimension that the schema declares.
    #[must_use]
    pub fn with_vector(self, vector: impl Into<Vec<f32>>) -> Self {
        Self { vector: Some(vector.into()), ..self }
    }

    /// Says which of the schema's vectors is meant; needed where there are several.
    #[must_use]
    pub fn with_using(self, name: impl Into<String>) -> Self {
        Self { using: Some(name.into()), ..self }
    }

    /// Searches by words as well, in addition to those that were given before.
    #[must_use]
    pub fn with_match(mut self, words: impl Into<Match>) -> Self {
        self.r#match.get_or_insert_default().push(words.into());
        self
    }

    /// Lets only points count that pass.
    #[must_use]
    pub fn with_filter(self, filter: Filter) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// How many hits, 1 to 10,000.
    #[must_use]
    pub fn with_top_k(self, top_k: u32) -> Self {
        Self { top_k: Some(top_k), ..self }
    }

    /// Hits to leave out at the beginning.
    #[must_use]
    pub fn with_offset(self, offset: u32) -> Self {
        Self { offset: Some(offset), ..self }
    }

    /// Which payload fields hits have; all without this.
    #[must_use]
    pub fn with_fields<T: Into<String>>(self, fields: impl IntoIterator<Item = T>) -> Self {
        Self { fields: Some(fields.into_iter().map(Into::into).collect()), ..self }
    }
}

impl Match {
    /// The same of other words.
    #[must_use]
    pub fn with_query(self, query: impl Into<String>) -> Self {
        Self { query: query.into(), ..self }
    }
}

impl From<&str> for Match {
    fn from(query: &str) -> Self {
        Self::any_of(query)
    }
}

impl Filter {
    /// Any value of the field equals this (`$eq`).
    #[must_use]
    pub fn equals(field: &str, value: impl Into<Scalar>) -> Self {
        Self::any_of(field, [value])
    }

    /// Any value of the field equals any of these (`$in`).
    #[must_use]
    pub fn any_of<T: Into<Scalar>>(field: &str, values: impl IntoIterator<Item = T>) -> Self {
        Self::Field(field.into(), Condition::In(values.into_iter().map(Into::into).collect()))
    }

    /// Any value of the field is this or more (`$gte`). Datetimes are milliseconds since 1970.
    #[must_use]
    pub fn at_least(field: &str, least: f64) -> Self {
        Self::Field(field.into(), Condition::Range { low: Some((least, true)), high: None, has_dates: false })
    }

    /// Any value of the field is this or less (`$lte`). Datetimes are milliseconds since 1970.
    #[must_use]
    pub fn at_most(field: &str, most: f64) -> Self {
        Self::Field(field.into(), Condition::Range { low: None, high: Some((most, true)), has_dates: false })
    }

    /// The field has a value (`$exists`).
    #[must_use]
    pub fn exists(field: &str) -> Self {
        Self::Field(field.into(), Condition::Exists)
    }

    /// The point is one of these.
    #[must_use]
    pub fn ids<T: Into<String>>(ids: impl IntoIterator<Item = T>) -> Self {
        Self::Id(IdCondition::In(ids.into_iter().map(Into::into).collect()))
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            one => Self::And(vec![one, other]),
        }
    }

    /// Either holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Or(mut any) => {
                any.push(other);
                Self::Or(any)
            }
            one => Self::Or(vec![one, other]),
        }
    }
}

impl Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}

impl From<&str> for Scalar {
    fn from(keyword: &str) -> Self {
        Self::Keyword(crate::nfc::nfc(keyword).into_owned())
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<f64> for Scalar {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}
