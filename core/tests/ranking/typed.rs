//! A query's words, field by field, and what stands for them.

use std::collections::BTreeSet;

use headwater_core::text::Kind;
use serde_json::Value;

use super::texts::{Counts, Field, Token};

/// Tokens of a query that count.
const MOST_TOKENS: usize = 256;
/// Typed words that may be misspelt.
const MOST_FUZZY: usize = 32;
/// Forms that may stand for a typed word in a field.
const MOST_FORMS: usize = 128;
/// Forms that may stand for all typed words in all fields.
const MOST_FORMS_IN_ALL: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Any,
    All,
    Phrase,
}

/// A word of the query.
pub(crate) struct TypedWord {
    /// Where the query says it.
    pub(crate) places: Vec<usize>,
    /// In the order of the asked fields: its token there.
    tokens: Vec<Token>,
    is_unfinished: bool,
    /// In the order of the asked fields: what stands for it; none where the field does not ask for it.
    pub(crate) variants: Vec<Option<Vec<Variant>>>,
}

/// The words of a text of `match`.
pub(crate) struct TypedQuery {
    pub(crate) mode: Mode,
    pub(crate) words: Vec<TypedWord>,
    /// How many tokens count.
    pub(crate) places: usize,
    /// Places in the schema's list of text fields, with the boost of each beside the greatest one.
    pub(crate) fields: Vec<(usize, f32)>,
}

/// The rows of the table of variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VariantKind {
    Exact,
    Stem,
    Unfinished,
    Misspelt,
    MisspeltStem,
    Both,
}

/// What stands for a typed word in a field.
#[derive(Debug, Clone)]
pub(crate) struct Variant {
    kind: VariantKind,
    /// The form of its tokens; of stems their term.
    text: String,
    pub(crate) factor: f32,
    pub(crate) idf: f32,
}

/// What of a collection decides about variants. By text field of the schema.
pub(crate) struct Dictionary {
    /// Points of the statistics.
    pub(crate) points: usize,
    pub(crate) counts: Vec<Counts>,
    /// All forms that a counted or published point has.
    pub(crate) forms: Vec<BTreeSet<String>>,
    /// All terms that such a point has.
    pub(crate) terms: Vec<BTreeSet<String>>,
}

impl Variant {
    pub(crate) fn has(&self, token: &Token) -> bool {
        self.text == if self.kind.is_stem() { &*token.term } else { &*token.form }
    }

    /// Points of the statistics that have it in a field.
    fn points(&self, counts: &Counts) -> usize {
        if self.kind.is_stem() { counts.with_term(&self.text) } else { counts.with_form(&self.text) }
    }
}

impl TypedWord {
    pub(crate) fn is_asked_in(&self, field: usize) -> bool {
        self.variants[field].is_some()
    }

    pub(crate) fn is_required(&self) -> bool {
        self.variants.iter().all(Option::is_some)
    }

    /// Whether a token is one of its variants in the asked field.
    pub(crate) fn has(&self, field: usize, token: &Token) -> bool {
        self.variants[field].iter().flatten().any(|variant| variant.has(token))
    }

    /// Whether it is a single character of a script without spaces.
    pub(crate) fn is_single(&self) -> bool {
        self.tokens.iter().any(|token| token.kind == Kind::Single)
    }

    pub(crate) fn said(&self) -> i64 {
        self.places.len() as i64
    }
}

impl TypedQuery {
    pub(crate) fn new(query: &Value, fields: &[Field], dictionary: &Dictionary) -> Self {
        let options = if query.is_string() { &serde_json::json!({ "query": query }) } else { query };
        let text = options["query"].as_str().unwrap();
        let flag = |name: &str| options[name].as_bool().unwrap_or_default();
        let mode = match options["mode"].as_str() {
            Some("all") => Mode::All,
            Some("phrase") => Mode::Phrase,
            _ => Mode::Any,
        };
        let asked = asked_fields(&options["fields"], fields);
        let mut tokens: Vec<Vec<Token>> = asked.iter().map(|(field, _)| fields[*field].tokens(text)).collect();
        tokens.iter_mut().for_each(|tokens| tokens.truncate(MOST_TOKENS));
        let places = tokens.first().map_or(0, Vec::len);
        let mut words: Vec<TypedWord> = Vec::new();
        for place in 0..places {
            let here: Vec<Token> = tokens.iter().map(|tokens| tokens[place].clone()).collect();
            if here.iter().any(|token| token.kind == Kind::Tail) {
                continue;
            }
            let same = |word: &&mut TypedWord| word.tokens.iter().zip(&here).all(|(a, b)| a.form == b.form);
            let ends = here.iter().all(|token| token.range.end == text.len());
            let is_unfinished = ends && flag("prefix") && mode != Mode::Phrase;
            if let Some(word) = words.iter_mut().find(same) {
                word.places.push(place);
                word.is_unfinished |= is_unfinished;
            } else {
                words.push(TypedWord { places: vec![place], tokens: here, is_unfinished, variants: Vec::new() });
            }
        }
        let mut typed = Self { mode, words, places, fields: asked };
        typed.find_variants(flag("fuzzy") && mode != Mode::Phrase, dictionary);
        typed
    }

