//! The forms from tables of our own.
//!
//! The usual crate weighs 60 KB of compressed wasm, more than the rest of the embedder, because its
//! tables are laid out for look-up. Here they travel as columns of small numbers (`forms.bin`, 8 KB
//! compressed) and are unfolded once when a model is opened that needs them. `tests/embed_unicode.rs` makes
//! the file anew from the reference's crate and compares every code point with it.
//!
//! ```text
//! forms.bin, all LEB128:
//! n · n gaps to the next code point · n × (length × 4 + kind) · n differences (zigzag) of the first
//! character of the replacement to that of the one before · the other characters of each replacement
//! m · m × (gap from the range before, code points after the first, combining class)
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use hashbrown::HashMap;

use super::Form;
use crate::leb128;
use crate::promised::Promised as _;

static DATA: &[u8] = include_bytes!("forms.bin");

const HANGUL: Range<u32> = 0xAC00..0xAC00 + 19 * VOWELS * TAILS;
const FIRST_LEAD: u32 = 0x1100;
const FIRST_VOWEL: u32 = 0x1161;
/// One before the first: a syllable without a tail has this one.
const NO_TAIL: u32 = 0x11A7;
const LEADS: u32 = 19;
const VOWELS: u32 = 21;
const TAILS: u32 = 28;

/// What a replacement is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Canonical, and composed again by the C forms.
    Composite,
    /// Canonical, and not composed again.
    Excluded,
    /// Only in the K forms.
    Compatible,
}

struct Replacement {
    code: u32,
    start: u32,
    length: u8,
    kind: Kind,
}

/// The tables, unfolded; by default empty.
#[derive(Default)]
pub(crate) struct Forms {
    replacements: Vec<Replacement>,
    characters: Vec<char>,
    /// First, last, combining class; in order.
    classes: Vec<(u32, u32, u8)>,
    composites: HashMap<(char, char), char>,
}

/// A character with its combining class; 0 starts a new cluster.
type Classed = (u8, char);

impl Forms {
    pub(crate) fn unfold() -> Self {
        let mut bytes = DATA.iter();
        let mut number = || leb128::next(&mut bytes).promised() as u32;
        let mut replacements: Vec<Replacement> = Vec::new();
        let count = number();
        let mut code = 0;
        for _ in 0..count {
            code += number();
            replacements.push(Replacement { code, start: 0, length: 0, kind: Kind::Composite });
        }
        for replacement in &mut replacements {
            let packed = number();
            replacement.length = (packed >> 2) as u8;
            replacement.kind = match packed & 3 {
                0 => Kind::Composite,
                1 => Kind::Excluded,
                _ => Kind::Compatible,
            };
        }
        let mut firsts = Vec::with_capacity(replacements.len());
        let mut first = 0u32;
        for _ in 0..count {
            let zigzag = number();
            first = first.wrapping_add(zigzag >> 1 ^ (zigzag & 1).wrapping_neg());
            firsts.push(first);
        }
        let mut characters = Vec::new();
        for (replacement, first) in replacements.iter_mut().zip(firsts) {
            replacement.start = characters.len() as u32;
            characters.push(char_of(first));
            characters.extend((1..replacement.length).map(|_| char_of(number())));
        }
        let mut classes = Vec::new();
        let mut last = 0;
        for _ in 0..number() {
            let start = last + number();
            last = start + number();
            classes.push((start, last, number() as u8));
        }
        let mut forms = Self { replacements, characters, classes, composites: HashMap::new() };
        forms.invert();
        forms
    }

    /// Makes the pairs that compose: (the composite of all but the last character, the last).
    fn invert(&mut self) {
        // Shorter ones first, because longer ones build on them.
        for length in 2..=4 {
            for replacement in &self.replacements {
                if replacement.kind != Kind::Composite || replacement.length != length {
                    continue;
                }
                let Some((last, before)) = self.of(replacement).split_last() else { continue };
                let mut before = before.iter();
                let Some(first) = before.next().copied() else { continue };
                let base = before.try_fold(first, |base, c| self.composites.get(&(base, *c)).copied());
                if let Some(base) = base {
                    self.composites.insert((base, *last), char_of(replacement.code));
                }
            }
        }
    }

    fn of(&self, replacement: &Replacement) -> &[char] {
        let start = replacement.start as usize;
        self.characters.get(start..start + usize::from(replacement.length)).promised()
    }

