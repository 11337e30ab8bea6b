//! One ranking of what several collections have.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::vector_field::choice;
use super::{Answer, Hit, Query, Total};
use crate::error::{Code, Error, Result};
use crate::ids::check_path_name;
use crate::json::{Document, Fields};
use crate::limits::{MAX_ACROSS, MAX_BOOST, MAX_QUERY_BYTES, MAX_TOP_K};

const DOCUMENT: Document = Document::new("search across collections", Code::InvalidQuery);

/// Searches of several collections whose hits become one ranking.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Across {
    /// What is searched for where: 1 to 32 searches, several of them in one collection as well.
    pub searches: Vec<AcrossSearch>,
    /// How they become one ranking; by score when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<AcrossMethod>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub method: AcrossMethod,
    /// How many hits in all, 1 to 10,000; 10 when absent.
    pub top_k: Option<u32>,
    /// Hits to leave out at the beginning: with `topK`, at most 10,000.
    pub offset: Option<u32>,
}

/// What is searched for in one collection.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcrossSearch {
    /// Name of the collection.
    pub collection: String,
    /// The query, ranked by scores: without `topK`, `offset`, `after`, `sort` and `pins`.
    pub query: Query,
    /// How much its hits count, above 0 and at most 1,000; 1 when absent.
    pub weight: Option<f32>,
}

/// How hits of several searches become one ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AcrossMethod {
    /// By their scores, each times its search's weight: for scores that mean the same, as of one model or one language.
    #[default]
    Score,
    /// By reciprocal ranks (Cormack, Clarke and Büttcher, SIGIR 2009), times weights: for scores that cannot be
    /// compared.
    Rrf,
}

impl AcrossMethod {
    const ALL: [Self; 2] = [Self::Score, Self::Rrf];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Rrf => "rrf",
        }
    }
}

/// A hit among those of several searches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcrossHit {
    /// Which of the searches found it, from 0 on.
    pub search: u32,
    /// Name of the collection.
    pub collection: String,
    /// What it is ranked by here.
    pub score: f32,
    /// The hit, with its score among those of its search.
    pub hit: Hit,
}

/// What searches of several collections found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcrossAnswer {
    /// The hits: by score descending, then in the order of the searches, then as each of them has them.
    pub hits: Vec<AcrossHit>,
    /// How many points all searches find; a point that several find counts as often.
    pub total: Total,
    /// What each search says besides its hits, which stand above.
    pub answers: Vec<Answer>,
}

impl Across {
    /// Parses and checks it; an error of a query says which one it is about.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let tree = DOCUMENT.parse(bytes, MAX_QUERY_BYTES)?;
        let fields = DOCUMENT.object(&tree)?.only(&["searches", "method", "topK", "offset"])?;
        let list = fields.required("searches", Fields::list)?;
        if list.is_empty() || list.len() > MAX_ACROSS {
            let message = format!("\"searches\" has 1 to {MAX_ACROSS} of them, not {}", list.len());
            return Err(Error::new(Code::LimitExceeded, message));
        }
        let mut across = Self {
            searches: Vec::new(),
            method: choice(&fields, "method", AcrossMethod::ALL, AcrossMethod::as_str)?.unwrap_or_default(),
            top_k: fields.small("topK", 1..=MAX_TOP_K)?,
            offset: fields.small("offset", 0..=MAX_TOP_K)?,
        };
        if across.top_k() == 0 || across.offset().saturating_add(across.top_k()) > MAX_TOP_K {
            return Err(DOCUMENT.error(format_args!("\"topK\" is 1 or more, and with \"offset\" at most {MAX_TOP_K}")));
        }
        for (index, value) in list.iter().enumerate() {
            let search = AcrossSearch::read(value).map_err(|e| Self::about(index, &e))?;
            across.searches.push(search.down_to(across.offset() + across.top_k()));
        }
        Ok(across)
    }

    /// An error of one of the searches.
    #[must_use]
    pub fn about(index: usize, error: &Error) -> Error {
        error.clone().context(format_args!("searches[{index}]"))
    }

    /// The number of hits asked for.
    #[must_use]
    pub fn top_k(&self) -> usize {
        self.top_k.unwrap_or(Query::DEFAULT_TOP_K) as usize
    }

    /// The number of hits left out.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset.unwrap_or_default() as usize
    }
}

impl AcrossSearch {
    fn read(value: &Value) -> Result<Self> {
        let fields = DOCUMENT.object(value)?.only(&["collection", "query", "weight"])?;
        let search = Self {
            collection: fields.required("collection", Fields::text)?.into(),
            query: Query::from_value(fields.required("query", |f, n| Ok(f.value(n)))?)?,
            weight: fields.number("weight")?.map(|n| n as f32),
        };
        check_path_name(&search.collection, "collection")?;
        if search.weight.is_some_and(|weight| !(weight > 0.0 && weight <= f32::from(MAX_BOOST))) {
            return Err(DOCUMENT.error(format_args!("\"weight\" is above 0 and at most {MAX_BOOST}")));
        }
        let query = &search.query;
        let not_here = [
            ("topK", query.top_k.is_some()),
            ("offset", query.offset.is_some()),
            ("after", query.after.is_some()),
            ("sort", query.sort.is_some()),
            ("pins", query.pins.is_some()),
        ];
        match not_here.iter().find(|(_, is_there)| *is_there) {
            Some((name @ ("topK" | "offset"), _)) => {
                Err(DOCUMENT.error(format_args!("{name:?} stands beside \"searches\": it is of the one ranking")))
            }
            Some((name, _)) => {
                Err(DOCUMENT.error(format_args!("{name:?} does not go with a ranking by scores; leave it out")))
            }
            None => Ok(search),
        }
    }

    /// Each may have all of the first hits.
    fn down_to(mut self, hits: usize) -> Self {
        self.query.top_k = u32::try_from(hits).ok();
        self
    }

    /// How much its hits count.
    #[must_use]
    pub fn weight(&self) -> f32 {
        self.weight.unwrap_or(1.0)
    }
}
