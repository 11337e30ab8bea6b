//! How well sentences find the point they come from: the mean reciprocal rank among ten hits.

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use headwater_core::bytes::AlignedBytes;
use headwater_core::manifest::BlobRef;
use headwater_core::memtable::Memtable;
use headwater_core::model::{AnsweredBy, Fusion, FusionMethod, Match, Query};
use headwater_core::publish::Draft;
use headwater_core::snapshot::Snapshot;
use serde::Deserialize;
use serde_json::json;

use crate::Outcome;
use crate::corpus::{Corpus, Files, Meaning};

const TOP_K: usize = 10;

#[derive(Deserialize)]
struct Sentence {
    text: String,
    id: String,
}

/// Prints a row for each way to ask.
pub(crate) fn run(files: &Files, meaning: &Meaning) -> Outcome {
    let Corpus { schema, packed, models, points, .. } = Corpus::read(files, meaning)?;
    let mut memtable = Memtable::new();
    (1..).zip(points).for_each(|(lsn, point)| memtable.upsert(lsn, point));
    let empty = Snapshot::empty("relevance".into(), schema, models);
    let draft = Draft::plan(&empty, &memtable)?.ok_or("nothing to publish")?;
    let publication = draft.finish(&empty, &memtable, Vec::new(), 0, &mut |_, _| ())?;
    let segment = &publication.new_blobs.first().ok_or("no segment")?.1;
    println!("{}", json!({ "points": memtable.len(), "segmentBytes": segment.len() }));
    let snapshot = Snapshot::open(publication.manifest, &mut |wanted| {
        let bytes = if *wanted == BlobRef::of(&packed) { &packed } else { segment };
        Ok(Arc::new(AlignedBytes::copy_from(bytes)))
    })?;
    let sentences = fs::read_to_string(&files.queries)?;
    let sentences = sentences.lines().map(serde_json::from_str).collect::<Result<Vec<Sentence>, _>>()?;
    let mut ways: Vec<(String, bool, bool, Option<Fusion>)> =
        vec![("words".into(), false, true, None), ("meaning".into(), true, false, None)];
    for method in [FusionMethod::Weighted, FusionMethod::Rrf] {
        for tenths in [3, 4, 5, 6, 7] {
            let vector = tenths as f32 / 10.0;
            ways.push((format!("{method:?}, vector {vector}"), true, true, Some(Fusion { method, vector })));
        }
    }
    for (name, by_meaning, by_words, fusion) in ways {
        let (mut reciprocal, mut found, started) = (0.0, 0, Instant::now());
        for sentence in &sentences {
            let query = Query {
                text: Some(sentence.text.clone()).filter(|_| by_meaning),
                r#match: Some(vec![Match::any_of(sentence.text.as_str())]).filter(|_| by_words),
                fusion,
                top_k: Some(TOP_K as u32),
                fields: Some(Vec::new()),
                ..Query::default()
            };
            let answer = snapshot.search(&query, None, AnsweredBy::Node)?;
            if let Some(rank) = answer.hits.iter().position(|hit| hit.id == sentence.id) {
                reciprocal += 1.0 / (rank as f64 + 1.0);
                found += 1;
            }
        }
        let count = sentences.len() as f64;
        let micros = started.elapsed().as_secs_f64() * 1e6 / count;
        println!(
            "{}",
            json!({ "way": name, "mrr10": reciprocal / count, "recall10": f64::from(found) / count, "usPerQuery": micros })
        );
    }
    Ok(())
}
