//! What a schema says of one text field.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::language::Language;
use super::vector_field::invalid;
use crate::error::{Error, Result};
use crate::json::Fields;
use crate::limits::MAX_BOOST;

/// A payload key whose text is searched by words: a string, or an array of strings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(remote = "Self")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TextField {
    /// Language of the text, which decides how words are reduced to stems: an ISO 639-1 code such as `en`, or `none`,
    /// which is what stands when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<String>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[serde(default, with = "by_code")]
    pub language: Language,
    /// How much this field counts beside others; 1 when absent.
    #[serde(default = "one")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f32>"))]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub boost: f32,
    /// Leaves out words of the language that say nothing, such as "the": smaller, but then nothing finds them.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub stop_words: bool,
}

crate::objects_only!(TextField);

const fn one() -> f32 {
    1.0
}

impl Default for TextField {
    fn default() -> Self {
        Self { language: Language::Unstemmed, boost: one(), stop_words: false }
    }
}

impl TextField {
    pub(super) fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["language", "boost", "stopWords"])?;
        Ok(Self {
            language: fields.text("language")?.map_or(Ok(Language::Unstemmed), parse)?,
            boost: fields.number("boost")?.map_or(1.0, |n| n as f32),
            stop_words: fields.flag("stopWords")?.unwrap_or_default(),
        })
    }

    pub(super) fn check(&self, name: &str) -> Result<()> {
        let Self { boost, .. } = self;
        if boost.is_finite() && *boost > 0.0 && *boost <= f32::from(MAX_BOOST) {
            return Ok(());
        }
        Err(invalid(format!("text field {name:?}: \"boost\" is above 0, and 1000 at most")))
    }
}

/// A language by its code.
fn parse(code: &str) -> Result<Language> {
    Language::parse(code).ok_or_else(|| unknown_language(code, Language::ALL))
}

/// Refuses a language that is none of those that there are.
#[must_use]
pub fn unknown_language(code: &str, known: &[Language]) -> Error {
    let known: Vec<&str> = known.iter().map(|l| l.as_str()).collect();
    invalid(format!("{code:?} is not a language of this build; it has {}", known.join(", ")))
}

mod by_code {
    use super::{Deserialize as _, Deserializer, Language, Serializer, String, parse};

    pub(super) fn serialize<S: Serializer>(
        language: &Language,
        serializer: S,
    ) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(language.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Language, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(|e| serde::de::Error::custom(e.message()))
    }
}
