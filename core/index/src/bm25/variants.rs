//! The forms of an index that a typed word stands for beside itself and its stem: those that it begins, those that it
//! misspells.
//!
//! Those with the right first character lie together in a dictionary, which is walked there with a [`Matcher`]. Those
//! with another one are few, and looked up.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::dictionary::Dictionary;
use super::matcher::{Class, Look, Matcher, NEAR_FIRST, TypedWord, WRONG_FIRST, block_of};
use super::postings::List;
use super::view::TextIndex;
use crate::bitmap::Bitmap;
use crate::limits::MAX_VARIANTS;
use crate::order::{Key, sort_by_rank, sort_keys};
use crate::promised::Promised as _;
use crate::text::Words;

/// How much a token counts that has the stem of the typed word, but is written in another way.
pub const STEM: f32 = 0.85;

/// A form or term that stands for a typed word.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    pub text: String,
    /// Whether the text is a term; else a form.
    pub is_term: bool,
    pub class: Class,
    pub factor: f32,
    /// Points that have it.
    pub points: u64,
}

/// Which points of an index say what stands for a typed word.
#[derive(Debug, Clone, Copy)]
pub enum Among<'l> {
    /// All of them.
    All,
    /// Those in a set, or all of a segment where there is none.
    Live {
        /// The set.
        live: Option<&'l Bitmap>,
        /// Whether they are counted; else they only say that there is such a form.
        counts: bool,
    },
}

impl Among<'_> {
    fn has_one_of<'a>(&self, list: &dyn Fn() -> List<'a>) -> bool {
        match self {
            Self::Live { live: Some(live), .. } => list().count_in(live) > 0,
            _ => true,
        }
    }

    fn count(&self, list: &List<'_>) -> u64 {
        match self {
            Self::Live { counts: false, .. } => 0,
            Self::Live { live: Some(live), .. } => u64::from(list.count_in(live)),
            _ => u64::from(list.points()),
        }
    }
}

/// The forms that stand for a typed word in one field, of all segments and unpublished points.
#[derive(Debug, Clone, Default)]
pub struct Variants {
    /// By form. No map: it would bring its code into the WebAssembly module.
    all: Vec<Variant>,
}

impl Variants {
    fn add(&mut self, text: &str, is_term: bool, (class, factor): (Class, f32), points: u64) {
        let at = self.all.partition_point(|other| (other.is_term, &*other.text) < (is_term, text));
        match self.all.get_mut(at).filter(|other| other.is_term == is_term && other.text == text) {
            Some(variant) => variant.points += points,
            None => self.all.insert(at, Variant { text: text.into(), is_term, class, factor, points }),
        }
    }

    /// Adds those of an index, each with all points that have it.
    pub fn gather(&mut self, index: &TextIndex<'_>, word: &TypedWord) {
        self.gather_among(index, word, Among::All);
    }

    /// Adds those of an index that some of these points have.
    pub fn gather_among(&mut self, index: &TextIndex<'_>, word: &TypedWord, among: Among<'_>) {
        let (forms, terms) = (index.forms(), index.terms());
        self.gather_from(&forms, &mut Matcher::of_forms(word), false, &|form| index.list_of_form(form), among);
        self.gather_from(&terms, &mut Matcher::of_terms(word), true, &|term| index.list_of_term(term), among);
    }

