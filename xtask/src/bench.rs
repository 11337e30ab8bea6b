//! Measurements: recall and speed of the native engine on the demo's vectors, and sizes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;
use serde_json::json;

use crate::build;
use crate::places::{in_cargo_target, in_root, made};
use crate::progress::{say, step};
use crate::shell::{cargo, run as run_command};
use crate::stamp::Step;
use crate::{data, data::Wordnet};

/// Points of the two sets, as `headwater-bench prepare` names their folders.
const SETS: [&str; 2] = ["20000", "117791"];

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Recall@10 and queries a second of the native engine, one thread, as JSON lines.
    Search,
    /// Bytes of the engine, gzipped.
    Size,
    /// All of them.
    All,
}

pub(crate) fn run(what: What) -> Result<()> {
    fs::create_dir_all(made("bench"))?;
    if matches!(what, What::Size | What::All) {
        sizes()?;
    }
    if what == What::Size {
        return Ok(());
    }
    let bench = prepare(&data::wordnet()?)?;
    for set in SETS {
        step(&format!("search among {set} points"), || {
            run_command(Command::new(&bench).arg("search").arg("--dir").arg(made("bench").join(set)))
        })?;
    }
    Ok(())
}

fn sizes() -> Result<()> {
    let sizes = build::engine_sizes()?;
    for size in &sizes {
        say(&format!("  {}: {} bytes gzipped", size.label, size.gzip_bytes));
    }
    let table = sizes.map(|size| json!({ "name": size.label, "gzipBytes": size.gzip_bytes }));
    Ok(fs::write(made("bench/sizes.json"), serde_json::to_vec_pretty(&table)?)?)
}

/// Builds the bench and its data; returns its executable.
fn prepare(wordnet: &Wordnet) -> Result<PathBuf> {
    step("bench (cargo)", || {
        run_command(&mut cargo(&["build", "--release", "--locked", "--package", "headwater-bench"]))
    })?;
    let bench = in_cargo_target("release/headwater-bench").with_extension(std::env::consts::EXE_EXTENSION);
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
