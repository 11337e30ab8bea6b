//! The index of a text field as it is read in place.

use bytemuck::{Pod, Zeroable};

use super::dictionary::Dictionary;
use super::postings::{BlockEntry, Postings, TermEntry};
use crate::error::{Error, Result};

/// The fixed part of a text field's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TextHeader {
    /// Words of all points.
    pub words: u64,
    /// Terms.
    pub terms: u32,
    /// Forms; 0 where every form is its own term.
    pub forms: u32,
}

const _: () = assert!(size_of::<TextHeader>() == 16);

/// The sections of a text field.
#[derive(Debug, Clone, Copy)]
pub struct TextSections<'a> {
    pub header: TextHeader,
    pub term_blocks: &'a [u32],
    pub term_bytes: &'a [u8],
    /// For readers that have not the whole dictionary.
    pub term_samples: &'a [u8],
    pub form_blocks: &'a [u32],
    pub form_bytes: &'a [u8],
    pub form_samples: &'a [u8],
    pub form_terms: &'a [u32],
    pub lists: &'a [TermEntry],
    pub blocks: &'a [BlockEntry],
    pub postings: &'a [u8],
    pub positions: &'a [u8],
    pub lengths: &'a [u8],
}

/// A view of a text field's index.
#[derive(Debug, Clone, Copy)]
pub struct TextIndex<'a> {
    pub words: u64,
    pub terms: Dictionary<'a>,
    forms: Option<(Dictionary<'a>, &'a [u32])>,
    pub postings: Postings<'a>,
    /// For each point the code of its length.
    pub lengths: &'a [u8],
}

impl<'a> TextIndex<'a> {
    /// Checks and opens the index of `points` points. Complexity: reads every word once, and no list.
    #[inline(never)]
    pub fn new(s: TextSections<'a>, points: usize) -> Result<Self> {
        let index = Self::unchecked(s);
        let terms = Dictionary::new(s.term_blocks, s.term_bytes, s.header.terms)?;
        let forms = Dictionary::new(s.form_blocks, s.form_bytes, s.header.forms)?;
        let fits = terms.samples() == s.term_samples
            && forms.samples() == s.form_samples
            && s.lists.len() == s.header.terms as usize
            && s.form_terms.len() == s.header.forms as usize
            && s.form_terms.iter().all(|&term| term < s.header.terms)
            && s.lengths.len() == points
            && index.postings.is_sound();
        if !fits {
            return Err(Error::corrupt("text: samples, lists, forms or lengths do not fit the words and points"));
        }
        Ok(index)
    }

    /// Opens sections that [`Self::new`] has accepted before.
    pub fn unchecked(s: TextSections<'a>) -> Self {
        let forms = Dictionary::unchecked(s.form_blocks, s.form_bytes, s.header.forms);
        Self {
            words: s.header.words,
            terms: Dictionary::unchecked(s.term_blocks, s.term_bytes, s.header.terms),
            forms: (s.header.forms > 0).then_some((forms, s.form_terms)),
            postings: Postings { terms: s.lists, blocks: s.blocks, postings: s.postings, positions: s.positions },
            lengths: s.lengths,
        }
    }

    /// Words as they are written.
    pub(super) fn forms(&self) -> Dictionary<'a> {
        self.forms.map_or(self.terms, |(forms, _)| forms)
    }

    /// The term of a form.
    pub(super) fn term_of(&self, form: u32) -> u32 {
        self.forms.map_or(form, |(_, terms)| terms.get(form as usize).copied().unwrap_or(u32::MAX))
    }
}
