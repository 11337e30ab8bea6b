//! The score of a point for a text of `match`, and whether it matches at all.

use std::cmp::Reverse;
use std::ops::Range;

use super::texts::{Analyzed, Counts, Text, Token};
use super::typed::{Dictionary, Mode, TypedQuery, TypedWord, Variant};

const K1: f32 = 1.2;
const B: f32 = 0.75;
const UNIT: f32 = 65_536.0;
/// Tokens of a variant in a field that are looked at.
const MOST_TOKENS: usize = 255;
/// Texts of a field that may be whole ones.
const MOST_TEXTS: usize = 255;

/// What the rounding of eight operations on 32-bit floats may come to, beside the result.
const ROUNDING: f64 = 1e-6;
/// As many times the operations where a word counts as much as others that are as rare.
const BROUGHT: f64 = 4.0;

/// Between which bounds a score may lie.
///
/// The definition rounds down what 32-bit floats give. Where that is next to a whole number, another order of the
/// operations may round to its neighbour: one step of 1/65,536 for each `adds`. All that is made of these grows with
/// each of them, so the scores of the least and of the greatest `adds` that there may be are the bounds. Nearly
/// always they are one number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) least: f32,
    pub(crate) most: f32,
}

/// One text of `match`, and what it is asked of.
pub(crate) struct Words<'t> {
    pub(crate) query: &'t TypedQuery,
    pub(crate) dictionary: &'t Dictionary,
}

