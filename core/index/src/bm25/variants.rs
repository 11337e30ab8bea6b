//! The forms of an index that a typed word stands for beside itself and its stem: those that it begins, those that it
//! misspells.
//!
//! A dictionary is walked once for each typed word. One row of the usual table of edits is kept for each character of
//! the form at hand; forms that share a beginning share its rows, and where no continuation can be within reach no form
//! with that beginning is. Complexity: most forms cost a look at the bytes in which they differ.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::dictionary::Dictionary;
use super::postings::List;
use super::view::TextIndex;
use crate::bitmap::Bitmap;
use crate::edits::Edits;
use crate::limits::MAX_VARIANTS;
use crate::order::{Key, sort_by_rank, sort_keys};
use crate::promised::Promised as _;
use crate::text::{Words, may_be_misspelt};

/// How much a token counts that has the stem of the typed word, but is written in another way.
pub const STEM: f32 = 0.85;
/// How much a word counts that begins with what was typed, when it is hardly longer.
const UNFINISHED: f32 = 0.7;
/// How much a word counts that is one edit away, and two.
const MISSPELT: [f32; 2] = [0.45, 0.2];
/// How much of that is left for another form of such a word: a short stem has many others within reach.
const STEM_OF_MISSPELT: f32 = 0.5;
/// Characters of a word whose first one may be wrong: "rat", "hat" and "cat" are three words, and "jatabase" is none.
const WRONG_FIRST: usize = 5;
/// The first character may be wrong by another one of as many that Unicode lists together: mostly those of one script.
const NEAR_FIRST: u32 = 128;

/// A typed word, as one field's analyzer sees it, and what may stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedWord {
    pub form: String,
    pub term: String,
    /// Whether words that begin so count as well.
    pub unfinished: bool,
    /// Edits that a misspelt word may be away; 0: none.
    pub edits: u8,
    /// The same of the term of one.
    pub term_edits: u8,
    /// First characters that are right; none: see docs/ranking.md.
    pub first_letters: Option<u8>,
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

/// Compares forms, or terms, with a typed word. Those that come in ascending order share what they have in common.
pub struct Matcher<'w> {
    typed: &'w str,
    chars: usize,
    unfinished: bool,
    /// How much what fits counts, beside the table of docs/ranking.md.
    factor: f32,
    edits: Option<Edits>,
    first_letters: Option<u8>,
    /// Characters of the form at hand, and where each ends in bytes.
    ends: Vec<usize>,
    form: Vec<u8>,
    /// Bytes of the form at hand with which no form may begin that stands for the word; none if it is longer.
    dead: usize,
}

impl<'w> Matcher<'w> {
    /// A matcher of forms.
    pub fn of_forms(word: &'w TypedWord) -> Self {
        Self::new(word, &word.form, word.edits)
    }

    /// A matcher of terms: another form of a misspelt word has its stem, as another form of the word has the word's.
    pub fn of_terms(word: &'w TypedWord) -> Self {
        let matcher = Self::new(word, &word.term, word.term_edits);
        Self { unfinished: false, factor: STEM_OF_MISSPELT, ..matcher }
    }

    fn new(word: &'w TypedWord, typed: &'w str, edits: u8) -> Self {
        Self {
            typed,
            chars: typed.chars().count(),
            unfinished: word.unfinished,
            factor: 1.0,
            edits: (edits > 0).then(|| Edits::new(typed, edits)),
            first_letters: word.first_letters,
            ends: Vec::new(),
            form: Vec::new(),
            dead: usize::MAX,
        }
    }

    /// Whether any form but the word's own can match.
    pub const fn can_match(&self) -> bool {
        self.unfinished || self.edits.is_some()
    }

    /// The class of a form and how much it counts; none where it does not stand for the word, or is the word.
    fn look(&mut self, form: &str) -> Option<(Class, f32)> {
        self.dead = usize::MAX;
        if form == self.typed {
            return None;
        }
        let chars = self.chars;
        let is_longer = || chars as f32 / form.chars().count().max(1) as f32;
        if self.unfinished && form.starts_with(self.typed) {
            return Some((Class::Unfinished, UNFINISHED * is_longer()));
        }
        let most = self.most_edits(form);
        if most == 0 || self.edits.is_none() {
            return None;
        }
        self.go_to(form);
        let looked = self.by_edits(form, most, &is_longer);
        looked.filter(|_| may_be_misspelt(form))
    }

