//! The index of a text field as it is read in place.

use bytemuck::{Pod, Zeroable};

use super::dictionary::Dictionary;
use super::postings::{BlockEntry, List, Postings, TermEntry};
use crate::error::{Error, Result};
use crate::items::Items;
use crate::parts::Stretch;

/// The fixed part of a text field's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TextHeader {
    /// Words of all points.
    pub words: u64,
    /// Texts that have words: more than points where these have arrays of texts.
    pub texts: u64,
    /// Terms.
    pub terms: u32,
    /// Forms; 0 where every form is its own term.
    pub forms: u32,
    /// The version of the text analysis that made the words.
    pub analysis: u32,
    /// 1 where some point has several texts, so that lists say lengths; else 0, and there is one length a point.
    pub has_several: u32,
}

const _: () = assert!(size_of::<TextHeader>() == 32);

/// The sections of a text field.
#[derive(Debug, Clone, Copy)]
pub struct TextSections<'a> {
    pub header: TextHeader,
    pub term_blocks: &'a [u32],
    pub term_bytes: Stretch<'a>,
    /// For readers that have not the whole dictionary.
    pub term_samples: &'a [u8],
    pub form_blocks: &'a [u32],
    pub form_bytes: Stretch<'a>,
    pub form_samples: &'a [u8],
    /// For each form its list.
    pub form_lists: Items<'a, u32>,
    /// Those of the terms, then those of forms that are not a term's only one, then that of the ends of texts.
    pub lists: Items<'a, TermEntry>,
    pub blocks: Items<'a, BlockEntry>,
    pub postings: Stretch<'a>,
    pub positions: Stretch<'a>,
    pub lengths: Stretch<'a>,
}

/// A view of a text field's index.
#[derive(Debug, Clone, Copy)]
pub struct TextIndex<'a> {
    pub words: u64,
    pub texts: u64,
    terms: Dictionary<'a>,
    forms: Option<(Dictionary<'a>, Items<'a, u32>)>,
    postings: Postings<'a>,
    /// For each point the code of its length; none where lists say them.
    pub lengths: Stretch<'a>,
}

impl<'a> TextIndex<'a> {
    /// Checks and opens the index of `points` points. Complexity: reads every word once, and no list.
    #[inline(never)]
    pub fn new(s: TextSections<'a>, points: usize) -> Result<Self> {
        let index = Self::unchecked(s);
        let terms = Dictionary::new(s.term_blocks, s.term_bytes, s.term_samples, s.header.terms)?;
        let forms = Dictionary::new(s.form_blocks, s.form_bytes, s.form_samples, s.header.forms)?;
        let of_words = s.lists.len().saturating_sub(1);
        let fits = terms.samples() == s.term_samples
            && forms.samples() == s.form_samples
            && of_words >= s.header.terms as usize
            && s.form_lists.len() == s.header.forms as usize
            && s.form_lists.all().is_some_and(|lists| lists.iter().all(|&list| (list as usize) < of_words))
            && s.lengths.len() == if s.header.has_several == 0 { points } else { 0 }
            && index.postings.is_sound();
        if !fits {
            return Err(Error::corrupt("text: samples, lists, forms or lengths do not fit the words and points"));
        }
        Ok(index)
    }

    /// Opens sections that [`Self::new`] has accepted before.
    pub fn unchecked(s: TextSections<'a>) -> Self {
        let forms = Dictionary::unchecked(s.form_blocks, s.form_bytes, s.form_samples, s.header.forms);
        Self {
            words: s.header.words,
            texts: s.header.texts,
            terms: Dictionary::unchecked(s.term_blocks, s.term_bytes, s.term_samples, s.header.terms),
            forms: (s.header.forms > 0).then_some((forms, s.form_lists)),
            postings: Postings {
                has_several: s.header.has_several != 0,
                lists: s.lists,
                blocks: s.blocks,
                postings: s.postings,
                positions: s.positions,
            },
            lengths: s.lengths,
        }
    }

    /// Words as they are written.
    pub(super) fn forms(&self) -> Dictionary<'a> {
        self.forms.map_or(self.terms, |(forms, _)| forms)
    }

    /// Their stems, or nouns.
    pub(super) const fn terms(&self) -> Dictionary<'a> {
        self.terms
    }

    /// The list of the term at a position.
    pub(super) fn list_of_term(&self, term: u32) -> List<'a> {
        self.postings.list(term)
    }

    /// The list of the form at a position.
    pub(super) fn list_of_form(&self, form: u32) -> List<'a> {
        let list = self.forms.map_or(form, |(_, lists)| lists.get(form as usize).unwrap_or(u32::MAX));
        self.postings.list(list)
    }

    /// The list of a word as it is written.
    pub fn form(&self, form: &str) -> Option<List<'a>> {
        self.forms().find(form).map(|form| self.list_of_form(form))
    }

    /// The list of a term: of all its forms.
    pub fn term(&self, term: &str) -> Option<List<'a>> {
        self.terms.find(term).map(|term| self.postings.list(term))
    }

    /// Notes what will be wanted of a typed word whose place in the dictionaries is not here: that, and what tells
    /// where its lists are. Both come at once so, for a few kilobytes more than the word's own.
    #[inline(never)]
    #[cold]
    pub fn want(&self, form: &str, term: &str) {
        if let Some((forms, lists)) = self.forms
            && let Some(near) = forms.want(form)
        {
            lists.want(near.start as usize..near.end as usize);
        }
        if let Some(near) = self.terms.want(term) {
            // One more says where the positions of the last one end.
            self.postings.lists.want(near.start as usize..near.end as usize + 1);
        }
    }

    /// The list of the ends of texts: it has all points with words, and as positions where their texts end.
    pub fn ends(&self) -> List<'a> {
        self.postings.list(self.postings.lists.len().saturating_sub(1) as u32)
    }
}
