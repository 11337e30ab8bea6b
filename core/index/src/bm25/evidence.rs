//! What one point has of a query's words, and its score: the one place where both segments and unpublished points are
//! scored.
//!
//! ```text
//! for each typed word, field by field:  add(adds of a variant)  place(position of a token)
//! then:                                 words() · neighbours() · is_whole_text() ──> total
//! ```

use alloc::vec::Vec;

use super::score::{over_fields, together, with_whole_text};
use crate::order::sort_numbers;
use crate::promised::Promised as _;
use crate::text::start_after;

/// The typed words of a query, as its fields ask for them.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub words: Vec<AskedWord>,
    pub fields: Vec<AskedField>,
    pub demand: Demand,
    /// With `Demand::Any`, how many words a point must have; 0 is as 1.
    pub least: u32,
    /// Places of the query's text: its tokens, those included that are no typed words.
    pub places: u32,
}

/// A typed word.
#[derive(Debug, Clone, Copy)]
pub struct AskedWord {
    /// How often the query says it.
    pub said: u32,
    /// Whether every field asks for it, so that `Demand::All` demands it.
    pub required: bool,
}

/// The order in which a field asks for words.
#[derive(Debug, Clone, Default)]
pub struct AskedField {
    /// Words with their places, ascending.
    pub sequence: Vec<(u32, u32)>,
}

/// Which points match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Demand {
    /// One word is enough, or so many as [`Asked::least`] says.
    #[default]
    Any,
    /// Every required word, in whatever field; where none is required, any.
    All,
    /// All words that a field asks for, in their places, in one text of it.
    Phrase,
}

impl Asked {
    /// Whether words can stand together.
    pub const fn has_neighbours(&self) -> bool {
        self.places > 1
    }
}

/// See the module. Made once for a search; a point's evidence takes the place of the one before.
#[derive(Debug, Default)]
pub struct Evidence {
    words: Vec<OfWord>,
}

#[derive(Debug, Default)]
struct OfWord {
    /// The field at hand, and the best of it.
    field: u32,
    of_field: u32,
    /// Of the fields before it.
    best: u32,
    sum: u32,
    /// Where tokens stand that stand for it: the field above the position.
    places: Vec<u64>,
}

impl OfWord {
    const fn end_field(&mut self) {
        if self.of_field > self.best {
            self.best = self.of_field;
        }
        self.sum = self.sum.saturating_add(self.of_field);
        self.of_field = 0;
    }

    const fn score(&self) -> u32 {
        let best = if self.of_field > self.best { self.of_field } else { self.best };
        over_fields(best, self.sum.saturating_add(self.of_field))
    }
}

const fn key(field: u32, position: u32) -> u64 {
    (field as u64) << 32 | position as u64
}

impl Evidence {
    /// Forgets the point before.
    pub fn begin(&mut self, asked: &Asked) {
        self.words.resize_with(asked.words.len(), OfWord::default);
        for word in &mut self.words {
            (word.field, word.of_field, word.best, word.sum) = (0, 0, 0, 0);
            word.places.clear();
        }
    }

    /// A variant of a typed word is in a field. Fields of a word come one after the other.
    pub fn add(&mut self, word: u32, field: u32, adds: u32) {
        let Some(of) = self.words.get_mut(word as usize) else { return };
        if of.field != field {
            of.end_field();
            of.field = field;
        }
        of.of_field = of.of_field.max(adds);
    }

    /// A token that stands for a typed word.
    pub fn place(&mut self, word: u32, field: u32, position: u32) {
        if let Some(of) = self.words.get_mut(word as usize) {
            of.places.push(key(field, position));
        }
    }

    fn score(&self, word: u32) -> u32 {
        self.words.get(word as usize).map_or(0, OfWord::score)
    }

    /// What the words give; none where a word is missing that is demanded, or all are.
    pub fn words(&self, asked: &Asked) -> Option<u32> {
        let scores = || (0..).zip(&asked.words).map(|(index, word)| (self.score(index), word));
        let lacks = match asked.demand {
            Demand::Any if asked.least <= 1 => false,
            Demand::Any => scores().filter(|(score, _)| *score > 0).count() < asked.least as usize,
            Demand::All | Demand::Phrase => scores().any(|(score, word)| word.required && score == 0),
        };
        let sum = scores().fold(0u32, |sum, (score, word)| sum.saturating_add(score.saturating_mul(word.said)));
        (sum > 0 && !lacks).then_some(sum)
    }

