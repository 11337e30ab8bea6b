//! What each thing that a query can ask for costs beside the same query without it.
//!
//! Every query is asked in both ways in turn, so that whatever else the machine does slows down both.

use std::fs;
use std::time::Instant;

use headwater_core::model::{AnsweredBy, Query, Suggest, Synonym};
use headwater_core::snapshot::Snapshot;
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::corpus::{Corpus, Files, Meaning, Sentence, opened};

/// Sentences of which queries are made.
const QUERIES: usize = 500;
/// Rules of the schema with synonyms: as many as one may have.
const RULES: usize = 1_000;
/// How deep the deep page lies.
const DEEP: u32 = 2_000;

/// What is asked without an option.
#[derive(Clone, Copy)]
enum Base {
    /// Three words.
    Words,
    /// The same with filter and facets.
    Faceted,
    /// A whole sentence.
    Meaning,
    /// Points by their filter alone.
    Listed,
}

/// Something that a query can ask for: keys that are put into it.
struct Asked {
    name: &'static str,
    base: Base,
    keys: fn(&str) -> Value,
}

const fn asked(base: Base, name: &'static str, keys: fn(&str) -> Value) -> Asked {
    Asked { name, base, keys }
}

/// What is asked of the collection as it is.
const OPTIONS: [Asked; 36] = [
    asked(Base::Words, "`total`", |_| json!({ "total": true })),
    asked(Base::Words, "`highlight`", |_| json!({ "highlight": true })),
    asked(Base::Words, "`snippets`", |_| json!({ "snippets": true })),
    asked(Base::Words, "`mode` all", |t| json!({ "match": { "query": t, "mode": "all" } })),
    asked(Base::Words, "`mode` phrase", |t| json!({ "match": { "query": t, "mode": "phrase" } })),
    asked(
        Base::Words,
        "`syntax` simple, a word excluded",
        |t| json!({ "match": { "query": format!("{t} -person"), "syntax": "simple" } }),
    ),
    asked(
        Base::Words,
        "`syntax` simple, a phrase",
        |t| json!({ "match": { "query": format!("\"{t}\" person"), "syntax": "simple" } }),
    ),
    asked(Base::Words, "`prefix`", |t| json!({ "match": { "query": t, "prefix": true } })),
    asked(Base::Words, "`fuzzy`", |t| json!({ "match": { "query": t, "fuzzy": true } })),
    asked(
        Base::Words,
        "`fuzzy`, where fewer than 5 are found",
        |t| json!({ "match": { "query": t, "fuzzy": { "fewerThan": 5 } } }),
    ),
    asked(Base::Words, "`minShouldMatch` 2", |t| json!({ "match": { "query": t, "minShouldMatch": 2 } })),
    asked(
        Base::Words,
        "`dropWords` until 10 are found",
        |t| json!({ "match": { "query": t, "mode": "all", "dropWords": { "order": "frequent", "until": 10 } } }),
    ),
    asked(
        Base::Words,
        "`synonyms` of the query, one applies",
        |t| json!({ "match": { "query": format!("{t} car"), "synonyms": [["car", "motor vehicle"]] } }),
    ),
    asked(Base::Words, "`boosts` by a number", |_| json!({ "boosts": [{ "field": "uses", "log": true }] })),
    asked(
        Base::Words,
        "`boosts` by nearness",
        |_| json!({ "boosts": [{ "field": "senses", "decay": { "from": 1, "scale": 3 } }] }),
    ),
    asked(Base::Words, "`boosts` by a filter", |_| json!({ "boosts": [{ "filter": { "pos": "noun" }, "weight": 2 }] })),
    asked(Base::Words, "`pins`", |_| json!({ "pins": ["noun-02124272"] })),
    asked(Base::Words, "`filter` of one value", |_| json!({ "filter": { "pos": "noun" } })),
    asked(Base::Words, "`filter`, an id excluded", |_| json!({ "filter": { "$id": { "$nin": ["noun-02124272"] } } })),
    asked(Base::Words, "`sort` by a number, then `_score`", |_| json!({ "sort": [{ "senses": "desc" }, "_score"] })),
    asked(Base::Words, "`sort` by `_score` alone", |_| json!({ "sort": "_score" })),
    asked(Base::Words, "`collapse` to 45 values", |_| json!({ "collapse": "lexfile" })),
    asked(Base::Words, "`collapse`, three hits a group", |_| json!({ "collapse": { "field": "lexfile", "hits": 3 } })),
    asked(Base::Words, "`facets`, 4 and 45 values", |_| json!({ "facets": ["pos", "lexfile"] })),
    asked(
        Base::Words,
        "`facets`, values by a beginning",
        |_| json!({ "facets": { "lexfile": { "prefix": "noun." } } }),
    ),
    asked(Base::Words, "`facets`, `stats` of a number", |_| json!({ "facets": { "senses": { "stats": true } } })),
    asked(
        Base::Words,
        "`facets`, `histogram` of a number",
        |_| json!({ "facets": { "senses": { "histogram": { "interval": 5 } } } }),
    ),
    asked(
        Base::Faceted,
        "`facets`, `disjunctive`",
        |_| json!({ "facets": { "pos": { "disjunctive": true }, "lexfile": {} } }),
    ),
    asked(Base::Words, "`offset` 2,000", |_| json!({ "offset": DEEP })),
    asked(Base::Meaning, "`filter` of one value", |_| json!({ "filter": { "pos": "noun" } })),
    asked(Base::Meaning, "`diversity`", |_| json!({ "diversity": {} })),
    asked(Base::Meaning, "words as well", |t| json!({ "match": t })),
    asked(
        Base::Meaning,
        "`like` three points and unlike one instead",
        |_| json!({ "text": null, "like": { "ids": ["noun-02124272", "noun-02086723", "noun-02377103"], "not": ["noun-13377435"] } }),
    ),
    asked(
        Base::Listed,
        "`$contains` of a text instead",
        |_| json!({ "filter": { "gloss": { "$contains": "small animals" } } }),
    ),
    asked(Base::Listed, "by an id instead", |_| json!({ "filter": { "$id": "noun-02124272" } })),
    asked(Base::Listed, "`sort` by a number", |_| json!({ "sort": "senses" })),
];

