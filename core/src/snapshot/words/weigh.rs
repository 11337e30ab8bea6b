//! What stands for the typed words, weighed by what all segments say.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::scope::Scope;
use super::typed::Field;
use crate::bm25::{
    Among, Asked, Class, FieldStatistics, Matcher, STEM, TypedWord, Variant, Variants, Weight, by_frequency, idf,
};
use crate::error::Result;
use crate::limits::{MAX_LISTS, MAX_VARIANTS};
use crate::model::{Match, Schema};

/// Something that stands for a typed word in a field.
pub(super) struct Weighed {
    pub(super) word: u32,
    pub(super) field: u32,
    pub(super) text: String,
    /// Whether the text is a term; else a form.
    pub(super) is_term: bool,
    pub(super) weight: Weight,
}

/// All that stands for the words of a query.
pub(super) struct Weights {
    /// By word, then field.
    pub(super) all: Vec<Weighed>,
    /// For each asked field, what lengths stand for.
    pub(super) lengths: Vec<Vec<f32>>,
    /// For each word, the most points that have its term in one field.
    pub(super) points: Vec<u64>,
    pub(super) spelling: Spelling,
}

/// How many of the typed words are presumably misspelt.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::snapshot) struct Spelling {
    /// Those that some field asks for.
    pub(in crate::snapshot) words: u32,
    /// Those of them that no point has, though some have one that is like it.
    pub(in crate::snapshot) misspelt: u32,
}

/// A typed word in a field, with what is like it.
struct Expanded<'f> {
    word: u32,
    field: u32,
    typed: &'f TypedWord,
    variants: Vec<Variant>,
}

/// Weighs everything.
#[inline(never)]
pub(super) fn weigh(scope: &Scope<'_>, query: &Match, fields: &[Field], asked: &Asked) -> Result<Weights> {
    let most = greatest_boost(&scope.snapshot.schema, query, fields);
    let misses = scope.snapshot.misses();
    let expanded = expand(scope, fields, asked.words.len() as u32)?;
    let points = points(scope);
    let (mut all, mut lengths, mut with_each) = (Vec::new(), Vec::new(), Vec::new());
    let mut spelling = Spelling::default();
    for field in fields {
        lengths.push(statistics(scope, field.position)?.lengths());
    }
    for word in 0..asked.words.len() as u32 {
        let of_word = || expanded.iter().filter(|e| e.word == word);
        let mut with = 0;
        for e in of_word() {
            let field = fields.get(e.field as usize);
            with = with.max(field.map_or(Ok(0), |field| points_with(scope, field.position, &e.typed.term))?);
        }
        with_each.push(with);
        let is_like = |class: Class| of_word().flat_map(|e| &e.variants).any(|v| v.class == class);
        let is_misspelt =
            with == 0 && !is_like(Class::Unfinished) && (is_like(Class::Misspelt) || is_like(Class::Both));
        spelling.words += u32::from(of_word().next().is_some());
        spelling.misspelt += u32::from(is_misspelt);
        // A form that is rarer than the word weighs no more than the word, and forms of a class are as rare as the most
        // frequent.
        let of_class = Class::ALL.map(|class| {
            let variants = of_word().flat_map(|e| &e.variants).filter(|v| v.class == class);
            let most = variants.fold(0, |most, v| most.max(v.points));
            (idf(points, most.max(with)), most)
        });
        let itself = idf(points, with);
        for e in of_word() {
            let boost = fields.get(e.field as usize).map_or(1.0, |field| field.boost) / most;
            let mut add = |text: &String, is_term: bool, idf: f32, factor: f32| {
                let weight = Weight::new(idf, factor * boost);
                let weight = if asked.has_neighbours() { weight } else { weight.of_single_word() };
                all.push(Weighed { word, field: e.field, text: text.clone(), is_term, weight });
            };
            add(&e.typed.form, false, itself, 1.0);
            add(&e.typed.term, true, itself, STEM);
            for variant in &e.variants {
                let (idf, most) = of_class.get(variant.class as usize).copied().unwrap_or((itself, 0));
                let is_misspelt = variant.class != Class::Unfinished;
                let share = if is_misspelt { by_frequency(variant.points, most) } else { 1.0 };
                add(&variant.text, variant.is_term, idf, variant.factor * share);
            }
        }
    }
    scope.snapshot.none_missing_since(misses)?;
    Ok(Weights { all, lengths, points: with_each, spelling })
}

