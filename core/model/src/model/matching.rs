//! Searching by words.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::vector_field::choice;
use super::{ByName, Synonym, Typos};
use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields, Reader};
use crate::limits::{MAX_BOOST, MAX_QUERY_SYNONYMS, MAX_TEXT_BYTES, MAX_TEXT_FIELDS, MAX_TOP_K};

/// Words to search for: a text, or these options.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
#[non_exhaustive]
pub struct Match {
    /// The words.
    pub query: String,
    /// What signs in it mean; nothing when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<MatchSyntax>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub syntax: MatchSyntax,
    /// Text fields to search: names, or names with boosts instead of the schema's; all when absent.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string[] | Record<string, number>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, Option<f32>>>))]
    pub fields: Option<ByName<Option<f32>>>,
    /// How much it counts beside the query's other texts, above 0 and at most 1,000; 1 when absent.
    pub boost: Option<f32>,
    /// Which of the words a point must have; any of them when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<MatchMode>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub mode: MatchMode,
    /// The last word may be unfinished, unless something follows it: for searching as one types.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub prefix: bool,
    /// Words may be misspelt: `true`, one edit from three letters on, two from six on; or how much.
    #[cfg_attr(feature = "typescript", ts(optional, type = "boolean | Typos"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub fuzzy: Option<Typos>,
    /// Of the words so many must be there, or such a share of them, as `"75%"`; goes with the mode `any`.
    #[cfg_attr(feature = "typescript", ts(optional, type = "number | `${number}%`"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub min_should_match: Option<AtLeast>,
    /// Words that need not be there where too few points have all; goes with the mode `all`.
    pub drop_words: Option<DropWords>,
    /// Texts that mean the same, instead of the schema's synonyms; `false` for none. The schema's when absent, or
    /// `true`.
    #[cfg_attr(feature = "typescript", ts(optional, type = "boolean | Synonym[]"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub synonyms: Option<Vec<Synonym>>,
}

/// How many of a query's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtLeast {
    /// So many.
    Words(u32),
    /// So many of a hundred, rounded down, but one at least.
    Percent(u32),
}

impl AtLeast {
    fn read(value: &Value, document: Document) -> Result<Self> {
        let percent = || value.as_str()?.strip_suffix('%')?.parse().ok().filter(|p| (1..=100).contains(p));
        let words = || value.as_u64().filter(|&n| n > 0).and_then(|n| u32::try_from(n).ok());
        words().map(Self::Words).or_else(|| percent().map(Self::Percent)).ok_or_else(|| {
            document.error("\"minShouldMatch\" is a number of words, 1 or more, or a share of them, \"1%\" to \"100%\"")
        })
    }

    /// Of so many words.
    #[must_use]
    pub fn of(self, words: u32) -> u32 {
        match self {
            Self::Words(least) => least,
            Self::Percent(percent) => (u64::from(words) * u64::from(percent) / 100).max(1) as u32,
        }
    }
}

/// Which words a point need not have, where too few points have all of them. They still count where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct DropWords {
    /// Which word is dropped first.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<DropOrder>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub order: DropOrder,
    /// Words are dropped one by one until so many points match, or one word is left: 1 to 10,000; 1 when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<u32>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub until: u32,
}

/// In which order words are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DropOrder {
    /// The last one first.
    #[default]
    Last,
    /// The one first that most points have.
    Frequent,
}

impl DropOrder {
    const ALL: [Self; 2] = [Self::Last, Self::Frequent];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Frequent => "frequent",
        }
    }
}

impl DropWords {
    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["order", "until"])?;
        Ok(Self {
            order: choice(&fields, "order", DropOrder::ALL, DropOrder::as_str)?.unwrap_or_default(),
            until: fields.small("until", 1..=MAX_TOP_K)?.unwrap_or(1),
        })
    }
}

/// What signs in a query's text mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MatchSyntax {
    /// Nothing: all is words.
    #[default]
    Words,
    /// `"wild cat"` demands a phrase, `-dog` and `-"hot dog"` leave out points with it; all else is words, and nothing
    /// an error.
    Simple,
}

impl MatchSyntax {
    const ALL: [Self; 2] = [Self::Words, Self::Simple];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Simple => "simple",
        }
    }
}

/// Which words a point must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MatchMode {
    /// Any of them; those with more and rarer ones come first.
    #[default]
    Any,
    /// All of them, in whatever fields.
    All,
    /// All of them in one field, one after the other.
    Phrase,
}

impl MatchMode {
    const ALL: [Self; 3] = [Self::Any, Self::All, Self::Phrase];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
            Self::Phrase => "phrase",
        }
    }
}

impl Match {
    /// Any of these words, with nothing else said.
    #[must_use]
    pub fn any_of(words: impl Into<String>) -> Self {
        Self { query: words.into(), ..Self::default() }
    }

    /// How much it counts.
    #[must_use]
    pub fn boost(&self) -> f32 {
        self.boost.unwrap_or(1.0)
    }

