//! What a filter asks of a text field: that it has all of some words, as a search by words with `mode: "all"` finds
//! them.

use alloc::string::String;
use alloc::vec::Vec;

use crate::capabilities::HasWords;
use crate::error::Result;
use crate::model::{Condition, Schema};
use crate::text::{Analyzer, Kind, Words};

/// That a text field has all of these words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WordTest {
    /// Its position among the schema's text fields.
    pub(super) field: usize,
    pub(super) words: Vec<Word>,
    _has: HasWords,
}

/// One of the words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Word {
    /// By its stem.
    Term(String),
    /// A character of a script without spaces: whatever begins with it.
    Beginning(String),
}

impl WordTest {
    /// What a condition asks, where it asks a text field for words. A name that the schema declares for filters as
    /// well is a keyword here.
    pub(super) fn of(name: &str, condition: &Condition, schema: &Schema) -> Result<Option<Self>> {
        let Condition::Contains(text) = condition else { return Ok(None) };
        if schema.fields.contains_key(name) {
            return Ok(None);
        }
        let mut declared = schema.text.iter().enumerate();
        let Some((field, (_, declared))) = declared.find(|(_, (declared, _))| declared.as_str() == name) else {
            return Ok(None);
        };
        let _has = HasWords::check()?;
        let mut words = Vec::new();
        Analyzer::new(declared.language, declared.stop_words).analyze(text, |token| {
            let word = match token.kind {
                // The pair before the last character of a run has it already.
                Kind::Tail => return,
                Kind::Single => Word::Beginning(token.form.into()),
                _ => Word::Term(token.term.into()),
            };
            if !words.contains(&word) {
                words.push(word);
            }
        });
        Ok(Some(Self { field, words, _has }))
    }

    /// Whether a point with these texts has all the words; without words none has.
    pub(super) fn passes(&self, texts: &[Words]) -> bool {
        let has = |word: &Word| {
            let mut held = texts.get(self.field).into_iter().flat_map(Words::iter);
            held.any(|held| match word {
                Word::Term(term) => held.term == term,
                Word::Beginning(form) => held.form.starts_with(form.as_str()),
            })
        };
        !self.words.is_empty() && self.words.iter().all(has)
    }
}
