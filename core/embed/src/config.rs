//! The two settings of `config.json` that change a vector.

use crate::error::{Code, Result};
use crate::json::Document;
use crate::limits::MAX_MODEL_CONFIG_BYTES;

const DOCUMENT: Document = Document::new("config.json", Code::ModelInvalid);
/// What model2vec assumes when `max_length` is missing; `null` means no cut.
const DEFAULT_MAX_LENGTH: usize = 512;

/// How texts are cut and vectors scaled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Config {
    /// Whether vectors are scaled to length 1; otherwise they are the plain mean.
    pub(super) normalize: bool,
    /// Tokens of a text that count; the text is also cut at this many times the median token.
    pub(super) max_tokens: Option<usize>,
}

impl Config {
    pub(super) fn parse(json: &[u8]) -> Result<Self> {
        let tree = DOCUMENT.parse(json, MAX_MODEL_CONFIG_BYTES)?;
        let fields = DOCUMENT.object(&tree)?;
        let max_tokens = match fields.whole("max_length")? {
            Some(length) => Some(usize::try_from(length).unwrap_or(usize::MAX)),
            None => fields.entries().all(|(name, _)| name != "max_length").then_some(DEFAULT_MAX_LENGTH),
        };
        Ok(Self { normalize: fields.flag("normalize")?.unwrap_or(false), max_tokens })
    }
}
