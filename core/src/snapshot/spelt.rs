//! The words of a text as the fields that are searched spell them, and which points have them.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use super::scope::Scope;
use super::words::text_field;
use crate::bm25::{Among, List, Matcher, TextIndex, TypedWord, Variants};
use crate::capabilities::HasWords;
use crate::columns::Bitmap;
use crate::error::{Code, Error, Result};
use crate::ingest::{PreparedPoint, texts_of};
use crate::limits::MAX_MATCH_WORDS;
use crate::model::{Payload, Suggest};
use crate::order::sort_by_rank;
use crate::promised::Promised as _;
use crate::text::{Analyzer, Kind, MAX_TERM_CHARS, Token};

/// Points that are looked at for how a word is written.
const MOST_READ: usize = 4;

/// A word of a text.
pub(super) struct Spelt {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
    /// Form and term, as each field has them.
    pub(super) by_field: Vec<(String, String)>,
    /// Whether a field leaves it out, so that points need not have it.
    is_stop: bool,
}

impl Spelt {
    /// Whether it says nothing of which points are found: a stop word, or half of a pair.
    pub(super) fn is_ignored(&self) -> bool {
        self.is_stop || matches!(self.kind, Kind::Tail | Kind::Single)
    }

    /// Whether it is of a script without spaces, where nothing says which characters make a word.
    pub(super) fn is_unspaced(&self) -> bool {
        matches!(self.kind, Kind::Pair | Kind::Tail | Kind::Single)
    }
}

/// Some points: of each segment, and unpublished ones.
#[derive(Clone)]
pub(super) struct Points<'a> {
    segments: Vec<Bitmap>,
    fresh: Vec<&'a Arc<PreparedPoint>>,
}

impl Points<'_> {
    pub(super) fn count(&self) -> u32 {
        self.segments.iter().map(Bitmap::count).fold(self.fresh.len() as u32, u32::saturating_add)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0
    }
}

/// A field that is searched.
struct Field {
    position: usize,
    name: String,
    analyzer: Analyzer,
}

/// The fields that are searched, of the points that pass a filter.
pub(super) struct Searched<'a> {
    scope: &'a Scope<'a>,
    fields: Vec<Field>,
    _has: HasWords,
}

impl<'a> Searched<'a> {
    /// Checks the fields.
    pub(super) fn new(scope: &'a Scope<'a>, request: &Suggest) -> Result<Self> {
        let _has = HasWords::check()?;
        let schema = &scope.snapshot.schema;
        let is_wanted = |name: &String| request.fields.as_ref().is_none_or(|names| names.contains(name));
        for name in request.fields.iter().flatten() {
            text_field(schema, name)?;
        }
        if schema.text.is_empty() {
            let message = "this collection has no text fields, so no word can be completed; declare some in the schema under \"text\"";
            return Err(Error::new(Code::InvalidQuery, message));
        }
        let mut fields = Vec::new();
        for (position, name) in schema.text.keys().enumerate().filter(|(_, name)| is_wanted(name)) {
            fields.push(Field { position, name: name.clone(), analyzer: text_field(schema, name)? });
        }
        Ok(Self { scope, fields, _has })
    }

