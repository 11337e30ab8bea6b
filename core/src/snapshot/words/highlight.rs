//! Where a query's words stand in a hit.

use alloc::vec::Vec;
use core::ops::Range;

use super::WordSearch;
use crate::bm25::Demand;
use crate::error::Result;
use crate::ingest::texts_of;
use crate::model::{ByName, Highlight, Payload};
use crate::order::sort_by_rank;
use crate::promised::Promised as _;
use crate::text::Kind;

/// A token of a text that stands for a typed word.
struct Mark {
    word: u32,
    position: u32,
    range: Range<usize>,
}

impl WordSearch {
    /// Adds where the words stand in a payload, those of alternatives too, by field.
    pub(in crate::snapshot) fn add_highlights(
        &self,
        payload: &Payload,
        all: &mut ByName<Vec<Highlight>>,
    ) -> Result<()> {
        self.each().try_for_each(|search| search.add_alone_highlights(payload, all))
    }

    fn add_alone_highlights(&self, payload: &Payload, all: &mut ByName<Vec<Highlight>>) -> Result<()> {
        for (number, field) in self.fields.iter().enumerate() {
            let mut found = Vec::new();
            for (item, text) in (0..).zip(texts_of(payload, &field.name)?) {
                add_ranges(item, text, &self.marks(number, text), &mut found);
            }
            if found.is_empty() {
                continue;
            }
            match all.get_mut(&field.name) {
                Some(others) => {
                    others.extend(found);
                    unite(others);
                }
                None => drop(all.insert(field.name.clone(), found)),
            }
        }
        Ok(())
    }

    /// Whether it searches a field.
    pub(in crate::snapshot) fn asks(&self, field: &str) -> bool {
        self.fields.iter().any(|asked| asked.name == field)
    }

    /// Its words, those of each alternative by themselves.
    pub(in crate::snapshot) fn len(&self) -> u32 {
        self.each().map(|search| search.asked.words.len() as u32).sum()
    }

    /// Calls `with` with each word and where it stands in a text of a field. What an alternative finds where one before
    /// it found something is the same word.
    pub(in crate::snapshot) fn each_place(&self, field: &str, text: &str, with: &mut dyn FnMut(u32, Range<usize>)) {
        let Some(number) = self.fields.iter().position(|asked| asked.name == field) else { return };
        let key = |range: &Range<usize>| (range.start as u64) << 32 | range.end as u64;
        let (mut known, mut before) = (Vec::new(), 0);
        for search in self.each() {
            let mut found = Vec::new();
            for Mark { word, range, .. } in search.marks(number, text) {
                if known.binary_search(&key(&range)).is_err() {
                    found.push(key(&range));
                    with(before + word, range);
                }
            }
            if self.has_alternatives() {
                known.append(&mut found);
                sort_by_rank(&mut known, |&key| key);
            }
            before += search.asked.words.len() as u32;
        }
    }

    /// The tokens of a text that the query finds, in their order.
    #[inline(never)]
    fn marks(&self, number: usize, text: &str) -> Vec<Mark> {
        let Some(field) = self.fields.get(number) else { return Vec::new() };
        let mut marks = Vec::new();
        field.analyzer.analyze(text, |token| {
            self.lookup.each(&self.weights, number, [token.form, token.term], |_, weighed| {
                let typed = field.words.get(weighed.word as usize).and_then(Option::as_ref);
                // Of a pair that a single character begins, only that was searched for.
                let is_part = token.kind == Kind::Pair && typed.is_some_and(|typed| typed.form.chars().count() == 1);
                let first = || text.get(token.range.clone()).and_then(|pair| pair.chars().next()).map(char::len_utf8);
                let length = if is_part { first() } else { None };
                let end = length.map_or(token.range.end, |length| token.range.start + length);
                marks.push(Mark { word: weighed.word, position: token.position, range: token.range.start..end });
            });
        });
        if self.asked.demand == Demand::Phrase {
            self.keep_phrases(number, &mut marks);
        }
        marks
    }

    /// Keeps what belongs to a place where all words stand one after the other.
    fn keep_phrases(&self, number: usize, marks: &mut Vec<Mark>) {
        let sequence = self.asked.fields.get(number).map_or(&[][..], |field| &field.sequence);
        let Some(&(first, at)) = sequence.first() else { return marks.clear() };
        let stands = |word: u32, position: u32| marks.iter().any(|m| m.word == word && m.position == position);
        let is_begin = |begin: u32| sequence.iter().all(|&(word, place)| stands(word, begin + (place - at)));
        let begins: Vec<u32> =
            marks.iter().filter(|m| m.word == first && is_begin(m.position)).map(|m| m.position).collect();
        let belongs = |mark: &Mark| {
            let of_word = sequence.iter().filter(|&&(word, _)| word == mark.word);
            of_word
                .map(|&(_, place)| place - at)
                .any(|p| mark.position.checked_sub(p).is_some_and(|b| begins.contains(&b)))
        };
        let kept: Vec<bool> = marks.iter().map(belongs).collect();
        let mut kept = kept.into_iter();
        marks.retain(|_| kept.next().promised());
    }
}

/// Adds marks as ranges of UTF-16 units.
fn add_ranges(item: u32, text: &str, marks: &[Mark], found: &mut Vec<Highlight>) {
    // Units are counted once from the beginning to the end.
    let (mut bytes, mut units) = (0, 0u32);
    let units_of = |from, to| text.get(from..to).promised().encode_utf16().count() as u32;
    for mark in marks {
        // Pairs overlap, so the next one may begin before the last one ended.
        if mark.range.start < bytes {
            (bytes, units) = (0, 0);
        }
        let start = units + units_of(bytes, mark.range.start);
        let end = start + units_of(mark.range.start, mark.range.end);
        (bytes, units) = (mark.range.start, start);
        found.push(Highlight { item, start, end });
    }
    unite(found);
}

/// Sorts ranges; those that meet become one.
fn unite(all: &mut Vec<Highlight>) {
    sort_by_rank(all, |h| u64::from(h.item) << 32 | u64::from(h.start));
    all.dedup_by(|next, last| {
        let meets = next.item == last.item && next.start <= last.end;
        if meets {
            last.end = last.end.max(next.end);
        }
        meets
    });
}