    fn find_variants(&mut self, is_fuzzy: bool, dictionary: &Dictionary) {
        let only_stop_words = |field: usize| self.words.iter().all(|word| word.tokens[field].is_stop);
        let only_stop_words: Vec<bool> = (0..self.fields.len()).map(only_stop_words).collect();
        let mut left = MOST_FORMS_IN_ALL;
        for (number, word) in self.words.iter_mut().enumerate() {
            for (asked, (field, _)) in self.fields.iter().enumerate() {
                let token = &word.tokens[asked];
                if token.is_stop && !word.is_unfinished && !only_stop_words[asked] {
                    word.variants.push(None);
                    continue;
                }
                let mut variants = vec![
                    Variant { kind: VariantKind::Exact, text: token.form.clone(), factor: 1.0, idf: 0.0 },
                    Variant { kind: VariantKind::Stem, text: token.term.clone(), factor: 0.85, idf: 0.0 },
                ];
                let may_edit = is_fuzzy && number < MOST_FUZZY;
                let forms = dictionary.forms[*field].iter();
                let forms = forms.filter_map(|form| stands_for(token, word.is_unfinished, may_edit, form));
                let stems = dictionary.terms[*field].iter().filter_map(|term| misspelt_stem(token, may_edit, term));
                let mut others: Vec<Variant> = forms.chain(stems).collect();
                let points = |variant: &Variant| variant.points(&dictionary.counts[*field]);
                others.sort_by(|a, b| {
                    let order = b.factor.total_cmp(&a.factor).then(points(b).cmp(&points(a)));
                    let order = order.then(a.kind.is_stem().cmp(&b.kind.is_stem()));
                    order.then_with(|| a.text.cmp(&b.text))
                });
                others.truncate(MOST_FORMS.min(left));
                left -= others.len();
                variants.extend(others);
                word.variants.push(Some(variants));
            }
            word.weigh(&self.fields, dictionary);
        }
    }
}

impl TypedWord {
    /// How rare each kind of variant is.
    fn weigh(&mut self, fields: &[(usize, f32)], dictionary: &Dictionary) {
        // Where the word is left out as a stop word, nothing says how rare it is.
        let asked = || fields.iter().enumerate().filter(|(asked, _)| self.variants[*asked].is_some());
        let counts = |field: &usize| &dictionary.counts[*field];
        let with_term = asked().map(|(asked, (field, _))| counts(field).with_term(&self.tokens[asked].term)).max();
        let with_term = with_term.unwrap_or_default();
        let variants = || {
            asked().flat_map(|(asked, (field, _))| self.variants[asked].iter().flatten().map(|v| (v, counts(field))))
        };
        let most_of = |kind: VariantKind| {
            variants().filter(|(v, _)| v.kind.group() == kind.group()).map(|(v, counts)| v.points(counts)).max()
        };
        let weighed = |(variant, counts): (&Variant, &Counts)| {
            let most = if variant.kind.is_like() { most_of(variant.kind).unwrap_or_default() } else { 0 };
            let (all, points) = (dictionary.points as f64, most.max(with_term) as f64);
            let idf = (1.0 + (all - points + 0.5) / (points + 0.5)).ln() as f32;
            let log = |points: usize| (1.0 + points as f64).ln();
            let share = log(variant.points(counts)) / log(most.max(1));
            let by_frequency = if variant.kind.has_edits() { 0.5 + 0.5 * share } else { 1.0 };
            (idf, by_frequency as f32)
        };
        let all: Vec<(f32, f32)> = variants().map(weighed).collect();
        for (variant, (idf, by_frequency)) in self.variants.iter_mut().flatten().flatten().zip(all) {
            variant.idf = idf;
            variant.factor *= by_frequency;
        }
    }
}

impl VariantKind {
    const fn is_stem(self) -> bool {
        matches!(self, Self::Stem | Self::MisspeltStem)
    }

    /// Whether it has as many variants as there are words like the typed one.
    const fn is_like(self) -> bool {
        !matches!(self, Self::Exact | Self::Stem)
    }

