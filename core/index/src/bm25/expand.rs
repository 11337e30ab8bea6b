//! The words of an index that a word of a query stands for: itself, those that it begins, those that it misspells.

use alloc::string::String;
use alloc::vec::Vec;

use super::fuzzy::each_near;
use super::view::TextIndex;
use crate::limits::MAX_VARIANTS;
use crate::order::{Key, sort_by_rank, sort_keys};
use crate::text::{Fuzzy, Words};

/// How much a word counts that begins with what was typed, when it is hardly longer.
const PREFIX: f32 = 0.7;
/// How much a word counts that is one edit away, and two.
const MISSPELT: [f32; 2] = [0.45, 0.2];

/// A word of a query, as one field's analyzer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    pub form: String,
    pub term: String,
    /// Whether words that begin so count as well.
    pub prefix: bool,
    /// Edits that a misspelt word may be away; 0: none.
    pub edits: u8,
}

impl Expansion {
    /// How much a form of so many characters counts that begins with this one.
    fn prefix_factor(&self, form_chars: usize) -> f32 {
        PREFIX * self.form.chars().count() as f32 / form_chars.max(1) as f32
    }

    /// How much a form counts that is so many edits away.
    fn misspelt_factor(distance: u8) -> f32 {
        usize::from(distance).checked_sub(1).and_then(|d| MISSPELT.get(d)).copied().unwrap_or(1.0)
    }
}

/// A term that counts, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Variant {
    /// 1 for the word itself.
    pub factor: f32,
    /// Points that have it.
    pub points: u64,
}

/// The terms that a word of a query stands for in one field.
#[derive(Debug, Clone, Default)]
pub struct Variants {
    /// By term. No map: it would bring its code into the WebAssembly module, and there are few.
    terms: Vec<(String, Variant)>,
}

impl Variants {
    /// Those of the word itself.
    pub fn new(word: &Expansion) -> Self {
        let mut variants = Self::default();
        variants.add(word.term.clone(), 1.0, 0);
        variants
    }

    #[inline(never)]
    fn add(&mut self, term: String, factor: f32, points: u64) {
        let place = self.terms.partition_point(|(other, _)| *other < term);
        match self.terms.get_mut(place).filter(|(other, _)| *other == term) {
            Some((_, variant)) => {
                variant.points += points;
                if factor > variant.factor {
                    variant.factor = factor;
                }
            }
            None => self.terms.insert(place, (term, Variant { factor, points })),
        }
    }

    /// Adds those that an index has.
    #[inline(never)]
    pub fn gather(&mut self, index: &TextIndex<'_>, word: &Expansion) {
        // Terms with the factors that they have as one form and another.
        let mut found: Vec<Key> = Vec::new();
        let mut find =
            |term: u32, factor: f32| found.push((u64::from(term) << 32 | u64::from(!factor.to_bits()), term));
        if let Some(term) = index.terms.find(&word.term) {
            find(term, 1.0);
        }
        let forms = index.forms();
        if word.prefix {
            let range = forms.beginning_with(&word.form);
            let mut walk = forms.walk(range.start);
            for form in range {
                if walk.advance().is_none() {
                    break;
                }
                let chars = walk.word.iter().filter(|&&b| b & 0xc0 != 0x80).count();
                find(index.term_of(form), word.prefix_factor(chars));
            }
        }
        if word.edits > 0 {
            each_near(&forms, &word.form, word.edits, |form, distance| {
                find(index.term_of(form), Expansion::misspelt_factor(distance));
            });
        }
        // Factors are positive, so their bits are in their order: the best of each term comes first.
        sort_keys(&mut found);
        found.dedup_by_key(|f| f.1);
        let factor = |key: Key| f32::from_bits(!(key.0 as u32));
        let points = |term: u32| u64::from(index.postings.points(term));
        if found.len() > MAX_VARIANTS {
            sort_by_rank(&mut found, |&key| u64::from(factor(key) < 1.0) << 32 | u64::from(!(points(key.1) as u32)));
            found.truncate(MAX_VARIANTS);
        }
        for key in found {
            if let Some(text) = index.terms.get(key.1) {
                self.add(text, factor(key), points(key.1));
            }
        }
    }

    /// Adds those of a point that is in no index; with `counts`, as one point more that has them.
    #[inline(never)]
    pub fn gather_words(&mut self, words: &Words, word: &Expansion, fuzzy: &mut Fuzzy, counts: bool) {
        let mut seen: Vec<&str> = Vec::new();
        for other in words.iter() {
            let factor = if other.term == word.term {
                1.0
            } else if word.prefix && other.form.starts_with(word.form.as_str()) {
                word.prefix_factor(other.form.chars().count())
            } else {
                let near = word.edits > 0 && other.form.chars().next() == word.form.chars().next();
                let distance = if near { fuzzy.within(other.form) } else { None };
                distance.map_or(0.0, Expansion::misspelt_factor)
            };
            if factor > 0.0 {
                let once = counts && !seen.contains(&other.term);
                self.add(other.term.into(), factor, u64::from(once));
                seen.push(other.term);
            }
        }
    }

    /// The terms to look up: the word itself, and of the others those that most points have.
    pub fn chosen(self) -> Vec<(String, Variant)> {
        let mut all = self.terms;
        if all.len() > MAX_VARIANTS {
            sort_by_rank(&mut all, |(_, v)| u64::from(v.factor < 1.0) << 63 | (!v.points & (u64::MAX >> 1)));
            all.truncate(MAX_VARIANTS);
        }
        all
    }
}
