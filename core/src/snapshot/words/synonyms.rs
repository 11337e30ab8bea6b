//! Texts that a query's text stands for: docs/ranking.md, "Synonyms".
//!
//! ```text
//! rules ── Rules::new ──> texts as an analyzer sees them ─┐
//! query's text ───────────────────────────────────────────┴─ alternatives ──> further texts, each searched for as if it stood alone
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::WordSearch;
use super::lookup::sort_texts;
use super::typed::asked_fields;
use super::weigh::points;
use crate::bm25::idf;
use crate::error::Result;
use crate::limits::{MAX_ALTERNATIVES, MAX_MATCH_WORDS};
use crate::model::{Language, Match, Schema, Synonym};
use crate::promised::Promised as _;
use crate::snapshot::scope::Scope;
use crate::text::Analyzer;

/// What brought words count at most of what was typed.
const BROUGHT: f32 = 0.9;

/// A text of a rule.
#[derive(Debug)]
struct Text {
    /// Which rule.
    rule: u32,
    /// Its terms, with spaces between them.
    terms: String,
    text: String,
    /// Whether it is found in what is typed.
    is_typed: bool,
    /// Whether it is searched for instead.
    is_brought: bool,
}

/// Rules as an analyzer sees them.
#[derive(Debug)]
struct Rules {
    /// By rule.
    texts: Vec<Text>,
    /// Numbers of those that may be typed, in the order of their terms.
    typed: Vec<u32>,
}

/// The rules of a schema, for each language of its text fields.
#[derive(Debug, Default)]
pub(in crate::snapshot) struct Synonyms(Vec<(Language, Rules)>);

impl Synonyms {
    pub(in crate::snapshot) fn new(schema: &Schema) -> Self {
        let mut all: Vec<(Language, Rules)> = Vec::new();
        for field in schema.text.values().filter(|_| !schema.synonyms.is_empty()) {
            if all.iter().all(|(language, _)| *language != field.language) {
                let analyzer = Analyzer::new(field.language, false);
                all.push((field.language, Rules::new(&schema.synonyms, &analyzer)));
            }
        }
        Self(all)
    }
}

/// A text that the typed one stands for.
pub(super) struct Alternative {
    pub(super) text: String,
    /// Bytes of the typed text, and of this one those that stand for them.
    pub(super) replaced: Vec<(Range<usize>, Range<usize>)>,
}

/// A place of the typed text, and what may stand there.
struct Replacement<'r> {
    bytes: Range<usize>,
    text: &'r str,
}

/// The texts that a query's text stands for besides itself.
#[inline(never)]
pub(super) fn alternatives(scope: &Scope<'_>, query: &Match) -> Result<Vec<Alternative>> {
    let schema = &scope.snapshot.schema;
    let fields = asked_fields(schema, query)?;
    let Some((_, _, field)) = fields.first() else { return Ok(Vec::new()) };
    let analyzer = Analyzer::new(field.language, false);
    let own = query.synonyms.as_ref().map(|rules| Rules::new(rules, &analyzer));
    let of_schema = || scope.snapshot.synonyms.0.iter().find(|(language, _)| *language == field.language);
    let Some(rules) = own.as_ref().or_else(|| of_schema().map(|(_, rules)| rules)) else { return Ok(Vec::new()) };
    let replacements = rules.replacements(&analyzer, &query.query);
    // Each goes on from one before it: with one place replaced, then with two, and so on.
    let mut chosen: Vec<Vec<&Replacement<'_>>> = alloc::vec![Vec::new()];
    let mut at = 0;
    while let Some(before) = chosen.get(at).cloned() {
        let end = before.last().map_or(0, |last| last.bytes.end);
        for replacement in replacements.iter().filter(|r| r.bytes.start >= end) {
            if chosen.len() < MAX_ALTERNATIVES {
                let mut next = before.clone();
                next.push(replacement);
                chosen.push(next);
            }
        }
        at += 1;
    }
    Ok(chosen.iter().skip(1).map(|chosen| Alternative::new(&query.query, chosen)).collect())
}

impl Alternative {
    fn new(typed: &str, chosen: &[&Replacement<'_>]) -> Self {
        let (mut text, mut replaced, mut from) = (String::new(), Vec::new(), 0);
        for Replacement { bytes, text: brought } in chosen {
            text.push_str(typed.get(from..bytes.start).promised());
            // With spaces around it is no part of another word, and what is followed by one is finished.
            text.push(' ');
            let start = text.len();
            text.push_str(brought);
            replaced.push((bytes.clone(), start..text.len()));
            text.push(' ');
            from = bytes.end;
        }
        text.push_str(typed.get(from..).promised());
        Self { text, replaced }
    }
}

impl Rules {
    fn new(rules: &[Synonym], analyzer: &Analyzer) -> Self {
        let mut texts = Vec::new();
        for (rule, Synonym { from, to }) in (0..).zip(rules) {
            let mut add = |text: &String, is_typed, is_brought| {
                let mut terms = String::new();
                analyzer.analyze(text, |token| add_term(&mut terms, token.term));
                texts.push(Text { rule, terms, text: text.clone(), is_typed, is_brought });
            };
            from.iter().for_each(|text| add(text, true, to.is_none()));
            to.iter().flatten().for_each(|text| add(text, false, true));
        }
        let typed = (0u32..).zip(&texts).filter(|(_, text)| text.is_typed && !text.terms.is_empty());
        let mut typed: Vec<(u32, &str)> = typed.map(|(number, text)| (number, text.terms.as_str())).collect();
        sort_texts(&mut typed);
        let typed = typed.into_iter().map(|(number, _)| number).collect();
        Self { texts, typed }
    }

