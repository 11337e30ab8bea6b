//! Measurements, each with a peer in the same run.
//!
//! | file | job |
//! | --- | --- |
//! | `mod` | the demo's paths: snapshots natively, the npm package in Chromium, imports, syncs, sizes |
//! | `engine` | the engine alone against libraries, on six sets |
//! | `text` | full-text search and facets against libraries, relevance on two sets |
//! | `relevance/` | how well people find what they type, against libraries, on three corpora |
//! | `partial` | what a reader that fetches only ranges of a segment fetches |
//! | `planner` | which way searches go, with and without filters, at all dimensions and sizes |
//! | `sites` | `headwater build` of two real sites beside Pagefind and MiniSearch: builds, first hits, relevance |
//! | `report`, `text_report` | rows of `engine` and of `text` as Markdown |

mod engine;
mod partial;
mod planner;
mod relevance;
mod report;
mod sites;
mod text;
mod text_report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;
use serde_json::{Value, json};

pub(crate) use self::relevance::Options;
use crate::build::{self, Part};
use crate::install;
use crate::places::{executable, headwater_released, in_root, made};
use crate::progress::{say, step};
use crate::shell::{cargo, command, read, run as run_command};
use crate::stamp::Step;
use crate::{data, data::Wordnet};

/// Points of the two sets, as `headwater-bench prepare` names their folders.
const SETS: [&str; 2] = ["20000", "117791"];

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// The engine alone against hnswlib, faiss, usearch and hnswlib-wasm on six sets; writes `benchmarks/`.
    Engine,
    /// Full-text search against tantivy and bm25s natively, MiniSearch, Lunr, Orama and FlexSearch in Chromium; facets,
    /// an order and a filter; relevance of words, meaning and both on two sets; writes `benchmarks/`.
    Text,
    /// What people type, words, misspelt and unfinished ones, sentences and names, against libraries that are asked the
    /// same; on one half of each set weights are chosen, the other is reported; writes `benchmarks/`.
    Relevance,
    /// Bytes and ranges that a reader without the whole segment fetches for an answer; writes `benchmarks/`.
    Partial,
    /// Bytes, rounds and time of a replica in parts over a slow line, from nothing to its first answer, and of the
    /// next ones.
    Parts,
    /// `headwater build` of the Python and the Rust documentation beside Pagefind: time, memory, bytes until the first
    /// hits; how well pages are found, beside MiniSearch too; writes `benchmarks/`.
    Sites,
    /// Which way a search goes and what each way takes, with filters of every width, at 128 to 1,536 dimensions and
    /// 10,000 to a million points; writes `benchmarks/`.
    Planner,
    /// What unpublished points cost a search, sealed and not, beside the same points published.
    Unpublished,
    /// What each thing that a query can ask for costs beside the same query without it, natively.
    Options,
    /// Recall@10 and speed of a whole native snapshot, one thread.
    Search,
    /// The same in Chromium beside hnswlib-wasm, first visit, and opening from IndexedDB.
    Browser,
    /// Points a second through `headwater import`, and bytes a point on disk.
    Import,
    /// Bytes that a replica fetches after changes, and the speed of checking them natively and in WebAssembly.
    Sync,
    /// Bytes of the engine as it is sent: by brotli, and gzipped.
    Size,
    /// All of them.
    All,
}

pub(crate) fn run(what: What, relevance: &Options) -> Result<()> {
    let wanted = |one| what == one || what == What::All;
    fs::create_dir_all(made("bench"))?;
    let machine = machine();
    say(&format!("  {machine}"));
    if wanted(What::Size) {
        sizes()?;
    }
    if wanted(What::Text) {
        text::run(&built()?, &data::wordnet()?, &machine)?;
    }
    if wanted(What::Relevance) {
        relevance::run(&built()?, &data::wordnet()?, &machine, relevance)?;
    }
    if wanted(What::Partial) {
        partial::run(&built()?, &data::wordnet()?, &machine)?;
    }
    if wanted(What::Unpublished) {
        of_the_demo("unpublished", "searches of unpublished points")?;
    }
    if wanted(What::Options) {
        of_the_demo("options", "what options of a query cost")?;
    }
    if [What::Planner, What::Engine, What::Search, What::Browser].into_iter().any(wanted) {
        let wordnet = data::wordnet()?;
        let bench = prepare(&wordnet)?;
        if wanted(What::Planner) {
            planner::run(&bench, &wordnet, &machine)?;
        }
        if wanted(What::Engine) {
            engine::run(&bench, &wordnet, &machine)?;
        }
        if wanted(What::Search) {
            search(&bench)?;
        }
        if wanted(What::Browser) {
            browser()?;
        }
    }
    if wanted(What::Parts) {
        parts()?;
    }
    if wanted(What::Sites) {
        sites::run(&machine, relevance.half)?;
    }
    if wanted(What::Import) {
        import()?;
    }
    if wanted(What::Sync) {
        sync()?;
    }
    Ok(())
}

