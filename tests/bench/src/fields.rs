//! What pages do with fields: facets, an order, a filter. The demo's points, asked natively and in Chromium alike: what
//! is asked stands in a file beside the index.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use headwater_bench_engine::Built;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Outcome;
use crate::corpus::{Corpus, Files, Meaning, lines};

/// Times that each is asked.
const ASKED: usize = 1_000;
/// Shorter words are mostly stop words, which find nothing.
const SHORTEST_WORD: usize = 4;

/// One of the measurements.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ask {
    what: String,
    /// Queries as JSON, asked in turn.
    queries: Vec<String>,
    /// Whether each has a vector of its own, apart from the JSON.
    by_meaning: bool,
    /// The words of each query alone, for peers.
    words: Vec<String>,
}

/// Writes an index of the demo's points, what to ask, vectors of sentences, and the fields as peers read them.
pub(crate) fn prepare(files: &Files, meaning: &Meaning, out: &Path) -> Outcome {
    let Corpus { mut schema, model, points, .. } = Corpus::read(files, meaning)?;
    let sentences = lines(&files.queries, ASKED)?
        .map(|line| Ok(serde_json::from_str::<BTreeMap<String, String>>(&line?)?.remove("text").unwrap_or_default()))
        .collect::<Outcome<Vec<_>>>()?;
    // Vectors are given; embedding is another measurement's.
    schema.vectors.iter_mut().for_each(|(_, field)| field.embed = None);
    let vector = schema.vectors.keys().next().ok_or("the schema has no vector")?.clone();
    let raw = points.iter().map(|point| {
        let vectors = point.vectors.first().map(|v| (vector.clone(), v.clone()));
        (vectors.into_iter().collect(), point.payload.clone())
    });
    Built::of(schema.clone(), raw)?.write(out)?;
    let column = |name: &str| points.iter().map(|p| p.payload.get(name).cloned()).collect::<Vec<Option<Value>>>();
    let columns: BTreeMap<&String, _> = schema.fields.keys().map(|name| (name, column(name))).collect();
    fs::write(out.join("columns.json"), serde_json::to_vec(&columns)?)?;
    let vectors: Vec<u8> =
        sentences.iter().flat_map(|s| model.embed(s)).flat_map(|component| component.to_le_bytes()).collect();
    fs::write(out.join("queries.f32"), vectors)?;
    Ok(fs::write(out.join("asks.json"), serde_json::to_vec(&asks(&words_of(&sentences)))?)?)
}

/// Different words in the order of the sentences.
fn words_of(sentences: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    let words = sentences.iter().flat_map(|s| s.split(|c: char| !c.is_alphabetic())).map(str::to_lowercase);
    words.filter(|word| word.len() >= SHORTEST_WORD && seen.insert(word.clone())).take(ASKED).collect()
}

fn asks(words: &[String]) -> Vec<Ask> {
    let ask = |what: &str, queries: Vec<Value>, words: &[String]| Ask {
        what: what.to_owned(),
        by_meaning: what.starts_with("meaning"),
        queries: queries.iter().map(Value::to_string).collect(),
        words: words.to_vec(),
    };
    let same = |query: Value| vec![query; ASKED];
    let facets = json!({ "pos": {}, "lexfile": { "top": 45 } });
    let filter = json!({ "pos": "noun", "senses": { "$gte": 2 } });
    let worded = words.iter().map(|word| json!({ "match": word, "facets": facets, "fields": [] })).collect();
    vec![
        ask("facets of all entries", same(json!({ "facets": facets, "fields": [] })), &[]),
        ask("facets of the entries that have a word", worded, words),
        ask("all entries sorted by senses", same(json!({ "sort": { "senses": "desc" }, "fields": [] })), &[]),
        ask("meaning", same(json!({ "fields": [] })), &[]),
        ask("meaning, filtered by pos and senses", same(json!({ "filter": filter, "fields": [] })), &[]),
    ]
}

/// Asks all natively.
pub(crate) fn search(dir: &Path) -> Outcome {
    let asks: Vec<Ask> = serde_json::from_slice(&fs::read(dir.join("asks.json"))?)?;
    let engine = Built::read(dir)?.open()?;
    let bytes = fs::read(dir.join("queries.f32"))?;
    let components: Vec<f32> = bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
    let vectors: Vec<&[f32]> = components.chunks(engine.dim() as usize).collect();
    for ask in asks {
        let (mut took, mut counted) = (Vec::with_capacity(ask.queries.len()), 0u64);
        for (query, vector) in ask.queries.iter().zip(&vectors) {
            let vector = ask.by_meaning.then(|| vector.to_vec());
            let started = Instant::now();
            let answer = engine.ask(query, vector)?;
            took.push(started.elapsed().as_secs_f64() * 1e3);
            let pos = answer.facets.as_ref().and_then(|facets| facets.get("pos"));
            counted += pos.map_or(0, |pos| pos.values.iter().map(|value| u64::from(value.count)).sum());
        }
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took.get((took.len() as f64 * share) as usize);
        println!(
            "{}",
            json!({
                "engine": "Headwater", "what": ask.what, "asked": took.len(), "p50Ms": at(0.5), "p99Ms": at(0.99),
                "counted": counted as f64 / took.len().max(1) as f64,
            })
        );
    }
    Ok(())
}
