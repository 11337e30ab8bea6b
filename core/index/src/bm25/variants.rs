//! The forms of an index that a typed word stands for beside itself and its stem: those that it begins, those that it misspells.
//!
//! A dictionary is walked once for each typed word. One row of the usual table of edits is kept for each character of the form at
//! hand; forms that share a beginning share its rows, and where no continuation can be within reach no form with that beginning
//! is. Complexity: most forms cost a look at the bytes in which they differ.

use alloc::string::String;
use alloc::vec::Vec;

use super::dictionary::Dictionary;
use super::view::TextIndex;
use crate::limits::MAX_VARIANTS;
use crate::order::sort_by_rank;
use crate::text::{Edits, Words, may_be_misspelt};

/// How much a token counts that has the stem of the typed word, but is written in another way.
pub const STEM: f32 = 0.85;
/// How much a word counts that begins with what was typed, when it is hardly longer.
const UNFINISHED: f32 = 0.7;
/// How much a word counts that is one edit away, and two.
const MISSPELT: [f32; 2] = [0.45, 0.2];

/// A typed word, as one field's analyzer sees it, and what may stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedWord {
    pub form: String,
    pub term: String,
    /// Whether words that begin so count as well.
    pub unfinished: bool,
    /// Edits that a misspelt word may be away; 0: none.
    pub edits: u8,
}

/// Why a form stands for a typed word. The first that holds is the form's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It begins with the word.
    Unfinished,
    /// It is so few edits away.
    Misspelt,
    /// A beginning of it is.
    Both,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unfinished, Self::Misspelt, Self::Both];
}

/// A form that stands for a typed word.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    pub form: String,
    pub class: Class,
    pub factor: f32,
    /// Points that have it.
    pub points: u64,
}

/// Compares forms with a typed word. Forms that come in ascending order share what they have in common.
pub struct Matcher<'w> {
    word: &'w TypedWord,
    chars: usize,
    edits: Option<Edits>,
    /// Characters of the form at hand, and where each ends in bytes.
    ends: Vec<usize>,
    form: Vec<u8>,
}

impl<'w> Matcher<'w> {
    /// A matcher for this word.
    pub fn new(word: &'w TypedWord) -> Self {
        let edits = (word.edits > 0).then(|| Edits::new(&word.form, word.edits));
        Self { word, chars: word.form.chars().count(), edits, ends: Vec::new(), form: Vec::new() }
    }

    /// Whether any form but the word's own can match.
    pub const fn can_match(&self) -> bool {
        self.word.unfinished || self.edits.is_some()
    }

    /// The class of a form and how much it counts; none where it does not stand for the word, or is the word.
    pub fn look(&mut self, form: &str) -> Option<(Class, f32)> {
        let word = self.word;
        if form == word.form {
            return None;
        }
        let chars = self.chars;
        let is_longer = || chars as f32 / form.chars().count().max(1) as f32;
        if word.unfinished && form.starts_with(word.form.as_str()) {
            return Some((Class::Unfinished, UNFINISHED * is_longer()));
        }
        if self.edits.is_none() || !may_be_misspelt(form) || form.chars().next() != word.form.chars().next() {
            return None;
        }
        self.go_to(form);
        let edits = self.edits.as_ref()?;
        let factor = |distance: u8| MISSPELT.get(usize::from(distance).checked_sub(1)?).copied();
        let is_whole = self.ends.last() == Some(&form.len());
        if let Some(factor) = edits.distance().filter(|_| is_whole).and_then(factor) {
            return Some((Class::Misspelt, factor));
        }
        let factor = edits.beginning().filter(|_| word.unfinished).and_then(factor)?;
        Some((Class::Both, UNFINISHED * is_longer().min(1.0) * factor))
    }

