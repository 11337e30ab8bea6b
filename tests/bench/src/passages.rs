//! A second measure of relevance, on texts nothing was tuned on: the inverse cloze task (Lee, Chang and Toutanova,
//! arXiv 1906.00300). A sentence that was taken out of a passage of a speech should find that passage.
//!
//! ```text
//! speeches ── 5 sentences each ──> passages without their middle sentence, indexed
//!                                  └─ the middle sentences of every third passage ask
//! ```

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::Outcome;
use crate::sets::speeches;
use crate::words::{Sentence, write_peers};

/// Sentences of a passage, one of them taken out.
const SENTENCES: usize = 5;
/// Which one: what stands before and after it is about the same thing.
const TAKEN: usize = SENTENCES / 2;
/// Every passage lacks its middle sentence, so that no length tells the answer; of every third one it asks.
const EVERY: usize = 3;

/// Writes points, sentences and their schema as [`crate::relevance`] takes them, and both as peers read them.
pub(crate) fn prepare(folder: &Path, out: &Path) -> Outcome {
    fs::create_dir_all(out)?;
    let (mut texts, mut sentences) = (Vec::new(), Vec::new());
    // A passage is of one speech; what is left at its end is too short.
    for passage in speeches(folder)?.iter().flat_map(|speech| speech.chunks_exact(SENTENCES)) {
        let (before, rest) = passage.split_at(TAKEN);
        let Some((taken, after)) = rest.split_first() else { continue };
        if texts.len() % EVERY == 0 {
            sentences.push(Sentence { text: taken.clone(), answer: texts.len() });
        }
        texts.push([before, after].concat().join(" "));
    }
    let points = texts.iter().enumerate().map(|(n, text)| json!({ "id": n.to_string(), "payload": { "text": text } }));
    let queries = sentences.iter().map(|s| json!({ "text": s.text, "id": s.answer.to_string() }));
    let lines = |all: Vec<String>| all.join("\n") + "\n";
    fs::write(out.join("points.ndjson"), lines(points.map(|line| line.to_string()).collect()))?;
    fs::write(out.join("queries.ndjson"), lines(queries.map(|line| line.to_string()).collect()))?;
    // Analysis and model of the demo, over one field.
    let schema = json!({
        "vectors": { "meaning": { "dim": 256, "metric": "cosine", "embed": { "model": "static-minilm-256", "from": ["text"] } } },
        "text": { "text": { "language": "en", "stopWords": true } },
    });
    fs::write(out.join("schema.json"), serde_json::to_vec_pretty(&schema)?)?;
    write_peers(out, &texts, &sentences)
}
