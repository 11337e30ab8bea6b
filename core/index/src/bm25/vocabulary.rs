//! The vocabulary of the texts so far, while an index is built.
//!
//! A word is looked up by a hash, because trees compare a word with twenty others: that was a third of building. Where
//! a hash meets too many others, which only words made for it do, a tree takes over.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::gathered::Gathered;
use crate::mix::splitmix64;

/// Places that are looked at for a word.
const PROBES: usize = 16;
/// Places at the beginning; there are always twice as many as words, at least.
const FIRST: usize = 1024;

/// A form, its terms and their lists: spellings that fold to the same may have different stems.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) form: String,
    pub(super) terms: Vec<(String, Gathered)>,
}

/// Where a form's term is: the form's number and the term's.
pub(super) type Place = (u32, u32);

/// A place of the table: a part of the hash, and the number of a form plus one.
type Slot = (u32, u32);

/// All forms, numbered in the order in which they first occurred.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    forms: Vec<Form>,
    slots: Vec<Slot>,
    others: BTreeMap<String, u32>,
}

impl Vocabulary {
    /// Where a form and its term are, from now on.
    pub(super) fn place(&mut self, form: &str, term: &str) -> Place {
        let number = self.find(form).unwrap_or_else(|| self.add(form));
        let Some(Form { terms, .. }) = self.forms.get_mut(number as usize) else { return (number, 0) };
        let at = terms.iter().position(|(other, _)| other == term).unwrap_or_else(|| {
            terms.push((term.into(), Gathered::default()));
            terms.len() - 1
        });
        (number, at as u32)
    }

    /// The list at a place.
    pub(super) fn list(&mut self, (number, at): Place) -> Option<&mut Gathered> {
        Some(&mut self.forms.get_mut(number as usize)?.terms.get_mut(at as usize)?.1)
    }

    /// All forms, ascending.
    pub(super) fn into_sorted(mut self) -> Vec<Form> {
        self.forms.sort_unstable_by(|a, b| a.form.cmp(&b.form));
        self.forms
    }

    fn find(&self, form: &str) -> Option<u32> {
        let hash = hash(form);
        for slot in self.places(hash) {
            match self.slots.get(slot) {
                Some(&(part, number)) if number > 0 => {
                    let is_it = part == hash as u32 && self.forms.get(number as usize - 1)?.form == form;
                    if is_it {
                        return Some(number - 1);
                    }
                }
                _ => return None,
            }
        }
        self.others.get(form).copied()
    }

    fn add(&mut self, form: &str) -> u32 {
        let number = self.forms.len() as u32;
        self.forms.push(Form { form: form.into(), terms: Vec::new() });
        if self.slots.len() < 2 * self.forms.len() {
            self.slots = alloc::vec![(0, 0); (2 * self.slots.len()).max(FIRST)];
            self.others.clear();
            (0..=number).for_each(|number| self.put(number));
        } else {
            self.put(number);
        }
        number
    }

    /// Gives a form a place that is free.
    fn put(&mut self, number: u32) {
        let Some(Form { form, .. }) = self.forms.get(number as usize) else { return };
        let hash = hash(form);
        let free = self.places(hash).find(|&slot| self.slots.get(slot).is_some_and(|slot| slot.1 == 0));
        match free.and_then(|slot| self.slots.get_mut(slot)) {
            Some(slot) => *slot = (hash as u32, number + 1),
            None => drop(self.others.insert(form.clone(), number)),
        }
    }

    /// Where a hash may be.
    fn places(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().wrapping_sub(1);
        (0..PROBES).map(move |probe| ((hash >> 32) as usize).wrapping_add(probe) & mask)
    }
}

fn hash(word: &str) -> u64 {
    let (eights, rest) = word.as_bytes().as_chunks::<8>();
    let hash = eights.iter().fold(word.len() as u64, |hash, eight| splitmix64(hash ^ u64::from_le_bytes(*eight)));
    splitmix64(hash ^ rest.iter().fold(0, |last, &byte| last << 8 | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_form_and_term_has_one_place(words in prop::collection::vec(("[a-c]{0,12}", "[a-b]{1,2}"), 0..400)) {
            let (mut vocabulary, mut twin) = (Vocabulary::default(), BTreeMap::<(&str, &str), Vec<u32>>::new());
            for (ordinal, (form, term)) in (0..).zip(&words) {
                let place = vocabulary.place(form, term);
                vocabulary.list(place).unwrap().push(ordinal, core::iter::once(0));
                twin.entry((form, term)).or_default().push(ordinal);
            }
            let sorted = vocabulary.into_sorted();
            prop_assert!(sorted.is_sorted_by(|a, b| a.form < b.form));
            let mut left = twin;
            for Form { form, terms } in &sorted {
                for (term, list) in terms {
                    let ordinals: Vec<u32> = list.iter().map(|of| of.ordinal).collect();
                    prop_assert_eq!(left.remove(&(form.as_str(), term.as_str())), Some(ordinals));
                }
            }
            prop_assert!(left.is_empty());
        }
    }

    #[test]
    fn words_that_fill_all_places_of_a_hash_are_found_all_the_same() {
        let mut vocabulary = Vocabulary::default();
        // As if all had one hash: no place is free for those that come later.
        let words: Vec<String> = (0..300).map(|i| format!("w{i}")).collect();
        for word in &words {
            vocabulary.add(word);
        }
        vocabulary.slots.iter_mut().for_each(|slot| *slot = (1, 1));
        vocabulary.others = (0..).zip(&words).map(|(number, word)| (word.clone(), number)).collect();
        let late = vocabulary.place("late", "late");
        assert_eq!(late, (300, 0));
        assert!(vocabulary.others.contains_key("late"));
        for (number, word) in (0..).zip(&words) {
            assert_eq!(vocabulary.place(word, word), (number, 0));
        }
        assert_eq!(vocabulary.place("late", "late"), late);
    }
}
