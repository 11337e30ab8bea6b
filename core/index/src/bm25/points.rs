//! The points that have a word, whatever it is worth: what filters ask.

use super::postings::{Block, List};
use super::view::TextIndex;
use crate::bitmap::Bitmap;

impl TextIndex<'_> {
    /// Adds the points that have a term. Complexity: its list.
    pub fn add_points_with(&self, term: &str, into: &mut Bitmap) {
        self.term(term).iter().for_each(|list| add(list, into));
    }

    /// Adds the points that have a form which begins so. Complexity: the lists of all such forms.
    pub fn add_points_beginning(&self, form: &str, into: &mut Bitmap) {
        self.forms().beginning_with(form).for_each(|form| add(&self.list_of_form(form), into));
    }
}

#[inline(never)]
fn add(list: &List<'_>, into: &mut Bitmap) {
    let mut read = Block::default();
    for block in 0..list.len() {
        list.read(block, &mut read);
        read.ordinals.iter().take(read.len).for_each(|&ordinal| into.insert(ordinal));
    }
}
