//! The two settings of `config.json` that change a vector.

use alloc::string::String;

use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::limits::MAX_MODEL_CONFIG_BYTES;

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
        let invalid =
            |what: &dyn core::fmt::Display| Error::new(Code::ModelInvalid, alloc::format!("config.json: {what}"));
        if json.len() > MAX_MODEL_CONFIG_BYTES {
            return Err(invalid(&format_args!("{} bytes, the maximum is {MAX_MODEL_CONFIG_BYTES}", json.len())));
        }
        let config: Map<String, Value> = serde_json::from_slice(json).map_err(|e| invalid(&e))?;
        let normalize = match config.get("normalize") {
            Some(Value::Bool(normalize)) => *normalize,
            None | Some(Value::Null) => false,
            Some(_) => return Err(invalid(&"\"normalize\" is not true or false")),
        };
        let max_tokens = match config.get("max_length") {
            None => Some(DEFAULT_MAX_LENGTH),
            Some(Value::Null) => None,
            Some(length) => {
                let length = length.as_u64().ok_or_else(|| invalid(&"\"max_length\" is not a whole number"))?;
                Some(usize::try_from(length).unwrap_or(usize::MAX))
            }
        };
        Ok(Self { normalize, max_tokens })
    }
}
