//! Builds the index of one text field.
//!
//! Owns: the lists until they are written. Does not own: texts; it is given their words.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::dictionary::{DictionaryParts, cut};
use super::gathered::{Gathered, Occurrences};
use super::postings::PostingParts;
use super::score::{best_text, length_code};
use super::view::TextHeader;
use super::vocabulary::{Form, Place, Vocabulary};
use crate::ids::Ordinal;
use crate::promised::Promised as _;
use crate::text::{ANALYSIS_VERSION, Words};

/// The sections of a text field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextParts {
    pub header: TextHeader,
    /// Stems.
    pub terms: DictionaryParts,
    pub term_samples: Vec<u8>,
    /// Words as they are written, where there are stems.
    pub forms: DictionaryParts,
    pub form_samples: Vec<u8>,
    /// For each form its list.
    pub form_lists: Vec<u32>,
    pub postings: PostingParts,
    /// For each point the code of its text's length; none where points have several texts.
    pub lengths: Vec<u8>,
}

/// Collects the texts of a field, point by point.
#[derive(Debug, Default)]
pub struct TextBuilder {
    vocabulary: Vocabulary,
    /// The words of the text at hand.
    places: Vec<(Place, u32)>,
    /// The ends of all texts, and where those of each point stop.
    ends: Vec<u32>,
    points: Vec<u32>,
    words: u64,
    has_several: bool,
}

impl TextBuilder {
    /// Adds the texts of the next point.
    pub fn push(&mut self, words: &Words) {
        let ordinal = self.points.len() as Ordinal;
        self.ends.extend_from_slice(words.ends());
        self.points.push(self.ends.len() as u32);
        self.words += words.len() as u64;
        self.has_several |= words.ends().len() > 1;
        self.places.clear();
        for word in words.iter() {
            self.places.push((self.vocabulary.place(cut(word.form), cut(word.term)), word.position));
        }
        self.places.sort_unstable();
        for same in self.places.chunk_by(|a, b| a.0 == b.0) {
            let list = same.first().and_then(|&(place, _)| self.vocabulary.list(place));
            list.into_iter().for_each(|list| list.push(ordinal, same.iter().map(|&(_, position)| position)));
        }
    }

    /// The ends of a point's texts.
    fn ends_of(&self, ordinal: Ordinal) -> &[u32] {
        let stop = |point: Option<usize>| point.and_then(|p| self.points.get(p)).map_or(0, |&stop| stop as usize);
        let point = ordinal as usize;
        self.ends.get(stop(point.checked_sub(1))..stop(Some(point))).promised()
    }

    /// Writes the index.
    pub fn finish(mut self) -> TextParts {
        let sorted = core::mem::take(&mut self.vocabulary).into_sorted();
        let mut postings = PostingParts::new(self.has_several);
        let best = |of: &Occurrences<'_>| best_text(of.positions(), self.ends_of(of.ordinal));
        let mut by_term: BTreeMap<&str, OfTerm<'_>> = BTreeMap::new();
        let mut is_stemmed = false;
        for Form { form, terms } in &sorted {
            for (term, list) in terms {
                by_term.entry(term).or_default().lists.push(list);
                is_stemmed |= form != term;
            }
        }
        for (number, of_term) in (0..).zip(by_term.values_mut()) {
            of_term.number = number;
            postings.push(&united(of_term.lists.iter().copied()), &best);
        }
        let mut form_lists = Vec::new();
        let forms = if is_stemmed { sorted.as_slice() } else { &[] };
        for Form { terms, .. } in forms {
            // A term that is written in one way only has the list of that form already.
            let shared = match terms.as_slice() {
                [(term, _)] => by_term.get(term.as_str()).filter(|t| t.lists.len() == 1).map(|t| t.number),
                _ => None,
            };
            form_lists.push(shared.unwrap_or(postings.lists.len() as u32));
            if shared.is_none() {
                postings.push(&united(terms.iter().map(|(_, list)| list)), &best);
            }
        }
        postings.push(&united(core::iter::once(&self.with_texts())), &|of| (of.count, 0));
        let terms = DictionaryParts::of(by_term.keys().copied());
        let written = DictionaryParts::of(forms.iter().map(|of| of.form.as_str()));
        let header = TextHeader {
            words: self.words,
            texts: self.ends.len() as u64,
            terms: by_term.len() as u32,
            forms: forms.len() as u32,
            analysis: ANALYSIS_VERSION,
            has_several: u32::from(self.has_several),
        };
        let length = |ordinal: Ordinal| self.ends_of(ordinal).first().map_or(0, |&end| length_code(end));
        let ordinals = 0..self.points.len() as Ordinal;
        TextParts {
            header,
            term_samples: terms.view(header.terms).samples(),
            form_samples: written.view(header.forms).samples(),
            form_lists,
            lengths: if self.has_several { Vec::new() } else { ordinals.map(length).collect() },
            forms: written,
            terms,
            postings,
        }
    }

    /// Points with the ends of their texts.
    fn with_texts(&self) -> Gathered {
        let mut with_texts = Gathered::default();
        for ordinal in 0..self.points.len() as Ordinal {
            let ends = self.ends_of(ordinal);
            if !ends.is_empty() {
                with_texts.push(ordinal, ends.iter().copied());
            }
        }
        with_texts
    }
}

/// The lists of the forms of a term.
#[derive(Default)]
struct OfTerm<'l> {
    number: u32,
    lists: Vec<&'l Gathered>,
}

/// Several lists as one.
fn united<'l>(lists: impl Iterator<Item = &'l Gathered>) -> Vec<Occurrences<'l>> {
    let mut all: Vec<Occurrences<'l>> = Vec::new();
    for list in lists {
        if all.is_empty() {
            all = list.iter().collect();
            continue;
        }
        let mut merged: Vec<Occurrences<'l>> = Vec::with_capacity(all.len() + list.len());
        let (mut left, mut right) = (all.into_iter().peekable(), list.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            match a.ordinal.cmp(&b.ordinal) {
                Ordering::Less => merged.extend(left.next()),
                Ordering::Greater => merged.extend(right.next()),
                Ordering::Equal => {
                    merged.push(a.united(b));
                    left.next();
                    right.next();
                }
            }
        }
        merged.extend(left);
        merged.extend(right);
        all = merged;
    }
    all
}