/// Prints a row for each thing that can be asked for.
pub(crate) fn run(files: &Files, meaning: &Meaning) -> Outcome {
    let corpus = Corpus::read(files, meaning)?;
    let (manifest, segment) = corpus.publication("options")?;
    let snapshot = opened(manifest, &corpus.packed, &segment)?;
    let sentences = files.sentences(QUERIES)?;
    for option in &OPTIONS {
        compared(option.name, &sentences, |text| {
            let text = typed(option.base, text);
            let without = base(option.base, &text);
            let with = merged(&without, (option.keys)(&text));
            Ok((measured(&snapshot, &without)?, measured(&snapshot, &with)?))
        })?;
    }
    let with_rules = with_rules(&snapshot, &fs::read_to_string(&files.points)?)?;
    compared("1,000 rules of `synonyms` in the schema", &sentences, |text| {
        let query = base(Base::Words, &typed(Base::Words, text));
        Ok((measured(&snapshot, &query)?, measured(&with_rules, &query)?))
    })?;
    compared("`after`, the page behind 2,000 hits, beside the first", &sentences, |text| {
        let first = merged(&base(Base::Words, &typed(Base::Words, text)), json!({ "after": "start" }));
        let many = merged(&first, json!({ "topK": DEEP }));
        let Some(next) = answered(&snapshot, &many)?.next else { return Ok((measured(&snapshot, &first)?, 0.0)) };
        Ok((measured(&snapshot, &first)?, measured(&snapshot, &merged(&first, json!({ "after": next })))?))
    })?;
    compared("suggestions, beside the words", &sentences, |text| {
        let text = typed(Base::Words, text);
        let suggest = Suggest::from_json(json!({ "query": text }).to_string().as_bytes())?;
        let without = measured(&snapshot, &base(Base::Words, &text))?;
        let started = Instant::now();
        snapshot.suggest(&suggest, None, AnsweredBy::Node)?;
        Ok((without, started.elapsed().as_secs_f64() * 1e6))
    })
}

