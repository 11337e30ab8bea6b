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
    Both,
}

/// What stands for a typed word in a field.
#[derive(Debug, Clone)]
pub(crate) struct Variant {
    kind: VariantKind,
    /// The form of its tokens; of a stem their term.
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
}

impl Variant {
    pub(crate) fn has(&self, token: &Token) -> bool {
        self.text == if self.kind == VariantKind::Stem { &*token.term } else { &*token.form }
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
                let mut others: Vec<Variant> = dictionary.forms[*field]
                    .iter()
                    .filter_map(|form| stands_for(token, word.is_unfinished, may_edit, form))
                    .collect();
                let points = |variant: &Variant| dictionary.counts[*field].with_form(&variant.text);
                others.sort_by(|a, b| {
                    let order = b.factor.total_cmp(&a.factor).then(points(b).cmp(&points(a)));
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
        let with_form =
            |form: &str| asked().map(|(_, (field, _))| counts(field).with_form(form)).max().unwrap_or_default();
        let all: Vec<Variant> = self.variants.iter().flatten().flatten().cloned().collect();
        let idf = |variant: &Variant| {
            let others = all.iter().filter(|other| other.kind == variant.kind && variant.kind.is_one_form());
            let points = others.map(|other| with_form(&other.text)).max().unwrap_or_default().max(with_term);
            let (all, points) = (dictionary.points as f64, points as f64);
            (1.0 + (all - points + 0.5) / (points + 0.5)).ln() as f32
        };
        let idfs: Vec<f32> = all.iter().map(idf).collect();
        let variants = self.variants.iter_mut().flatten().flatten();
        variants.zip(idfs).for_each(|(variant, idf)| variant.idf = idf);
    }
}

impl VariantKind {
    const fn is_one_form(self) -> bool {
        matches!(self, Self::Unfinished | Self::Misspelt | Self::Both)
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
    let most = match typed.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let differs = |word: &str| word.chars().any(|c| c.is_ascii_digit() || is_picture_or_unspaced(c));
    if !may_edit || most == 0 || typed.chars().next() != form.chars().next() || differs(typed) || differs(form) {
        return None;
    }
    let (typed, form): (Vec<char>, Vec<char>) = (typed.chars().collect(), form.chars().collect());
    let by_edits = |edits: usize| if edits == 1 { 0.45 } else { 0.2 };
    let edits = distance(&typed, &form);
    if (1..=most).contains(&edits) {
        return variant(VariantKind::Misspelt, by_edits(edits));
    }
    let edits = (1..=form.len()).map(|end| distance(&typed, &form[..end])).min().unwrap();
    if is_unfinished && (1..=most).contains(&edits) {
        return variant(VariantKind::Both, 0.7 * part.min(1.0) * by_edits(edits));
    }
    None
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