    /// All points that pass the filter.
    pub(super) fn all(&self) -> Points<'a> {
        let segments = (0..self.scope.snapshot.segments.len()).map(|index| self.scope.all_in(index)).collect();
        Points { segments, fresh: self.scope.fresh().to_vec() }
    }

    /// Those that have each of the words in some field, by its stem.
    #[inline(never)]
    pub(super) fn with_words(&self, among: &Points<'a>, words: &[Spelt]) -> Result<Points<'a>> {
        let mut points = among.clone();
        for word in words.iter().filter(|word| !word.is_ignored()) {
            let term = |number: usize| word.by_field.get(number).map_or("", |(_, term)| term.as_str());
            let list = |index: &TextIndex<'a>, number: usize| index.term(term(number));
            let has = |number: usize, _: &str, other: &str| other == term(number);
            points = self.with(&points, &list, &has)?;
        }
        Ok(points)
    }

    /// Those that have a form in some field.
    #[inline(never)]
    pub(super) fn with_form(&self, among: &Points<'a>, form: &str) -> Result<Points<'a>> {
        self.with(among, &|index, _| index.form(form), &|_, other, _| other == form)
    }

    #[inline(never)]
    fn with(
        &self,
        among: &Points<'a>,
        list: &dyn Fn(&TextIndex<'a>, usize) -> Option<List<'a>>,
        has: &dyn Fn(usize, &str, &str) -> bool,
    ) -> Result<Points<'a>> {
        let mut segments = Vec::with_capacity(among.segments.len());
        for (open, among) in self.scope.snapshot.segments.iter().zip(&among.segments) {
            let mut found = Bitmap::none(open.segment.points());
            for (number, field) in self.fields.iter().enumerate() {
                let index = open.segment.text(field.position)?;
                if let Some(list) = list(&index, number) {
                    list.each_point(&mut |ordinal| found.insert(ordinal));
                }
            }
            found.intersect(among);
            segments.push(found);
        }
        let has_one = |point: &&&'a Arc<PreparedPoint>| {
            self.fields.iter().enumerate().any(|(number, field)| {
                let words = point.texts.get(field.position);
                words.is_some_and(|words| words.iter().any(|word| has(number, word.form, word.term)))
            })
        };
        Ok(Points { segments, fresh: among.fresh.iter().filter(has_one).copied().collect() })
    }

    /// The forms that begin as a word does, the most frequent of each field and segment and at most so many, with how
    /// many points have them at most, by that.
    pub(super) fn forms_beginning(&self, word: &Spelt, most: usize) -> Result<Vec<(String, u32)>> {
        let mut all: Vec<(String, u32)> = Vec::new();
        let mut add = |form: &str, points: u32| {
            let at = all.partition_point(|(other, _)| other.as_str() < form);
            match all.get_mut(at).filter(|(other, _)| other == form) {
                Some((_, sum)) => *sum = sum.saturating_add(points),
                None => all.insert(at, (form.into(), points)),
            }
        };
        for (field, (beginning, _)) in self.fields.iter().zip(&word.by_field).filter(|(_, (form, _))| !form.is_empty())
        {
            for open in &self.scope.snapshot.segments {
                let forms = open.segment.text(field.position)?.forms_beginning(beginning, most);
                forms.iter().for_each(|(form, points)| add(form, *points));
            }
            for words in self.scope.fresh().iter().filter_map(|point| point.texts.get(field.position)) {
                words.iter().filter(|w| w.form.starts_with(beginning.as_str())).for_each(|word| add(word.form, 1));
            }
        }
        sort_by_rank(&mut all, |&(_, points)| u64::from(!points));
        all.truncate(most);
        Ok(all)
    }

    /// Whether a form is a stop word of a field that leaves these out.
    pub(super) fn is_stop(&self, form: &str) -> bool {
        let mut is_stop = false;
        for field in &self.fields {
            each_token(field, form, &mut |token| is_stop |= token.is_stop && token.form == form);
        }
        is_stop
    }

    /// Adds the forms of a field that a word may be a misspelling of.
    pub(super) fn gather(&self, number: usize, word: &TypedWord, variants: &mut Variants) -> Result<()> {
        let Some(field) = self.fields.get(number) else { return Ok(()) };
        let (published, sealed) = self.scope.snapshot.by_origin();
        for open in published {
            variants.gather(&open.segment.text(field.position)?, word);
        }
        for open in sealed {
            let among = Among::Live { live: open.live.as_ref(), counts: true };
            variants.gather_among(&open.segment.text(field.position)?, word, among);
        }
        let mut matchers = [Matcher::of_forms(word), Matcher::of_terms(word)];
        for words in self.scope.fresh().iter().filter_map(|point| point.texts.get(field.position)) {
            variants.gather_words(words, &mut matchers, true);
        }
        Ok(())
    }

    /// How one of the points that have a form writes it; the form itself where none of the first ones has it alone.
    #[inline(never)]
    pub(super) fn spelling(&self, form: &str, points: &Points<'a>) -> Result<String> {
        let segments = self.scope.snapshot.segments.iter().zip(&points.segments);
        for (open, set) in segments {
            for ordinal in set.iter().take(MOST_READ) {
                if let Some(written) = self.written(form, &open.segment.payload(ordinal)?.to_tree()?)? {
                    return Ok(written);
                }
            }
        }
        for point in points.fresh.iter().take(MOST_READ) {
            if let Some(written) = self.written(form, &point.payload)? {
                return Ok(written);
            }
        }
        Ok(form.into())
    }

    fn written(&self, form: &str, payload: &Payload) -> Result<Option<String>> {
        let mut written = None;
        for field in &self.fields {
            for text in texts_of(payload, &field.name)? {
                each_token(field, text, &mut |token| {
                    if written.is_none() && token.form == form {
                        // "John's" has the form of "John"; of a long word the form has the beginning.
                        let word = text.get(token.range).promised();
                        let folded = field.analyzer.fold(word);
                        let is_cut = folded.starts_with(form) && folded.chars().count() > MAX_TERM_CHARS;
                        written = (folded == form || is_cut).then(|| word.into());
                    }
                });
            }
        }
        Ok(written)
    }
}

/// Calls `each` with the tokens of a text. One function for all, which keeps the WebAssembly module small.
#[inline(never)]
fn each_token(field: &Field, text: &str, each: &mut dyn FnMut(Token<'_>)) {
    field.analyzer.analyze(text, each);
}

/// The words of a text, in order.
pub(super) fn spelt(searched: &Searched<'_>, text: &str) -> Vec<Spelt> {
    let mut words: Vec<Spelt> = Vec::new();
    for (number, field) in searched.fields.iter().enumerate() {
        each_token(field, text, &mut |token| {
            if token.position as usize >= MAX_MATCH_WORDS {
                return;
            }
            if number == 0 {
                let by_field = alloc::vec![(String::new(), String::new()); searched.fields.len()];
                words.push(Spelt { range: token.range.clone(), kind: token.kind, by_field, is_stop: false });
            }
            if let Some(word) = words.get_mut(token.position as usize) {
                word.by_field
                    .get_mut(number)
                    .into_iter()
                    .for_each(|spelt| *spelt = (token.form.into(), token.term.into()));
                word.is_stop |= token.is_stop;
            }
        });
    }
    words
}
