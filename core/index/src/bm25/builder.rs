//! Builds the index of one text field.
//!
//! Owns: the lists until they are written. Does not own: texts; it is given their words.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::dictionary::{DictionaryParts, cut};
use super::postings::{Posting, PostingParts, counted, encode_positions};
use super::score::length_code;
use super::view::TextHeader;
use crate::ids::Ordinal;
use crate::text::Words;

/// The sections of a text field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextParts {
    pub header: TextHeader,
    /// Stems, by which lists stand.
    pub terms: DictionaryParts,
    pub term_samples: Vec<u8>,
    /// Words as they are written, where there are stems.
    pub forms: DictionaryParts,
    pub form_samples: Vec<u8>,
    /// For each form its term.
    pub form_terms: Vec<u32>,
    pub postings: PostingParts,
    /// For each point the code of its length.
    pub lengths: Vec<u8>,
}

/// Collects the texts of a field, point by point.
#[derive(Debug, Default)]
pub struct TextBuilder {
    lists: BTreeMap<String, Vec<Posting>>,
    /// The terms of each form: one, but where spellings that fold to the same have different stems.
    forms: BTreeMap<String, BTreeSet<String>>,
    lengths: Vec<u8>,
    words: u64,
}

impl TextBuilder {
    /// Adds the text of the next point.
    pub fn push(&mut self, words: &Words) {
        let ordinal = self.lengths.len() as Ordinal;
        let count = words.len() as u32;
        let length = length_code(count);
        self.lengths.push(length);
        self.words += u64::from(count);
        let mut all: Vec<(&str, u32)> = words.iter().map(|w| (cut(w.term), w.position)).collect();
        all.sort_unstable();
        for same in all.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(term, _)) = same.first() else { continue };
            let positions = encode_positions(same.iter().take(counted(usize::MAX) as usize).map(|w| w.1));
            let posting = Posting { ordinal, count: same.len() as u32, length, positions };
            match self.lists.get_mut(term) {
                Some(list) => list.push(posting),
                None => drop(self.lists.insert(term.into(), alloc::vec![posting])),
            }
        }
        for (form, term) in words.iter().map(|w| (cut(w.form), cut(w.term))) {
            // Nearly every word is known already: looking comes before copying.
            match self.forms.get_mut(form) {
                Some(terms) if terms.contains(term) => {}
                Some(terms) => {
                    terms.insert(term.into());
                }
                None => {
                    self.forms.insert(form.into(), BTreeSet::from([term.into()]));
                }
            }
        }
    }

    /// Writes the index.
    pub fn finish(self) -> TextParts {
        let mut postings = PostingParts::default();
        self.lists.values().for_each(|list| postings.push(list));
        let terms = DictionaryParts::of(self.lists.keys().map(String::as_str));
        let mut forms: Vec<(&String, &String)> =
            self.forms.iter().flat_map(|(form, terms)| terms.iter().map(move |term| (form, term))).collect();
        if forms.iter().all(|(form, term)| form == term) {
            forms.clear();
        }
        let position = |term: &str| terms.view(self.lists.len() as u32).find(term).unwrap_or_default();
        let header = TextHeader { words: self.words, terms: self.lists.len() as u32, forms: forms.len() as u32 };
        let written = DictionaryParts::of(forms.iter().map(|(form, _)| form.as_str()));
        TextParts {
            header,
            term_samples: terms.view(header.terms).samples(),
            form_samples: written.view(header.forms).samples(),
            form_terms: forms.iter().map(|(_, term)| position(term)).collect(),
            forms: written,
            terms,
            postings,
            lengths: self.lengths,
        }
    }
}
