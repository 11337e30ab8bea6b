//! Unigram (SentencePiece): the cover of a word by tokens whose scores sum to the most (Viterbi).

use alloc::vec::Vec;

use super::DOCUMENT;
use super::byte_level::ByteTokens;
use super::invalid;
use super::json::ModelJson;
use super::lexicon::Lexicon;
use crate::error::Result;
use crate::promised::Promised as _;

/// A character without a token scores this much less than the worst token.
const UNKNOWN_PENALTY: f64 = 10.0;

pub(super) struct Unigram {
    lexicon: Lexicon,
    scores: Vec<f64>,
    unknown_score: f64,
    unknown_id: Option<u32>,
    bytes: Option<ByteTokens>,
}

/// The best way to one place of the word.
#[derive(Clone, Copy)]
pub(super) struct Step {
    score: f64,
    /// Where its last token starts; `None` before any way was found.
    start: Option<usize>,
    unknown: bool,
}

impl Unigram {
    pub(super) fn build(json: ModelJson) -> Result<Self> {
        let fields = DOCUMENT.fields(&json.fields);
        let scores = json.vocab.scores;
        if scores.len() != json.vocab.tokens.len() {
            return Err(invalid("the vocabulary of a Unigram model is not a list of [token, score]"));
        }
        let unknown_id = fields.whole("unk_id")?;
        if let Some(id) = unknown_id.filter(|id| *id >= scores.len() as u64) {
            return Err(invalid(format_args!("unk_id {id} is not in the vocabulary of {} tokens", scores.len())));
        }
        let lexicon = Lexicon::build(json.vocab.tokens)?;
        Ok(Self {
            bytes: fields.flag("byte_fallback")?.unwrap_or(false).then(|| ByteTokens::find(&lexicon)),
            lexicon,
            unknown_score: scores.iter().copied().fold(f64::INFINITY, f64::min) - UNKNOWN_PENALTY,
            scores,
            unknown_id: unknown_id.map(|id| id as u32),
        })
    }

    pub(super) fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    pub(super) fn unknown_id(&self) -> Option<u32> {
        self.unknown_id
    }

    /// Appends the ids of the word's tokens. `path` is scratch.
    pub(super) fn encode(&self, word: &str, ids: &mut Vec<u32>, path: &mut Vec<Step>) {
        self.find_path(word, path);
        // From the end: token boundaries, characters without a token joined to one piece.
        let before = ids.len();
        let mut end = word.len();
        while end > 0 {
            let Some(Step { start: Some(mut start), unknown, .. }) = path.get(end).copied() else { break };
            while unknown
                && start > 0
                && let Some(Step { start: Some(earlier), unknown: true, .. }) = path.get(start).copied()
            {
                start = earlier;
            }
            let piece = word.get(start..end).promised();
            self.push_reversed(piece, ids);
            end = start;
        }
        if let Some(added) = ids.get_mut(before..) {
            added.reverse();
        }
    }

    fn push_reversed(&self, piece: &str, ids: &mut Vec<u32>) {
        if let Some(id) = self.lexicon.get(piece) {
            ids.push(id);
            return;
        }
        let before = ids.len();
        if self.bytes.as_ref().is_some_and(|bytes| bytes.push(piece, ids)) {
            if let Some(added) = ids.get_mut(before..) {
                added.reverse();
            }
            return;
        }
        ids.extend(self.unknown_id);
    }

    fn find_path(&self, word: &str, path: &mut Vec<Step>) {
        let nothing = Step { score: 0.0, start: None, unknown: false };
        path.clear();
        path.resize(word.len() + 1, nothing);
        let offer = |end: usize, score: f64, start: usize, unknown: bool, path: &mut [Step]| {
            if let Some(step) = path.get_mut(end)
                && (step.start.is_none() || score > step.score)
            {
                *step = Step { score, start: Some(start), unknown };
            }
        };
        for (start, c) in word.char_indices() {
            let so_far = path.get(start).map_or(0.0, |step| step.score);
            let mut whole_char = false;
            let rest = word.as_bytes().get(start..).promised();
            self.lexicon.prefixes(rest, |length, id| {
                let score = self.scores.get(id as usize).copied().unwrap_or(self.unknown_score);
                offer(start + length, score + so_far, start, Some(id) == self.unknown_id, path);
                whole_char |= length == c.len_utf8();
            });
            if !whole_char {
                offer(start + c.len_utf8(), self.unknown_score + so_far, start, true, path);
            }
        }
    }
}
