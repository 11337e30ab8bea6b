//! [`StaticModel`]: the opened model.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::config::Config;
use super::container;
use super::pooling;
use super::table::Table;
use super::tokenizer::Tokenizer;
use crate::bytes::AlignedBytes;
use crate::error::Result;
use crate::limits::{MAX_NORMALIZED_BYTES, MAX_TEXT_BYTES};
use crate::parts::{Blob, Stretch, missing};

/// Bytes that headers of models' tensors have: some hundred.
const TENSORS_HEADER_BYTES: usize = 4096;

/// A static embedding model, ready to embed texts.
///
/// Owns: the tokenizer built from its file, and a share of the bytes that hold the table.
/// Does not own: a cache of texts; embedding has no state, so any number of threads may share it.
#[derive(Clone)]
pub struct StaticModel {
    blob: Blob,
    parts: Arc<Parts>,
}

/// A model without its bytes: what opening has built from them.
pub(super) struct Parts {
    config: Config,
    tokenizer: Tokenizer,
    table: Table,
    /// Where the safetensors file starts in the bytes.
    tensors_at: usize,
}

impl Parts {
    pub(super) fn parse(config: &[u8], tokenizer: &[u8], vocabulary: &[u8], safetensors: Stretch<'_>) -> Result<Self> {
        let config = Config::parse(config)?;
        let tokenizer = Tokenizer::parse(tokenizer, vocabulary)?;
        let table = Table::parse(safetensors)?;
        table.check_ids(tokenizer.id_bound())?;
        Ok(Self { config, tokenizer, table, tensors_at: 0 })
    }
}

impl StaticModel {
    /// Opens a packed model (see [`super::pack`]); its table is read in place.
    pub fn open(blob: Arc<AlignedBytes>) -> Result<Self> {
        Self::open_blob(&Blob::Whole(blob))
    }

    /// The same of a model of which parts are here. Fails with `parts_missing`, and the blob notes what is, until all
    /// but the rows of the table is: configuration, tokenizer, and what says where rows are.
    pub fn open_blob(blob: &Blob) -> Result<Self> {
        let all = blob.all();
        let sections = container::sections(all)?;
        let tensors = all.narrow(sections.tensors.clone()).unwrap_or_default();
        if !all.is_here() {
            // Nearly always the header's length and the header, so that they come together with the rest.
            let _ = tensors.get(0..TENSORS_HEADER_BYTES.min(tensors.len()));
        }
        let [config, tokenizer, vocabulary] =
            [sections.config, sections.tokenizer, sections.vocabulary].map(|section| all.get(section));
        let (Some(config), Some(tokenizer), Some(vocabulary)) = (config, tokenizer, vocabulary) else {
            return Err(missing());
        };
        let mut parts = Parts::parse(config, tokenizer, vocabulary, tensors)?;
        parts.tensors_at = sections.tensors.start;
        Ok(Self { blob: blob.clone(), parts: Arc::new(parts) })
    }

    /// Opens a model from its three files.
    pub fn from_files(config: &[u8], tokenizer: &[u8], safetensors: Arc<AlignedBytes>) -> Result<Self> {
        let blob = Blob::Whole(safetensors);
        let parts = Arc::new(Parts::parse(config, tokenizer, &[], blob.all())?);
        Ok(Self { blob, parts })
    }

    /// Its bytes, or the parts of it that are here.
    #[must_use]
    pub const fn blob(&self) -> &Blob {
        &self.blob
    }

    /// The same model with a part more, which has been proved.
    #[must_use]
    pub fn with_part(&self, start: usize, bytes: &[u8]) -> Self {
        let mut model = self.clone();
        model.blob.add(start, bytes);
        model
    }

    /// Dimensions of the vectors.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.parts.table.dim()
    }

    /// Bytes that the model keeps in memory, without the tables built from its vocabulary.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.blob.held_bytes() as u64
    }

    /// The ids of the text's tokens, the unknown token included, after both of the reference's
    /// cuts: the characters, then the tokens. A packed model may number tokens otherwise than its files do.
    #[must_use]
    pub fn tokenize(&self, text: &str) -> Vec<u32> {
        let max_tokens = self.parts.config.max_tokens.unwrap_or(usize::MAX);
        self.parts.tokenizer.encode(self.cut(text), max_tokens.min(MAX_NORMALIZED_BYTES))
    }

    /// The vector of the text: length 1 (if the model normalizes, as nearly all do), or all zeros
    /// when no token is known. Where rows are not here, which its blob notes, it is worth nothing.
    #[must_use]
    pub fn embed(&self, text: &str) -> Vec<f32> {
        let mut ids = self.tokenize(text);
        if let Some(unknown) = self.parts.tokenizer.unknown_id() {
            ids.retain(|id| *id != unknown);
        }
        let tensors = self.blob.all();
        let tensors = tensors.narrow(self.parts.tensors_at..tensors.len()).unwrap_or_default();
        pooling::mean(&self.parts.table, tensors, &ids, self.parts.config.normalize)
    }

    /// The reference reads `max_length` times the median token length of a text's characters.
    fn cut<'t>(&self, text: &'t str) -> &'t str {
        let text = text.get(..text.floor_char_boundary(MAX_TEXT_BYTES)).unwrap_or(text);
        let Some(max_tokens) = self.parts.config.max_tokens else { return text };
        let max_chars = max_tokens.saturating_mul(self.parts.tokenizer.median_token_chars());
        if text.len() <= max_chars {
            return text;
        }
        match text.char_indices().nth(max_chars) {
            Some((end, _)) => text.get(..end).unwrap_or(text),
            None => text,
        }
    }
}

impl fmt::Debug for StaticModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticModel")
            .field("dim", &self.dim())
            .field("config", &self.parts.config)
            .finish_non_exhaustive()
    }
}
