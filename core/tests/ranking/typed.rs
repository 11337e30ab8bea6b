//! A query's words, field by field, and what stands for them.

use std::collections::BTreeSet;
use std::ops::Range;

use headwater_core::text::Kind;
use serde_json::Value;

use super::simple::{Part, simple};
use super::synonyms::{Alternative, alternatives};
use super::texts::{Counts, Field, Token};
use super::typos::{Typos, may_differ};

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
    /// Whether it need not be there, because too few points have all words.
    is_dropped: bool,
    /// The most points that have its term in one field.
    points: usize,
    /// How much it counts, if a synonym brings it.
    share: f64,
    /// In the order of the asked fields: what stands for it; none where the field does not ask for it.
    pub(crate) variants: Vec<Option<Vec<Variant>>>,
}

/// The words of a text of `match`.
pub(crate) struct TypedQuery {
    pub(crate) mode: Mode,
    pub(crate) words: Vec<TypedWord>,
    /// How many tokens count.
    pub(crate) places: usize,
    /// At which byte of the text the token of each place begins.
    starts: Vec<usize>,
    /// Phrases that a point must have, and that it must not have.
    pub(crate) demands: Vec<(TypedQuery, bool)>,
    /// How many words a point must have, where the mode is `any`.
    pub(crate) least: usize,
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
    /// The same, but for synonyms.
    whole_factor: f32,
    pub(crate) idf: f32,
    /// Whether it is of a word that a synonym brings.
    pub(crate) is_brought: bool,
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
    fn new(kind: VariantKind, text: &str, factor: f32) -> Self {
        Self { kind, text: text.into(), factor, whole_factor: factor, idf: 0.0, is_brought: false }
    }

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
        !self.is_dropped && self.variants.iter().all(Option::is_some)
    }

    /// Whether a token is one of its variants in the asked field.
    pub(crate) fn has(&self, field: usize, token: &Token) -> bool {
        self.variants[field].iter().flatten().any(|variant| variant.has(token))
    }

    /// Whether it is a single character of a script without spaces.
    pub(crate) fn is_single(&self) -> bool {
        self.tokens.iter().any(|token| token.kind == Kind::Single)
    }

    /// How rare it is; none where no field asks for it.
    fn idf(&self) -> Option<f64> {
        let mut variants = self.variants.iter().flatten().flatten();
        variants.find(|variant| variant.kind == VariantKind::Exact).map(|variant| f64::from(variant.idf))
    }

    pub(crate) fn said(&self) -> i64 {
        self.places.len() as i64
    }
}

impl TypedQuery {
    /// The text as it is typed, and those for which it stands.
    pub(crate) fn all(query: &Value, of_schema: &Value, fields: &[Field], dictionary: &Dictionary) -> Vec<Self> {
        let options = if query.is_string() { &serde_json::json!({ "query": query }) } else { query };
        let given = options["query"].as_str().unwrap();
        let parts = if options["syntax"] == "simple" { simple(given) } else { vec![Part::Words(given.to_string())] };
        let text: &str = &parts.iter().map(Part::words).collect::<String>();
        let rules = match &options["synonyms"] {
            Value::Null | Value::Bool(true) => of_schema,
            own => own,
        };
        let first = &fields[asked_fields(&options["fields"], fields)[0].0];
        let mut all: Vec<Self> = Vec::new();
        for Alternative { text, replaced } in alternatives(text, rules, first) {
            let mut typed = Self::new(&text, options, fields, dictionary);
            for (place, brought) in &replaced {
                typed.count_less(brought, all[0].rarity(place));
            }
            for part in &parts {
                let (phrase, is_wanted) = match part {
                    Part::Words(_) => continue,
                    Part::Phrase(phrase) => (phrase, true),
                    Part::Excluded { phrase, .. } => (phrase, false),
                };
                let query = serde_json::json!({ "mode": "phrase", "fields": options["fields"] });
                typed.demands.push((Self::new(phrase, &query, fields, dictionary), is_wanted));
            }
            typed.demands.retain(|(phrase, _)| !phrase.words.is_empty());
            all.push(typed);
        }
        all
    }

    /// Typed words that some field asks for.
    pub(crate) fn asked_words(&self) -> usize {
        self.words.iter().filter(|word| word.variants.iter().any(Option::is_some)).count()
    }

    /// How much the words that stand in some bytes of the text count together.
    fn rarity(&self, bytes: &Range<usize>) -> f64 {
        let idfs: Vec<f64> = self.said_in(bytes).into_iter().filter_map(|word| self.words[word].idf()).collect();
        idfs.iter().sum::<f64>() + idfs.windows(2).map(|pair| pair[0].min(pair[1]) / 2.0).sum::<f64>()
    }

    /// The words in some bytes of the text, one after the other.
    fn said_in(&self, bytes: &Range<usize>) -> Vec<usize> {
        let place_of = |place: &usize| self.words.iter().position(|word| word.places.contains(place));
        let places = (0..self.starts.len()).filter(|place| bytes.contains(&self.starts[*place]));
        places.filter_map(|place| place_of(&place)).collect()
    }