    /// The text in this form.
    pub(crate) fn apply(&self, form: Form, text: &str) -> String {
        if text.is_ascii() {
            return text.into();
        }
        let mut decomposed = self.decompose(form.compatible, text);
        if form.composed {
            self.compose(&mut decomposed);
        }
        decomposed.into_iter().map(|(_, c)| c).collect()
    }

    /// The characters, decomposed and in canonical order.
    fn decompose(&self, compatible: bool, text: &str) -> Vec<Classed> {
        let mut decomposed = Vec::with_capacity(text.len());
        for c in text.chars() {
            self.push(compatible, c, &mut decomposed);
        }
        for run in decomposed.chunk_by_mut(|a, b| (a.0 == 0) == (b.0 == 0)) {
            order(run);
        }
        decomposed
    }

    fn push(&self, compatible: bool, c: char, decomposed: &mut Vec<Classed>) {
        let code = u32::from(c);
        if HANGUL.contains(&code) {
            let syllable = code - HANGUL.start;
            let tail = NO_TAIL + syllable % TAILS;
            decomposed.push((0, char_of(FIRST_LEAD + syllable / (VOWELS * TAILS))));
            decomposed.push((0, char_of(FIRST_VOWEL + syllable / TAILS % VOWELS)));
            if tail != NO_TAIL {
                decomposed.push((0, char_of(tail)));
            }
            return;
        }
        match self.find(c) {
            Some(found) if found.kind != Kind::Compatible => {
                for part in self.of(found) {
                    // A canonical part may have a compatible replacement, which has none itself.
                    match self.find(*part).filter(|_| compatible) {
                        Some(inner) => decomposed.extend(self.of(inner).iter().map(|c| (self.class(*c), *c))),
                        None => decomposed.push((self.class(*part), *part)),
                    }
                }
            }
            Some(found) if compatible => decomposed.extend(self.of(found).iter().map(|c| (self.class(*c), *c))),
            _ => decomposed.push((self.class(c), c)),
        }
    }

    fn find(&self, c: char) -> Option<&Replacement> {
        if c.is_ascii() {
            return None;
        }
        let at = self.replacements.binary_search_by_key(&u32::from(c), |r| r.code).ok()?;
        self.replacements.get(at)
    }

    fn class(&self, c: char) -> u8 {
        let code = u32::from(c);
        let at = self.classes.partition_point(|(_, last, _)| *last < code);
        match self.classes.get(at) {
            Some((first, _, class)) if *first <= code => *class,
            _ => 0,
        }
    }

    fn compose(&self, text: &mut Vec<Classed>) {
        let mut composed: Vec<Classed> = Vec::with_capacity(text.len());
        let mut starter: Option<usize> = None;
        for (class, c) in text.drain(..) {
            // A mark is blocked by one of its own class or higher between it and the starter.
            let last = composed.len().checked_sub(1);
            let blocked =
                last != starter && composed.last().is_some_and(|(between, _)| *between == 0 || *between >= class);
            let base = starter.and_then(|at| composed.get_mut(at)).filter(|_| !blocked);
            if let Some(base) = base
                && let Some(composite) = self.pair(base.1, c)
            {
                base.1 = composite;
                continue;
            }
            if class == 0 {
                starter = Some(composed.len());
            }
            composed.push((class, c));
        }
        *text = composed;
    }

    fn pair(&self, first: char, second: char) -> Option<char> {
        let (a, b) = (u32::from(first), u32::from(second));
        if let (Some(lead), Some(vowel)) = (a.checked_sub(FIRST_LEAD), b.checked_sub(FIRST_VOWEL))
            && lead < LEADS
            && vowel < VOWELS
        {
            return char::from_u32(HANGUL.start + (lead * VOWELS + vowel) * TAILS);
        }
        if HANGUL.contains(&a)
            && (a - HANGUL.start).is_multiple_of(TAILS)
            && (NO_TAIL + 1..NO_TAIL + TAILS).contains(&b)
        {
            return char::from_u32(a + (b - NO_TAIL));
        }
        self.composites.get(&(first, second)).copied()
    }
}

/// Sorts a run of marks by class, those of one class in their order.
fn order(run: &mut [Classed]) {
    if run.is_sorted_by_key(|(class, _)| *class) {
        return;
    }
    // By counting: a hostile run is long, and there are only 255 classes.
    let before = run.to_vec();
    let mut slots = run.iter_mut();
    for class in 0..=u8::MAX {
        for (mark, slot) in before.iter().filter(|(c, _)| *c == class).zip(&mut slots) {
            *slot = *mark;
        }
    }
}

fn char_of(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}
