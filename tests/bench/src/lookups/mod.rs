//! How well people find what they type: words looked up, misspelt, unfinished, and sentences, on three corpora. A
//! benchmark to choose weights on one half of each set and to report the other half.
//!
//! ```text
//! WordNet, addresses ── sets ────┐                                                  ┌─ lookups ──> rows, as JSON lines
//! Debian's packages ─ packages ──┴─> <corpus>/{points, questions}.ndjson, schema ───┤
//!                                                                                   └─ peers: ranks ── rows ──> the same
//! ```
//!
//! The quick round for who changes a constant of the ranking, once `cargo xtask bench relevance --half tune --native`
//! has made the corpora: `cargo run --release -p headwater-bench -- relevance-lookups --half tune --corpus
//! wordnet,addresses`. The indexes are kept; `--rebuild` after a change of what builds them, `--ranks FILE` to see
//! what stood where.
//!
//! | file | job |
//! | --- | --- |
//! | `question` | what is typed and what it should find; halves |
//! | `typo` | one error of a typist |
//! | `wordnet` | frequent words, as they are, misspelt, unfinished; sentences |
//! | `packages` | Debian's packages as points, their names and descriptions as questions |
//! | `index` | the index of a corpus, built once and kept |
//! | `ways` | the queries, as JSON |
//! | `rows` | ranks as shares, means and their errors |

mod index;
mod packages;
mod question;
mod rows;
mod typo;
mod ways;
mod wordnet;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use headwater_core::model::{AnsweredBy, Query};
use headwater_core::snapshot::Snapshot;
use serde::Deserialize;
use serde_json::json;

pub(crate) use self::packages::{Packages, prepare as prepare_packages};
use self::question::{Half, Question};
pub(crate) use self::wordnet::{Sources, prepare};
use crate::Outcome;
use crate::corpus::lines;

/// Hits that are looked at.
const TOP_K: usize = 10;

/// Which questions are asked.
#[derive(Args)]
pub(crate) struct Asked {
    /// Folder of the corpora.
    #[arg(long, default_value = "target/bench/relevance")]
    dir: PathBuf,
    /// The half to choose weights on, the half to report, or both.
    #[arg(long, value_enum, default_value = "report")]
    half: Half,
}

/// What is asked of Headwater.
#[derive(Args)]
pub(crate) struct Lookups {
    #[command(flatten)]
    asked: Asked,
    /// Folder of the model.
    #[arg(long, default_value = "examples/wordnet/model")]
    model: PathBuf,
    /// Only these corpora: wordnet, addresses, packages.
    #[arg(long, value_delimiter = ',')]
    corpus: Vec<String>,
    /// Only these sets, by how their names begin, such as "typos".
    #[arg(long, value_delimiter = ',')]
    set: Vec<String>,
    /// Builds the indexes anew: what builds them has changed.
    #[arg(long)]
    rebuild: bool,
    /// Also writes what each question found at which rank, for a look at what went wrong: a JSON line each.
    #[arg(long)]
    ranks: Option<PathBuf>,
}

/// Where a question's answer stood, by a peer: ranks from 1, or 0, in the order of the questions.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ranked {
    engine: String,
    corpus: String,
    set: String,
    way: String,
    ranks: Vec<usize>,
    us_per_query: f64,
}

/// Asks Headwater all questions, and prints a row for each set and way.
pub(crate) fn run(options: &Lookups) -> Outcome {
    let mut log = options.ranks.as_ref().map(fs::File::create).transpose()?;
    for corpus in corpora(&options.asked.dir)? {
        let folder = options.asked.dir.join(&corpus);
        if !options.corpus.is_empty() && !options.corpus.contains(&corpus) {
            continue;
        }
        let snapshot = index::opened(&folder, &options.model, options.rebuild)?;
        for (set, questions) in question::sets(&folder, options.asked.half)? {
            if !options.set.is_empty() && !options.set.iter().any(|begin| set.starts_with(begin.as_str())) {
                continue;
            }
            for way in ways::of(questions.iter().any(|q| q.unfinished)) {
                let started = Instant::now();
                let ranks = questions.iter().map(|q| rank(&snapshot, &way, q)).collect::<Outcome<Vec<_>>>()?;
                let us_per_query = started.elapsed().as_secs_f64() * 1e6 / questions.len().max(1) as f64;
                if let Some(log) = &mut log {
                    for (question, rank) in questions.iter().zip(&ranks) {
                        let (text, want) = (&question.text, &question.want);
                        let line = json!({ "corpus": corpus, "set": set, "way": way.name, "text": text, "want": want, "rank": rank });
                        writeln!(log, "{line}")?;
                    }
                }
                let measured = rows::Measured { engine: "Headwater", way: way.name, us_per_query };
                println!("{}", rows::row(&corpus, &set, options.asked.half, &measured, &questions, &ranks));
            }
        }
    }
    Ok(())
}

/// The rank of the first right hit, or 0.
fn rank(snapshot: &Snapshot, way: &ways::Way, question: &Question) -> Outcome<usize> {
    let query = Query::from_json(way.asked(&question.text, snapshot.schema()).to_string().as_bytes())?;
    let hits = snapshot.search(&query, None, AnsweredBy::Node)?.hits;
    let place = hits.iter().position(|hit| question.right.contains(&hit.id));
    Ok(place.map_or(0, |place| place + 1))
}

/// Prints rows of what peers found, whose ranks stand in a file, a JSON line for each engine, set and way.
pub(crate) fn rows_of_peers(asked: &Asked, ranks: &Path) -> Outcome {
    for line in lines(ranks, usize::MAX)? {
        let ranked: Ranked = serde_json::from_str(&line?)?;
        let sets = question::sets(&asked.dir.join(&ranked.corpus), asked.half)?;
        let (_, questions) = sets.iter().find(|(set, _)| *set == ranked.set).ok_or("ranks of an unknown set")?;
        let measured = rows::Measured { engine: &ranked.engine, way: &ranked.way, us_per_query: ranked.us_per_query };
        // Slow peers were asked the first ones.
        let questions: Vec<&Question> = questions.iter().take(ranked.ranks.len()).collect();
        println!("{}", rows::row(&ranked.corpus, &ranked.set, asked.half, &measured, &questions, &ranked.ranks));
    }
    Ok(())
}

/// The folders that `relevance-sets` and `relevance-packages` wrote.
fn corpora(dir: &Path) -> Outcome<Vec<String>> {
    let missing = || format!("{} has no corpora; `cargo xtask bench relevance` makes them", dir.display());
    let entries = fs::read_dir(dir).map_err(|_| missing())?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().join(question::FILE).is_file() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    names.sort();
    if names.is_empty() { Err(missing().into()) } else { Ok(names) }
}

/// Writes a corpus as all engines read it.
fn write(out: &Path, points: &[u8], schema: &[u8], questions: Vec<Question>) -> Outcome {
    fs::create_dir_all(out)?;
    fs::write(out.join(index::POINTS), points)?;
    fs::write(out.join(index::SCHEMA), schema)?;
    question::write(out, questions)
}