/// Notes what all words are looked up in, and the lists that say where words stand beside each other, and whether they
/// are a whole text: nothing but that they will be asked depends on the words.
pub(super) fn want(scope: &Scope<'_>, fields: &[Field], asked: &Asked) -> Result<()> {
    for open in scope.snapshot.segments().iter().filter(|open| !open.segment.is_whole()) {
        for field in fields {
            let index = open.segment.text(field.position)?;
            field.words.iter().flatten().for_each(|typed| index.want(&typed.form, &typed.term));
            if asked.has_neighbours() {
                index.ends().want();
            }
        }
    }
    Ok(())
}

/// Boosts of the query are relative to one another, those of the schema to all of the schema.
fn greatest_boost(schema: &Schema, query: &Match, fields: &[Field]) -> f32 {
    let from_schema = query.fields.iter().flatten().all(|f| f.1.is_none());
    let all = schema.text.values().map(|t| t.boost).filter(|_| from_schema);
    fields.iter().map(|field| field.boost).chain(all).fold(f32::MIN_POSITIVE, |a, b| if b > a { b } else { a })
}

/// The forms like the typed words, field by field, at most so many in all.
fn expand<'f>(scope: &Scope<'_>, fields: &'f [Field], words: u32) -> Result<Vec<Expanded<'f>>> {
    let (mut all, mut left) = (Vec::new(), MAX_LISTS);
    for word in 0..words {
        for (number, field) in (0..).zip(fields) {
            let Some(typed) = field.words.get(word as usize).and_then(Option::as_ref) else { continue };
            let variants = variants(scope, field.position, typed)?.chosen(left.min(MAX_VARIANTS));
            left -= variants.len();
            all.push(Expanded { word, field: number, typed, variants });
        }
    }
    Ok(all)
}

#[inline(never)]
fn variants(scope: &Scope<'_>, position: usize, typed: &TypedWord) -> Result<Variants> {
    let mut variants = Variants::default();
    let mut matchers = [Matcher::of_forms(typed), Matcher::of_terms(typed)];
    if !matchers.iter().any(Matcher::can_match) {
        return Ok(variants);
    }
    let (published, sealed) = scope.snapshot.by_origin();
    for open in published {
        variants.gather(&open.segment.text(position)?, typed);
    }
    let counts = !is_published(scope);
    for open in sealed {
        let among = Among::Live { live: open.live.as_ref(), counts };
        variants.gather_among(&open.segment.text(position)?, typed, among);
    }
    for point in scope.memtable().into_iter().flat_map(|m| m.points()) {
        if let Some(words) = point.texts.get(position) {
            variants.gather_words(words, &mut matchers, counts);
        }
    }
    Ok(variants)
}

/// Whether statistics are those of published points; else of unpublished ones.
fn is_published(scope: &Scope<'_>) -> bool {
    !cfg!(feature = "changes") || scope.snapshot.by_origin().0.iter().any(|open| open.segment.points() > 0)
}

/// All points of the statistics.
pub(super) fn points(scope: &Scope<'_>) -> u64 {
    if is_published(scope) {
        return scope.snapshot.by_origin().0.iter().map(|open| u64::from(open.segment.points())).sum();
    }
    scope.unpublished().map_or(0, |unpublished| unpublished.point_count() as u64)
}

/// Those of them that have a term in a field.
fn points_with(scope: &Scope<'_>, position: usize, term: &str) -> Result<u64> {
    let (published, sealed) = scope.snapshot.by_origin();
    let mut with = 0;
    if is_published(scope) {
        for open in published {
            with += open.segment.text(position)?.term(term).map_or(0, |list| u64::from(list.points()));
        }
        return Ok(with);
    }
    for open in sealed {
        let Some(list) = open.segment.text(position)?.term(term) else { continue };
        with += u64::from(open.live.as_ref().map_or(list.points(), |live| list.count_in(live)));
    }
    let has = |words: &crate::text::Words| words.iter().any(|word| word.term == term);
    let texts = scope.memtable().into_iter().flat_map(|m| m.points()).filter_map(|point| point.texts.get(position));
    Ok(with + texts.filter(|words| has(words)).count() as u64)
}

/// What is known of a field's texts.
fn statistics(scope: &Scope<'_>, position: usize) -> Result<FieldStatistics> {
    if !is_published(scope) {
        return Ok(scope.unpublished().map(|unpublished| unpublished.texts(position)).unwrap_or_default());
    }
    let mut statistics = FieldStatistics::default();
    for open in scope.snapshot.by_origin().0 {
        let index = open.segment.text(position)?;
        // What a segment says of itself is not checked against its lists.
        statistics.words = statistics.words.saturating_add(index.words);
        statistics.texts = statistics.texts.saturating_add(index.texts);
    }
    Ok(statistics)
}
