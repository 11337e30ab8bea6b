//! How misspelt a word may be and still be found.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields, Reader};
use crate::limits::{MAX_EXCEPTIONS, MAX_TEXT_BYTES, MAX_TOP_K};

/// Which words may be misspelt, and how much. An edit puts in, leaves out or replaces a character, or swaps two
/// neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Typos {
    /// From how many characters on a word may have one edit: 2 to 255; 3 when absent. No word has more than 63.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<u32>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub one_from: u32,
    /// From how many on it may have two: `oneFrom` to 255; 6 when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<u32>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub two_from: u32,
    /// How many first characters are right: up to 63. When absent, the first one, but that in words of five and more it
    /// may be the one edit.
    pub first_letters: Option<u32>,
    /// Text fields in which nothing is misspelt.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<String>>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub except_fields: Vec<String>,
    /// Words that are not misspelt, whatever their case and accents.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<String>>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub except_words: Vec<String>,
    /// Misspelt words count only when fewer points than this match without them.
    pub fewer_than: Option<u32>,
    /// Words that are known are right: some point has them, their stem, or a form that they begin where they are
    /// unfinished, in a field that is asked.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub only_unknown: bool,
}

impl Default for Typos {
    /// Elasticsearch's `AUTO`: most words within one edit of a word of two characters are others.
    fn default() -> Self {
        Self {
            one_from: 3,
            two_from: 6,
            first_letters: None,
            except_fields: Vec::new(),
            except_words: Vec::new(),
            fewer_than: None,
            only_unknown: false,
        }
    }
}

impl Typos {
    /// What `fuzzy` says: `true`, `false`, or how.
    #[inline(never)]
    pub(super) fn read(value: &Value, document: Document) -> Result<Option<Self>> {
        match value {
            Value::Bool(is_fuzzy) => Ok(is_fuzzy.then(Self::default)),
            Value::Object(_) => Self::read_how(document.object(value)?).map(Some),
            _ => Err(document.error("\"fuzzy\" is true, false, or an object that says how misspelt words may be")),
        }
    }

    fn read_how(fields: Fields<'_>) -> Result<Self> {
        let keys = ["oneFrom", "twoFrom", "firstLetters", "exceptFields", "exceptWords", "fewerThan", "onlyUnknown"];
        let (mut reader, default) = (Reader::only(fields, &keys), Self::default());
        let one_from = reader.small("oneFrom", 2..=255).unwrap_or(default.one_from);
        let typos = Self {
            one_from,
            two_from: reader.small("twoFrom", 2..=255).unwrap_or(default.two_from.max(one_from)),
            first_letters: reader.small("firstLetters", 0..=63),
            except_fields: reader.texts("exceptFields").unwrap_or_default(),
            except_words: reader.texts("exceptWords").unwrap_or_default(),
            fewer_than: reader.small("fewerThan", 1..=MAX_TOP_K),
            only_unknown: reader.flag("onlyUnknown"),
        };
        reader.finish(typos)
    }

    pub(super) fn check(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::new(Code::InvalidQuery, message));
        if !(2..=255).contains(&self.one_from) || !(self.one_from..=255).contains(&self.two_from) {
            return invalid("\"fuzzy.oneFrom\" is 2 to 255, and \"fuzzy.twoFrom\" that or more, up to 255".into());
        }
        if self.first_letters.is_some_and(|n| n > 63) {
            return invalid("\"fuzzy.firstLetters\" is 0 to 63".into());
        }
        if self.fewer_than.is_some_and(|n| n == 0 || n as usize > MAX_TOP_K) {
            return invalid(alloc::format!("\"fuzzy.fewerThan\" is 1 to {MAX_TOP_K}"));
        }
        let words = &self.except_words;
        let bytes = words.iter().fold(0usize, |sum, word| sum.saturating_add(word.len()));
        if words.len().max(self.except_fields.len()) > MAX_EXCEPTIONS || bytes > MAX_TEXT_BYTES {
            return Err(Error::new(
                Code::LimitExceeded,
                alloc::format!(
                    "\"fuzzy.exceptWords\" and \"fuzzy.exceptFields\" have at most {MAX_EXCEPTIONS} entries, and {MAX_TEXT_BYTES} bytes"
                ),
            ));
        }
        Ok(())
    }

    /// How many edits a word of so many characters may have.
    #[must_use]
    pub const fn edits(&self, chars: usize) -> u8 {
        match chars {
            _ if chars >= self.two_from as usize => 2,
            _ if chars >= self.one_from as usize => 1,
            _ => 0,
        }
    }
}