    /// Computes the rows of a form that those before it have not computed.
    fn go_to(&mut self, form: &str) {
        let Some(edits) = &mut self.edits else { return };
        let shared = self.form.iter().zip(form.as_bytes()).take_while(|(a, b)| a == b).count();
        self.ends.retain(|&end| end <= shared);
        edits.truncate(self.ends.len());
        let start = self.ends.last().copied().unwrap_or(0);
        for (at, character) in form.get(start..).unwrap_or_default().char_indices() {
            if !edits.push(character) {
                break;
            }
            self.ends.push(start + at + character.len_utf8());
        }
        self.form.clear();
        self.form.extend_from_slice(form.as_bytes());
    }
}

/// The forms that stand for a typed word in one field, of all segments and unpublished points.
#[derive(Debug, Clone, Default)]
pub struct Variants {
    /// By form. No map: it would bring its code into the WebAssembly module.
    all: Vec<Variant>,
}

impl Variants {
    fn add(&mut self, form: &str, class: Class, factor: f32, points: u64) {
        let at = self.all.partition_point(|other| *other.form < *form);
        match self.all.get_mut(at).filter(|other| other.form == form) {
            Some(variant) => variant.points += points,
            None => self.all.insert(at, Variant { form: form.into(), class, factor, points }),
        }
    }

    /// Adds those of an index.
    #[inline(never)]
    pub fn gather(&mut self, index: &TextIndex<'_>, word: &TypedWord) {
        let mut matcher = Matcher::new(word);
        if !matcher.can_match() {
            return;
        }
        let forms = index.forms();
        let mut first = [0; 4];
        let beginning = match word.form.chars().next() {
            Some(c) if word.edits > 0 => &*c.encode_utf8(&mut first),
            _ => word.form.as_str(),
        };
        let mut found: Vec<(u32, Class, f32)> = Vec::new();
        each_form(&forms, beginning, &mut |position, form| {
            if let Some((class, factor)) = matcher.look(form) {
                found.push((position, class, factor));
            }
        });
        // Of one index alone the far ones can go already: 128 others are nearer, whatever other indexes have.
        if found.len() > MAX_VARIANTS {
            sort_by_rank(&mut found, |&(.., factor)| u64::from(!factor.to_bits()));
            let last = found.get(MAX_VARIANTS - 1).map_or(0.0, |f| f.2);
            found.retain(|f| f.2 >= last);
            sort_by_rank(&mut found, |f| u64::from(f.0));
        }
        for (position, class, factor) in found {
            if let Some(form) = forms.get(position) {
                self.add(&form, class, factor, u64::from(index.list_of_form(position).points()));
            }
        }
    }

    /// Adds those of a point that is in no index; with `counts`, as one point more that has them.
    #[inline(never)]
    pub fn gather_words(&mut self, words: &Words, matcher: &mut Matcher<'_>, counts: bool) {
        let mut seen: Vec<&str> = Vec::new();
        for other in words.iter() {
            if let Some((class, factor)) = matcher.look(other.form)
                && !seen.contains(&other.form)
            {
                self.add(other.form, class, factor, u64::from(counts));
                seen.push(other.form);
            }
        }
    }

    /// Those that count: the nearest, of these those that most points have, of these the first by form.
    pub fn chosen(mut self, most: usize) -> Vec<Variant> {
        if self.all.len() > most {
            sort_by_rank(&mut self.all, |v| {
                u64::from(!v.factor.to_bits()) << 32 | u64::from(!(v.points.min(u64::from(u32::MAX)) as u32))
            });
            self.all.truncate(most);
        }
        self.all
    }
}

/// Calls `with` with all words of a dictionary that begin so.
fn each_form(forms: &Dictionary<'_>, beginning: &str, with: &mut dyn FnMut(u32, &str)) {
    let range = forms.beginning_with(beginning);
    let mut walk = forms.walk(range.start);
    for position in range {
        if walk.advance().is_none() {
            return;
        }
        if let Ok(form) = core::str::from_utf8(&walk.word) {
            with(position, form);
        }
    }
}
