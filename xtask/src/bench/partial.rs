//! What a reader that fetches only ranges of the demo's segment fetches: `cargo xtask bench partial`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::keep;
use crate::data::Wordnet;
use crate::places::in_root;
use crate::progress::step;
use crate::shell::read;

/// Parts of an answer, as rows name them.
const BY_MEANING: [&str; 4] = ["pieces", "codes or records", "payloads and ids", "group lists"];
const BY_WORDS: [&str; 7] = [
    "dictionaries",
    "term lists",
    "postings and lengths",
    "positions",
    "codes or records",
    "payloads and ids",
    "group lists",
];

pub(super) fn run(bench: &Path, wordnet: &Wordnet, machine: &str) -> Result<()> {
    let mut partial = Command::new(bench);
    partial.arg("partial").arg("--points").arg(&wordnet.points).arg("--queries").arg(&wordnet.queries);
    partial.arg("--model").arg(in_root("examples/wordnet/model"));
    partial.arg("--schema").arg(in_root("examples/wordnet/schema.json"));
    let lines = step("ranges of a segment", || read(&mut partial))?;
    let rows: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let table = markdown(machine, &rows)?;
    println!("{table}");
    keep("partial", machine, &rows, &table)
}

fn markdown(machine: &str, rows: &[Value]) -> Result<String> {
    let first = rows.first().context("the bench printed nothing")?;
    let mut out = format!(
        "# Parts of a segment\n\nMade by `cargo xtask bench partial`; the rows are in [partial.json](partial.json). Machine: {machine}; \
         nothing here is a time, so it does not matter. The demo's segment, {} points; {} example \
         sentences, each asked by a reader that holds the front and nothing else. The engine reads; fetching is counted, not done. \
         Recall is that of the ten hits against an exact search over f32. A round is what is asked for at once, before anything of it \
         is known. \"Cold\" is the share of the segment that a first query fetches, front included. Group lists prove what does not \
         prove itself. Parts: kB and ranges.\n",
        whole(&first["points"]),
        whole(&first["queries"]),
    );
    for segment in rows.iter().filter(|row| row["segmentBytes"].is_u64()) {
        let of_layout: Vec<&Value> = rows.iter().filter(|row| row["layout"] == segment["layout"]).collect();
        of_segment(&mut out, segment, &of_layout);
    }
    Ok(out)
}

/// The tables of a layout.
fn of_segment(out: &mut String, segment: &Value, rows: &[&Value]) {
    let (bytes, layout) = (whole(&segment["segmentBytes"]), segment["layout"].as_str().unwrap_or_default());
    let _ =
        writeln!(out, "\n## Layout \"{layout}\": {bytes} bytes\n\n| sections | bytes | share |\n| --- | --- | --- |");
    for group in segment["groups"].as_array().into_iter().flatten() {
        let (name, size) = (group["name"].as_str().unwrap_or_default(), whole(&group["bytes"]));
        let _ = writeln!(out, "| {name} | {size} | {:.2} % |", 100.0 * size as f64 / bytes as f64);
    }
    let _ = writeln!(
        out,
        "\nThe front: {} bytes; the page list {}, the group list {}.",
        whole(&segment["frontBytes"]),
        whole(&segment["pageListBytes"]),
        whole(&segment["groupListBytes"])
    );
    let of = |query: &str| rows.iter().copied().filter(|row| row["query"] == query).collect::<Vec<_>>();
    let meaning = |row: &Value| {
        let recall = row["recall"].as_f64().unwrap_or_default();
        let ef_search = row["efSearch"].as_u64().map_or_else(|| "default".to_owned(), |ef| format!("{ef}"));
        format!("{ef_search} | {recall:.3}")
    };
    let words =
        |row: &Value| row["words"].as_u64().map_or_else(|| "all of a sentence".to_owned(), |words| format!("{words}"));
    let front = whole(&segment["frontBytes"]);
    table(out, ("By meaning", "efSearch | recall@10"), &of("meaning"), &BY_MEANING, (front, bytes), &meaning);
    table(out, ("By words", "words"), &of("words"), &BY_WORDS, (front, bytes), &words);
}

/// A table for each way to ask for bytes.
fn table(
    out: &mut String,
    (title, heads): (&str, &str),
    rows: &[&Value],
    parts: &[&str],
    (front_bytes, segment_bytes): (u64, u64),
    setting: &dyn Fn(&Value) -> String,
) {
    let mut policies: Vec<&str> = rows.iter().filter_map(|row| row["policy"].as_str()).collect();
    policies.sort_unstable();
    policies.dedup();
    for policy in policies {
        let lines = " --- |".repeat(heads.split('|').count() + parts.len() + 4);
        let _ = writeln!(
            out,
            "\n### {title}: {policy}\n\n| {heads} | kB | ranges | rounds | cold | {} |",
            parts.join(" | ")
        );
        let _ = writeln!(out, "|{lines}");
        for &row in rows.iter().filter(|row| row["policy"] == policy) {
            let number = |of: &Value, key: &str| of[key].as_f64().unwrap_or_default();
            let fetched = &row["fetched"];
            let (all, by_part) = (&fetched["all"], &fetched["parts"]);
            let cold = (number(all, "bytes") + front_bytes as f64) / segment_bytes as f64;
            let part = |part: &&str| {
                let part = &by_part[*part];
                format!("{:.0} in {:.1}", number(part, "bytes") / 1e3, number(part, "ranges"))
            };
            let _ = writeln!(
                out,
                "| {} | {:.0} | {:.1} | {:.1} | {:.2} % | {} |",
                setting(row),
                number(all, "bytes") / 1e3,
                number(all, "ranges"),
                number(all, "rounds"),
                100.0 * cold,
                parts.iter().map(part).collect::<Vec<_>>().join(" | ")
            );
        }
    }
}

fn whole(number: &Value) -> u64 {
    number.as_u64().unwrap_or_default()
}
