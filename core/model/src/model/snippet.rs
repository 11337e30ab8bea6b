//! Fragments of long texts around a query's words.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json::Document;
use crate::limits::{MAX_SNIPPET_CHARS, MAX_SNIPPETS, MAX_TEXT_FIELDS, MIN_SNIPPET_CHARS};

/// Which fragments of texts a hit shows: `true`, or this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Snippets {
    /// Text fields; those that `match` searches when absent, or all.
    pub fields: Option<Vec<String>>,
    /// The length of a fragment in UTF-16 units, at most: 40 to 1,000; 160 when absent.
    pub chars: Option<u32>,
    /// Fragments of each field, at most: 1 to 10; 1 when absent.
    pub count: Option<u32>,
}

/// A fragment of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snippet {
    /// Which text of an array; 0 where the field is one text.
    pub item: u32,
    /// Where it begins in that text, in UTF-16 units.
    pub start: u32,
    /// The fragment, as it stands in the text: nothing in it is escaped.
    pub text: String,
    /// Where the words stand in the fragment.
    pub highlights: Vec<TextRange>,
    /// Whether something of the text stands before it.
    pub cut_before: bool,
    /// Whether something of the text stands behind it.
    pub cut_after: bool,
}

/// A range of a text, in UTF-16 units: what `slice` of JavaScript takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TextRange {
    /// Where it begins.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

impl Snippets {
    const DEFAULT_CHARS: u32 = 160;

    /// The length of a fragment.
    #[must_use]
    pub fn chars(&self) -> u32 {
        self.chars.unwrap_or(Self::DEFAULT_CHARS)
    }

    /// Fragments of a field.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count.unwrap_or(1) as usize
    }

    /// `true`, or an object; none where it is `false`.
    #[inline(never)]
    pub(super) fn read(value: &Value, document: Document) -> Result<Option<Self>> {
        if let Some(wanted) = value.as_bool() {
            return Ok(wanted.then(Self::default));
        }
        let wrong = || document.error("\"snippets\" is true, or an object with \"fields\", \"chars\" and \"count\"");
        let fields = document.object(value).map_err(|_| wrong())?.only(&["fields", "chars", "count"])?;
        Ok(Some(Self {
            fields: fields.texts("fields")?,
            chars: fields.small("chars", MIN_SNIPPET_CHARS as usize..=MAX_SNIPPET_CHARS as usize)?,
            count: fields.small("count", 1..=MAX_SNIPPETS)?,
        }))
    }

    pub(super) fn check(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::new(Code::InvalidQuery, message));
        if !(MIN_SNIPPET_CHARS..=MAX_SNIPPET_CHARS).contains(&self.chars()) {
            return invalid(alloc::format!("\"snippets.chars\" is {MIN_SNIPPET_CHARS} to {MAX_SNIPPET_CHARS}"));
        }
        if self.count() == 0 || self.count() > MAX_SNIPPETS {
            return invalid(alloc::format!("\"snippets.count\" is 1 to {MAX_SNIPPETS}"));
        }
        if self.fields.as_ref().is_some_and(|names| names.is_empty() || names.len() > MAX_TEXT_FIELDS) {
            return invalid("\"snippets.fields\" names text fields, or is left out".into());
        }
        Ok(())
    }
}
