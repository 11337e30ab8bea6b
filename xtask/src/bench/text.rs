//! Full-text search against libraries, side by side in one run: `cargo xtask bench text`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use super::engine::addresses;
use super::text_report::{Results, markdown};
use crate::build;
use crate::data::Wordnet;
use crate::install;
use crate::places::{in_root, made};
use crate::progress::step;
use crate::shell::{command, read, run as run_command};

/// Libraries from PyPI.
const LIBRARIES: [&str; 4] = ["tantivy==0.27.0", "bm25s==0.3.16", "PyStemmer==3.1.0", "numpy==2.4.6"];

/// Where the second set of relevance lies.
const PASSAGES: &str = "bench/passages";

pub(super) fn run(bench: &Path, wordnet: &Wordnet, machine: &str) -> Result<()> {
    let folder = made("bench/texts");
    fs::create_dir_all(&folder)?;
    let python = install::python("texts", &LIBRARIES)?.join("python3");
    let module = build::bench_engine()?;
    let browsers = install::browsers()?;
    let before = load();
    let wordnet = Set::wordnet(wordnet);
    let passages = Set::passages(bench)?;
    let built = rows("index, Headwater", wordnet.asked(bench, "words-prepare").arg("--out").arg(&folder))?;
    let mut native = rows("search, Headwater", Command::new(bench).arg("words-search").arg("--dir").arg(&folder))?;
    for row in &mut native {
        let same = built.iter().find(|b| b["engine"] == row["engine"]);
        if let (Some(row), Some(Value::Object(built))) = (row.as_object_mut(), same) {
            row.extend(built.clone());
        }
    }
    let library =
        |peer: &str, folder: &Path| rows(peer, command(&python, &["tests/bench/text_peers.py", peer]).arg(folder));
    for peer in ["tantivy", "bm25s"] {
        native.extend(library(peer, &folder)?);
    }
    let indexed = folder.join("fields");
    run_command(wordnet.with_model(bench, "fields-prepare").arg("--out").arg(&indexed))?;
    let fields = rows("fields", Command::new(bench).arg("fields-search").arg("--dir").arg(&indexed))?;
    let mut node = command("node", &["tests/bench/texts.mjs"]);
    node.arg(&folder).arg(&module).arg(made("bench/text-peers")).envs(browsers.clone());
    let (fields_in_browser, browser): (Vec<_>, Vec<_>) =
        rows("Chromium", &mut node)?.into_iter().partition(|row| row["what"].is_string());
    let (at_hand, browser): (Vec<_>, Vec<_>) = browser.into_iter().partition(|row| row["atHand"].is_u64());
    let mut relevance = Vec::new();
    for set in [&wordnet, &passages] {
        relevance.extend(set.named(rows("relevance", &mut set.with_model(bench, "relevance"))?));
    }
    let reference = library("bm25s", &made(PASSAGES))?;
    relevance.extend(wordnet.named(native.iter().filter_map(reference_way).collect()));
    relevance.extend(passages.named(reference.iter().filter_map(reference_way).collect()));
    let load = before.zip(load());
    let results = Results { load, native, browser, at_hand, relevance, fields, fields_in_browser };
    let text = markdown(machine, &results);
    println!("{text}");
    fs::create_dir_all(in_root("benchmarks"))?;
    fs::write(in_root("benchmarks/text.json"), serde_json::to_string_pretty(&results.json(machine))? + "\n")?;
    Ok(fs::write(in_root("benchmarks/text.md"), text)?)
}

/// Processes that ran or wanted to in the last minute, where the system says so: above the number of cores, times say
/// little.
fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// Points and the sentences that should find them.
pub(super) struct Set {
    name: &'static str,
    points: PathBuf,
    queries: PathBuf,
    schema: PathBuf,
}

impl Set {
    pub(super) fn wordnet(files: &Wordnet) -> Self {
        let schema = in_root("examples/wordnet/schema.json");
        Self { name: "wordnet", points: files.points.clone(), queries: files.queries.clone(), schema }
    }

    /// Passages of speeches, and the sentences that were taken out of them.
    pub(super) fn passages(bench: &Path) -> Result<Self> {
        let (texts, folder) = (addresses()?, made(PASSAGES));
        run_command(Command::new(bench).arg("passages").arg("--folder").arg(texts).arg("--out").arg(&folder))?;
        let [points, queries, schema] = ["points.ndjson", "queries.ndjson", "schema.json"].map(|f| folder.join(f));
        Ok(Self { name: "addresses", points, queries, schema })
    }

    fn asked(&self, bench: &Path, command: &str) -> Command {
        let mut asked = Command::new(bench);
        asked.arg(command).arg("--points").arg(&self.points).arg("--queries").arg(&self.queries);
        asked
    }

    fn with_model(&self, bench: &Path, command: &str) -> Command {
        let mut asked = self.with_schema(bench, command);
        asked.arg("--model").arg(in_root("examples/wordnet/model"));
        asked
    }

    pub(super) fn with_schema(&self, bench: &Path, command: &str) -> Command {
        let mut asked = self.asked(bench, command);
        asked.arg("--schema").arg(&self.schema);
        asked
    }

    /// Rows that say of which set they are.
    fn named(&self, mut rows: Vec<Value>) -> Vec<Value> {
        rows.iter_mut().filter_map(Value::as_object_mut).for_each(|row| {
            row.insert("set".to_owned(), json!(self.name));
        });
        rows
    }
}

/// What bm25s found, as another way to ask.
fn reference_way(row: &Value) -> Option<Value> {
    let engine = row["engine"].as_str().filter(|engine| engine.starts_with("bm25s"))?;
    let micros = 1e6 / row["queriesPerSecond"].as_f64()?;
    let way = format!("words, {engine}");
    Some(json!({ "way": way, "mrr10": row["mrr10"], "recall10": row["recall10"], "usPerQuery": micros }))
}

pub(super) fn rows(label: &str, command: &mut Command) -> Result<Vec<Value>> {
    let lines = step(label, || read(command))?;
    lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