    /// Makes the words in some bytes count no more than those for which they stand.
    fn count_less(&mut self, bytes: &Range<usize>, replaced: f64) {
        let brought = self.rarity(bytes);
        let share = 0.9 * if brought > replaced { replaced / brought } else { 1.0 };
        for word in self.said_in(bytes) {
            self.words[word].share = self.words[word].share.min(share);
        }
        for word in &mut self.words {
            for variant in word.variants.iter_mut().flatten().flatten() {
                variant.factor = variant.whole_factor * word.share as f32;
                variant.is_brought = word.share < 1.0;
            }
        }
    }

    fn new(text: &str, options: &Value, fields: &[Field], dictionary: &Dictionary) -> Self {
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
                let places = vec![place];
                let (variants, is_dropped, points, share) = (Vec::new(), false, 0, 1.0);
                words.push(TypedWord { places, tokens: here, is_unfinished, is_dropped, points, share, variants });
            }
        }
        let starts = tokens.first().into_iter().flatten().map(|token| token.range.start).collect();
        let mut typed = Self { mode, words, places, starts, demands: Vec::new(), least: 1, fields: asked };
        let typos = Typos::of(&options["fuzzy"]).filter(|_| mode != Mode::Phrase);
        typed.find_variants(typos.as_ref(), fields, dictionary);
        let asked_for = typed.words.iter().filter(|word| word.variants.iter().any(Option::is_some)).count();
        typed.least = match &options["minShouldMatch"] {
            Value::Null => 1,
            Value::String(share) => (asked_for * share.trim_end_matches('%').parse::<usize>().unwrap() / 100).max(1),
            number => number.as_u64().unwrap() as usize,
        };
        typed
    }

    /// Drops the word that is to be dropped next, unless it is the only one that is required.
    pub(crate) fn drop_word(&mut self, order: &Value) -> bool {
        let required = self.words.iter_mut().filter(|word| word.is_required());
        let mut required: Vec<&mut TypedWord> = required.collect();
        if *order == "frequent" {
            required.sort_by_key(|word| word.points);
        }
        let Some(word) = required.pop().filter(|_| !required.is_empty()) else { return false };
        word.is_dropped = true;
        true
    }

    fn find_variants(&mut self, typos: Option<&Typos>, fields: &[Field], dictionary: &Dictionary) {
        let only_stop_words = |field: usize| self.words.iter().all(|word| word.tokens[field].is_stop);
        let only_stop_words: Vec<bool> = (0..self.fields.len()).map(only_stop_words).collect();
        let mut left = MOST_FORMS_IN_ALL;
        for (number, word) in self.words.iter_mut().enumerate() {
            let asks = |asked: usize, token: &Token| !token.is_stop || word.is_unfinished || only_stop_words[asked];
            let is_known = self.fields.iter().enumerate().any(|(asked, (field, _))| {
                let token = &word.tokens[asked];
                let begins = |form: &String| stands_for(token, word.is_unfinished, None, form).is_some();
                let has = dictionary.terms[*field].contains(&token.term) || dictionary.forms[*field].iter().any(begins);
                asks(asked, token) && has
            });
            let typos = typos.filter(|typos| !(typos.only_unknown && is_known));
            for (asked, (field, _)) in self.fields.iter().enumerate() {
                let token = &word.tokens[asked];
                if !asks(asked, token) {
                    word.variants.push(None);
                    continue;
                }
                let mut variants = vec![
                    Variant::new(VariantKind::Exact, &token.form, 1.0),
                    Variant::new(VariantKind::Stem, &token.term, 0.85),
                ];
                let typos = typos.filter(|typos| number < MOST_FUZZY && !typos.excepts(token, &fields[*field]));
                let forms = dictionary.forms[*field].iter();
                let forms = forms.filter_map(|form| stands_for(token, word.is_unfinished, typos, form));
                let stems = dictionary.terms[*field].iter();
                let stems = stems.filter_map(|term| misspelt_stem(token, typos?, term));
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
        self.points = with_term;
        for (variant, (idf, by_frequency)) in self.variants.iter_mut().flatten().flatten().zip(all) {
            variant.idf = idf;
            variant.factor *= by_frequency;
            variant.whole_factor = variant.factor;
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
fn stands_for(token: &Token, is_unfinished: bool, typos: Option<&Typos>, form: &str) -> Option<Variant> {
    let typed = &token.form;
    let variant = |kind, factor| Some(Variant::new(kind, form, factor));
    let part = typed.chars().count() as f32 / form.chars().count() as f32;
    if (is_unfinished || token.kind == Kind::Single) && form.starts_with(typed.as_str()) {
        return variant(VariantKind::Unfinished, 0.7 * part);
    }
    let typos = typos?;
    let most = typos.edits(typed);
    if let Some(factor) = typos.factor(typed, form, most) {
        return variant(VariantKind::Misspelt, factor);
    }
    let ends = form.char_indices().map(|(at, c)| at + c.len_utf8());
    let factors = ends.filter_map(|end| typos.factor_of_beginning(typed, form, end, most));
    let best = factors.fold(0.0, f32::max);
    if is_unfinished && best > 0.0 {
        return variant(VariantKind::Both, 0.7 * part.min(1.0) * best);
    }
    None
}

/// The variant that a term is whose forms are misspelt.
fn misspelt_stem(token: &Token, typos: &Typos, term: &str) -> Option<Variant> {
    let most = typos.edits(&token.form).min(typos.edits(&token.term));
    let factor = typos.factor(&token.term, term, most).filter(|_| may_differ(&token.form))?;
    Some(Variant::new(VariantKind::MisspeltStem, term, 0.5 * factor))
}
