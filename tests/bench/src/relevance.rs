//! How well sentences find the point they come from: the mean reciprocal rank among ten hits, for each way to ask.

use std::time::Instant;

use headwater_core::model::{AnsweredBy, Fusion, FusionMethod, Match, Query};
use headwater_core::snapshot::Snapshot;
use serde_json::json;

use crate::Outcome;
use crate::corpus::{Corpus, Files, Meaning, Sentence};

const TOP_K: usize = 10;
/// The way that others are beside.
const DEFAULT: &str = "both";

/// A way to ask.
struct Way {
    name: String,
    by_meaning: bool,
    by_words: bool,
    fusion: Option<Fusion>,
}

/// What it found: one over the rank of each sentence's point, 0 where it is not among the hits.
struct Found {
    reciprocal: Vec<f64>,
    us_per_query: f64,
}

/// Prints a row for each way.
pub(crate) fn run(files: &Files, meaning: &Meaning) -> Outcome {
    let corpus = Corpus::read(files, meaning)?;
    let (snapshot, segment) = corpus.published("relevance")?;
    let sentences = files.sentences(usize::MAX)?;
    println!(
        "{}",
        json!({ "points": corpus.points.len(), "sentences": sentences.len(), "segmentBytes": segment.len() })
    );
    drop((corpus, segment));
    let asked = |way: Way| {
        let found = ask(&snapshot, &sentences, &way)?;
        Ok((way, found))
    };
    let all = ways().map(asked).collect::<Outcome<Vec<_>>>()?;
    let default = all.iter().find(|(way, _)| way.name == DEFAULT).ok_or("the default is missing")?;
    for (way, found) in &all {
        let among_ten = found.reciprocal.iter().map(|r| r.ceil()).collect::<Vec<f64>>();
        let (beside, error) = mean_and_error(
            &found.reciprocal.iter().zip(&default.1.reciprocal).map(|(here, there)| here - there).collect::<Vec<_>>(),
        );
        println!(
            "{}",
            json!({
                "way": way.name, "mrr10": mean_and_error(&found.reciprocal).0, "recall10": mean_and_error(&among_ten).0,
                "usPerQuery": found.us_per_query, "besideDefault": beside, "besideDefaultError": error,
            })
        );
    }
    Ok(())
}

fn ways() -> impl Iterator<Item = Way> {
    let alone = [("words", false, true), ("meaning", true, false), (DEFAULT, true, true)];
    let alone = alone.map(|(name, by_meaning, by_words)| Way { name: name.into(), by_meaning, by_words, fusion: None });
    let weighted = [0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8].map(|vector| (FusionMethod::Weighted, vector));
    let reciprocal = [0.3, 0.4, 0.5, 0.6, 0.7].map(|vector| (FusionMethod::Rrf, vector));
    alone.into_iter().chain(weighted.into_iter().chain(reciprocal).map(|(method, vector)| {
        let name = format!("{method:?}, vector {vector}");
        Way { name, by_meaning: true, by_words: true, fusion: Some(Fusion { method, vector: Some(vector) }) }
    }))
}

fn ask(snapshot: &Snapshot, sentences: &[Sentence], way: &Way) -> Outcome<Found> {
    let started = Instant::now();
    let rank = |sentence: &Sentence| {
        let mut query = Query::default().with_top_k(TOP_K as u32).with_fields([""; 0]);
        query.text = way.by_meaning.then(|| sentence.text.clone());
        query.r#match = way.by_words.then(|| vec![Match::any_of(sentence.text.as_str())]);
        query.fusion = way.fusion;
        let hits = snapshot.search(&query, None, AnsweredBy::Node)?.hits;
        let place = hits.iter().position(|hit| hit.id == sentence.id);
        Ok(place.map_or(0.0, |place| 1.0 / (place as f64 + 1.0)))
    };
    let reciprocal = sentences.iter().map(rank).collect::<Outcome<Vec<f64>>>()?;
    Ok(Found { reciprocal, us_per_query: started.elapsed().as_secs_f64() * 1e6 / sentences.len() as f64 })
}

/// The mean, and its standard error: of differences sentence by sentence it is far smaller than of either side.
pub(crate) fn mean_and_error(numbers: &[f64]) -> (f64, f64) {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}
