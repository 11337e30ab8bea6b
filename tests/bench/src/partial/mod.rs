//! What a reader that fetches only ranges of the demo's segment fetches for a first answer.
//!
//! ```text
//! front (once) ─▶ pieces of the nearest clusters ─▶ 8-bit codes of the best candidates ─▶ ids and payloads of the hits
//!             │                                  └─▶ records of the best candidates, which have all of it
//!             └─▶ dictionary blocks ─▶ term lists ─▶ list blocks ─▶ postings and lengths ──────┘
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `sections` | where sections are |
//! | `fetched` | pages or ranges: how many bytes, asked for how often |
//! | `meaning`, `words` | the searches, and what they want |
//! | `hits` | ids and payloads |
//!
//! Nothing is fetched: the whole segment is in memory, and what a reader would ask for is counted. Every query is the
//! first one of a reader that holds the front and nothing else. The room reads the bytes as FORMAT.md says, so that the
//! core need not open up for it.

mod fetched;
mod hits;
mod meaning;
mod sections;
mod words;

use std::collections::{HashMap, HashSet};

use headwater_core::bytes::AlignedBytes;
use headwater_core::model::{AnsweredBy, Layout, Query};
use headwater_core::snapshot::Snapshot;
use serde_json::json;

use self::fetched::{Fetched, POLICIES, means};
use self::hits::Stored;
use self::meaning::{ByMeaning, Setting, TOP_K, Way};
use self::sections::Sections;
use self::words::ByWords;
use crate::Outcome;
use crate::corpus::{Corpus, Files, Meaning, Sentence};
use crate::prepare::nearest;

/// Sentences asked.
const QUERIES: usize = 1000;
/// Clusters looked at, and candidates whose 8-bit codes are fetched.
const SETTINGS: [(usize, usize); 9] =
    [(8, 32), (16, 32), (32, 32), (32, 50), (64, 50), (64, 100), (128, 50), (128, 100), (256, 100)];
/// The same of a segment that is laid out for such readers.
const SETTINGS_FOR_RANGES: [(usize, usize); 9] =
    [(4, 16), (8, 16), (12, 16), (12, 20), (16, 20), (24, 24), (32, 24), (64, 32), (128, 50)];
/// The same where other things are fetched.
const OTHER_WAYS: [(usize, usize); 2] = [(32, 50), (128, 100)];
/// Words of a sentence that are asked for: its first two that are no stop words, or all.
const MOST_WORDS: [usize; 2] = [2, usize::MAX];
/// What the rows call the groups of sections, and their kinds.
const GROUPS: [(&str, &[u32]); 10] = [
    ("front but for the centroids' codes", &[1, 2, 16, 19, 80, 22, 24, 21, 30, 29, 31, 20, 91, 92, 81, 83, 65]),
    ("centroids' codes", &[23]),
    ("pieces", &[25, 26]),
    ("fields", &[48, 49, 54, 50, 51, 55, 52, 53, 56]),
    ("dictionaries of terms", &[82]),
    ("dictionaries of forms", &[84, 85]),
    ("term lists, list blocks, text lengths, postings", &[86, 87, 90, 88]),
    ("positions", &[89]),
    ("8-bit codes or records, factors", &[17, 18]),
    ("payloads and ids", &[66, 72, 73, 74]),
];

/// Prints a row for each way to ask, of a segment of each layout.
pub(crate) fn run(files: &Files, meaning: &Meaning) -> Outcome {
    let mut corpus = Corpus::read(files, meaning)?;
    let sentences = files.sentences(QUERIES)?;
    for layout in [Layout::Whole, Layout::Ranges] {
        corpus.schema.vectors.iter_mut().for_each(|(_, field)| field.layout = layout);
        of_layout(&corpus, &sentences, layout)?;
    }
    Ok(())
}

fn of_layout(corpus: &Corpus, sentences: &[Sentence], layout: Layout) -> Outcome {
    let (snapshot, segment) = corpus.published("partial")?;
    let segment = AlignedBytes::copy_from(&segment);
    let sections = Sections::of(&segment)?;
    let dim = corpus.schema.vectors.values().next().ok_or("no vector")?.dim as usize;
    let by_meaning = ByMeaning::of(&sections, dim)?;
    println!(
        "{}",
        json!({
            "layout": layout.as_str(),
            "points": sections.points, "segmentBytes": segment.len(), "frontBytes": sections.front_bytes,
            "sparingFrontBytes": by_meaning.sparing_front_bytes(), "clusters": by_meaning.clusters(),
            "groups": GROUPS.map(|(name, kinds)| json!({ "name": name, "bytes": sections.bytes_of(kinds) })),
            "queries": sentences.len(),
        })
    );
    meanings(corpus, &sections, &by_meaning, sentences, layout)?;
    // Words stand alike in both.
    if layout == Layout::Whole { words(corpus, &snapshot, &sections, sentences) } else { Ok(()) }
}