    /// One of these, or a list.
    pub(super) fn read_all(value: &Value, document: Document) -> Result<Vec<Self>> {
        match value {
            Value::Array(list) if list.is_empty() => Err(document.error("\"match\" has a text, or is left out")),
            Value::Array(list) => list.iter().map(|item| Self::read(item, document)).collect(),
            single => Ok(alloc::vec![Self::read(single, document)?]),
        }
    }

    const KEYS: [&str; 10] =
        ["query", "syntax", "fields", "boost", "mode", "prefix", "fuzzy", "minShouldMatch", "dropWords", "synonyms"];

    #[inline(never)]
    fn read(value: &Value, document: Document) -> Result<Self> {
        if let Some(text) = value.as_str() {
            return Ok(Self::any_of(text));
        }
        let mut reader = Reader::only(document.object(value)?, &Self::KEYS);
        let asked = Self {
            query: reader.required_text("query"),
            syntax: reader.with(|f| choice(&f, "syntax", MatchSyntax::ALL, MatchSyntax::as_str)).unwrap_or_default(),
            fields: reader.with(Self::read_fields),
            boost: reader.number("boost"),
            mode: reader.with(|f| choice(&f, "mode", MatchMode::ALL, MatchMode::as_str)).unwrap_or_default(),
            prefix: reader.flag("prefix"),
            fuzzy: reader.value("fuzzy", Typos::read).flatten(),
            min_should_match: reader.value("minShouldMatch", AtLeast::read),
            drop_words: reader.object("dropWords", DropWords::read),
            synonyms: reader.value("synonyms", Self::read_synonyms).flatten(),
        };
        reader.finish(asked)
    }

    fn read_synonyms(value: &Value, document: Document) -> Result<Option<Vec<Synonym>>> {
        match value {
            Value::Bool(of_schema) => Ok((!of_schema).then(Vec::new)),
            Value::Array(rules) => Synonym::read_all(rules, document).map(Some),
            _ => Err(document.error("\"synonyms\" is true, false, or a list of rules")),
        }
    }

    fn read_fields(fields: Fields<'_>) -> Result<Option<ByName<Option<f32>>>> {
        let mut boosts = ByName::new();
        if !matches!(fields.value("fields"), Some(Value::Object(_))) {
            let Some(names) = fields.texts("fields")? else { return Ok(None) };
            let mut names = names.into_iter();
            // No schema has more, so one of them will not be found.
            while let Some(name) = names.next().filter(|_| boosts.len() <= MAX_TEXT_FIELDS) {
                boosts.insert(name, None);
            }
            return Ok(Some(boosts));
        }
        for (name, boost) in fields.object("fields")?.iter().flat_map(|f| f.entries()) {
            let wrong = || fields.document().error("\"fields\" lists text fields, or gives each a boost");
            boosts.insert(name.clone(), Some(boost.as_f64().ok_or_else(wrong)? as f32));
        }
        Ok(Some(boosts))
    }

    pub(super) fn check(&self) -> Result<()> {
        let mut boosts = self.fields.iter().flatten().filter_map(|(_, boost)| *boost).chain(self.boost);
        if boosts.any(|boost| boost.is_nan() || boost <= 0.0 || boost > f32::from(MAX_BOOST)) {
            return Err(Error::new(
                Code::InvalidQuery,
                alloc::format!("a boost of \"match\" is above 0 and at most {MAX_BOOST}"),
            ));
        }
        if self.query.len() > MAX_TEXT_BYTES {
            return Err(Error::new(
                Code::LimitExceeded,
                alloc::format!("\"match\" has at most {MAX_TEXT_BYTES} bytes"),
            ));
        }
        let invalid = |message: &str| Err(Error::new(Code::InvalidQuery, message));
        if self.fields.as_ref().is_some_and(ByName::is_empty) {
            return invalid("\"match.fields\" names a field, or is left out for all");
        }
        if self.min_should_match.is_some() && self.mode != MatchMode::Any {
            return invalid(
                "\"minShouldMatch\" goes with \"mode\": \"any\": the other modes say which words must be there",
            );
        }
        if self.syntax == MatchSyntax::Simple && self.mode == MatchMode::Phrase {
            return invalid("\"syntax\": \"simple\" goes with the modes \"any\" and \"all\": phrases stand in quotes");
        }
        if self.drop_words.is_some() && self.mode != MatchMode::All {
            return invalid("\"dropWords\" goes with \"mode\": \"all\": in no other must all words be there");
        }
        if self.drop_words.is_some_and(|d| d.until == 0 || d.until as usize > MAX_TOP_K) {
            return Err(Error::new(Code::InvalidQuery, alloc::format!("\"dropWords.until\" is 1 to {MAX_TOP_K}")));
        }
        if let Some(rules) = &self.synonyms {
            Synonym::check_all(rules, MAX_QUERY_SYNONYMS, Document::new("query", Code::InvalidQuery))?;
        }
        self.fuzzy.as_ref().map_or(Ok(()), Typos::check)
    }
}
