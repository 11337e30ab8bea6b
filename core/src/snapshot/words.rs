//! What the analyzer of each field makes of a query's words, and where they stand in a hit.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::matching::Matching;
use crate::bm25::Expansion;
use crate::error::{Code, Error, Result};
use crate::ingest::texts_of;
use crate::limits::{MAX_FUZZY_WORDS, MAX_MATCH_WORDS};
use crate::model::{ByName, Highlight, Match, MatchMode, Payload, Schema};
use crate::order::sort_by_rank;
use crate::text::{Analyzer, Fuzzy, Kind, edits_allowed};

/// A query's words as one field sees them.
pub(super) struct FieldWords {
    /// Which of the schema's text fields.
    pub(super) position: usize,
    name: String,
    pub(super) boost: f32,
    analyzer: Analyzer,
    pub(super) words: Vec<QueryWord>,
}

/// One of the words.
pub(super) struct QueryWord {
    /// Its position in the query.
    pub(super) place: u32,
    /// How often the query says it.
    pub(super) count: u32,
    pub(super) expansion: Expansion,
}

/// The words for each of the fields that a query names, or for all.
#[inline(never)]
pub(super) fn words_of(schema: &Schema, query: &Match) -> Result<Vec<FieldWords>> {
    let known: Vec<&String> = schema.text.keys().collect();
    if known.is_empty() {
        return Err(Error::new(
            Code::InvalidQuery,
            "this collection has no text fields, so it cannot be asked with \"match\"; declare some in the schema under \"text\"",
        ));
    }
    if let Some(other) = query.fields.iter().flat_map(|f| f.keys()).find(|name| !schema.text.contains_key(*name)) {
        return Err(Error::new(Code::UnknownField, format!("no text field {other:?}; this collection has {known:?}")));
    }
    let is_wanted = |name: &String| query.fields.as_ref().is_none_or(|names| names.contains_key(name));
    let fields = schema.text.iter().enumerate().filter(|(_, (name, _))| is_wanted(name));
    Ok(fields
        .map(|(position, (name, field))| {
            let analyzer = Analyzer::new(field.language, field.stop_words);
            let words = expansions(&analyzer, query);
            let boost = query.fields.as_ref().and_then(|names| *names.get(name)?).unwrap_or(field.boost);
            FieldWords { position, name: name.clone(), boost, analyzer, words }
        })
        .collect())
}

#[inline(never)]
fn expansions(analyzer: &Analyzer, query: &Match) -> Vec<QueryWord> {
    let is_phrase = query.mode == MatchMode::Phrase;
    let mut words: Vec<QueryWord> = Vec::new();
    let mut last = None;
    let mut seen = 0;
    analyzer.analyze(&query.query, |token| {
        // The pair before the last character of a run has it already.
        if token.kind == Kind::Tail || seen >= MAX_MATCH_WORDS {
            return;
        }
        seen += 1;
        let known = words.iter().position(|w| w.expansion.form == token.form).filter(|_| !is_phrase);
        last = Some((known.unwrap_or(words.len()), token.range.end));
        if let Some(word) = known.and_then(|index| words.get_mut(index)) {
            word.count += 1;
            return;
        }
        let is_fuzzy = query.fuzzy && !is_phrase && token.kind == Kind::Word && words.len() < MAX_FUZZY_WORDS;
        let expansion = Expansion {
            form: token.form.into(),
            term: token.term.into(),
            prefix: token.kind == Kind::Single && !is_phrase,
            edits: if is_fuzzy { edits_allowed(token.form.chars().count()) } else { 0 },
        };
        words.push(QueryWord { place: token.position, count: 1, expansion });
    });
    // What is followed by something is finished.
    let unfinished = last.filter(|&(_, end)| query.prefix && !is_phrase && end == query.query.len());
    if let Some(word) = unfinished.and_then(|(index, _)| words.get_mut(index)) {
        word.expansion.prefix = true;
    }
    words
}

impl Matching {
    /// Where the words stand in a payload, by field.
    pub(super) fn add_highlights(&self, payload: &Payload, all: &mut ByName<Vec<Highlight>>) -> Result<()> {
        for field in &self.fields {
            let mut found = Vec::new();
            for (item, text) in (0..).zip(texts_of(payload, &field.name)?) {
                field.highlight(item, text, &mut found);
            }
            if found.is_empty() {
                continue;
            }
            match all.get_mut(&field.name) {
                Some(others) => unite(others, found),
                None => drop(all.insert(field.name.clone(), found)),
            }
        }
        Ok(())
    }
}

/// Adds ranges that another text of the query found; those that meet become one.
fn unite(all: &mut Vec<Highlight>, more: Vec<Highlight>) {
    all.extend(more);
    sort_by_rank(all, |h| u64::from(h.item) << 32 | u64::from(h.start));
    all.dedup_by(|next, last| {
        let meets = next.item == last.item && next.start <= last.end;
        if meets {
            last.end = last.end.max(next.end);
        }
        meets
    });
}

impl FieldWords {
    #[inline(never)]
    fn highlight(&self, item: u32, text: &str, found: &mut Vec<Highlight>) {
        let mut fuzzy: Vec<Fuzzy> =
            self.words.iter().map(|w| Fuzzy::new(&w.expansion.form, w.expansion.edits)).collect();
        // UTF-16 units are counted once from the beginning to the end.
        let (mut bytes, mut units) = (0, 0u32);
        self.analyzer.analyze(text, |token| {
            let is_meant = self.words.iter().zip(&mut fuzzy).any(|(word, fuzzy)| {
                let word = &word.expansion;
                let begins = word.prefix && token.form.starts_with(word.form.as_str());
                let is_near = || word.edits > 0 && token.form.chars().next() == word.form.chars().next();
                token.term == word.term || begins || (is_near() && fuzzy.within(token.form).is_some())
            });
            if !is_meant {
                return;
            }
            let units_of = |from, to| text.get(from..to).unwrap_or_default().encode_utf16().count() as u32;
            // Pairs overlap, so the next one may begin before the last one ended.
            if token.range.start < bytes {
                (bytes, units) = (0, 0);
            }
            let start = units + units_of(bytes, token.range.start);
            let end = start + units_of(token.range.start, token.range.end);
            (bytes, units) = (token.range.start, start);
            match found.last_mut().filter(|last| last.item == item && last.end >= start) {
                Some(last) => last.end = last.end.max(end),
                None => found.push(Highlight { item, start, end }),
            }
        });
    }
}
