//! A query's text as typed words, as the analyzer of each field sees them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::bm25::{Asked, AskedField, AskedWord, Demand, TypedWord};
use crate::error::{Code, Error, Result};
use crate::json::listed;
use crate::limits::{MAX_FUZZY_WORDS, MAX_MATCH_WORDS};
use crate::model::{Match, MatchMode, Schema, TextField, Typos};
use crate::text::{Analyzer, Kind, may_be_misspelt};

/// A field that is asked, and its view of the typed words.
pub(super) struct Field {
    /// Which of the schema's text fields.
    pub(super) position: usize,
    pub(super) name: String,
    pub(super) boost: f32,
    pub(super) analyzer: Analyzer,
    /// By typed word; none where the field does not ask for it.
    pub(super) words: Vec<Option<TypedWord>>,
}

/// What a query asks: the fields, how they ask, and where it says each word, by the byte at which that begins.
pub(super) type Typed = (Vec<Field>, Asked, Vec<(usize, u32)>);

/// A token of a query's text.
struct QueryToken {
    place: u32,
    start: usize,
    word: TypedWord,
    is_stop: bool,
    is_last: bool,
}

/// The fields that a query asks, and how they ask.
#[inline(never)]
pub(super) fn typed_words(schema: &Schema, query: &Match, typos: Option<&Typos>) -> Result<Typed> {
    let asked_fields = asked_fields(schema, query)?;
    let mut analyzed = Vec::with_capacity(asked_fields.len());
    for (_, name, field) in &asked_fields {
        let analyzer = Analyzer::new(field.language, field.stop_words);
        let typos = typos.filter(|typos| !typos.except_fields.contains(name));
        let (tokens, places) = tokens_of(&analyzer, query, typos);
        analyzed.push((analyzer, tokens, places));
    }
    let mut asked = Asked { demand: demand_of(query.mode), ..Asked::default() };
    let (mut said, mut words): (Vec<(usize, u32)>, Vec<u32>) = (Vec::new(), Vec::new());
    if let Some((_, tokens, places)) = analyzed.first() {
        asked.places = *places;
        for (at, token) in tokens.iter().enumerate() {
            // What is one word to one field may be two to another.
            let is_said = |&before: &usize| analyzed.iter().all(|(_, tokens, _)| is_same(tokens, before, at));
            let known = (0..at).find(is_said).and_then(|before| words.get(before).copied());
            let word = known.unwrap_or(asked.words.len() as u32);
            if known.is_none() {
                asked.words.push(AskedWord { said: 0, required: true });
            }
            asked.words.get_mut(word as usize).into_iter().for_each(|w| w.said += 1);
            words.push(word);
            said.push((token.start, word));
        }
    }
    let mut fields = Vec::with_capacity(analyzed.len());
    for ((position, name, field), (analyzer, tokens, _)) in asked_fields.into_iter().zip(analyzed) {
        let stops_alone = tokens.iter().all(|token| token.is_stop);
        let said = || words.iter().zip(&tokens);
        // What is said again may be unfinished only there.
        let is_unfinished = |word: u32| said().any(|(&w, token)| w == word && token.is_last);
        let asks = |word: u32, token: &QueryToken| !token.is_stop || stops_alone || is_unfinished(word);
        let sequence = said().filter(|(word, token)| asks(**word, token)).map(|(&word, token)| (word, token.place));
        asked.fields.push(AskedField { sequence: sequence.collect() });
        let word_of = |word: u32| {
            let mut typed = said().find(|(w, token)| **w == word && asks(word, token))?.1.word.clone();
            typed.unfinished |= is_unfinished(word);
            Some(typed)
        };
        let words: Vec<Option<TypedWord>> = (0..asked.words.len() as u32).map(word_of).collect();
        for (word, asked) in words.iter().zip(&mut asked.words) {
            asked.required &= word.is_some();
        }
        let boost = query.fields.as_ref().and_then(|names| *names.get(name)?).unwrap_or(field.boost);
        fields.push(Field { position, name: name.clone(), boost, analyzer, words });
    }
    if let Some(least) = query.min_should_match {
        let asked_for = |word: &usize| fields.iter().any(|field| field.words.get(*word).is_some_and(Option::is_some));
        asked.least = least.of((0..asked.words.len()).filter(asked_for).count() as u32);
    }
    Ok((fields, asked, said))
}

