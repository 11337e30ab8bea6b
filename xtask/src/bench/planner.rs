//! Which way searches go, with filters of every width, at all dimensions and sizes: `cargo xtask bench planner`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use super::{engine, keep};
use crate::data::Wordnet;
use crate::places::made;
use crate::progress::step;
use crate::shell::{read, run as run_command};

/// Real sets: folder and what it is.
const REAL: [(&str, &str); 3] = [
    ("20000", "WordNet, 20,000 glosses"),
    ("117791", "WordNet, 117,791 glosses"),
    ("minilm-50000", "WordNet by all-MiniLM-L6-v2"),
];
/// Dimensions and points of sets that are made.
const MADE: [(u32, u32); 9] = [
    (128, 10_000),
    (384, 10_000),
    (768, 10_000),
    (1_536, 10_000),
    (128, 100_000),
    (384, 100_000),
    (768, 100_000),
    (1_536, 100_000),
    (128, 1_000_000),
];

pub(super) fn run(bench: &Path, wordnet: &Wordnet, machine: &str) -> Result<()> {
    engine::sets(bench, wordnet)?;
    let mut all = Vec::new();
    let mut ask = |title: String, folder: &Path| -> Result<()> {
        let lines = step(&title, || read(Command::new(bench).arg("planner").arg("--dir").arg(folder)))?;
        for line in lines.lines() {
            let mut row: Value = serde_json::from_str(line)?;
            row.as_object_mut().into_iter().for_each(|row| drop(row.insert("set".to_owned(), json!(title))));
            all.push(row);
        }
        Ok(())
    };
    for (set, title) in REAL {
        ask(title.to_owned(), &made("bench").join(set))?;
    }
    let folder = made("bench/made");
    for (dim, points) in MADE {
        let mut make = Command::new(bench);
        make.args(["made", "--dim", &dim.to_string(), "--points", &points.to_string(), "--out"]).arg(&folder);
        run_command(&mut make)?;
        ask(format!("made, {points} of {dim} dimensions"), &folder)?;
    }
    let table = markdown(machine, &all)?;
    println!("{table}");
    keep("planner", machine, &all, &table)
}

fn markdown(machine: &str, rows: &[Value]) -> Result<String> {
    let mut out = format!(
        "# Ways to search\n\nMade by `cargo xtask bench planner`; the rows are in [planner.json](planner.json). Machine: \
         {machine}. Natively, one thread: µs a query (the median), codes scanned and compared (means), the way that most \
         queries went, recall@10 against f32. 100 queries of each set, those nearest to its first; a filter's matches lie \
         near them, far from them, anywhere, or in groups that sets are made of. \"As built\" is what the builder makes \
         without being told; \"graph\" a segment with a graph and no scan; \"all compared\" is `exact`. Sets that are made have \
         256 groups of points that differ in 24 directions, and a little noise.\n"
    );
    let mut sets: Vec<&Value> = rows.iter().map(|row| &row["set"]).collect();
    sets.dedup();
    for set in sets {
        let of_set: Vec<&Value> = rows.iter().filter(|row| row["set"] == *set).collect();
        let title = set.as_str().unwrap_or_default();
        writeln!(
            out,
            "\n## {title}\n\n| matches | as built | µs | recall | graph | µs | recall | all compared, µs | recall |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        )?;
        // As built and with a graph, each as planned and exact.
        for four in of_set.chunks_exact(4) {
            let cells: Vec<String> = [0, 2].into_iter().filter_map(|at| four.get(at)).map(|row| way(row)).collect();
            let (built, exact) = (four.first().copied().unwrap_or(&Value::Null), four.get(1).copied());
            let exact = exact.unwrap_or(&Value::Null);
            let share = built["share"].as_f64().unwrap_or_default() * 100.0;
            let matches = format!("{share} %, {}", built["matches"].as_str().unwrap_or_default());
            writeln!(out, "| {matches} | {} | {} | {} |", cells.join(" | "), micros(exact), recall(exact))?;
        }
    }
    Ok(out)
}

fn way(row: &Value) -> String {
    let (scanned, compared) = (&row["scanned"], &row["compared"]);
    let counts = if row["strategy"] == "scan" { format!("{scanned} + {compared}") } else { compared.to_string() };
    format!("{} {counts} | {} | {}", row["strategy"].as_str().unwrap_or_default(), micros(row), recall(row))
}

fn micros(row: &Value) -> String {
    format!("{:.0}", row["us"].as_f64().unwrap_or_default())
}

fn recall(row: &Value) -> String {
    format!("{:.3}", row["recall"].as_f64().unwrap_or_default())
}