/// Keeps the rows of a measurement in `benchmarks/`, a line each, and their table beside them.
fn keep(name: &str, machine: &str, rows: &[Value], table: &str) -> Result<()> {
    let folder = in_root("benchmarks");
    fs::create_dir_all(&folder)?;
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    let whole = format!("{{\n\"machine\": {},\n\"rows\": [\n{}\n]\n}}\n", json!(machine), rows.join(",\n"));
    fs::write(folder.join(format!("{name}.json")), whole)?;
    Ok(fs::write(folder.join(format!("{name}.md")), table)?)
}

/// What it runs on: without this a time says nothing.
fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").ok();
    let model = cpu.as_deref().and_then(|text| text.lines().find(|line| line.starts_with("model name")));
    let model = model.and_then(|line| line.split_once(':')).map_or("unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

fn sizes() -> Result<()> {
    let mut sizes = vec![build::engine_size()?];
    sizes.extend(build::sizes_of_reduced()?);
    for size in &sizes {
        say(&format!("  {}: {} bytes by brotli, {} gzipped", size.label, size.brotli_bytes, size.gzip_bytes));
    }
    let row = |size: &build::Size| json!({ "name": size.label, "brotliBytes": size.brotli_bytes, "gzipBytes": size.gzip_bytes });
    let table: Vec<Value> = sizes.iter().map(row).collect();
    Ok(fs::write(made("bench/sizes.json"), serde_json::to_vec_pretty(&table)?)?)
}

fn search(bench: &Path) -> Result<()> {
    for set in SETS {
        let folder = made("bench").join(set);
        step(&format!("native search among {set} points"), || {
            recorded(&format!("search-{set}"), Command::new(bench).arg("search").arg("--dir").arg(&folder))
        })?;
    }
    Ok(())
}

/// A measurement of the bench that takes the demo's points, sentences, model and schema.
fn of_the_demo(name: &str, title: &str) -> Result<()> {
    let (bench, wordnet) = (built()?, data::wordnet()?);
    step(title, || {
        let mut measurement = Command::new(bench);
        measurement.arg(name).arg("--points").arg(&wordnet.points).arg("--queries").arg(&wordnet.queries);
        measurement.arg("--model").arg(in_root("examples/wordnet/model"));
        measurement.arg("--schema").arg(in_root("examples/wordnet/schema.json"));
        recorded(name, &mut measurement)
    })
}

fn browser() -> Result<()> {
    build::run(Part::Js)?;
    let browsers = install::browsers()?;
    step("Chromium", || {
        let mut node = command("node", &["tests/bench/browser.mjs"]);
        recorded("browser", node.arg(made("bench")).envs(browsers))
    })
}

fn import() -> Result<()> {
    data::wordnet()?;
    build::run(Part::Origin)?;
    step("import", || {
        let mut node = command("node", &["tests/bench/import.mjs"]);
        recorded("import", node.env("HEADWATER_BIN", headwater_released()).env("HEADWATER_TARGET", in_root("target")))
    })
}

fn parts() -> Result<()> {
    data::wordnet()?;
    build::run(Part::Origin)?;
    build::run(Part::Js)?;
    step("a replica in parts", || {
        let mut node = command("node", &["tests/bench/parts.mjs"]);
        recorded("parts", node.env("HEADWATER_BIN", headwater_released()).env("HEADWATER_TARGET", in_root("target")))
    })
}

fn sync() -> Result<()> {
    data::wordnet()?;
    build::run(Part::Origin)?;
    let (bench, engine) = (built()?, build::bench_engine()?);
    step("checking bytes, natively", || recorded("proof", Command::new(&bench).arg("proof")))?;
    step("following changes", || {
        let mut node = command("node", &["tests/bench/sync.mjs"]);
        node.arg(&engine).env("HEADWATER_BIN", headwater_released()).env("HEADWATER_TARGET", in_root("target"));
        recorded("sync", &mut node)
    })
}

/// Runs a measurement, shows its JSON lines and keeps them.
fn recorded(name: &str, measurement: &mut Command) -> Result<()> {
    let lines = read(measurement)?;
    println!("{lines}");
    Ok(fs::write(made("bench").join(format!("{name}.jsonl")), lines + "\n")?)
}

/// Builds the bench; returns its executable.
fn built() -> Result<PathBuf> {
    step("bench (cargo)", || {
        run_command(&mut cargo(&["build", "--release", "--locked", "--package", "headwater-bench"]))
    })?;
    Ok(executable("release/headwater-bench"))
}

/// Builds the bench and its data; returns its executable.
fn prepare(wordnet: &Wordnet) -> Result<PathBuf> {
    let bench = built()?;
    let inputs = [bench.clone(), wordnet.points.clone(), wordnet.queries.clone()];
    let facts = SETS.map(|set| made("bench").join(set).join("facts.json"));
    Step { name: "bench data", inputs: &inputs, outputs: &facts }.unless_fresh(|| {
        let mut prepare = Command::new(&bench);
        prepare.arg("prepare").arg("--points").arg(&wordnet.points).arg("--queries").arg(&wordnet.queries);
        prepare.arg("--model").arg(in_root("examples/wordnet/model"));
        prepare.arg("--schema").arg(in_root("examples/wordnet/schema.json"));
        run_command(prepare.arg("--out").arg(made("bench")))
    })?;
    Ok(bench)
}