impl Words<'_> {
    pub(crate) fn bounds(&self, point: &Analyzed<'_>) -> Bounds {
        let score = |error: f64| self.units(point, error) as f32 / UNIT;
        Bounds { least: score(-ROUNDING), most: score(ROUNDING) }
    }

    pub(crate) fn matches(&self, point: &Analyzed<'_>) -> bool {
        let complies = |(query, is_wanted): &(TypedQuery, bool)| Words { query, ..*self }.matches(point) == *is_wanted;
        if !self.query.demands.iter().all(complies) {
            return false;
        }
        let words = &self.query.words;
        let has = |word: &TypedWord| {
            let fields = self.query.fields.iter().enumerate();
            fields.into_iter().any(|(asked, (field, _))| tokens(&point.fields[*field]).any(|t| word.has(asked, t)))
        };
        match self.query.mode {
            Mode::All if words.iter().any(TypedWord::is_required) => {
                words.iter().filter(|word| word.is_required()).all(has)
            }
            Mode::Any => words.iter().filter(|word| has(word)).count() >= self.query.least,
            Mode::All => words.iter().any(has),
            Mode::Phrase => {
                let mut fields = self.query.fields.iter().enumerate();
                fields.any(|(asked, (field, _))| self.has_phrase(asked, &point.fields[*field]))
            }
        }
    }

    /// Whether in one text all words that the field asks for stand in their places relative to each other. Where the
    /// mode is `phrase`, there are no variants but those that may stand in one.
    fn has_phrase(&self, asked: usize, texts: &[Text]) -> bool {
        !self.phrases(asked, texts).is_empty()
    }

    /// Where phrases begin: in which text, and where in it the first word that the field asks for.
    fn phrases(&self, asked: usize, texts: &[Text]) -> Vec<(usize, usize)> {
        let places = self.places(asked);
        let stands: Vec<_> = places.iter().map(|(place, word)| (*place, stands_at(word, asked, texts))).collect();
        let Some((first, starts)) = stands.first() else { return Vec::new() };
        let is_phrase = |(text, at): &&(usize, usize)| {
            stands.iter().all(|(place, stands)| stands.contains(&(*text, at + place - first)))
        };
        starts.iter().filter(is_phrase).copied().collect()
    }

    /// The bytes of a field's texts in which words of the query stand: in which text, and where in it.
    pub(crate) fn stands_in(&self, asked: usize, texts: &[Text]) -> Vec<(usize, Range<usize>)> {
        let places = self.places(asked);
        let mut ranges = Vec::new();
        let mut add = |text: usize, at: usize, word: &TypedWord| {
            let token = &texts[text].tokens[at];
            // A character of a script without spaces begins a pair, of which it alone was asked for.
            let single = texts[text].source[token.range.clone()].chars().next().map_or(0, char::len_utf8);
            let end = if word.is_single() { token.range.start + single } else { token.range.end };
            ranges.push((text, token.range.start..end));
        };
        if self.query.mode == Mode::Phrase {
            for (text, start) in self.phrases(asked, texts) {
                places.iter().for_each(|(place, word)| add(text, start + place - places[0].0, word));
            }
            return ranges;
        }
        for (text, tokens) in texts.iter().enumerate() {
            for (at, token) in tokens.tokens.iter().enumerate() {
                places.iter().filter(|(_, word)| word.has(asked, token)).for_each(|(_, word)| add(text, at, word));
            }
        }
        ranges
    }

    /// The places of the words that a field asks for, in order.
    fn places(&self, asked: usize) -> Vec<(usize, &TypedWord)> {
        let words = self.query.words.iter().filter(|word| word.is_asked_in(asked));
        let mut places: Vec<_> = words.flat_map(|word| word.places.iter().map(move |place| (*place, word))).collect();
        places.sort_by_key(|(place, _)| *place);
        places
    }

    /// The score in steps of 1/65,536, where each `adds` is by so much more before it is rounded.
    fn units(&self, point: &Analyzed<'_>, error: f64) -> i64 {
        let scores: Vec<i64> = self.query.words.iter().map(|word| self.word(word, point, error)).collect();
        let words = self.query.words.iter().zip(&scores).map(|(word, score)| word.said() * score).sum::<i64>();
        if self.query.places == 1 {
            return words;
        }
        let whole = if self.is_whole_text(point) { words / 2 } else { 0 };
        words + self.together(point, error) + whole
    }

    /// What a typed word counts over all fields.
    fn word(&self, word: &TypedWord, point: &Analyzed<'_>, error: f64) -> i64 {
        let fields = self.query.fields.iter().enumerate();
        let of_fields = fields.map(|(asked, (field, boost))| {
            let variants = word.variants[asked].iter().flatten();
            let counts = &self.dictionary.counts[*field];
            variants.map(|v| self.adds(v, &point.fields[*field], *boost, counts, error)).max().unwrap_or_default()
        });
        let of_fields: Vec<i64> = of_fields.collect();
        let best = of_fields.iter().max().copied().unwrap_or_default();
        best + (of_fields.iter().sum::<i64>() - best) / 4
    }

    fn adds(&self, variant: &Variant, texts: &[Text], boost: f32, counts: &Counts, error: f64) -> i64 {
        let looked_at = looked_at(variant, texts);
        let count = |text: usize| looked_at.iter().filter(|(at, _)| *at == text).count();
        let with_variant = (0..texts.len()).filter(|text| count(*text) > 0);
        let best = with_variant.min_by_key(|text| (kept_length(texts[*text].tokens.len()), Reverse(count(*text))));
        let Some(best) = best else { return 0 };
        let (length, count) = (texts[best].tokens.len(), count(best) as f64);
        let weight = variant.idf * variant.factor * boost * (K1 + 1.0) * UNIT;
        let (k1, b) = (f64::from(K1), f64::from(B));
        let beside_average = kept_length(length) as f64 / counts.average();
        let exact = f64::from(weight) * count / (count + k1 * (1.0 - b + b * beside_average));
        let error = if variant.is_brought { BROUGHT * error } else { error };
        let adds = ((exact * (1.0 + error)) as i64).max(1);
        if self.query.places == 1 && length == 1 { adds + adds / 2 } else { adds }
    }

    /// What is added for words that stand together.
    fn together(&self, point: &Analyzed<'_>, error: f64) -> i64 {
        let mut of_places = vec![0; self.query.places];
        for (asked, (field, _)) in self.query.fields.iter().enumerate() {
            let texts = &point.fields[*field];
            for pair in self.places(asked).windows(2) {
                let [(p, one), (q, other)] = [pair[0], pair[1]];
                let (ones, others) = (stands_at(one, asked, texts), stands_at(other, asked, texts));
                if ones.iter().any(|(text, at)| others.contains(&(*text, at + q - p))) {
                    let lesser = self.word(one, point, error).min(self.word(other, point, error));
                    of_places[p] = of_places[p].max(lesser / 2);
                }
            }
        }
        of_places.iter().sum()
    }

    fn is_whole_text(&self, point: &Analyzed<'_>) -> bool {
        let mut fields = self.query.fields.iter().enumerate();
        fields.any(|(asked, (field, _))| {
            let texts = &point.fields[*field];
            let places = self.places(asked);
            let stands: Vec<_> = places.iter().map(|(place, word)| (*place, stands_at(word, asked, texts))).collect();
            let is_whole = |text: &usize| stands.iter().all(|(place, at)| at.contains(&(*text, *place)));
            let mut texts =
                (0..texts.len().min(MOST_TEXTS)).filter(|text| texts[*text].tokens.len() == self.query.places);
            texts.any(|text| is_whole(&text))
        })
    }
}

/// The tokens of a typed word that are looked at for what stands together: in which text each stands, and where in it.
fn stands_at(word: &TypedWord, asked: usize, texts: &[Text]) -> Vec<(usize, usize)> {
    word.variants[asked].iter().flatten().flat_map(|variant| looked_at(variant, texts)).collect()
}

/// The tokens of a variant that are looked at: in which text each stands, and where in it.
fn looked_at(variant: &Variant, texts: &[Text]) -> Vec<(usize, usize)> {
    let of_text = |(text, tokens): (usize, &Text)| {
        let found = tokens.tokens.iter().enumerate().filter(|(_, token)| variant.has(token));
        found.map(|(at, _)| (text, at)).collect::<Vec<_>>()
    };
    texts.iter().enumerate().flat_map(of_text).take(MOST_TOKENS).collect()
}

fn tokens(texts: &[Text]) -> impl Iterator<Item = &Token> {
    texts.iter().flat_map(|text| &text.tokens)
}

/// The length of a text as far as it is told apart.
fn kept_length(tokens: usize) -> usize {
    if tokens <= 63 {
        return tokens;
    }
    let step = (1 << tokens.ilog2()) / 16;
    tokens / step * step
}
