//! Fragments of a hit's texts around the query's words.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::ops::Range;

use super::clauses::Clauses;
use super::scope::Scope;
use super::words::{Cut, TextPlace, text_field};
use crate::capabilities::HasWords;
use crate::error::Result;
use crate::ingest::texts_of;
use crate::model::{ByName, Payload, Snippet, TextRange};
use crate::order::sort_by_rank;
use crate::promised::Promised as _;
use crate::text::Analyzer;

/// Which fragments a query wants.
pub(super) struct Snippeter {
    fields: Vec<(String, Analyzer)>,
    chars: u32,
    count: usize,
    _has: HasWords,
}

impl Snippeter {
    /// Checks the fields, if the query wants fragments.
    pub(super) fn new(scope: &Scope<'_>, clauses: &Clauses) -> Result<Option<Self>> {
        let Some(wanted) = &scope.query.snippets else { return Ok(None) };
        let _has = HasWords::check()?;
        let schema = &scope.snapshot.schema;
        let mut fields = Vec::new();
        for name in wanted.fields.iter().flatten() {
            fields.push((name.clone(), text_field(schema, name)?));
        }
        let searched = |name: &str| clauses.words().next().is_none() || clauses.words().any(|words| words.asks(name));
        if wanted.fields.is_none() {
            for name in schema.text.keys().filter(|name| searched(name)) {
                fields.push((name.clone(), text_field(schema, name)?));
            }
        }
        Ok(Some(Self { fields, chars: wanted.chars(), count: wanted.count(), _has }))
    }

    /// The fragments of a payload, by field.
    pub(super) fn of(&self, payload: &Payload, clauses: &Clauses) -> Result<ByName<Vec<Snippet>>> {
        let mut all = ByName::new();
        for (name, analyzer) in &self.fields {
            let texts = texts_of(payload, name)?;
            let mut cuts: Vec<(Cut<'_>, Vec<TextPlace>)> = Vec::with_capacity(texts.len());
            for text in &texts {
                let places = places(clauses, name, text);
                cuts.push((Cut::new(text, analyzer, &places), places));
            }
            let mut snippets = Vec::new();
            while snippets.len() < self.count
                && let Some(snippet) = self.next(&texts, &mut cuts)
            {
                snippets.push(snippet);
            }
            if snippets.is_empty() {
                let first = (0..).zip(&texts).zip(&cuts).find(|((_, text), _)| !text.trim().is_empty());
                snippets
                    .extend(first.map(|((item, text), (cut, _))| snippet(item, text, cut.beginning(self.chars), &[])));
            }
            if !snippets.is_empty() {
                all.insert(name.clone(), snippets);
            }
        }
        Ok(all)
    }

    /// The best of all texts that is left.
    fn next(&self, texts: &[&str], cuts: &mut [(Cut<'_>, Vec<TextPlace>)]) -> Option<Snippet> {
        let mut best = None;
        for (item, (cut, _)) in cuts.iter().enumerate() {
            if let Some(here) = cut.best(self.chars)
                && best.is_none_or(|(_, before)| here.beats(&before))
            {
                best = Some((item, here));
            }
        }
        let (item, best) = best?;
        let (cut, places) = cuts.get_mut(item)?;
        let bytes = cut.take(best, self.chars);
        Some(snippet(item as u32, texts.get(item)?, bytes, places))
    }
}

/// Where the words of all texts of a query stand in a text of a field, in order.
fn places(clauses: &Clauses, field: &str, text: &str) -> Vec<TextPlace> {
    let (mut all, mut before) = (Vec::new(), 0);
    for words in clauses.words() {
        words.each_place(field, text, &mut |word, bytes| all.push(TextPlace { word: before + word, bytes }));
        before += words.len();
    }
    sort_by_rank(&mut all, |place| place.bytes.start as u64);
    all
}

fn snippet(item: u32, text: &str, bytes: Range<usize>, places: &[TextPlace]) -> Snippet {
    let part = |range: Range<usize>| text.get(range).promised();
    let units = |range: Range<usize>| part(range).encode_utf16().count() as u32;
    let mut highlights: Vec<TextRange> = Vec::new();
    let (mut counted, mut before) = (bytes.start, 0);
    // Of pairs of characters a fragment may have the second one only.
    for place in places.iter().filter(|place| place.bytes.start < bytes.end && place.bytes.end > bytes.start) {
        let start = place.bytes.start.max(bytes.start);
        before += units(counted..start);
        counted = start;
        let end = before + units(start..place.bytes.end.min(bytes.end));
        match highlights.last_mut().filter(|last| before <= last.end) {
            Some(last) => last.end = last.end.max(end),
            None => highlights.push(TextRange { start: before, end }),
        }
    }
    let has_words = |range: Range<usize>| !part(range).trim().is_empty();
    Snippet {
        item,
        start: units(0..bytes.start),
        text: part(bytes.clone()).to_string(),
        highlights,
        cut_before: has_words(0..bytes.start),
        cut_after: has_words(bytes.end..text.len()),
    }
}
