//! A search.

#[cfg(feature = "typescript")]
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::{
    After, AsOf, Boost, ByName, Collapse, Cursor, Diversity, Facet, Filter, Fusion, Like, Match, Pin, Snippets, Sort,
    Target, VectorQuery,
};
use crate::error::{Code, Error, Result};
use crate::ids::Lsn;
use crate::json::{Document, Fields, Reader};
use crate::limits::{
    MAX_EF_SEARCH, MAX_MATCHES, MAX_OVERSAMPLING, MAX_QUERY_BYTES, MAX_SORTS, MAX_TOP_K, MAX_VECTOR_FIELDS,
};

const DOCUMENT: Document = Document::new("query", Code::InvalidQuery);

/// A search: by vectors, by words (`match`), or by both; by neither, all points that pass the filter.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
#[non_exhaustive]
pub struct Query {
    /// The query vector, of the declared dimension.
    pub vector: Option<Vec<f32>>,
    /// A text, embedded by the model that the schema names for the vector.
    pub text: Option<String>,
    /// Points whose vectors it is made of: an id, a list of ids, or `ids` and `not`; these points are no hits.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string | string[] | Like"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub like: Option<Like>,
    /// Which of the schema's vectors; may be left out when there is one.
    pub using: Option<String>,
    /// Several vectors by name, instead of one.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<BTreeMap<String, VectorQuery>>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, VectorQuery>>))]
    pub vectors: Option<ByName<VectorQuery>>,
    /// Words to search for: a text, or options beside it, or several of these.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string | Match | (string | Match)[]"))]
    pub r#match: Option<Vec<Match>>,
    /// How vectors and words become one ranking.
    pub fusion: Option<Fusion>,
    /// Only points that pass count.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Filter"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub filter: Option<Filter>,
    /// How many hits, 1 to 10,000; 10 when absent.
    pub top_k: Option<u32>,
    /// Hits to leave out at the beginning: with `topK`, at most 10,000.
    pub offset: Option<u32>,
    /// Goes on behind a page of one published version, however far that is: `"start"`, then the `next` of each answer.
    /// What is not published yet does not count.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub after: Option<After>,
    /// Sorts by fields instead of by score: all that has the words; of vectors, the `efSearch` nearest.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Sort | Sort[]"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub sort: Option<Vec<Sort>>,
    /// Of the hits with the same value of this field only the first one stays; with an object, the first ones stand
    /// inside it.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string | Collapse"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub collapse: Option<Collapse>,
    /// What multiplies scores: numbers, nearness, filters; at most 16.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Boost[]"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<Object>>))]
    pub boosts: Option<Vec<Boost>>,
    /// Points that stand at places of their own among the hits, if they pass the filter; at most 100.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Pin[]"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<Object>>))]
    pub pins: Option<Vec<Pin>>,
    /// Puts the first hits in an order in which they differ.
    pub diversity: Option<Diversity>,
    /// Paths of payload fields to return, such as `address.city`; all fields when absent.
    pub fields: Option<Vec<String>>,
    /// Compare with every point instead of scanning or walking the graph.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub exact: bool,
    /// Candidates that a search keeps, and with them how much it looks at: more is slower and finds more. For later
    /// pages it keeps more by itself.
    pub ef_search: Option<u32>,
    /// How many candidates by coarse codes are compared by finer ones, as a multiple of what the segment finds right; 1
    /// to 100.
    pub oversampling: Option<f32>,
    /// Hits below this score are left out.
    pub score_threshold: Option<f32>,
    /// Counts all points that are found, whatever that takes: the answer's `total` is exact then.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub total: bool,
    /// What to count over all points that are found: names of fields, or what to count of each.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string[] | Record<string, Facet>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, Facet>>))]
    pub facets: Option<ByName<Facet>>,
    /// Says of each hit where the words stand.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub highlight: bool,
    /// Gives each hit the fragments of its texts in which the words stand best.
    #[cfg_attr(feature = "typescript", ts(optional, type = "boolean | Snippets"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub snippets: Option<Snippets>,
    /// Says of each hit what vectors and words gave it, and how long each stage took.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub explain: bool,
    /// Which version: its number, or a time. What is not published yet does not count then.
    #[cfg_attr(feature = "typescript", ts(optional, type = "number | string"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub as_of: Option<AsOf>,
    /// An operation that the answer must have seen: the `lsn` of a write's receipt.
    #[cfg_attr(feature = "typescript", ts(optional, type = "number"))]
    pub min_lsn: Option<Lsn>,
    /// Milliseconds after which the search ends with what it has found.
    pub timeout_ms: Option<u32>,
    /// Points that the search may look at before it ends with what it has found.
    pub budget: Option<u32>,
}

