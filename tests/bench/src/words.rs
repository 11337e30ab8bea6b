//! Full-text search: one field of lemmas and gloss, so that every peer can have the same.

use std::fs;
use std::path::Path;
use std::time::Instant;

use headwater_bench_engine::{Built, Engine};
use headwater_core::model::Language;
use headwater_core::model::{Match, TextField, Typos};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Outcome;
use crate::corpus::Files;

const TOP_K: u32 = 10;
/// Times the sentences are asked; the median counts.
const ROUNDS: usize = 3;
/// How many sentences are typed, and how many letters of each.
const TYPED: usize = 50;
const LETTERS: usize = 16;

/// What is indexed: the folder, and how.
fn indexes() -> [(&'static str, TextField); 2] {
    let stemmed = TextField { language: Language::English, stop_words: true, ..TextField::default() };
    [("plain", TextField::default()), ("english", stemmed)]
}

/// A sentence and the position of the text that it comes from.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) answer: usize,
}

/// Writes texts and sentences as peers read them.
pub(crate) fn write_peers(out: &Path, texts: &[String], sentences: &[Sentence]) -> Outcome {
    fs::write(out.join("texts.json"), serde_json::to_vec(texts)?)?;
    Ok(fs::write(out.join("sentences.json"), serde_json::to_vec(sentences)?)?)
}

/// Writes texts, sentences and indexes.
pub(crate) fn prepare(files: &Files, out: &Path) -> Outcome {
    fs::create_dir_all(out)?;
    let (mut ids, mut texts) = (Vec::new(), Vec::new());
    for line in fs::read_to_string(&files.points)?.lines() {
        let point: Value = serde_json::from_str(line)?;
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let payload = point.get("payload").unwrap_or(&Value::Null);
        let lemmas: Vec<String> =
            payload.get("lemmas").and_then(Value::as_array).map(|l| l.iter().map(text).collect()).unwrap_or_default();
        texts.push(format!("{}: {}", lemmas.join(", "), payload.get("gloss").map(text).unwrap_or_default()));
        ids.push(point.get("id").map(text).unwrap_or_default());
    }
    let mut sentences = Vec::new();
    for line in fs::read_to_string(&files.queries)?.lines() {
        let query: Value = serde_json::from_str(line)?;
        let [text, id] = ["text", "id"].map(|key| query.get(key).and_then(Value::as_str).unwrap_or_default());
        let answer = ids.iter().position(|other| other == id).ok_or("a sentence of no point")?;
        sentences.push(Sentence { text: text.to_owned(), answer });
    }
    write_peers(out, &texts, &sentences)?;
    for (name, field) in indexes() {
        let started = Instant::now();
        let built = Built::of_texts(texts.iter().map(String::as_str), field)?;
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "{}",
            json!({ "engine": format!("Headwater, {name}"), "buildSeconds": seconds, "bytes": built.bytes() })
        );
        built.write(&out.join(name))?;
    }
    Ok(())
}

/// Asks every sentence, then beginnings of some, as one types them.
pub(crate) fn search(dir: &Path) -> Outcome {
    let sentences: Vec<Sentence> = serde_json::from_slice(&fs::read(dir.join("sentences.json"))?)?;
    for (name, _) in indexes() {
        let mut engine = Built::read(&dir.join(name))?.open()?;
        // Of sentences, misspelt words are not looked for.
        let (exact, misspelt) = (asked(&mut engine, &sentences)?, json!({}));
        for (mut row, fuzzy, also) in [(exact, false, ""), (misspelt, true, ", misspelt words as well")] {
            let (p50, p99) = typed(&mut engine, &sentences, fuzzy)?;
            if let Some(keys) = row.as_object_mut() {
                keys.insert("engine".to_owned(), json!(format!("Headwater, {name}{also}")));
                keys.insert("typedP50Ms".to_owned(), json!(p50));
                keys.insert("typedP99Ms".to_owned(), json!(p99));
            }
            println!("{row}");
        }
    }
    Ok(())
}

/// How many sentences a second are asked, and how well they find their texts.
fn asked(engine: &mut Engine, sentences: &[Sentence]) -> Outcome<Value> {
    let (mut rates, mut reciprocal, mut read, mut blocks) = (Vec::new(), 0.0, 0u64, 0u64);
    for round in 0..ROUNDS {
        let started = Instant::now();
        for sentence in sentences {
            let hits = engine.matching(Match::any_of(sentence.text.as_str()), TOP_K)?;
            if round == 0 {
                let rank = hits.iter().position(|&hit| hit as usize == sentence.answer);
                reciprocal += rank.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0));
                let plan = engine.plan().first().ok_or("no plan")?;
                (read, blocks) = (read + u64::from(plan.blocks_read), blocks + u64::from(plan.blocks));
            }
        }
        rates.push(sentences.len() as f64 / started.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    Ok(json!({
        "queriesPerSecond": rates.get(ROUNDS / 2),
        "mrr10": reciprocal / sentences.len() as f64, "blocksRead": read as f64 / blocks.max(1) as f64,
    }))
}

/// How long the first sentences take while they are typed, letter by letter: milliseconds, p50 and p99.
fn typed(engine: &mut Engine, sentences: &[Sentence], fuzzy: bool) -> Outcome<(f64, f64)> {
    let mut took = Vec::new();
    for sentence in sentences.iter().take(TYPED) {
        let ends = sentence.text.char_indices().map(|(at, c)| at + c.len_utf8()).take(LETTERS);
        for end in ends {
            let mut words = Match::any_of(sentence.text.get(..end).unwrap_or_default());
            words.prefix = true;
            words.fuzzy = fuzzy.then(Typos::default);
            let started = Instant::now();
            engine.matching(words, TOP_K)?;
            took.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
    Ok((at(0.5), at(0.99)))
}
