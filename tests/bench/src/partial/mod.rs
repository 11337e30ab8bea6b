//! What a reader that fetches only ranges of the demo's segment fetches for a first answer.
//!
//! ```text
//! queries ── Arriving::search ──> parts_missing ── wants ── Fetched: counted as ranges, round by round ──┐
//!                  ^   └──> an answer, whose hits are compared with the exact ones                       │
//!                  └────────────────────── take: from memory, proved <───────────────────────────────────┘
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `sections` | where sections are, and what rows call them |
//! | `fetched` | how many bytes, asked for how often |
//!
//! It is the engine that reads; only the fetching is counted instead of done. Every query is the first one of a reader
//! that holds the front and nothing else.

mod fetched;
mod sections;

use std::collections::HashSet;
use std::ops::Range;

use headwater_core::error::Code;
use headwater_core::manifest::{BlobRef, Manifest, PageList};
use headwater_core::model::{AnsweredBy, Layout, Query};
use headwater_core::snapshot::{Arriving, Proof, Snapshot, Want};
use headwater_core::text::Analyzer;
use serde_json::{Value, json};

use self::fetched::{Fetched, POLICIES, means};
use self::sections::{GROUPS, Sections};
use crate::Outcome;
use crate::corpus::{Corpus, Files, Meaning, Sentence};
use crate::prepare::nearest;

/// Sentences asked.
const QUERIES: usize = 1000;
/// Candidates that a search by meaning keeps; none: as many as a query that says nothing.
const EF_SEARCH: [Option<u32>; 6] = [Some(10), Some(15), Some(20), Some(30), Some(50), None];
/// Words of a sentence that are asked for: its first two that are no stop words, or all.
const MOST_WORDS: [usize; 2] = [2, usize::MAX];
const TOP_K: u32 = 10;
/// Rounds after which a search is taken not to end.
const MOST_ROUNDS: usize = 40;

/// Prints a row for each way to ask, of a segment of each layout.
pub(crate) fn run(files: &Files, meaning: &Meaning) -> Outcome {
    let mut corpus = Corpus::read(files, meaning)?;
    let sentences = files.sentences(QUERIES)?;
    for layout in [Layout::Whole, Layout::Ranges] {
        corpus.schema.vectors.iter_mut().for_each(|(_, field)| field.layout = layout);
        let (manifest, segment) = corpus.publication("partial")?;
        Reader::new(&corpus, manifest, segment, layout)?.ask_all(&corpus, &sentences)?;
    }
    Ok(())
}

/// A reader that holds the front of the segment.
struct Reader {
    manifest: Manifest,
    segment: Vec<u8>,
    blob: BlobRef,
    list: Vec<u8>,
    sections: Sections,
    layout: Layout,
    front: Arriving,
}

impl Reader {
    fn new(corpus: &Corpus, manifest: Manifest, segment: Vec<u8>, layout: Layout) -> Outcome<Self> {
        let models = Snapshot::empty("partial".into(), corpus.schema.clone(), corpus.models.clone());
        let (sections, blob, list) = (Sections::of(&segment)?, BlobRef::of(&segment), PageList::encode_of(&segment));
        let mut front = Arriving::after(&models, manifest.clone())?;
        while front.snapshot().is_err() {
            for want in front.wants()? {
                bring(&mut front, &want, &segment, &list)?;
            }
        }
        Ok(Self { manifest, segment, blob, list, sections, layout, front })
    }

    /// What holds as much as the reader does, for a query of its own.
    fn arriving(&self) -> Outcome<Arriving> {
        Ok(self.front.next(self.manifest.clone())?)
    }

    /// The ids of the hits, and what was wanted for them, round by round.
    fn ask(&self, query: &Query) -> Outcome<(Vec<String>, Vec<Vec<Want>>)> {
        let (mut arriving, mut rounds) = (self.arriving()?, Vec::new());
        loop {
            match arriving.search(query, AnsweredBy::Browser) {
                Ok(answer) => return Ok((answer.hits.into_iter().map(|hit| hit.id).collect(), rounds)),
                Err(error) if error.code() == Code::PartsMissing && rounds.len() < MOST_ROUNDS => {}
                Err(error) => return Err(error.into()),
            }
            let wants = arriving.wants()?;
            for want in &wants {
                bring(&mut arriving, want, &self.segment, &self.list)?;
            }
            rounds.push(wants);
        }
    }

