//! The words of points: what each text field of a schema makes of plain JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use headwater_core::model::Language;
use headwater_core::text::{Analyzer, Kind};
use serde_json::Value;

/// A text field, as the schema declares it.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) boost: f32,
    analyzer: Analyzer,
}

/// A word of a text. Its position is its place in the list of the text's tokens.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) form: String,
    pub(crate) term: String,
    pub(crate) kind: Kind,
    pub(crate) is_stop: bool,
    /// Its bytes.
    pub(crate) range: Range<usize>,
}

/// A text of a field that has words.
pub(crate) struct Text {
    /// Which text of the array it is.
    pub(crate) item: usize,
    pub(crate) source: String,
    pub(crate) tokens: Vec<Token>,
}

/// A point with the texts of each text field, in the order of the schema's fields.
pub(crate) struct Analyzed<'p> {
    pub(crate) id: &'p str,
    pub(crate) point: &'p Value,
    pub(crate) fields: Vec<Vec<Text>>,
}

/// What is counted over the points of the statistics, of one field.
#[derive(Default)]
pub(crate) struct Counts {
    texts: usize,
    tokens: usize,
    forms: BTreeMap<String, usize>,
    terms: BTreeMap<String, usize>,
}

impl Field {
    /// The text fields of a schema, by name.
    pub(crate) fn all(schema: &Value) -> Vec<Self> {
        let declared = schema["text"].as_object().into_iter().flatten();
        let by_name: BTreeMap<&String, &Value> = declared.collect();
        let field = |(name, field): (&String, &Value)| {
            let language = Language::parse(field["language"].as_str().unwrap_or("none")).unwrap();
            let analyzer = Analyzer::new(language, field["stopWords"].as_bool().unwrap_or_default());
            Self { name: name.clone(), boost: field["boost"].as_f64().unwrap_or(1.0) as f32, analyzer }
        };
        by_name.into_iter().map(field).collect()
    }

    pub(crate) fn tokens(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        self.analyzer.analyze(text, |token| {
            assert_eq!(token.position as usize, tokens.len(), "a position is how many tokens stand before");
            let (form, term) = (token.form.into(), token.term.into());
            tokens.push(Token { form, term, kind: token.kind, is_stop: token.is_stop, range: token.range });
        });
        tokens
    }

    fn texts(&self, point: &Value) -> Vec<Text> {
        let given: Vec<&str> = match &point["payload"][&self.name] {
            Value::String(text) => vec![text],
            Value::Array(list) => list.iter().map(|text| text.as_str().unwrap()).collect(),
            _ => Vec::new(),
        };
        let texts = given.into_iter().enumerate();
        let texts = texts.map(|(item, text)| Text { item, source: text.into(), tokens: self.tokens(text) });
        texts.filter(|text| !text.tokens.is_empty()).collect()
    }
}

impl<'p> Analyzed<'p> {
    pub(crate) fn new(fields: &[Field], point: &'p Value) -> Self {
        let texts = fields.iter().map(|field| field.texts(point)).collect();
        Self { id: point["id"].as_str().unwrap(), point, fields: texts }
    }
}

impl Text {
    /// Where some bytes of it begin and end, in UTF-16 units.
    pub(crate) fn utf16(&self, range: &Range<usize>) -> (usize, usize) {
        let units = |to: usize| self.source[..to].encode_utf16().count();
        (units(range.start), units(range.end))
    }
}

impl Counts {
    pub(crate) fn of(points: &[Analyzed<'_>], field: usize) -> Self {
        let mut counts = Self::default();
        for texts in points.iter().map(|point| &point.fields[field]) {
            counts.texts += texts.len();
            counts.tokens += texts.iter().map(|text| text.tokens.len()).sum::<usize>();
            let tokens = || texts.iter().flat_map(|text| &text.tokens);
            for form in tokens().map(|token| &token.form).collect::<BTreeSet<_>>() {
                *counts.forms.entry(form.clone()).or_default() += 1;
            }
            for term in tokens().map(|token| &token.term).collect::<BTreeSet<_>>() {
                *counts.terms.entry(term.clone()).or_default() += 1;
            }
        }
        counts
    }

    /// Points that have this form.
    pub(crate) fn with_form(&self, form: &str) -> usize {
        self.forms.get(form).copied().unwrap_or_default()
    }

    /// Points that have this term.
    pub(crate) fn with_term(&self, term: &str) -> usize {
        self.terms.get(term).copied().unwrap_or_default()
    }

    /// The mean number of tokens of a text; 1 where there is none.
    pub(crate) fn average(&self) -> f64 {
        if self.texts == 0 { 1.0 } else { self.tokens as f64 / self.texts as f64 }
    }
}
