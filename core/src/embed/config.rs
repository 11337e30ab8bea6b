//! The two settings of `config.json` that change a vector.

use serde::Deserialize;

use crate::error::{Code, Error, Result};
use crate::limits::MAX_MODEL_CONFIG_BYTES;

/// What model2vec assumes when `max_length` is missing; `null` means no cut.
const DEFAULT_MAX_LENGTH: Option<u64> = Some(512);

#[derive(Deserialize)]
struct ConfigJson {
    #[serde(default)]
    normalize: Option<bool>,
    #[serde(default = "default_max_length")]
    max_length: Option<u64>,
}

fn default_max_length() -> Option<u64> {
    DEFAULT_MAX_LENGTH
}

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
        if json.len() > MAX_MODEL_CONFIG_BYTES {
            return Err(Error::new(
                Code::ModelInvalid,
                alloc::format!(
                    "config.json has {} bytes, the maximum is {MAX_MODEL_CONFIG_BYTES}",
                    json.len()
                ),
            ));
        }
        let config: ConfigJson = serde_json::from_slice(json)
            .map_err(|e| Error::new(Code::ModelInvalid, alloc::format!("config.json: {e}")))?;
        Ok(Self {
            normalize: config.normalize.unwrap_or(false),
            max_tokens: config.max_length.map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
        })
    }
}