    /// The same, by the rows of the form.
    fn by_edits(&self, form: &str, most: usize, is_longer: &dyn Fn() -> f32) -> Option<(Class, f32)> {
        let edits = self.edits.as_ref()?;
        let by_edits =
            |edits: u8| MISSPELT.get(usize::from(edits).checked_sub(1)?).filter(|_| usize::from(edits) <= most);
        let is_whole = self.ends.last() == Some(&form.len());
        if let Some(by_edits) = edits.distance().filter(|_| is_whole).and_then(by_edits) {
            return Some((Class::Misspelt, by_edits * self.factor));
        }
        let by_edits = edits.beginning().filter(|_| self.unfinished).and_then(by_edits)?;
        Some((Class::Both, UNFINISHED * is_longer().min(1.0) * by_edits))
    }

    /// The most edits that its beginning leaves to a form.
    fn most_edits(&self, form: &str) -> usize {
        if let Some(right) = self.first_letters {
            let beginning = |word: &str| word.chars().take(usize::from(right)).collect::<Vec<_>>();
            return if beginning(form) == beginning(self.typed) { usize::MAX } else { 0 };
        }
        match (self.typed.chars().next(), form.chars().next()) {
            (typed, first) if typed == first => usize::MAX,
            (Some(typed), Some(first)) => usize::from(self.chars >= WRONG_FIRST && block_of(typed) == block_of(first)),
            _ => 0,
        }
    }

    /// Computes the rows of a form that those before it have not computed.
    fn go_to(&mut self, form: &str) {
        let Some(edits) = &mut self.edits else { return };
        let shared = self.form.iter().zip(form.as_bytes()).take_while(|(a, b)| a == b).count();
        while self.ends.last().is_some_and(|&end| end > shared) {
            self.ends.pop();
        }
        edits.truncate(self.ends.len());
        let start = self.ends.last().copied().unwrap_or(0);
        for (at, character) in form.get(start..).promised().char_indices() {
            let end = start + at + character.len_utf8();
            if !edits.push(character) {
                if !self.unfinished || edits.beginning().is_none() {
                    self.dead = end;
                }
                break;
            }
            self.ends.push(end);
        }
        self.form.clear();
        self.form.extend_from_slice(form.as_bytes());
    }
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
        each_candidate(texts, matcher, &mut |matcher, position, form| {
            let looked = matcher.look(form).filter(|_| among.has_one_of(&|| list(position)));
            found.extend(looked.map(|looked| (position, looked)));
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

/// The block of code points of a first character: only one of the same block is looked for in its place.
const fn block_of(first: char) -> u32 {
    first as u32 / NEAR_FIRST
}

/// Calls `with` with all words of a dictionary that may fit: those with the right first character, and, where another
/// may stand there, those that one edit of it leads to.
fn each_candidate(
    texts: &Dictionary<'_>,
    matcher: &mut Matcher<'_>,
    with: &mut dyn FnMut(&mut Matcher<'_>, u32, &str),
) {
    let typed = matcher.typed;
    let Some(first) = typed.chars().next().filter(|_| matcher.can_match()) else { return };
    let has_edits = matcher.edits.is_some();
    let right = if has_edits { usize::from(matcher.first_letters.unwrap_or(1)) } else { matcher.chars };
    let beginning: String = typed.chars().take(right).collect();
    each_word(texts, texts.beginning_with(&beginning), matcher, with);
    if !has_edits || matcher.chars < WRONG_FIRST || matcher.first_letters.is_some() {
        return;
    }
    let rest = typed.get(first.len_utf8()..).promised();
    let second = rest.chars().next().unwrap_or(first);
    let swapped = || [second, first].into_iter().chain(rest.chars().skip(1)).collect::<String>();
    let begins = |c: char, rest: &str| core::iter::once(c).chain(rest.chars()).collect::<String>();
    for c in texts.firsts(block_of(first) * NEAR_FIRST, (block_of(first) + 1) * NEAR_FIRST) {
        if c == first {
            continue;
        }
        let mut ways = alloc::vec![begins(c, typed), begins(c, rest)];
        if c == second {
            ways.extend([rest.into(), swapped()]);
        }
        for way in ways {
            let range = if matcher.unfinished {
                texts.beginning_with(&way)
            } else {
                texts.find(&way).map_or(0..0, |at| at..at + 1)
            };
            each_word(texts, range, matcher, with);
        }
    }
}

/// Calls `with` with words of a dictionary.
fn each_word(
    texts: &Dictionary<'_>,
    range: Range<u32>,
    matcher: &mut Matcher<'_>,
    with: &mut dyn FnMut(&mut Matcher<'_>, u32, &str),
) {
    let mut walk = texts.walk(range.start);
    let mut is_there = walk.advance().is_some();
    while is_there && walk.position() < range.end {
        let mut dead = usize::MAX;
        if let Ok(form) = core::str::from_utf8(&walk.word) {
            with(matcher, walk.position(), form);
            dead = matcher.dead;
        }
        is_there = if dead == usize::MAX { walk.advance().is_some() } else { walk.advance_past(dead) };
    }
}
