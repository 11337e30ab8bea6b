//! From a token of a text to what it stands for.

use alloc::vec::Vec;

use super::weigh::{Weighed, Weights};
use crate::order::sort_by_rank;
use crate::promised::Promised as _;

/// The weighed texts by field and text.
pub(super) struct Lookup {
    /// For each asked field, numbers of forms and of terms, in the order of their texts.
    by_field: Vec<[Vec<u32>; 2]>,
}

impl Lookup {
    pub(super) fn new(weights: &Weights, fields: usize) -> Self {
        let of_field = |field: usize| {
            [false, true].map(|is_term| {
                let numbered = (0u32..).zip(&weights.all);
                let here = numbered.filter(|(_, w)| w.field as usize == field && w.is_term == is_term);
                let mut here: Vec<(u32, &str)> = here.map(|(number, w)| (number, w.text.as_str())).collect();
                sort_texts(&mut here);
                here.into_iter().map(|(number, _)| number).collect()
            })
        };
        Self { by_field: (0..fields).map(of_field).collect() }
    }

    /// Calls `with` with all that a token of a field stands for, and its number.
    pub(super) fn each<'w>(
        &self,
        weights: &'w Weights,
        field: usize,
        [form, term]: [&str; 2],
        mut with: impl FnMut(usize, &'w Weighed),
    ) {
        let Some(lists) = self.by_field.get(field) else { return };
        for (numbers, text) in lists.iter().zip([form, term]) {
            let text_of = |number: u32| weights.all.get(number as usize).map_or("", |w| w.text.as_str());
            let first = numbers.partition_point(|&number| text_of(number) < text);
            for &number in numbers.get(first..).promised().iter().take_while(|&&n| text_of(n) == text) {
                if let Some(weighed) = weights.all.get(number as usize) {
                    with(number as usize, weighed);
                }
            }
        }
    }
}

/// Sorts numbered texts by text.
pub(super) fn sort_texts(texts: &mut Vec<(u32, &str)>) {
    let mut order: Vec<&str> = texts.iter().map(|(_, text)| *text).collect();
    order.sort_unstable();
    sort_by_rank(texts, |(_, text)| order.partition_point(|other| other < text) as u64);
}
