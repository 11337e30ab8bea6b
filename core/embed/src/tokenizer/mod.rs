//! Text to token ids, as Hugging Face `tokenizers` does it, for every kind of `tokenizer.json`
//! that published model2vec models have.
//!
//! ```text
//! text ─ added (raw) ─▶ normalize ─ added (normalized) ─▶ split ─▶ words ─▶ model ─▶ ids
//!          │                          │                                      │
//!          └── id of an added token ──┘                      WordPiece, WordLevel, Unigram, BPE
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `json.rs` | the shapes of `tokenizer.json` |
//! | `packed.rs`, `vocabulary.rs` | the same in a packed model, where the vocabulary stands apart and small |
//! | `lexicon.rs` | token to id, longest token at a place, all tokens at a place |
//! | `added.rs` | tokens that are found in the text before any rule is applied |
//! | `normalize.rs`, `charsmap.rs` | rules that rewrite text; SentencePiece's compiled rules |
//! | `forms/` | Unicode's normalization forms |
//! | `split.rs`, `pattern.rs` | rules that cut text into words; the known regular expressions |
//! | `byte_level.rs` | bytes written as printable characters (GPT-2) |
//! | `wordpiece.rs`, `unigram.rs`, `bpe.rs` | the models: a word to its tokens |
//! | `unicode.rs`, `unicode.bin` | kinds of characters |
//!
//! Not read: `post_processor`, `truncation`, `padding`, `decoder`; model2vec embeds without special
//! tokens and sets its own cut.

mod added;
mod bpe;
mod byte_level;
mod charsmap;
mod forms;
mod json;
mod lexicon;
mod normalize;
mod packed;
mod pattern;
mod split;
mod unicode;
mod unigram;
mod vocabulary;
mod wordpiece;

use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use core::fmt::Display;

pub(super) use self::packed::pack;

use self::added::AddedTokens;
use self::bpe::Bpe;
use self::json::{ModelJson, TokenizerJson};
use self::lexicon::Lexicon;
use self::normalize::Normalizer;
use self::split::Splitter;
use self::unigram::Unigram;
use self::wordpiece::WordPiece;
use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields, from_slice};
use crate::limits::{MAX_NORMALIZED_BYTES, MAX_TOKEN_BYTES, MAX_TOKENIZER_BYTES};

/// An opened `tokenizer.json`.
pub(super) struct Tokenizer {
    raw_tokens: AddedTokens,
    normalizer: Normalizer,
    normalized_tokens: AddedTokens,
    splitter: Splitter,
    model: Model,
    unknown_id: Option<u32>,
    id_bound: usize,
    median_token_chars: usize,
}

enum Model {
    WordPiece(WordPiece),
    WordLevel { lexicon: Lexicon, unknown_id: Option<u32> },
    Unigram(Unigram),
    Bpe(Bpe),
}

/// Memory that one text's words share.
#[derive(Default)]
struct Scratch {
    hashes: Vec<u64>,
    path: Vec<unigram::Step>,
}

const DOCUMENT: Document = Document::new("tokenizer.json", Code::ModelInvalid);

fn invalid(what: impl Display) -> Error {
    DOCUMENT.error(what)
}

fn unsupported(what: impl Display) -> Error {
    Error::new(
        Code::ModelUnsupported,
        alloc::format!("tokenizer.json: {what} is not supported; distil the model with another tokenizer"),
    )
}

impl Tokenizer {
    /// Builds the tokenizer from its file, and its vocabulary where that stands apart; else that is empty.
    pub(super) fn parse(json: &[u8], vocabulary: &[u8]) -> Result<Self> {
        if json.len() > MAX_TOKENIZER_BYTES {
            return Err(invalid(format_args!("{} bytes, the maximum is {MAX_TOKENIZER_BYTES}", json.len())));
        }
        let mut parsed: TokenizerJson = from_slice(json).map_err(invalid)?;
        if !vocabulary.is_empty() {
            parsed.model.vocab.tokens = vocabulary::read(vocabulary)?;
        }
        let fields = DOCUMENT.fields(&parsed.fields);
        if let Some(version) = fields.text("version")?.filter(|v| *v != "1.0") {
            return Err(unsupported(format_args!("version {version:?}")));
        }
        let normalizer = Normalizer::build(fields.object("normalizer")?)?;
        let splitter = Splitter::build(fields.object("pre_tokenizer")?)?;
        let unknown_token = DOCUMENT.fields(&parsed.model.fields).text("unk_token")?.map(ToOwned::to_owned);
        let model = Model::build(parsed.model)?;
        let added = added::place(fields.list("added_tokens")?.unwrap_or_default(), model.lexicon())?;
        let unknown_added = unknown_token.and_then(|token| added.iter().find(|a| a.content == token));
        let unknown_id = match (&model, unknown_added) {
            (Model::Unigram(_), _) | (_, None) => model.unknown_id(),
            (_, Some(added)) => Some(added.id),
        };
        let new = added.iter().filter(|a| model.lexicon().get(&a.content).is_none());
        let lengths = LengthCounts::of(model.lexicon().tokens().chain(new.map(|a| a.content.as_bytes())));
        let id_bound = added.iter().map(|a| a.id as usize + 1).fold(model.lexicon().id_bound(), usize::max);
        Ok(Self {
            raw_tokens: AddedTokens::build(added.iter().filter(|a| !a.normalized), |content| content.to_owned()),
            normalized_tokens: AddedTokens::build(added.iter().filter(|a| a.normalized), |t| normalizer.apply(t)),
            normalizer,
            splitter,
            model,
            unknown_id,
            id_bound,
            median_token_chars: lengths.median().ok_or_else(|| invalid("the vocabulary is empty"))?,
        })
    }