    /// The score as a whole number; none where the point does not match. `ends` gives the ends of a field's texts.
    pub fn total(&mut self, asked: &Asked, ends: &mut dyn FnMut(u32, &mut Vec<u32>)) -> Option<u32> {
        let sum = self.words(asked)?;
        if !asked.has_neighbours() {
            return Some(sum);
        }
        self.words.iter_mut().for_each(|word| {
            sort_numbers(&mut word.places);
            word.places.dedup();
        });
        let (mut is_phrase, mut is_whole) = (false, false);
        let mut texts = Vec::new();
        for (number, field) in (0..).zip(&asked.fields) {
            let begins = self.begins(number, field);
            is_phrase |= !begins.is_empty();
            if !is_whole && !begins.is_empty() {
                texts.clear();
                ends(number, &mut texts);
                let first = field.sequence.first().map_or(0, |&(_, place)| place);
                is_whole = is_whole_text(&begins, first, asked.places, &texts);
            }
        }
        if asked.demand == Demand::Phrase && !is_phrase {
            return None;
        }
        let total = sum.saturating_add(self.neighbours(asked, |number, one, other, apart| {
            let field = |word: u32| self.places_in(word, number);
            let (ones, others) = (field(one), field(other));
            follows(ones, others, apart)
        }));
        Some(if is_whole { with_whole_text(total, sum) } else { total })
    }

    /// Where all words of a field stand in their places: for each such, the position of the first one.
    fn begins(&self, number: u32, field: &AskedField) -> Vec<u32> {
        let mut sequence = field.sequence.iter();
        let Some(&(first, at)) = sequence.next() else { return Vec::new() };
        let mut begins: Vec<u32> = self.places_in(first, number).iter().map(|&key| key as u32).collect();
        for &(word, place) in sequence {
            let places = self.places_in(word, number);
            begins.retain(|&begin| {
                begin.checked_add(place - at).is_some_and(|p| places.binary_search(&key(number, p)).is_ok())
            });
        }
        begins
    }

    fn places_in(&self, word: u32, field: u32) -> &[u64] {
        let all = self.words.get(word as usize).map_or(&[][..], |of| &of.places);
        let start = all.partition_point(|&p| p < key(field, 0));
        let rest = all.get(start..).promised();
        rest.get(..rest.partition_point(|&p| p <= key(field, u32::MAX))).promised()
    }

    /// What neighbours add, of which `stand` says whether they stand together: field, words, places between. Each place
    /// of the query adds once, the most that a field gives it.
    fn neighbours(&self, asked: &Asked, stand: impl Fn(u32, u32, u32, u32) -> bool) -> u32 {
        let mut adds: Vec<(u32, u32)> = Vec::new();
        for (number, field) in (0..).zip(&asked.fields) {
            for pair in field.sequence.windows(2) {
                let &[(one, place), (other, next)] = pair else { continue };
                let adds_here = together(self.score(one), self.score(other));
                let at = adds.partition_point(|&(p, _)| p < place);
                let known = adds.get(at).filter(|a| a.0 == place).map(|a| a.1);
                if adds_here <= known.unwrap_or(0) || !stand(number, one, other, next - place) {
                    continue;
                }
                match adds.get_mut(at).filter(|a| a.0 == place) {
                    Some(adds) => adds.1 = adds_here,
                    None => adds.insert(at, (place, adds_here)),
                }
            }
        }
        adds.iter().fold(0, |sum, &(_, adds)| sum.saturating_add(adds))
    }
}

/// Whether one of the places is followed by one of the others, so far apart. Both ascend.
fn follows(ones: &[u64], others: &[u64], apart: u32) -> bool {
    let mut others = others.iter().peekable();
    ones.iter().any(|&one| {
        let wanted = one + u64::from(apart);
        while others.next_if(|&&other| other < wanted).is_some() {}
        others.peek() == Some(&&wanted)
    })
}

/// Whether a text of so many words begins `first` places before one of these positions.
fn is_whole_text(begins: &[u32], first: u32, places: u32, ends: &[u32]) -> bool {
    let mut before = None;
    ends.iter().any(|&end| {
        let start = start_after(before);
        before = Some(end);
        end.checked_sub(start) == Some(places)
            && start.checked_add(first).is_some_and(|begin| begins.binary_search(&begin).is_ok())
    })
}
