//! Full-text search against libraries, side by side in one run: `cargo xtask bench text`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use crate::build;
use crate::data::Wordnet;
use crate::install::{self, CHROMIUM};
use crate::places::{in_root, made};
use crate::progress::step;
use crate::shell::{command, read};

/// Libraries from PyPI.
const LIBRARIES: [&str; 4] = ["tantivy==0.27.0", "bm25s==0.3.16", "PyStemmer==3.1.0", "numpy==2.4.6"];

pub(super) fn run(bench: &Path, wordnet: &Wordnet, machine: &str) -> Result<()> {
    let folder = made("bench/texts");
    fs::create_dir_all(&folder)?;
    let python = install::python("texts", &LIBRARIES)?.join("python3");
    let module = build::bench_engine()?;
    let (chromium, _) = install::browsers()?;
    let from_points = |command: &str| {
        let mut asked = Command::new(bench);
        asked.arg(command).arg("--points").arg(&wordnet.points).arg("--queries").arg(&wordnet.queries);
        asked
    };
    let built = rows("index, Headwater", from_points("words-prepare").arg("--out").arg(&folder))?;
    let mut native = rows("search, Headwater", Command::new(bench).arg("words-search").arg("--dir").arg(&folder))?;
    for row in &mut native {
        let same = built.iter().find(|b| b["engine"] == row["engine"]);
        if let (Some(row), Some(Value::Object(built))) = (row.as_object_mut(), same) {
            row.extend(built.clone());
        }
    }
    for peer in ["tantivy", "bm25s"] {
        let mut peers = command(&python, &["tests/bench/text_peers.py", peer]);
        native.extend(rows(peer, peers.arg(&folder))?);
    }
    let mut node = command("node", &["tests/bench/texts.mjs"]);
    node.arg(&folder).arg(&module).arg(made("bench/text-peers")).env(CHROMIUM.variable, &chromium);
    let browser = rows("Chromium", &mut node)?;
    let mut relevance = from_points("relevance");
    relevance.arg("--model").arg(in_root("examples/wordnet/model"));
    let relevance = rows("relevance", relevance.arg("--schema").arg(in_root("examples/wordnet/schema.json")))?;
    let text = markdown(machine, &native, &browser, &relevance);
    println!("{text}");
    fs::create_dir_all(in_root("benchmarks"))?;
    let all = json!({ "machine": machine, "native": native, "browser": browser, "relevance": relevance });
    fs::write(in_root("benchmarks/text.json"), serde_json::to_string_pretty(&all)? + "\n")?;
    Ok(fs::write(in_root("benchmarks/text.md"), text)?)
}

fn rows(label: &str, command: &mut Command) -> Result<Vec<Value>> {
    let lines = step(label, || read(command))?;
    lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn markdown(machine: &str, native: &[Value], browser: &[Value], relevance: &[Value]) -> String {
    let mut out = format!(
        "# Full-text search and its peers\n\nMade by `cargo xtask bench text`; the rows are in [text.json](text.json). \
         Machine: {machine}. 117,791 WordNet entries, lemmas and gloss in one field; 2,000 example sentences, each of which should \
         find the entry that it comes from, any word counting; ten hits; one thread. Engines that are slow are asked the first 100 of them, once. \
         MRR@10 is the mean reciprocal rank. Typing asks 800 beginnings of sentences, the last word unfinished.\n"
    );
    for (title, rows) in [("Native", native), ("Chromium", browser)] {
        let _ = write!(
            out,
            "\n## {title}\n\n| engine | queries a second | MRR@10 | of the first 100 | build | bytes | typing, p50 | p99 |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        );
        for row in rows {
            let number = |key: &str| row[key].as_f64();
            let cells = [
                shown(number("queriesPerSecond"), 0, ""),
                shown(number("mrr10").filter(|_| row["sentences"] != 100), 3, ""),
                shown(number("mrr10OfFirst"), 3, ""),
                shown(number("buildSeconds"), 2, " s"),
                shown(number("bytes").map(|b| b / 1_048_576.0), 1, " MiB"),
                shown(number("typedP50Ms"), 2, " ms"),
                shown(number("typedP99Ms"), 2, " ms"),
            ];
            let _ = writeln!(out, "| {} | {} |", row["engine"].as_str().unwrap_or_default(), cells.join(" | "));
        }
    }
    out.push_str(
        "\n## Words, meaning, both\n\nThe demo's schema: lemmas count five times, English, stop words left out; the static model \
         for meaning; natively.\n\n| way | MRR@10 | among ten | µs a query |\n| --- | --- | --- | --- |\n",
    );
    for row in relevance.iter().filter(|row| row["way"].is_string()) {
        let number = |key: &str| row[key].as_f64();
        let cells =
            [shown(number("mrr10"), 3, ""), shown(number("recall10"), 3, ""), shown(number("usPerQuery"), 0, "")];
        let _ = writeln!(out, "| {} | {} |", row["way"].as_str().unwrap_or_default(), cells.join(" | "));
    }
    out
}

fn shown(number: Option<f64>, digits: usize, unit: &str) -> String {
    number.map_or_else(|| "–".to_owned(), |n| format!("{n:.digits$}{unit}"))
}
