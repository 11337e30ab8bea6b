//! The engine alone, natively: what peers' libraries are compared with. One phase a process, so that memory is
//! what that phase needs.

use std::fs;
use std::path::Path;
use std::time::Instant;

use headwater_bench_engine::Built;
use headwater_core::model::{Coarse, GraphOptions, Layout, Tier, VectorField};
use serde::Deserialize;
use serde_json::json;

use crate::Outcome;
use crate::sets::floats;

/// Times each setting is measured; the median counts.
const ROUNDS: usize = 3;
const TOP_K: u32 = 10;

#[derive(Deserialize)]
struct Set {
    dim: usize,
    truth: Vec<Vec<usize>>,
}

/// What a segment is made of.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Structure {
    /// What the builder chooses.
    Auto,
    /// What readers of ranges want.
    Ranges,
    /// u8 codes and a graph.
    Graph,
    /// 4-bit codes, with 1-bit codes to find candidates.
    U4,
    /// 4-bit codes alone, and a graph.
    U4Graph,
}

impl Structure {
    fn field(self, dim: usize) -> VectorField {
        let field = VectorField { dim: dim as u32, ..VectorField::default() };
        let graph = GraphOptions { min_points: Some(1), ..field.graph };
        match self {
            Self::Auto => field,
            Self::Ranges => VectorField { layout: Layout::Ranges, ..field },
            Self::Graph => VectorField { coarse: Coarse::None, graph, ..field },
            Self::U4 => VectorField { codes: Tier::U4, ..field },
            Self::U4Graph => VectorField { codes: Tier::U4, coarse: Coarse::None, graph, ..field },
        }
    }
}

/// Builds an index of the set and keeps it.
pub(crate) fn build(dir: &Path, engine: &str, structure: Structure) -> Outcome {
    let set: Set = serde_json::from_slice(&fs::read(dir.join("set.json"))?)?;
    let base = floats(&dir.join("base.f32"))?;
    let before = peak_from_here();
    let started = Instant::now();
    let built = Built::new(&base, structure.field(set.dim))?;
    let seconds = started.elapsed().as_secs_f64();
    let peak = bytes_of("VmHWM").saturating_sub(before);
    let bytes = built.bytes();
    built.write(&dir.join("index"))?;
    println!(
        "{}",
        json!({ "phase": "build", "engine": engine, "seconds": seconds, "bytes": bytes, "peakBytes": peak })
    );
    Ok(())
}

/// Opens the kept index and asks every query with each setting.
pub(crate) fn search(dir: &Path, engine: &str, sweep: &[u32]) -> Outcome {
    let set: Set = serde_json::from_slice(&fs::read(dir.join("set.json"))?)?;
    let queries = floats(&dir.join("queries.f32"))?;
    let queries: Vec<&[f32]> = queries.chunks(set.dim).collect();
    let first = queries.first().ok_or("no queries")?;
    let (before, low) = (bytes_of("VmRSS"), peak_from_here());
    let started = Instant::now();
    let mut index = Built::read(&dir.join("index"))?.open()?;
    index.nearest(first, TOP_K, 64)?;
    let open_ms = started.elapsed().as_secs_f64() * 1e3;
    for &ef in sweep {
        let mut rounds = Vec::new();
        let mut latencies_us = Vec::new();
        let mut found = 0;
        for round in 0..ROUNDS {
            let started = Instant::now();
            for (query, truth) in queries.iter().zip(&set.truth) {
                let asked = Instant::now();
                let hits = index.nearest(query, TOP_K, ef)?;
                latencies_us.push(asked.elapsed().as_secs_f64() * 1e6);
                if round == 0 {
                    found += hits.iter().filter(|&&hit| truth.contains(&(hit as usize))).count();
                }
            }
            rounds.push(queries.len() as f64 / started.elapsed().as_secs_f64());
        }
        rounds.sort_by(f64::total_cmp);
        latencies_us.sort_by(f64::total_cmp);
        let at =
            |share: f64| latencies_us.get((latencies_us.len() as f64 * share) as usize).copied().unwrap_or_default();
        let plan = index.plan().first();
        println!(
            "{}",
            json!({
                "phase": "search", "engine": engine, "ef": ef, "recall": found as f64 / (queries.len() * TOP_K as usize) as f64,
                "queriesPerSecond": rounds.get(ROUNDS / 2), "p50Us": at(0.5), "p99Us": at(0.99), "strategy": plan.map(|p| p.strategy), "scanned": plan.map(|p| p.scanned), "compared": plan.map(|p| p.compared),
            })
        );
    }
    let (grown, peak) = (bytes_of("VmRSS").saturating_sub(before), bytes_of("VmHWM").saturating_sub(low));
    println!(
        "{}",
        json!({ "phase": "open", "engine": engine, "ms": open_ms, "residentBytes": grown, "peakBytes": peak })
    );
    Ok(())
}

/// The most memory that this process has had, which starts over at what it has now where the system lets it.
fn peak_from_here() -> u64 {
    // Without that, less than there is gets counted: what lies under an earlier peak.
    let _ = fs::write("/proc/self/clear_refs", "5");
    bytes_of("VmHWM")
}

/// Memory of this process, where the system tells.
fn bytes_of(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
