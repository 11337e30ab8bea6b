//! Recall and speed of the native engine, one thread.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use headwater_core::error::{Code, Error};
use headwater_core::manifest::{Acceptance, Manifest, Seen, SignedHead, Trust};
use headwater_core::model::{AnsweredBy, Query};
use headwater_core::snapshot::Snapshot;
use serde::Deserialize;
use serde_json::json;

use crate::Outcome;
use crate::sets::floats;

#[derive(Deserialize)]
struct Set {
    dim: usize,
    ids: Vec<String>,
    truth: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Facts {
    trust: String,
}

pub(crate) fn run(dir: &Path, sweep: &[u32]) -> Outcome {
    let set: Set = serde_json::from_slice(&fs::read(dir.join("set.json"))?)?;
    let queries = floats(&dir.join("queries.f32"))?;
    let started = Instant::now();
    let snapshot = open(dir)?;
    let open_ms = started.elapsed().as_secs_f64() * 1e3;
    println!(
        "{}",
        json!({ "engine": "headwater native", "openMs": open_ms, "residentBytes": snapshot.resident_bytes() })
    );
    for &ef in sweep {
        let mut latencies_us = Vec::with_capacity(set.truth.len());
        let mut found = 0;
        let mut plan = Vec::new();
        for (vector, truth) in queries.chunks(set.dim).zip(&set.truth) {
            let mut query = Query::default().with_vector(vector).with_fields([""; 0]);
            query.exact = ef == 0;
            query.ef_search = (ef > 0).then_some(ef);
            let started = Instant::now();
            let answer = snapshot.search(&query, None, AnsweredBy::Node)?;
            latencies_us.push(started.elapsed().as_secs_f64() * 1e6);
            let wanted: HashSet<&str> = truth.iter().filter_map(|&i| set.ids.get(i)).map(String::as_str).collect();
            plan = answer.plan;
            found += answer.hits.iter().filter(|h| wanted.contains(h.id.as_str())).count();
        }
        latencies_us.sort_by(f64::total_cmp);
        let total: f64 = latencies_us.iter().sum();
        let at =
            |share: f64| latencies_us.get((latencies_us.len() as f64 * share) as usize).copied().unwrap_or_default();
        let recall = found as f64 / (set.truth.len() * 10) as f64;
        let per_second = latencies_us.len() as f64 / total * 1e6;
        println!(
            "{}",
            json!({ "engine": "headwater native", "ef": ef, "recall": recall, "queriesPerSecond": per_second, "p50Us": at(0.5), "p99Us": at(0.99), "plan": plan })
        );
    }
    Ok(())
}

/// Opens the folder as any replica does: head, manifest, blobs, each checked.
fn open(dir: &Path) -> Outcome<Snapshot> {
    let facts: Facts = serde_json::from_slice(&fs::read(dir.join("facts.json"))?)?;
    let replica = dir.join("replica");
    let trust = Trust::parse([facts.trust.as_str()])?;
    let acceptance = Acceptance { trust: &trust, collection: None, seen: Seen::default(), now_ms: 0 };
    let head = SignedHead::from_json(&fs::read(replica.join("head"))?)?.accept(&acceptance)?.head;
    let manifest = fs::read(replica.join("manifests").join(head.manifest.hash.to_string()))?;
    let manifest = Manifest::decode(&manifest, &head)?;
    let snapshot = Snapshot::open(manifest, &mut |blob| {
        let bytes = fs::read(replica.join("blobs").join(blob.hash.to_string()));
        let bytes = bytes.map_err(|e| Error::new(Code::StorageFailed, e.to_string()))?;
        blob.verify_copy(&bytes)
    })?;
    Ok(snapshot)
}