    #[inline(never)]
    fn gather_from<'a>(
        &mut self,
        texts: &Dictionary<'a>,
        matcher: &mut Matcher<'_>,
        is_term: bool,
        list: &dyn Fn(u32) -> List<'a>,
        among: Among<'_>,
    ) {
        let mut found: Vec<(u32, (Class, f32))> = Vec::new();
        each_fit(texts, matcher, &mut |position, fit| {
            if among.has_one_of(&|| list(position)) {
                found.push((position, fit));
            }
        });
        // One that fits in two ways was met twice.
        sort_by_rank(&mut found, |f| u64::from(f.0));
        found.dedup_by_key(|f| f.0);
        // Of one index alone the far ones can go already: 128 others are nearer, whatever other indexes have.
        if found.len() > MAX_VARIANTS {
            let mut factors: Vec<Key> =
                found.iter().map(|&(_, (_, factor))| (u64::from(!factor.to_bits()), 0)).collect();
            sort_keys(&mut factors);
            let last = factors.get(MAX_VARIANTS - 1).map_or(0, |key| key.0);
            found.retain(|&(_, (_, factor))| u64::from(!factor.to_bits()) <= last);
        }
        for (position, looked) in found {
            if let Some(form) = texts.get(position) {
                self.add(&form, is_term, looked, among.count(&list(position)));
            }
        }
    }

    /// Adds those of a point that is in no index; with `counts`, as one point more that has them.
    #[inline(never)]
    pub fn gather_words(&mut self, words: &Words, matchers: &mut [Matcher<'_>; 2], counts: bool) {
        for (matcher, is_term) in matchers.iter_mut().zip([false, true]) {
            let mut seen: Vec<&str> = Vec::new();
            for word in words.iter() {
                let text = if is_term { word.term } else { word.form };
                if let Some(looked) = matcher.look(text)
                    && !seen.contains(&text)
                {
                    self.add(text, is_term, looked, u64::from(counts));
                    seen.push(text);
                }
            }
        }
    }

    /// Those that count: the nearest, of these those that most points have, of these the first, forms before terms.
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

/// Calls `with` with the words of a dictionary that fit: among those with the right first character, and, where another
/// may stand there, among those that one edit of it leads to.
fn each_fit(texts: &Dictionary<'_>, matcher: &mut Matcher<'_>, with: &mut dyn FnMut(u32, (Class, f32))) {
    let typed = matcher.typed;
    let Some(first) = typed.chars().next().filter(|_| matcher.can_match()) else { return };
    let has_edits = matcher.has_edits();
    let right = if has_edits { usize::from(matcher.first_letters.unwrap_or(1)) } else { matcher.chars };
    let beginning: String = typed.chars().take(right).collect();
    each_fit_of(texts, texts.beginning_with(&beginning), matcher, with);
    if !has_edits || matcher.chars < WRONG_FIRST || matcher.first_letters.is_some() {
        return;
    }
    let rest = typed.get(first.len_utf8()..).promised();
    let second = rest.chars().next().unwrap_or(first);
    let mut way = String::new();
    for (c, positions) in texts.firsts(block_of(first) * NEAR_FIRST, (block_of(first) + 1) * NEAR_FIRST) {
        if c == first {
            continue;
        }
        // Put in, replaced; left out, swapped.
        let after = rest.get(second.len_utf8()..).unwrap_or_default();
        let ways: &[[&str; 2]] =
            &[[typed, ""], [rest, ""], [after, ""], [typed.get(..first.len_utf8()).promised(), after]];
        for [beginning, end] in ways.get(..if c == second { 4 } else { 2 }).promised() {
            way.clear();
            way.push(c);
            way.extend([*beginning, *end]);
            if matcher.unfinished {
                each_fit_of(texts, texts.beginning_with(&way), matcher, with);
            } else if let Some(at) = texts.find_among(&way, &positions)
                // What is there may be a longer word, cut.
                && let Some(fit) = texts.get(at).and_then(|form| matcher.look(&form))
            {
                with(at, fit);
            }
        }
    }
}

/// The same among the words of a range.
fn each_fit_of(
    texts: &Dictionary<'_>,
    range: Range<u32>,
    matcher: &mut Matcher<'_>,
    with: &mut dyn FnMut(u32, (Class, f32)),
) {
    if !texts.has_all(&range) {
        return;
    }
    let mut walk = texts.walk(range.start);
    let mut next = walk.next();
    while let Some((shared, further)) = next
        && walk.position() < range.end
    {
        next = match matcher.go_on(shared, further) {
            Look::Dead(end) => walk.next_past(matcher.form().get(..end).promised()),
            Look::Other => walk.next(),
            Look::Fits(class, factor) => {
                // What lies before the range in its first block was passed through.
                if walk.position() >= range.start {
                    with(walk.position(), (class, factor));
                }
                walk.next()
            }
        };
    }
}