    const fn has_edits(self) -> bool {
        matches!(self, Self::Misspelt | Self::MisspeltStem | Self::Both)
    }

    /// Misspelt forms and stems are as rare as the most frequent of them all.
    const fn group(self) -> Self {
        if matches!(self, Self::MisspeltStem) { Self::Misspelt } else { self }
    }
}

/// The asked fields, each with its boost beside the greatest.
fn asked_fields(asked: &Value, fields: &[Field]) -> Vec<(usize, f32)> {
    let place = |name: &str| fields.iter().position(|field| field.name == name).unwrap();
    let mut boosts: Vec<(usize, f32)> = match asked {
        Value::Array(names) => {
            names.iter().map(|name| place(name.as_str().unwrap())).map(|f| (f, fields[f].boost)).collect()
        }
        Value::Object(boosts) => boosts.iter().map(|(name, b)| (place(name), b.as_f64().unwrap() as f32)).collect(),
        _ => (0..fields.len()).map(|field| (field, fields[field].boost)).collect(),
    };
    boosts.sort_by_key(|(field, _)| *field);
    boosts.dedup_by_key(|(field, _)| *field);
    let greatest = match asked {
        Value::Object(_) => boosts.iter().map(|(_, boost)| *boost).fold(0.0, f32::max),
        _ => fields.iter().map(|field| field.boost).fold(0.0, f32::max),
    };
    boosts.iter().map(|(field, boost)| (*field, boost / greatest)).collect()
}

/// The variant of one of the last three kinds that a form is, if it is one.
fn stands_for(token: &Token, is_unfinished: bool, may_edit: bool, form: &str) -> Option<Variant> {
    let typed = &token.form;
    let variant = |kind, factor| Some(Variant { kind, text: form.into(), factor, idf: 0.0 });
    let part = typed.chars().count() as f32 / form.chars().count() as f32;
    if (is_unfinished || token.kind == Kind::Single) && form.starts_with(typed.as_str()) {
        return variant(VariantKind::Unfinished, 0.7 * part);
    }
    if !may_edit {
        return None;
    }
    let most = most_edits(typed);
    if let Some(factor) = by_edits(typed, form, most) {
        return variant(VariantKind::Misspelt, factor);
    }
    let ends = form.char_indices().map(|(at, c)| at + c.len_utf8());
    let factors = ends.filter_map(|end| by_edits(typed, &form[..end], most).filter(|_| may_differ(form)));
    let best = factors.fold(0.0, f32::max);
    if is_unfinished && best > 0.0 {
        return variant(VariantKind::Both, 0.7 * part.min(1.0) * best);
    }
    None
}

/// The variant that a term is whose forms are misspelt.
fn misspelt_stem(token: &Token, may_edit: bool, term: &str) -> Option<Variant> {
    let factor = by_edits(&token.term, term, most_edits(&token.form).min(most_edits(&token.term)))
        .filter(|_| may_edit && may_differ(&token.form))?;
    Some(Variant { kind: VariantKind::MisspeltStem, text: term.into(), factor: 0.5 * factor, idf: 0.0 })
}

/// Edits that a typed word may have.
fn most_edits(typed: &str) -> usize {
    match typed.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

/// The factor of a word that so many edits lead to.
fn by_edits(typed: &str, other: &str, most: usize) -> Option<f32> {
    let (typed_chars, chars): (Vec<char>, Vec<char>) = (typed.chars().collect(), other.chars().collect());
    let (first, other_first) = (*typed_chars.first()?, *chars.first()?);
    let most = match first == other_first {
        true => most,
        false if typed_chars.len() < 5 || first as u32 / 128 != other_first as u32 / 128 => 0,
        false => most.min(1),
    };
    let edits = distance(&typed_chars, &chars);
    let may_be = (1..=most).contains(&edits) && may_differ(typed) && may_differ(other);
    may_be.then_some(if edits == 1 { 0.45 } else { 0.2 })
}

/// Whether a word is one that may be misspelt.
fn may_differ(word: &str) -> bool {
    !word.chars().any(|c| c.is_ascii_digit() || is_picture_or_unspaced(c))
}

/// Of the characters that these tests use.
fn is_picture_or_unspaced(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{3041}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{1F300}'..='\u{1FAFF}')
}

/// Edits between two words, by the recurrence of optimal string alignment.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if i == 0 || j == 0 {
                table[i][j] = i.max(j);
                continue;
            }
            let replaced = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            table[i][j] = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                table[i][j] = table[i][j].min(table[i - 2][j - 2] + 1);
            }
        }
    }
    table[a.len()][b.len()]
}
