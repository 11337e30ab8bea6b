//! What a vector is searched for: one of the vectors that a query asks by.

use alloc::string::String;
use alloc::vec::Vec;

use super::{ByName, Like};
use crate::error::{Code, Error, Result};
use crate::json::{Fields, Reader};
use crate::limits::{MAX_BOOST, MAX_TEXT_BYTES};

/// What is near to what: one of `vector`, `text` and `like`.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct VectorQuery {
    /// A vector of the declared dimension.
    pub vector: Option<Vec<f32>>,
    /// A text, embedded by the model that the schema names for the vector.
    pub text: Option<String>,
    /// Points whose vectors it is made of: an id, a list of ids, or `ids` and `not`; these points are no hits.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string | string[] | Like"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub like: Option<Like>,
    /// How much it counts beside the query's other vectors, above 0 and at most 1,000; 1 when absent.
    pub weight: Option<f32>,
}

/// What to be near to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target<'q> {
    /// This vector.
    Vector(&'q [f32]),
    /// This text.
    Text(&'q str),
    /// The vectors of these points.
    Like(&'q Like),
}

impl<'q> Target<'q> {
    /// The one that is given, if any is.
    pub(super) fn of(
        vector: &'q Option<Vec<f32>>,
        text: &'q Option<String>,
        like: &'q Option<Like>,
    ) -> Result<Option<Self>> {
        match (vector, text, like) {
            (None, None, None) => Ok(None),
            (Some(vector), None, None) => Ok(Some(Self::Vector(vector))),
            (None, Some(text), None) if text.len() > MAX_TEXT_BYTES => {
                Err(Error::new(Code::LimitExceeded, alloc::format!("\"text\" has at most {MAX_TEXT_BYTES} bytes")))
            }
            (None, Some(text), None) => Ok(Some(Self::Text(text))),
            (None, None, Some(like)) => like.check().map(|()| Some(Self::Like(like))),
            _ => Err(Error::new(
                Code::InvalidQuery,
                "a vector is asked by one of \"vector\", \"text\" and \"like\", not by two",
            )),
        }
    }
}

impl VectorQuery {
    /// How much it counts.
    #[must_use]
    pub fn weight(&self) -> f32 {
        self.weight.unwrap_or(1.0)
    }

    /// What to be near to, if it says so.
    pub fn target(&self) -> Result<Option<Target<'_>>> {
        Target::of(&self.vector, &self.text, &self.like)
    }

    pub(super) fn read_all(fields: Fields<'_>) -> Result<ByName<Self>> {
        let document = fields.document();
        let mut all = ByName::new();
        for (name, tree) in fields.entries() {
            all.insert(name.clone(), document.within(name, document.object(tree).and_then(Self::read))?);
        }
        Ok(all)
    }

    #[inline(never)]
    fn read(fields: Fields<'_>) -> Result<Self> {
        let mut reader = Reader::only(fields, &["vector", "text", "like", "weight"]);
        let query = Self {
            vector: reader.numbers("vector"),
            weight: reader.number("weight"),
            like: reader.value("like", Like::read),
            text: reader.text("text"),
        };
        reader.finish(query)
    }

    pub(super) fn check(&self, name: &str) -> Result<()> {
        let invalid = |message: String| Err(Error::new(Code::InvalidQuery, message));
        if self.target()?.is_none() {
            return invalid(alloc::format!("\"vectors\": {name:?} has \"vector\", \"text\" or \"like\""));
        }
        if self.weight() > 0.0 && self.weight() <= f32::from(MAX_BOOST) {
            return Ok(());
        }
        invalid(alloc::format!("\"weight\" is above 0 and at most {MAX_BOOST}"))
    }
}