    /// The ids of the text's tokens, at most `max_tokens`.
    pub(super) fn encode(&self, text: &str, max_tokens: usize) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut scratch = Scratch::default();
        let (mut first, mut written) = (true, 0);
        self.raw_tokens.cut(text, &mut |raw| {
            match raw {
                added::Part::Token(id) => ids.push(id),
                // Each part may become as long as the whole text may, so what all of them became counts.
                added::Part::Text(raw) if ids.len() < max_tokens && written < MAX_NORMALIZED_BYTES => {
                    let normalized = self.normalizer.apply(raw);
                    written += normalized.len();
                    self.normalized_tokens.cut(&normalized, &mut |part| {
                        match part {
                            added::Part::Token(id) => ids.push(id),
                            added::Part::Text(text) => {
                                self.splitter.words(text, first, &mut |word| {
                                    if ids.len() < max_tokens {
                                        self.model.encode(word, &mut ids, &mut scratch);
                                    }
                                });
                            }
                        }
                        first = false;
                    });
                }
                added::Part::Text(_) => {}
            }
            first = false;
        });
        ids.truncate(max_tokens);
        ids
    }

    /// The id of words that have no token; the embedding leaves it out.
    pub(super) fn unknown_id(&self) -> Option<u32> {
        self.unknown_id
    }

    /// One more than the largest id that `encode` can give.
    pub(super) fn id_bound(&self) -> usize {
        self.id_bound
    }

    /// The median length of the vocabulary's tokens, in characters.
    pub(super) fn median_token_chars(&self) -> usize {
        self.median_token_chars
    }
}

impl Model {
    fn build(json: ModelJson) -> Result<Self> {
        Ok(match DOCUMENT.fields(&json.fields).required("type", Fields::text)? {
            "WordPiece" => Self::WordPiece(WordPiece::build(json)?),
            "WordLevel" => {
                let lexicon = Lexicon::build(json.vocab.tokens)?;
                let unknown_id = lexicon.id_of(DOCUMENT.fields(&json.fields).text("unk_token")?);
                Self::WordLevel { lexicon, unknown_id }
            }
            "Unigram" => Self::Unigram(Unigram::build(json)?),
            "BPE" => Self::Bpe(Bpe::build(json)?),
            other => return Err(unsupported(format_args!("model {other:?}"))),
        })
    }

    /// What the model gives for what has no token.
    fn unknown_id(&self) -> Option<u32> {
        match self {
            Self::WordPiece(model) => model.unknown_id(),
            Self::WordLevel { unknown_id, .. } => *unknown_id,
            Self::Unigram(model) => model.unknown_id(),
            Self::Bpe(model) => model.unknown_id(),
        }
    }

    fn lexicon(&self) -> &Lexicon {
        match self {
            Self::WordPiece(model) => model.lexicon(),
            Self::WordLevel { lexicon, .. } => lexicon,
            Self::Unigram(model) => model.lexicon(),
            Self::Bpe(model) => model.lexicon(),
        }
    }

    fn encode(&self, word: &str, ids: &mut Vec<u32>, scratch: &mut Scratch) {
        match self {
            Self::WordPiece(model) => model.encode(word, ids, &mut scratch.hashes),
            Self::WordLevel { lexicon, unknown_id } => ids.extend(lexicon.get(word).or(*unknown_id)),
            Self::Unigram(model) => model.encode(word, ids, &mut scratch.path),
            Self::Bpe(model) => model.encode(word, ids),
        }
    }
}

/// How many tokens have how many characters.
struct LengthCounts(Vec<usize>);

impl LengthCounts {
    fn of<'t>(tokens: impl Iterator<Item = &'t [u8]>) -> Self {
        let mut counts = alloc::vec![0; MAX_TOKEN_BYTES + 1];
        for token in tokens {
            let chars = token.iter().filter(|b| **b & 0xC0 != 0x80).count();
            if let Some(count) = counts.get_mut(chars) {
                *count += 1;
            }
        }
        Self(counts)
    }

    /// numpy's median, rounded down.
    fn median(&self) -> Option<usize> {
        let all: usize = self.0.iter().sum();
        let length_at = |place: usize| {
            let mut passed = 0;
            self.0.iter().position(|count| {
                passed += count;
                passed > place
            })
        };
        let lower = length_at(all.checked_sub(1)? / 2)?;
        Some((lower + length_at(all / 2)?) / 2)
    }
}
