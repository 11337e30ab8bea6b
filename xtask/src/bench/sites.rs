//! Two real sites beside Pagefind and MiniSearch: `cargo xtask bench sites`.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use super::keep;
use super::relevance::Half;
use crate::build::{self, Part};
use crate::install;
use crate::places::{headwater_released, in_root, made};
use crate::progress::step;
use crate::shell::{command, read};

pub(super) fn run(machine: &str, half: Half) -> Result<()> {
    build::run(Part::Js)?;
    build::run(Part::Origin)?;
    install::documentation()?;
    let (browsers, pagefind) = (install::browsers()?, install::pagefind()?);
    let mut node: Command = command("node", &["--max-old-space-size=8192", "tests/bench/sites.mjs"]);
    node.arg(made("bench/sites")).arg(pagefind).arg(half.name()).envs(browsers);
    node.env("HEADWATER_BIN", headwater_released()).env("HEADWATER_TARGET", in_root("target"));
    let lines = step("two sites", || read(&mut node))?;
    let rows: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let table = markdown(machine, &rows);
    println!("{table}");
    // Numbers of the half that things are chosen on are nobody's to quote.
    if half == Half::Report { keep("sites", machine, &rows, &table) } else { Ok(()) }
}

fn markdown(machine: &str, rows: &[Value]) -> String {
    let mut out = format!(
        "# Two sites\n\nMade by `cargo xtask bench sites`; the rows are in [sites.json](sites.json). Machine: {machine}. The \
         Python documentation and the Rust book with the standard library, as Debian packages them.\n"
    );
    table(&mut out, "Builds", rows, "build", &["pages", "seconds", "cpuSeconds", "peakBytes"]);
    table(&mut out, "First hits", rows, "firstHits", &["programBytes", "indexBytes", "requests"]);
    table(&mut out, "MRR@10", rows, "system", &["queries", "mrr", "entry", "typed", "name", "heading"]);
    out
}

/// The rows that have a key.
fn table(out: &mut String, title: &str, rows: &[Value], key: &str, columns: &[&str]) {
    let _ = writeln!(out, "\n## {title}\n\n| site | | {} |", columns.join(" | "));
    let _ = writeln!(out, "| --- | --- |{}", " ---: |".repeat(columns.len()));
    for row in rows {
        let (Some(site), Some(name)) = (row["site"].as_str(), row[key].as_str()) else { continue };
        let cells: Vec<String> = columns.iter().map(|column| cell(&row[*column])).collect();
        let _ = writeln!(out, "| {site} | {name} | {} |", cells.join(" | "));
    }
}

fn cell(number: &Value) -> String {
    match number.as_u64() {
        Some(whole) => whole.to_string(),
        None => number.as_f64().map_or_else(String::new, |number| format!("{number:.3}")),
    }
}
