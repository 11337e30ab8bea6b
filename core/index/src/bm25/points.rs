//! The points that have a word, whatever it is worth: what filters ask.

use alloc::string::String;
use alloc::vec::Vec;

use super::matcher::TypedWord;
use super::postings::{Block, List};
use super::view::TextIndex;
use crate::bitmap::Bitmap;
use crate::ids::Ordinal;
use crate::order::sort_by_rank;

impl TextIndex<'_> {
    /// Adds the points that have a term. Complexity: its list.
    pub fn add_points_with(&self, term: &str, into: &mut Bitmap) {
        self.term(term).iter().for_each(|list| add(list, into));
    }

    /// Adds the points that have a form which begins so. Complexity: the lists of all such forms.
    pub fn add_points_beginning(&self, form: &str, into: &mut Bitmap) {
        self.forms().beginning_with(form).for_each(|form| add(&self.list_of_form(form), into));
    }

    /// Whether the list of a word's term is one that counts, or, if the word is unfinished, that of a form which it
    /// begins.
    pub fn any_list(&self, word: &TypedWord, mut counts: impl FnMut(List<'_>) -> bool) -> bool {
        self.term(&word.term).is_some_and(&mut counts)
            || word.unfinished && self.forms().beginning_with(&word.form).any(|form| counts(self.list_of_form(form)))
    }

    /// The forms that begin so, each with how many points have it: those that most points have, of these the first, at
    /// most so many. Complexity: a look at each such form.
    pub fn forms_beginning(&self, beginning: &str, most: usize) -> Vec<(String, u32)> {
        let forms = self.forms();
        let counted = forms.beginning_with(beginning).map(|form| (form, self.list_of_form(form).points()));
        let mut found: Vec<(u32, u32)> = counted.collect();
        sort_by_rank(&mut found, |&(_, points)| u64::from(!points));
        found.truncate(most);
        found.into_iter().filter_map(|(form, points)| Some((forms.get(form)?, points))).collect()
    }
}

fn add(list: &List<'_>, into: &mut Bitmap) {
    list.each_point(&mut |ordinal| into.insert(ordinal));
}

impl List<'_> {
    /// Calls `with` with its points, ascending.
    #[inline(never)]
    pub fn each_point(&self, with: &mut dyn FnMut(Ordinal)) {
        let mut read = Block::default();
        for block in 0..self.len() {
            self.read(block, &mut read);
            read.ordinals().iter().for_each(|&ordinal| with(ordinal));
        }
    }

    /// How many of its points are in a set. Complexity: the list.
    pub fn count_in(&self, set: &Bitmap) -> u32 {
        let mut count = 0;
        self.each_point(&mut |ordinal| count += u32::from(set.contains(ordinal)));
        count
    }
}