/// A row for each setting and policy.
fn meanings(
    corpus: &Corpus,
    sections: &Sections<'_>,
    by_meaning: &ByMeaning<'_>,
    sentences: &[Sentence],
    layout: Layout,
) -> Outcome {
    let vectors: Vec<&[f32]> = corpus.points.iter().filter_map(|p| p.vectors.first()).map(Vec::as_slice).collect();
    let queries: Vec<Vec<f32>> = sentences.iter().map(|sentence| corpus.model.embed(&sentence.text)).collect();
    let true_ids = |query: &Vec<f32>| -> HashSet<&str> {
        nearest(query, &vectors).into_iter().filter_map(|i| corpus.points.get(i)).map(|p| p.id.as_str()).collect()
    };
    let truth: Vec<HashSet<&str>> = queries.iter().map(true_ids).collect();
    let stored = Stored::of(sections)?;
    for setting in settings(layout) {
        let front = if setting.way == Way::Sparing { by_meaning.sparing_front_bytes() } else { sections.front_bytes };
        let mut all = POLICIES.map(|policy| (policy, Vec::new()));
        let mut found = 0;
        for (query, truth) in queries.iter().zip(&truth) {
            let (hits, [pieces, codes]) = by_meaning.search(query, setting);
            found += hits.iter().filter(|&&hit| truth.contains(stored.id(hit))).count();
            for (policy, all) in &mut all {
                let mut fetched = Fetched::new(*policy, front);
                fetched.round("pieces", &pieces);
                fetched.round(by_meaning.second_round(), &codes);
                stored.fetch(&hits, &mut fetched);
                all.push(fetched);
            }
        }
        let recall = found as f64 / (TOP_K * queries.len()) as f64;
        for (policy, all) in &all {
            println!(
                "{}",
                json!({
                    "layout": layout.as_str(), "query": "meaning", "policy": policy.name, "way": setting.way.name(), "clusters": setting.clusters,
                    "candidates": setting.candidates, "recall": recall, "frontBytes": policy.whole(front), "fetched": means(all),
                })
            );
        }
    }
    Ok(())
}

fn settings(layout: Layout) -> Vec<Setting> {
    let of = |way: Way, all: &[(usize, usize)]| -> Vec<Setting> {
        all.iter().map(|&(clusters, candidates)| Setting { clusters, candidates, way }).collect()
    };
    match layout {
        Layout::Whole => {
            [of(Way::Usual, &SETTINGS), of(Way::Factors, &OTHER_WAYS), of(Way::Sparing, &OTHER_WAYS)].concat()
        }
        Layout::Ranges => of(Way::Usual, &SETTINGS_FOR_RANGES),
    }
}

/// A row for each policy and number of words.
fn words(corpus: &Corpus, snapshot: &Snapshot, sections: &Sections<'_>, sentences: &[Sentence]) -> Outcome {
    let (by_words, stored) = (ByWords::of(sections, &corpus.schema)?, Stored::of(sections)?);
    let ordinals: HashMap<&str, u32> = (0..sections.points).map(|ordinal| (stored.id(ordinal), ordinal)).collect();
    for most in MOST_WORDS {
        let mut all = POLICIES.map(|policy| (policy, Vec::new()));
        for sentence in sentences {
            let asked = by_words.first_words(&sentence.text, most);
            let query = Query::default().with_match(asked.as_str()).with_top_k(TOP_K as u32).with_fields([""; 0]);
            let hits = snapshot.search(&query, None, AnsweredBy::Node)?.hits;
            let hits: Vec<u32> = hits.iter().filter_map(|hit| ordinals.get(hit.id.as_str())).copied().collect();
            for (policy, all) in &mut all {
                let mut fetched = Fetched::new(*policy, sections.front_bytes);
                by_words.fetch(&asked, &mut fetched);
                stored.fetch(&hits, &mut fetched);
                all.push(fetched);
            }
        }
        for (policy, all) in &all {
            println!(
                "{}",
                json!({
                    "layout": "whole", "query": "words", "policy": policy.name, "words": Some(most).filter(|&most| most < usize::MAX),
                    "frontBytes": policy.whole(sections.front_bytes), "fetched": means(all),
                })
            );
        }
    }
    Ok(())
}