    /// What may stand for places of a text: by place, the longest of those that begin with one word first, then by rule
    /// and text.
    fn replacements(&self, analyzer: &Analyzer, text: &str) -> Vec<Replacement<'_>> {
        let mut tokens: Vec<(Range<usize>, String)> = Vec::new();
        analyzer.analyze(text, |token| {
            if tokens.len() < MAX_MATCH_WORDS {
                tokens.push((token.range, token.term.into()));
            }
        });
        let mut all = Vec::new();
        for first in 0..tokens.len() {
            for (last, found) in self.beginning_at(&tokens, first).iter().rev() {
                let bytes_of = |at: usize| tokens.get(at).map_or(0..0, |(bytes, _)| bytes.clone());
                let bytes = bytes_of(first).start..bytes_of(*last).end;
                // Pairs of characters overlap: what begins or ends within one is no word.
                let is_part = first > 0 && bytes_of(first - 1).end > bytes.start;
                if is_part || tokens.get(last + 1).is_some_and(|(next, _)| next.start < bytes.end) {
                    continue;
                }
                for text in found.iter().filter_map(|&number| self.texts.get(number as usize)) {
                    self.add_others(text, &bytes, &mut all);
                }
            }
        }
        all
    }

    /// The texts that stand where this word is the first one, with the last word of each.
    fn beginning_at(&self, tokens: &[(Range<usize>, String)], first: usize) -> Vec<(usize, &[u32])> {
        let (mut all, mut terms) = (Vec::new(), String::new());
        let terms_of = |number: u32| self.texts.get(number as usize).map_or("", |text| text.terms.as_str());
        for (last, (_, term)) in tokens.iter().enumerate().skip(first) {
            add_term(&mut terms, term);
            let from = self.typed.partition_point(|&number| terms_of(number) < terms.as_str());
            let rest = self.typed.get(from..).promised();
            let equal = rest.partition_point(|&number| terms_of(number) == terms);
            let (found, longer) = rest.split_at_checked(equal).promised();
            if !found.is_empty() {
                all.push((last, found));
            }
            let goes_on = |&number: &u32| {
                let rest = terms_of(number).strip_prefix(terms.as_str());
                rest.is_some_and(|rest| rest.starts_with(' '))
            };
            if !longer.first().is_some_and(goes_on) {
                break;
            }
        }
        all
    }

    /// Adds the other texts of the rule, each once; more than alternatives are of no use.
    fn add_others<'r>(&'r self, typed: &Text, bytes: &Range<usize>, all: &mut Vec<Replacement<'r>>) {
        let from = self.texts.partition_point(|text| text.rule < typed.rule);
        let of_rule = self.texts.iter().skip(from).take_while(|text| text.rule == typed.rule);
        for other in of_rule.filter(|text| text.is_brought && !text.terms.is_empty() && text.terms != typed.terms) {
            let is_there = all.iter().any(|known| known.bytes == *bytes && known.text == other.text);
            if !is_there && all.len() + 1 < MAX_ALTERNATIVES {
                all.push(Replacement { bytes: bytes.clone(), text: &other.text });
            }
        }
    }
}

fn add_term(terms: &mut String, term: &str) {
    if !terms.is_empty() {
        terms.push(' ');
    }
    terms.push_str(term);
}

impl WordSearch {
    /// Makes words that an alternative brings count less than the typed ones for which they stand.
    pub(super) fn count_less(&mut self, scope: &Scope<'_>, typed: &Self, replaced: &[(Range<usize>, Range<usize>)]) {
        let points = points(scope);
        let mut shares = alloc::vec![1.0; self.asked.words.len()];
        for (typed_bytes, brought) in replaced {
            let (typed, here) = (typed.rarity(typed_bytes, points), self.rarity(brought, points));
            let share = BROUGHT * if here > typed { typed / here } else { 1.0 };
            for &(_, word) in self.said.iter().filter(|(start, _)| brought.contains(start)) {
                let lesser = |other: &mut f32| *other = if share < *other { share } else { *other };
                shares.get_mut(word as usize).into_iter().for_each(lesser);
            }
        }
        for weighed in &mut self.weights.all {
            let share = shares.get(weighed.word as usize).copied().unwrap_or(1.0);
            weighed.weight = weighed.weight.times(share);
        }
    }

    /// How much the words in these bytes of the text may count together: their own parts, and half of the lesser of
    /// each two that follow each other.
    fn rarity(&self, bytes: &Range<usize>, points: u64) -> f32 {
        let (mut sum, mut last) = (0.0, 0.0);
        for &(_, word) in self.said.iter().filter(|(start, _)| bytes.contains(start)) {
            let is_asked = self.fields.iter().any(|field| matches!(field.words.get(word as usize), Some(Some(_))));
            let Some(&with) = self.weights.points.get(word as usize).filter(|_| is_asked) else { continue };
            let here = idf(points, with);
            sum += here + if here < last { here } else { last } / 2.0;
            last = here;
        }
        sum
    }
}