/// Whether two tokens are one typed word to a field.
fn is_same(tokens: &[QueryToken], one: usize, other: usize) -> bool {
    let form = |at: usize| tokens.get(at).map(|token| &token.word.form);
    form(one) == form(other)
}

const fn demand_of(mode: MatchMode) -> Demand {
    match mode {
        MatchMode::Any => Demand::Any,
        MatchMode::All => Demand::All,
        MatchMode::Phrase => Demand::Phrase,
    }
}

/// The fields that a query names, or all, with their positions in the schema.
pub(super) fn asked_fields<'s>(schema: &'s Schema, query: &Match) -> Result<Vec<(usize, &'s String, &'s TextField)>> {
    let known: Vec<&str> = schema.text.keys().map(String::as_str).collect();
    if known.is_empty() {
        return Err(Error::new(
            Code::InvalidQuery,
            "this collection has no text fields, so it cannot be asked with \"match\"; declare some in the schema under \"text\"",
        ));
    }
    let excepted = query.fuzzy.iter().flat_map(|typos| &typos.except_fields);
    let mut named = query.fields.iter().flat_map(|f| f.keys()).chain(excepted);
    if let Some(other) = named.find(|name| !schema.text.contains_key(*name)) {
        let message = format!("no text field {other:?}; this collection has {}", listed(&known));
        return Err(Error::new(Code::UnknownField, message));
    }
    let is_wanted = |name: &String| query.fields.as_ref().is_none_or(|names| names.contains_key(name));
    let fields = schema.text.iter().enumerate().filter(|(_, (name, _))| is_wanted(name));
    Ok(fields.map(|(position, (name, field))| (position, name, field)).collect())
}

/// The tokens of a query's text that are typed words, and how many places it has.
fn tokens_of(analyzer: &Analyzer, query: &Match, typos: Option<&Typos>) -> (Vec<QueryToken>, u32) {
    let is_phrase = query.mode == MatchMode::Phrase;
    let typos = typos.filter(|_| !is_phrase);
    let mut right: Vec<String> = Vec::new();
    for word in typos.iter().flat_map(|typos| &typos.except_words) {
        analyzer.analyze(word, |token| right.push(token.form.into()));
    }
    let (mut tokens, mut places): (Vec<QueryToken>, u32) = (Vec::new(), 0);
    let mut end = 0;
    analyzer.analyze(&query.query, |token| {
        if tokens.len() >= MAX_MATCH_WORDS {
            return;
        }
        places = token.position + 1;
        // The pair before the last character of a run has it already.
        if token.kind == Kind::Tail {
            return;
        }
        let start = token.range.start;
        end = token.range.end;
        let typos = typos.filter(|_| {
            let is_word = token.kind == Kind::Word && may_be_misspelt(token.form);
            is_word && tokens.len() < MAX_FUZZY_WORDS && !right.iter().any(|form| form == token.form)
        });
        let edits = |word: &str| typos.map_or(0, |typos| typos.edits(word.chars().count()));
        let word = TypedWord {
            form: token.form.into(),
            term: token.term.into(),
            unfinished: token.kind == Kind::Single,
            edits: edits(token.form),
            term_edits: edits(token.form).min(edits(token.term)),
            first_letters: typos.and_then(|typos| typos.first_letters).map(|n| n.min(u32::from(u8::MAX)) as u8),
        };
        tokens.push(QueryToken { place: token.position, start, word, is_stop: token.is_stop, is_last: false });
    });
    // What is followed by something is finished.
    let is_unfinished = query.prefix && !is_phrase && end == query.query.len();
    if let Some(last) = tokens.last_mut().filter(|_| is_unfinished) {
        (last.is_last, last.word.unfinished) = (true, true);
    }
    (tokens, places)
}