    fn ask_all(&self, corpus: &Corpus, sentences: &[Sentence]) -> Outcome {
        println!(
            "{}",
            json!({
                "layout": self.layout.as_str(),
                "points": self.sections.points, "segmentBytes": self.segment.len(), "frontBytes": self.sections.front_bytes,
                "pageListBytes": PageList::pages_bytes(&self.blob), "groupListBytes": self.list.len() as u64 - PageList::pages_bytes(&self.blob),
                "groups": GROUPS.map(|(name, kinds)| json!({ "name": name, "bytes": self.sections.bytes_of(kinds) })),
                "queries": sentences.len(),
            })
        );
        self.by_meaning(corpus, sentences)?;
        self.by_words(corpus, sentences)
    }

    /// A row for each number of candidates and policy.
    fn by_meaning(&self, corpus: &Corpus, sentences: &[Sentence]) -> Outcome {
        let vectors: Vec<&[f32]> = corpus.points.iter().filter_map(|p| p.vectors.first()).map(Vec::as_slice).collect();
        let queries: Vec<Vec<f32>> = sentences.iter().map(|sentence| corpus.model.embed(&sentence.text)).collect();
        let true_ids = |query: &Vec<f32>| -> HashSet<&str> {
            nearest(query, &vectors).into_iter().filter_map(|i| corpus.points.get(i)).map(|p| p.id.as_str()).collect()
        };
        let truth: Vec<HashSet<&str>> = queries.iter().map(true_ids).collect();
        for ef_search in EF_SEARCH {
            let (mut found, mut all) = (0, Vec::new());
            for (query, truth) in queries.iter().zip(&truth) {
                let mut query = Query::default().with_vector(query.clone()).with_top_k(TOP_K);
                query.ef_search = ef_search;
                let (hits, rounds) = self.ask(&query)?;
                found += hits.iter().filter(|hit| truth.contains(hit.as_str())).count();
                all.push(rounds);
            }
            let recall = found as f64 / (TOP_K as usize * queries.len()) as f64;
            self.tell(&json!({ "query": "meaning", "efSearch": ef_search, "recall": recall }), &all);
        }
        Ok(())
    }

    /// A row for each number of words and policy.
    fn by_words(&self, corpus: &Corpus, sentences: &[Sentence]) -> Outcome {
        let text = corpus.schema.text.values().next().ok_or("no text field")?;
        let analyzer = Analyzer::new(text.language, text.stop_words);
        for most in MOST_WORDS {
            let mut all = Vec::new();
            for sentence in sentences {
                let words = first_words(&analyzer, &sentence.text, most);
                let query = Query::default().with_match(words.as_str()).with_top_k(TOP_K);
                all.push(self.ask(&query)?.1);
            }
            let words = Some(most).filter(|&most| most < usize::MAX);
            self.tell(&json!({ "query": "words", "words": words }), &all);
        }
        Ok(())
    }

    /// Prints a row for each policy.
    fn tell(&self, asked: &Value, all: &[Vec<Vec<Want>>]) {
        for policy in POLICIES {
            let fetched: Vec<Fetched> = all.iter().map(|rounds| Fetched::of(rounds, policy, &self.sections)).collect();
            let mut row = asked.as_object().cloned().unwrap_or_default();
            row.insert("layout".into(), self.layout.as_str().into());
            row.insert("policy".into(), policy.name.into());
            row.insert("fetched".into(), means(&fetched));
            println!("{}", Value::Object(row));
        }
    }
}

/// Has what is wanted arrive.
fn bring(arriving: &mut Arriving, want: &Want, segment: &[u8], list: &[u8]) -> Outcome {
    let part = |of: &[u8], range: &Range<u64>| of.get(range.start as usize..range.end as usize).map(<[u8]>::to_vec);
    let of = if want.proof == Proof::Pages { list } else { segment };
    let wanted = part(of, &want.range).ok_or("a want lies outside")?;
    let groups = match &want.proof {
        Proof::Groups(range) => part(list, range).ok_or("groups lie outside")?,
        _ => Vec::new(),
    };
    Ok(arriving.take(want, &wanted, &groups)?)
}

/// The first words of a text that are no stop words.
fn first_words(analyzer: &Analyzer, text: &str, most: usize) -> String {
    let mut words = Vec::new();
    analyzer.analyze(text, |token| {
        if !token.is_stop {
            words.push(token.form.to_owned());
        }
    });
    words.truncate(most);
    words.join(" ")
}