impl Query {
    /// Hits when `topK` is absent.
    pub const DEFAULT_TOP_K: u32 = 10;
    /// Candidates when `efSearch` is absent: recall@10 0.95 on the demo's vectors (BENCHMARKS.md).
    pub const DEFAULT_EF_SEARCH: u32 = 96;

    /// Parses and checks a query.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        Self::from_json_and_vector(bytes, None)
    }

    /// The same, with the vector apart from the text: where there is no need to write it as decimals.
    pub fn from_json_and_vector(bytes: &[u8], vector: Option<Vec<f32>>) -> Result<Self> {
        let tree = DOCUMENT.parse(bytes, MAX_QUERY_BYTES)?;
        let mut query = Self::read(DOCUMENT.object(&tree)?)?;
        if vector.is_some() {
            query.vector = vector;
        }
        query.check()?;
        Ok(query)
    }

    /// Reads and checks a query that stands in another document.
    pub(super) fn from_value(value: &Value) -> Result<Self> {
        let query = Self::read(DOCUMENT.object(value)?)?;
        query.check()?;
        Ok(query)
    }

    /// The keys of a query.
    const KEYS: [&str; 30] = [
        "vector",
        "text",
        "like",
        "using",
        "vectors",
        "match",
        "fusion",
        "filter",
        "topK",
        "offset",
        "after",
        "sort",
        "collapse",
        "boosts",
        "pins",
        "diversity",
        "fields",
        "exact",
        "efSearch",
        "oversampling",
        "scoreThreshold",
        "total",
        "facets",
        "highlight",
        "snippets",
        "explain",
        "asOf",
        "minLsn",
        "timeoutMs",
        "budget",
    ];

    #[inline(never)]
    fn read(fields: Fields<'_>) -> Result<Self> {
        let mut reader = Reader::only(fields, &Self::KEYS);
        let query = Self {
            vector: reader.numbers("vector"),
            text: reader.text("text"),
            like: reader.value("like", Like::read),
            using: reader.text("using"),
            vectors: reader.object("vectors", VectorQuery::read_all),
            r#match: reader.value("match", Match::read_all),
            fusion: reader.object("fusion", Fusion::read),
            filter: reader.value("filter", |value, _| Filter::from_value(value)),
            top_k: reader.small("topK", 1..=MAX_TOP_K),
            offset: reader.small("offset", 0..=MAX_TOP_K),
            after: reader.value("after", After::read),
            sort: reader.value("sort", Sort::read_all),
            collapse: reader.value("collapse", Collapse::read),
            boosts: reader.list("boosts", Boost::read_all),
            pins: reader.list("pins", Pin::read_all),
            diversity: reader.object("diversity", Diversity::read),
            fields: reader.texts("fields"),
            exact: reader.flag("exact"),
            ef_search: reader.small("efSearch", 1..=MAX_EF_SEARCH),
            oversampling: reader.number("oversampling"),
            score_threshold: reader.number("scoreThreshold"),
            total: reader.flag("total"),
            facets: reader.value("facets", Facet::read_all),
            highlight: reader.flag("highlight"),
            snippets: reader.value("snippets", Snippets::read).flatten(),
            explain: reader.flag("explain"),
            as_of: reader.with(|fields| AsOf::read(fields, "asOf")),
            min_lsn: reader.whole("minLsn"),
            timeout_ms: reader.small("timeoutMs", 1..=u32::MAX as usize),
            budget: reader.small("budget", 1..=u32::MAX as usize),
        };
        reader.finish(query)
    }

    /// Checks what types alone cannot say.
    pub fn check(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::new(Code::InvalidQuery, message));
        if self.target()?.is_some() && self.vectors.is_some() {
            return invalid(
                "\"vectors\" stands instead of \"vector\", \"text\" and \"like\": name them all there".into(),
            );
        }
        let is_about = self.has_boosts() || self.filter.is_some() || self.sort.is_some() || self.facets.is_some();
        if !self.has_vector() && self.r#match.is_none() && !is_about {
            return invalid(
                "a query says what to search for: \"vector\", \"text\" for a model, \"like\" for a point, \"vectors\" for several \
                 of these, or \"match\" for words; or which points, by \"filter\", \"sort\", \"boosts\" or \"facets\""
                    .into(),
            );
        }
        self.vectors.iter().flatten().try_for_each(|(name, vector)| vector.check(name))?;
        self.r#match.iter().flatten().try_for_each(Match::check)?;
        self.facets.as_ref().map_or(Ok(()), Facet::check)?;
        self.fusion.as_ref().map_or(Ok(()), Fusion::check)?;
        self.snippets.as_ref().map_or(Ok(()), Snippets::check)?;
        self.collapse.as_ref().map_or(Ok(()), |collapse| collapse.check(self.top_k()))?;
        self.diversity.as_ref().map_or(Ok(()), Diversity::check)?;
        if self.diversity.is_some() && self.sort.is_some() {
            return invalid("\"diversity\" and \"sort\" are two orders: leave one out".into());
        }
        let past = |what: &str, most: usize| {
            Err(Error::new(Code::LimitExceeded, alloc::format!("\"{what}\" has at most {most} entries")))
        };
        if self.vectors.as_ref().is_some_and(|v| v.len() > MAX_VECTOR_FIELDS) {
            return past("vectors", MAX_VECTOR_FIELDS);
        }
        if self.r#match.as_ref().is_some_and(|m| m.len() > MAX_MATCHES) {
            return past("match", MAX_MATCHES);
        }
        if self.sort.as_ref().is_some_and(|s| s.len() > MAX_SORTS) {
            return past("sort", MAX_SORTS);
        }
        if self.collapse.is_some() && self.pins.as_ref().is_some_and(|pins| !pins.is_empty()) {
            return invalid(
                "\"pins\" does not go with \"collapse\": a pinned point would stand beside its group".into(),
            );
        }
        if self.after.is_some() && self.offset.is_some() {
            return invalid("\"after\" and \"offset\" both say where the page begins: leave one out".into());
        }
        if self.sort.as_ref().is_some_and(Vec::is_empty) {
            return invalid("\"sort\" names a field, or is left out".into());
        }
        self.check_numbers()
    }

    fn check_numbers(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::new(Code::InvalidQuery, message));
        if self.top_k.is_some_and(|k| k == 0 || k as usize > MAX_TOP_K) {
            return invalid(alloc::format!("\"topK\" is 1 to {MAX_TOP_K}"));
        }
        // Their sum may pass what 32 bits hold, and so what a browser's `usize` does.
        if self.offset().saturating_add(self.top_k()) > MAX_TOP_K {
            return invalid(alloc::format!("\"offset\" and \"topK\" together are at most {MAX_TOP_K}"));
        }
        if self.ef_search.is_some_and(|ef| ef == 0 || ef as usize > MAX_EF_SEARCH) {
            return invalid(alloc::format!("\"efSearch\" is 1 to {MAX_EF_SEARCH}"));
        }
        if self.oversampling.is_some_and(|o| !(1.0..=f32::from(MAX_OVERSAMPLING)).contains(&o)) {
            return invalid(alloc::format!("\"oversampling\" is 1 to {MAX_OVERSAMPLING}"));
        }
        if self.timeout_ms == Some(0) || self.budget == Some(0) {
            return invalid("\"timeoutMs\" and \"budget\" are above 0, or left out for none".into());
        }
        if self.score_threshold.is_some_and(|t| !t.is_finite()) {
            return Err(Error::new(Code::NonFinite, "\"scoreThreshold\" is a finite number"));
        }
        Ok(())
    }

    /// What its one vector is to be near to, if it says so.
    pub fn target(&self) -> Result<Option<Target<'_>>> {
        Target::of(&self.vector, &self.text, &self.like)
    }

    /// Whether it asks by a vector.
    #[must_use]
    pub fn has_vector(&self) -> bool {
        let has_one = self.vector.is_some() || self.text.is_some() || self.like.is_some();
        has_one || self.vectors.as_ref().is_some_and(|v| !v.is_empty())
    }

    /// Whether something multiplies scores.
    #[must_use]
    pub fn has_boosts(&self) -> bool {
        self.boosts.as_ref().is_some_and(|boosts| !boosts.is_empty())
    }

    /// The end of the page before, if the query goes on behind one.
    #[must_use]
    pub const fn page_before(&self) -> Option<&Cursor> {
        match &self.after {
            Some(After::Page(cursor)) => Some(cursor),
            _ => None,
        }
    }

    /// The number of hits left out.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset.unwrap_or_default() as usize
    }

    /// The number of hits asked for.
    #[must_use]
    pub fn top_k(&self) -> usize {
        self.top_k.unwrap_or(Self::DEFAULT_TOP_K) as usize
    }

    /// Whether a hit with this score is wanted.
    #[must_use]
    pub fn admits(&self, score: f32) -> bool {
        self.score_threshold.is_none_or(|threshold| score >= threshold)
    }

    /// Candidates that a search by vector keeps.
    #[must_use]
    pub fn ef_search(&self) -> usize {
        self.ef_search.unwrap_or(Self::DEFAULT_EF_SEARCH) as usize
    }
}
