//! The shapes of `tokenizer.json`. What is large, the vocabulary and the merges, is read straight
//! into its final place; the rest is small and stays JSON, read field by field.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::lexicon::TokenList;

/// The whole file.
pub(super) struct TokenizerJson {
    pub(super) fields: Map<String, Value>,
    pub(super) model: ModelJson,
}

impl<'de> Deserialize<'de> for TokenizerJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TokenizerVisitor)
    }
}

struct TokenizerVisitor;

impl<'de> Visitor<'de> for TokenizerVisitor {
    type Value = TokenizerJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object of a tokenizer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TokenizerJson, A::Error> {
        let mut fields = Map::new();
        let mut model = None;
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "model" => model = Some(map.next_value()?),
                "version" | "added_tokens" | "normalizer" | "pre_tokenizer" => {
                    fields.insert(name, map.next_value()?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let model = model.ok_or_else(|| A::Error::missing_field("model"))?;
        Ok(TokenizerJson { fields, model })
    }
}

/// A model of any type.
pub(super) struct ModelJson {
    pub(super) fields: Map<String, Value>,
    pub(super) vocab: VocabJson,
    pub(super) merges: MergesJson,
}

impl<'de> Deserialize<'de> for ModelJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ModelVisitor)
    }
}

struct ModelVisitor;

impl<'de> Visitor<'de> for ModelVisitor {
    type Value = ModelJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object of a model")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ModelJson, A::Error> {
        let mut fields = Map::new();
        let mut vocab = None;
        let mut merges = MergesJson::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "vocab" => vocab = Some(map.next_value()?),
                "merges" => merges = map.next_value()?,
                _ => {
                    fields.insert(name, map.next_value()?);
                }
            }
        }
        let vocab = vocab.ok_or_else(|| A::Error::missing_field("vocab"))?;
        Ok(ModelJson { fields, vocab, merges })
    }
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
