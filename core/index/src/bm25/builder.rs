//! Builds the index of one text field.
//!
//! Owns: the lists until they are written. Does not own: texts; it is given their words.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::dictionary::{DictionaryParts, cut};
use super::postings::{Occurrences, PostingParts};
use super::score::{best_text, length_code};
use super::view::TextHeader;
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
    /// By form, then term: spellings that fold to the same may have different stems.
    lists: BTreeMap<String, Vec<(String, Vec<Occurrences>)>>,
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
        let mut all: Vec<(&str, &str, u32)> = words.iter().map(|w| (cut(w.form), cut(w.term), w.position)).collect();
        all.sort_unstable();
        for same in all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let Some(&(form, term, _)) = same.first() else { continue };
            let positions = same.iter().map(|&(.., position)| position);
            self.add(form, term, Occurrences::new(ordinal, positions));
        }
    }

    fn add(&mut self, form: &str, term: &str, occurrences: Occurrences) {
        // Nearly every word is known already: looking comes before copying.
        let of_form = match self.lists.get_mut(form) {
            Some(of_form) => of_form,
            None => self.lists.entry(form.into()).or_default(),
        };
        match of_form.iter_mut().find(|(other, _)| other == term) {
            Some((_, list)) => list.push(occurrences),
            None => of_form.push((term.into(), alloc::vec![occurrences])),
        }
    }

    /// The ends of a point's texts.
    fn ends_of(&self, ordinal: Ordinal) -> &[u32] {
        let stop = |point: Option<usize>| point.and_then(|p| self.points.get(p)).map_or(0, |&stop| stop as usize);
        let point = ordinal as usize;
        self.ends.get(stop(point.checked_sub(1))..stop(Some(point))).promised()
    }

    /// Writes the index.
    pub fn finish(self) -> TextParts {
        let mut postings = PostingParts::new(self.has_several);
        let best = |of: &Occurrences| best_text(of.positions(), self.ends_of(of.ordinal));
        let mut by_term: BTreeMap<&str, OfTerm<'_>> = BTreeMap::new();
        let mut is_stemmed = false;
        for (form, of_form) in &self.lists {
            for (term, list) in of_form {
                by_term.entry(term).or_default().lists.push(list);
                is_stemmed |= form != term;
            }
        }
        for (number, of_term) in (0..).zip(by_term.values_mut()) {
            of_term.number = number;
            postings.push(&united(of_term.lists.iter().copied()), &best);
        }
        let mut form_lists = Vec::new();
        let forms = if is_stemmed { self.lists.iter().collect() } else { Vec::new() };
        for (_, of_form) in &forms {
            // A term that is written in one way only has the list of that form already.
            let shared = match of_form.as_slice() {
                [(term, _)] => by_term.get(term.as_str()).filter(|t| t.lists.len() == 1).map(|t| t.number),
                _ => None,
            };
            form_lists.push(shared.unwrap_or(postings.lists.len() as u32));
            if shared.is_none() {
                postings.push(&united(of_form.iter().map(|(_, list)| list.as_slice())), &best);
            }
        }
        postings.push(&self.with_texts(), &|of| (of.count, 0));
        let terms = DictionaryParts::of(by_term.keys().copied());
        let written = DictionaryParts::of(forms.iter().map(|(form, _)| form.as_str()));
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
    fn with_texts(&self) -> Vec<Occurrences> {
        let ends = (0..self.points.len() as Ordinal).map(|ordinal| (ordinal, self.ends_of(ordinal)));
        ends.filter(|(_, ends)| !ends.is_empty()).map(|(o, ends)| Occurrences::new(o, ends.iter().copied())).collect()
    }
}

/// The lists of the forms of a term.
#[derive(Default)]
struct OfTerm<'l> {
    number: u32,
    lists: Vec<&'l [Occurrences]>,
}

/// Several lists as one.
fn united<'l>(lists: impl Iterator<Item = &'l [Occurrences]>) -> Vec<Occurrences> {
    let mut all: Vec<Occurrences> = Vec::new();
    for list in lists {
        if all.is_empty() {
            all = list.to_vec();
            continue;
        }
        let mut merged: Vec<Occurrences> = Vec::with_capacity(all.len() + list.len());
        let (mut left, mut right) = (all.into_iter().peekable(), list.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            match a.ordinal.cmp(&b.ordinal) {
                Ordering::Less => merged.extend(left.next()),
                Ordering::Greater => merged.extend(right.next().cloned()),
                Ordering::Equal => {
                    merged.push(a.united(b));
                    left.next();
                    right.next();
                }
            }
        }
        merged.extend(left);
        merged.extend(right.cloned());
        all = merged;
    }
    all
}
