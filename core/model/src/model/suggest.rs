//! Completions of what is being typed.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{AnsweredBy, Filter};
use crate::error::{Code, Error, Result};
use crate::ids::{Lsn, Version};
use crate::json::{Document, Fields};
use crate::limits::{MAX_QUERY_BYTES, MAX_SUGGEST_BYTES, MAX_SUGGESTIONS, MAX_TEXT_FIELDS};

const DOCUMENT: Document = Document::new("request for suggestions", Code::InvalidQuery);

/// A request for completions.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Suggest {
    /// What has been typed.
    pub query: String,
    /// Text fields whose words complete it; all when absent.
    pub fields: Option<Vec<String>>,
    /// Only points that pass count.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Filter"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub filter: Option<Filter>,
    /// How many completions, 1 to 100; 5 when absent.
    pub top_k: Option<u32>,
}

/// A text that finds something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggestion {
    /// The text.
    pub text: String,
    /// Points that have all of its words: the one that was completed or corrected as it stands, others by stem.
    pub count: u32,
}

/// What completes a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggestions {
    /// What was typed with its last word finished; those that most points have first.
    pub suggestions: Vec<Suggestion>,
    /// Where no point has all the words: the text with the nearest words that some point has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub did_you_mean: Option<Suggestion>,
    /// The version of the snapshot that was asked; 0 before the first publish.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub version: Version,
    /// The last operation that the answer has seen.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub lsn: Lsn,
    /// Microseconds from the parsed request to the answer, where the host has such a clock.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub took_us: u64,
    /// Who computed it.
    pub answered_by: AnsweredBy,
}

impl Suggest {
    const DEFAULT_TOP_K: u32 = 5;
    const KEYS: [&str; 4] = ["query", "fields", "filter", "topK"];

    /// Parses and checks a request.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let tree = DOCUMENT.parse(bytes, MAX_QUERY_BYTES)?;
        let fields = DOCUMENT.object(&tree)?.only(&Self::KEYS)?;
        let request = Self {
            query: fields.required("query", Fields::text)?.into(),
            fields: fields.texts("fields")?,
            filter: fields.value("filter").map(Filter::from_value).transpose()?,
            top_k: fields.small("topK", 1..=MAX_SUGGESTIONS)?,
        };
        request.check()?;
        Ok(request)
    }

    /// Checks what types alone cannot say.
    pub fn check(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::new(Code::InvalidQuery, message));
        if self.query.len() > MAX_SUGGEST_BYTES {
            let message =
                alloc::format!("\"query\" has at most {MAX_SUGGEST_BYTES} bytes, this one has {}", self.query.len());
            return Err(Error::new(Code::LimitExceeded, message));
        }
        if self.top_k() == 0 || self.top_k() > MAX_SUGGESTIONS {
            return invalid(alloc::format!("\"topK\" is 1 to {MAX_SUGGESTIONS}"));
        }
        if self.fields.as_ref().is_some_and(|names| names.is_empty() || names.len() > MAX_TEXT_FIELDS) {
            return invalid("\"fields\" names text fields, or is left out for all".into());
        }
        Ok(())
    }

    /// How many completions.
    #[must_use]
    pub fn top_k(&self) -> usize {
        self.top_k.unwrap_or(Self::DEFAULT_TOP_K) as usize
    }
}