/// What somebody types: the first words that say something.
fn typed(base: Base, text: &str) -> String {
    let words = text.split_whitespace().filter(|word| word.len() > 3);
    match base {
        Base::Words | Base::Faceted => words.take(3).collect::<Vec<_>>().join(" "),
        Base::Meaning | Base::Listed => text.to_owned(),
    }
}

fn base(base: Base, text: &str) -> Value {
    match base {
        Base::Words => json!({ "match": text, "fields": [] }),
        Base::Faceted => {
            json!({ "match": text, "fields": [], "filter": { "pos": "noun" }, "facets": ["pos", "lexfile"] })
        }
        Base::Meaning => json!({ "text": text, "fields": [] }),
        Base::Listed => json!({ "filter": { "pos": "noun" }, "fields": [] }),
    }
}

fn merged(query: &Value, keys: Value) -> Value {
    let mut all: Map<String, Value> = query.as_object().cloned().unwrap_or_default();
    all.extend(keys.as_object().cloned().unwrap_or_default());
    all.into()
}

fn answered(snapshot: &Snapshot, query: &Value) -> Outcome<headwater_core::model::Answer> {
    Ok(snapshot.search(&Query::from_json(query.to_string().as_bytes())?, None, AnsweredBy::Node)?)
}

/// Microseconds of a search, its query being parsed.
fn measured(snapshot: &Snapshot, query: &Value) -> Outcome<f64> {
    let query = Query::from_json(query.to_string().as_bytes())?;
    let started = Instant::now();
    snapshot.search(&query, None, AnsweredBy::Node)?;
    Ok(started.elapsed().as_secs_f64() * 1e6)
}

/// The collection with as many rules as a schema may have: words of entries that have several.
fn with_rules(snapshot: &Snapshot, points: &str) -> Outcome<Snapshot> {
    let mut schema = snapshot.schema().clone();
    for line in points.lines().step_by(50) {
        let point: Value = serde_json::from_str(line)?;
        let lemmas = point.pointer("/payload/lemmas").cloned().unwrap_or_default();
        let lemmas: Vec<String> = serde_json::from_value(lemmas)?;
        if (2..=4).contains(&lemmas.len()) && schema.synonyms.len() < RULES {
            schema.synonyms.push(Synonym { from: lemmas, to: None });
        }
    }
    schema.check()?;
    Ok(snapshot.with_synonyms(&schema))
}

/// Prints microseconds without and with it, medians and 99th percentiles, and how many times as long it takes.
fn compared(name: &str, sentences: &[Sentence], ask: impl Fn(&str) -> Outcome<(f64, f64)>) -> Outcome {
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for sentence in sentences {
        let (a, b) = ask(&sentence.text)?;
        without.push(a);
        with.push(b);
    }
    without.sort_by(f64::total_cmp);
    with.sort_by(f64::total_cmp);
    let at = |times: &[f64], share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    let mean = |times: &[f64]| times.iter().sum::<f64>() / times.len() as f64;
    let rounded = |number: f64| (number * 100.0).round() / 100.0;
    println!(
        "{}",
        json!({
            "option": name,
            "p50Us": [rounded(at(&without, 0.5)), rounded(at(&with, 0.5))],
            "p99Us": [rounded(at(&without, 0.99)), rounded(at(&with, 0.99))],
            "meanRatio": rounded(mean(&with) / mean(&without)),
        })
    );
    Ok(())
}
