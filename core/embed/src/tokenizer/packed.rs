//! A tokenizer as it is packed: without what nobody reads, and a vocabulary of WordPiece apart, in the order of its
//! tokens, so that a reader in parts fetches a quarter of the bytes before the first text.

use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::json::TokenizerJson;
use super::{invalid, vocabulary};
use crate::error::Result;
use crate::json::from_slice;

/// See the module.
pub(crate) struct PackedTokenizer {
    /// `tokenizer.json` with an empty vocabulary.
    pub(crate) json: Vec<u8>,
    /// See [`vocabulary`].
    pub(crate) vocabulary: Vec<u8>,
    /// For each new id, from 0 on, the one that the token had: rows of the table go with it.
    pub(crate) old_ids: Vec<u32>,
}

/// The file packed. None where its vocabulary is not of WordPiece, or has not each id once: then it stays as it is.
pub(crate) fn pack(json: &[u8]) -> Result<Option<PackedTokenizer>> {
    let TokenizerJson { mut fields, model } = from_slice(json).map_err(invalid)?;
    let mut tokens: Vec<(&[u8], u32)> = model.vocab.tokens.numbered().collect();
    tokens.sort_unstable();
    let mut ids: Vec<u32> = tokens.iter().map(|(_, id)| *id).collect();
    ids.sort_unstable();
    let are_unique = tokens.is_sorted_by(|(a, _), (b, _)| a < b) && ids.into_iter().eq(0..tokens.len() as u32);
    if model.fields.get("type").and_then(Value::as_str) != Some("WordPiece") || tokens.is_empty() || !are_unique {
        return Ok(None);
    }
    let (mut packed, mut before) = (Vec::new(), &[][..]);
    for &(token, _) in &tokens {
        vocabulary::push(token, before, &mut packed);
        before = token;
    }
    let mut without = model.fields.clone();
    without.insert("vocab".into(), Value::Object(Map::new()));
    fields.insert("model".into(), Value::Object(without));
    let json = serde_json::to_vec(&Value::Object(fields)).map_err(invalid)?;
    Ok(Some(PackedTokenizer { json, vocabulary: packed, old_ids: tokens.iter().map(|(_, id)| *id).collect() }))
}
