//! WordPiece (BERT): the longest token at the start of a word, then again for the rest, whose
//! tokens are written with a prefix (`##`). A word that cannot be covered is unknown as a whole.

use alloc::vec::Vec;

use super::DOCUMENT;
use super::json::ModelJson;
use super::lexicon::Lexicon;
use crate::error::Result;
use crate::promised::Promised as _;

pub(super) struct WordPiece {
    /// All tokens: what a word may begin with.
    initial: Lexicon,
    /// Tokens that continue a word, without their prefix.
    continuing: Lexicon,
    max_chars: usize,
    unknown_id: Option<u32>,
}

impl WordPiece {
    pub(super) fn build(json: ModelJson) -> Result<Self> {
        let fields = DOCUMENT.fields(&json.fields);
        let prefix = fields.text("continuing_subword_prefix")?.unwrap_or("##");
        let continuing = Lexicon::build(json.vocab.tokens.after_prefix(prefix.as_bytes()))?;
        let initial = Lexicon::build(json.vocab.tokens)?;
        let unknown_id = initial.id_of(fields.text("unk_token")?);
        let max_chars = fields.whole("max_input_chars_per_word")?.unwrap_or(100);
        let max_chars = usize::try_from(max_chars).unwrap_or(usize::MAX);
        Ok(Self { initial, continuing, max_chars, unknown_id })
    }

    pub(super) fn lexicon(&self) -> &Lexicon {
        &self.initial
    }

    pub(super) fn unknown_id(&self) -> Option<u32> {
        self.unknown_id
    }

    /// Appends the ids of the word's tokens.
    pub(super) fn encode(&self, word: &str, ids: &mut Vec<u32>, hashes: &mut Vec<u64>) {
        let before = ids.len();
        let too_long = word.len() > self.max_chars && word.chars().count() > self.max_chars;
        if too_long || !self.cover(word.as_bytes(), ids, hashes) {
            ids.truncate(before);
            ids.extend(self.unknown_id);
        }
    }

    fn cover(&self, word: &[u8], ids: &mut Vec<u32>, hashes: &mut Vec<u64>) -> bool {
        let mut rest = word;
        let mut lexicon = &self.initial;
        while !rest.is_empty() {
            let Some((length, id)) = lexicon.longest_prefix(rest, hashes) else { return false };
            ids.push(id);
            rest = rest.get(length..).promised();
            lexicon = &self.continuing;
        }
        true
    }
}
