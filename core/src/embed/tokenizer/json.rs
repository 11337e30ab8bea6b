//! The shapes of `tokenizer.json`, as flat as the file allows: one shape for all rules and one for
//! all models, told apart by `type`. (A tagged enum would buffer the whole vocabulary first.)

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::lexicon::TokenList;

#[derive(Deserialize)]
pub(super) struct TokenizerJson {
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) added_tokens: Option<Vec<AddedJson>>,
    #[serde(default)]
    pub(super) normalizer: Option<RuleJson>,
    #[serde(default)]
    pub(super) pre_tokenizer: Option<RuleJson>,
    pub(super) model: ModelJson,
}

/// A token that is found in the text as it stands.
#[derive(Deserialize)]
pub(super) struct AddedJson {
    pub(super) content: String,
    #[serde(default)]
    pub(super) single_word: bool,
    #[serde(default)]
    pub(super) lstrip: bool,
    #[serde(default)]
    pub(super) rstrip: bool,
    #[serde(default)]
    pub(super) normalized: bool,
}

/// A normalizer or pre-tokenizer of any type.
#[derive(Deserialize)]
pub(super) struct RuleJson {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) normalizers: Option<Vec<RuleJson>>,
    pub(super) pretokenizers: Option<Vec<RuleJson>>,
    pub(super) clean_text: Option<bool>,
    pub(super) handle_chinese_chars: Option<bool>,
    pub(super) strip_accents: Option<bool>,
    pub(super) lowercase: Option<bool>,
    pub(super) strip_left: Option<bool>,
    pub(super) strip_right: Option<bool>,
    pub(super) pattern: Option<PatternJson>,
    pub(super) content: Option<String>,
    pub(super) prepend: Option<String>,
    pub(super) precompiled_charsmap: Option<String>,
    pub(super) behavior: Option<String>,
    pub(super) invert: Option<bool>,
    pub(super) delimiter: Option<char>,
    pub(super) replacement: Option<char>,
    pub(super) prepend_scheme: Option<String>,
    pub(super) add_prefix_space: Option<bool>,
    pub(super) split: Option<bool>,
    pub(super) individual_digits: Option<bool>,
    pub(super) use_regex: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct PatternJson {
    #[serde(rename = "String")]
    pub(super) literal: Option<String>,
    #[serde(rename = "Regex")]
    pub(super) regex: Option<String>,
}

/// A model of any type.
#[derive(Deserialize)]
pub(super) struct ModelJson {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) vocab: VocabJson,
    #[serde(default)]
    pub(super) merges: MergesJson,
    pub(super) unk_token: Option<String>,
    pub(super) unk_id: Option<u32>,
    pub(super) continuing_subword_prefix: Option<String>,
    pub(super) end_of_word_suffix: Option<String>,
    pub(super) max_input_chars_per_word: Option<usize>,
    pub(super) dropout: Option<f64>,
    pub(super) fuse_unk: Option<bool>,
    pub(super) byte_fallback: Option<bool>,
    pub(super) ignore_merges: Option<bool>,
}

/// `{"token": id}`, or for Unigram `[["token", score]]`, where the place is the id.
pub(super) struct VocabJson {
    pub(super) tokens: TokenList,
    /// Scores in the order of the ids; empty for the first form.
    pub(super) scores: Vec<f64>,
}

impl<'de> Deserialize<'de> for VocabJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VocabVisitor)
    }
}

struct VocabVisitor;

impl<'de> Visitor<'de> for VocabVisitor {
    type Value = VocabJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vocabulary: an object of ids or a list of [token, score]")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<VocabJson, A::Error> {
        let mut tokens = TokenList::default();
        while map.next_key_seed(Append(&mut tokens))?.is_some() {
            tokens.set_last_id(map.next_value()?);
        }
        Ok(VocabJson { tokens, scores: Vec::new() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<VocabJson, A::Error> {
        let mut vocab = VocabJson { tokens: TokenList::default(), scores: Vec::new() };
        while list.next_element_seed(Scored(&mut vocab))?.is_some() {}
        Ok(vocab)
    }
}

/// Appends one string to a token list without making a `String` of it.
struct Append<'l>(&'l mut TokenList);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Append<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token")
    }

    fn visit_str<E: serde::de::Error>(self, token: &str) -> Result<(), E> {
        self.0.push(token.as_bytes()).map_err(E::custom)
    }
}

/// Appends one `[token, score]`.
struct Scored<'v>(&'v mut VocabJson);

impl<'de> DeserializeSeed<'de> for Scored<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Scored<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[token, score]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<(), A::Error> {
        let missing = || A::Error::custom("an entry of the vocabulary is not [token, score]");
        let id = self.0.scores.len() as u32;
        pair.next_element_seed(Append(&mut self.0.tokens))?.ok_or_else(missing)?;
        self.0.tokens.set_last_id(id);
        self.0.scores.push(pair.next_element()?.ok_or_else(missing)?);
        Ok(())
    }
}

/// Merges of a BPE model, in order: `"left right"` or `["left", "right"]`.
#[derive(Default)]
pub(super) struct MergesJson {
    text: String,
    /// Ends of left and right in `text`.
    ends: Vec<(usize, usize)>,
}

impl MergesJson {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Left and right of each merge.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ends.iter().scan(0, |start, (middle, end)| {
            let left = self.text.get(*start..*middle)?;
            let right = self.text.get(*middle..*end)?;
            *start = *end;
            Some((left, right))
        })
    }

    fn push(&mut self, left: &str, right: &str) {
        self.text.push_str(left);
        let middle = self.text.len();
        self.text.push_str(right);
        self.ends.push((middle, self.text.len()));
    }
}

impl<'de> Deserialize<'de> for MergesJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(MergesVisitor)
    }
}

struct MergesVisitor;

impl<'de> Visitor<'de> for MergesVisitor {
    type Value = MergesJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of merges")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<MergesJson, A::Error> {
        let mut merges = MergesJson::default();
        while list.next_element_seed(Merge(&mut merges))?.is_some() {}
        Ok(merges)
    }
}

struct Merge<'m>(&'m mut MergesJson);

impl<'de> DeserializeSeed<'de> for Merge<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Merge<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a merge: \"left right\" or [left, right]")
    }

    fn visit_str<E: serde::de::Error>(self, merge: &str) -> Result<(), E> {
        match merge.split_once(' ') {
            Some((left, right)) if !right.contains(' ') => {
                self.0.push(left, right);
                Ok(())
            }
            _ => Err(E::custom("a merge is not two tokens with one space between")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<(), A::Error> {
        let missing = || A::Error::custom("a merge is not [left, right]");
        let left: String = pair.next_element()?.ok_or_else(missing)?;
        let right: String = pair.next_element()?.ok_or_else(missing)?;
        self.0.push(&left, &right);
        Ok(())
    }
}
