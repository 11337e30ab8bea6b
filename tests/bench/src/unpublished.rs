//! What unpublished points cost a search: the same points published, sealed, sealed but for a few, and looked at one by
//! one.
//!
//! Every query is asked of all of these in turn, so that whatever else the machine does slows down all of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use headwater_core::ingest::PreparedPoint;
use headwater_core::manifest::BlobRef;
use headwater_core::memtable::Memtable;
use headwater_core::model::{AnsweredBy, Query};
use headwater_core::publish::Draft;
use headwater_core::snapshot::{Snapshot, View};
use serde_json::{Value, json};

use crate::Outcome;
use crate::corpus::{Corpus, Files, Meaning, Sentence};

/// Points that are not published.
const POINTS: usize = 50_000;
/// Points that are published before them.
const BEFORE: [usize; 2] = [0, 50_000];
/// Unsealed changes at which the origin seals, and those that it leaves.
const SEALED_AT: usize = 128;
const LEFT: usize = 32;
/// Unsealed changes while many are sealed.
const BEHIND: usize = 1_024;
/// Sentences asked.
const QUERIES: usize = 400;
/// Of these, those that are asked of points which are looked at one by one.
const SLOW_QUERIES: usize = 40;

/// Prints a row for each way to ask and each state.
pub(crate) fn run(files: &Files, meaning: &Meaning) -> Outcome {
    let corpus = Corpus::read(files, meaning)?;
    let sentences = files.sentences(QUERIES)?;
    for before in BEFORE {
        let (old, new) = corpus.points.get(..before + POINTS).ok_or("too few points")?.split_at(before);
        let published = published(&corpus, old.iter().chain(new))?;
        let base = Arc::new(if old.is_empty() { empty(&corpus) } else { self::published(&corpus, old.iter())?.0 });
        let (sealed, told) = sealed(&base, new, 0)?;
        println!("{}", json!({ "before": before, "publishSeconds": published.1.as_secs_f64(), "sealing": told }));
        let states = [
            ("published", View::new(Arc::new(published.0))),
            ("sealed", sealed),
            ("sealed but for 32", self::sealed(&base, new, LEFT)?.0),
            ("sealed but for 128", self::sealed(&base, new, SEALED_AT)?.0),
            ("sealed but for 1,024", self::sealed(&base, new, BEHIND)?.0),
            ("not sealed", self::sealed(&base, new, POINTS)?.0),
        ];
        for way in ["words", "typed", "meaning", "both"] {
            ask(before, way, &states, &sentences)?;
        }
    }
    Ok(())
}

fn ask(before: usize, way: &str, states: &[(&str, View)], sentences: &[Sentence]) -> Outcome {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); states.len()];
    for (number, sentence) in sentences.iter().enumerate() {
        let query = Query::from_json(query(way, &sentence.text).to_string().as_bytes())?;
        for ((name, view), times) in states.iter().zip(&mut times) {
            if *name == "not sealed" && number >= SLOW_QUERIES {
                continue;
            }
            let started = Instant::now();
            view.search(&query, AnsweredBy::Node)?;
            times.push(started.elapsed().as_secs_f64() * 1e6);
        }
    }
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let at = |times: &[f64], share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    let first = times.first().map_or(&[][..], Vec::as_slice);
    for ((name, _), times) in states.iter().zip(&times) {
        let [p50, p99] = [0.5, 0.99].map(|share| at(times, share));
        let ratio = |time: f64, share: f64| (time / at(first, share) * 100.0).round() / 100.0;
        println!(
            "{}",
            json!({
                "before": before, "way": way, "points": name, "p50Us": p50.round(), "p99Us": p99.round(),
                "p50Ratio": ratio(p50, 0.5), "p99Ratio": ratio(p99, 0.99),
            })
        );
    }
    Ok(())
}

fn query(way: &str, sentence: &str) -> Value {
    match way {
        "words" => json!({ "match": sentence }),
        // The first words of it, the last one unfinished.
        "typed" => {
            let words: Vec<&str> = sentence.split_whitespace().take(3).collect();
            let mut typed = words.join(" ");
            typed.pop();
            json!({ "match": { "query": typed, "prefix": true, "fuzzy": true } })
        }
        "meaning" => json!({ "text": sentence }),
        _ => json!({ "match": sentence, "text": sentence }),
    }
}

fn empty(corpus: &Corpus) -> Snapshot {
    Snapshot::empty("unpublished".to_owned(), corpus.schema.clone(), corpus.models.clone())
}

/// Points in one segment, and how long that took.
fn published<'p>(
    corpus: &Corpus,
    points: impl Iterator<Item = &'p Arc<PreparedPoint>>,
) -> Outcome<(Snapshot, Duration)> {
    let (mut memtable, empty) = (Memtable::new(), empty(corpus));
    (1..).zip(points).for_each(|(lsn, point)| memtable.upsert(lsn, Arc::clone(point)));
    let started = Instant::now();
    let draft = Draft::plan(&empty, &memtable)?.ok_or("nothing to publish")?;
    let publication = draft.finish(&empty, &memtable, Vec::new(), 0, &mut |_, _, _| ())?;
    let took = started.elapsed();
    let (_, segment) = publication.new_blobs.into_iter().next().ok_or("no segment")?;
    let model = BlobRef::of(&corpus.packed);
    let snapshot = Snapshot::open(publication.manifest, &mut |wanted| {
        wanted.verify_copy(if *wanted == model { &corpus.packed } else { &segment })
    })?;
    Ok((snapshot, took))
}

/// Points that came one after the other and were sealed as the origin does, but for the last ones; and what that took.
fn sealed(base: &Arc<Snapshot>, points: &[Arc<PreparedPoint>], left: usize) -> Outcome<(View, Value)> {
    let mut view = View::new(Arc::clone(base));
    let (mut seals, mut written, mut longest, mut sum) = (0u32, 0usize, Duration::ZERO, Duration::ZERO);
    let (mut locked, mut longest_locked) = (Duration::ZERO, Duration::ZERO);
    let last = points.len() - left;
    for (number, (lsn, point)) in (base.lsn() + 1..).zip(points).enumerate() {
        view.apply(lsn, &point.id, Some(Arc::clone(point)));
        let is_due = view.unsealed() > SEALED_AT && number < last;
        if !is_due && number + 1 != last {
            continue;
        }
        let started = Instant::now();
        let Some(seal) = view.plan_seal() else { continue };
        let planned = started.elapsed();
        written += seal.points();
        let sealed = seal.build()?;
        let built = started.elapsed();
        view.take(sealed);
        let all = started.elapsed();
        (seals, sum, longest) = (seals + 1, sum + all, longest.max(all));
        (locked, longest_locked) = (planned + all - built, longest_locked.max(planned + all - built));
    }
    let told = json!({
        "seals": seals, "segments": view.sealed(), "pointsWritten": written, "seconds": sum.as_secs_f64(),
        "longestSeconds": longest.as_secs_f64(), "longestLockedMs": longest_locked.as_secs_f64() * 1e3,
        "lastLockedMs": locked.as_secs_f64() * 1e3, "pendingBytes": view.pending_bytes(),
        "changesBytes": view.memtable().bytes(),
    });
    Ok((view, told))
}
