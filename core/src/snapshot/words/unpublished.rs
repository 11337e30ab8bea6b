//! Points that are in no segment, scored word by word.

use alloc::vec::Vec;
use core::cell::RefCell;

use super::WordSearch;
use crate::bm25::{Evidence, MAX_OCCURRENCES, best_text};
use crate::ingest::PreparedPoint;

/// Memory that all points share: also, for each of the weighed texts, where the point has it.
#[derive(Default)]
pub(super) struct Scratch(RefCell<(Evidence, Vec<Vec<u32>>)>);

impl WordSearch {
    /// What an unpublished point gets by the best alternative; none when it does not match.
    pub(super) fn sum_of(&self, point: &PreparedPoint) -> Option<u32> {
        self.each().filter_map(|search| search.sum_alone(point)).max()
    }

    /// The same by this one alone. Complexity: a look at each of its words.
    #[inline(never)]
    pub(super) fn sum_alone(&self, point: &PreparedPoint) -> Option<u32> {
        // Where there are none nothing else says so to the compiler: it does not look into iterators that are empty.
        if !cfg!(feature = "changes") {
            return None;
        }
        if self.demands.as_ref().is_some_and(|demands| !demands.allows_unpublished(point)) {
            return None;
        }
        let Self { fields, asked, weights, lookup, scratch, .. } = self;
        let (evidence, found) = &mut *scratch.0.borrow_mut();
        found.resize_with(weights.all.len(), Vec::new);
        found.iter_mut().for_each(Vec::clear);
        for (number, field) in fields.iter().enumerate() {
            for word in point.texts.get(field.position).iter().flat_map(|words| words.iter()) {
                lookup.each(weights, number, [word.form, word.term], |at, _| {
                    if let Some(positions) = found.get_mut(at)
                        && positions.len() < MAX_OCCURRENCES as usize
                    {
                        positions.push(word.position);
                    }
                });
            }
        }
        evidence.begin(asked);
        let ends_of = |field: u32| {
            let words = fields.get(field as usize).and_then(|field| point.texts.get(field.position));
            words.map_or(&[][..], |words| words.ends())
        };
        for (weighed, positions) in weights.all.iter().zip(&*found).filter(|(_, positions)| !positions.is_empty()) {
            let table = weights.lengths.get(weighed.field as usize).map_or(&[][..], Vec::as_slice);
            let (count, code) = best_text(positions.iter().copied(), ends_of(weighed.field));
            evidence.add(weighed.word, weighed.field, weighed.weight.adds(count, code, table));
            positions.iter().for_each(|&p| evidence.place(weighed.word, weighed.field, p));
        }
        evidence.total(asked, &mut |field, ends| {
            ends.extend(ends_of(field).iter().take(MAX_OCCURRENCES as usize));
        })
    }
}
