//! Data: vectors, truth and replica folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use headwater_core::ingest::{Models, PreparedPoint};
use headwater_core::kernel::dot_f32;
use headwater_core::manifest::{Head, SigningKey};
use headwater_core::memtable::Memtable;
use headwater_core::model::Schema;
use headwater_core::publish::Draft;
use headwater_core::snapshot::Snapshot;
use serde::Deserialize;
use serde_json::json;

use crate::Outcome;
use crate::corpus::{Corpus, Files, Meaning, lines};

/// What `prepare` reads and writes.
#[derive(Args)]
pub(crate) struct Inputs {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    meaning: Meaning,
    /// Where to write.
    #[arg(long)]
    out: PathBuf,
    /// Sizes to build; the first points of the file count.
    #[arg(long, value_delimiter = ',', default_value = "20000,117791")]
    sizes: Vec<usize>,
    /// Queries to take.
    #[arg(long, default_value_t = 1000)]
    query_count: usize,
}

/// Neighbours that the truth names for each query.
const TRUTH: usize = 10;

#[derive(Deserialize)]
struct QueryLine {
    text: String,
}

pub(crate) fn run(inputs: &Inputs) -> Outcome {
    let started = Instant::now();
    let Corpus { schema, model, points, .. } = Corpus::read(&inputs.files, &inputs.meaning)?;
    eprintln!("embedded {} points in {:.1} s", points.len(), started.elapsed().as_secs_f64());
    let queries = lines(&inputs.files.queries, inputs.query_count)?
        .map(|line| Ok(model.embed(&serde_json::from_str::<QueryLine>(&line?)?.text)))
        .collect::<Outcome<Vec<_>>>()?;
    // Queries come as vectors, so what is opened needs no model; peers have none either.
    let mut plain = schema;
    plain.text.clear();
    plain.vectors.iter_mut().for_each(|(_, field)| field.embed = None);
    for &size in &inputs.sizes {
        let dir = inputs.out.join(size.to_string());
        // Every n-th point, so that a small set is a sample of all parts of speech.
        let step = (points.len() / size.max(1)).max(1);
        let chosen: Vec<Arc<PreparedPoint>> = points.iter().step_by(step).take(size).map(Arc::clone).collect();
        write_set(&dir, &chosen, &queries)?;
        write_replica(&dir, &plain, chosen)?;
    }
    Ok(())
}

/// Vectors, ids and truth in forms that peers in other languages read.
fn write_set(dir: &Path, points: &[Arc<PreparedPoint>], queries: &[Vec<f32>]) -> Outcome {
    let vectors: Vec<&[f32]> = points.iter().filter_map(|p| p.vectors.first()).map(Vec::as_slice).collect();
    let ids: Vec<&str> = points.iter().map(|p| p.id.as_str()).collect();
    write_vectors(dir, &vectors, queries, &ids)
}

/// The same of vectors without points.
pub(crate) fn write_vectors(dir: &Path, vectors: &[&[f32]], queries: &[Vec<f32>], ids: &[&str]) -> Outcome {
    fs::create_dir_all(dir)?;
    let bytes = |all: &[&[f32]]| all.iter().flat_map(|v| v.iter().flat_map(|x| x.to_le_bytes())).collect::<Vec<u8>>();
    fs::write(dir.join("base.f32"), bytes(vectors))?;
    fs::write(dir.join("queries.f32"), bytes(&queries.iter().map(Vec::as_slice).collect::<Vec<_>>()))?;
    let truth: Vec<Vec<usize>> = queries.iter().map(|q| nearest(q, vectors)).collect();
    let dim = vectors.first().map_or(0, |v| v.len());
    fs::write(dir.join("set.json"), serde_json::to_vec(&json!({ "dim": dim, "ids": ids, "truth": truth }))?)?;
    Ok(())
}

/// The positions of the true neighbours, best first.
pub(crate) fn nearest(query: &[f32], vectors: &[&[f32]]) -> Vec<usize> {
    let mut scored: Vec<(f32, usize)> = vectors.iter().enumerate().map(|(i, v)| (dot_f32(query, v), i)).collect();
    scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.into_iter().take(TRUTH).map(|(_, i)| i).collect()
}

/// A folder that any static server offers as a replica source, signed by a key made for it.
fn write_replica(dir: &Path, schema: &Schema, points: Vec<Arc<PreparedPoint>>) -> Outcome {
    let empty = Snapshot::empty("wordnet".into(), schema.clone(), Models::default());
    let mut memtable = Memtable::new();
    for (lsn, point) in (1..).zip(points) {
        memtable.upsert(lsn, point);
    }
    let draft = Draft::plan(&empty, &memtable)?.ok_or("nothing to publish")?;
    let started = Instant::now();
    let publication = draft.finish(&empty, &memtable, Vec::new(), 0, &mut |_, _, _| ())?;
    let build_s = started.elapsed().as_secs_f64();
    let replica = dir.join("replica");
    fs::create_dir_all(replica.join("blobs"))?;
    fs::create_dir_all(replica.join("manifests"))?;
    for (blob, bytes) in &publication.new_blobs {
        fs::write(replica.join("blobs").join(blob.hash.to_string()), bytes)?;
    }
    fs::write(replica.join("manifests").join(publication.manifest_ref.hash.to_string()), &publication.manifest_bytes)?;
    let manifest = &publication.manifest;
    let head = Head {
        collection: manifest.collection.clone(),
        version: manifest.version,
        lsn: manifest.lsn,
        manifest: publication.manifest_ref,
        issued_ms: 0,
        expires_ms: None,
    };
    let key = SigningKey::from_seed([1; 32]);
    fs::write(replica.join("head"), head.sign(&key).to_json()?)?;
    let segment_bytes: u64 = publication.new_blobs.iter().map(|(b, _)| b.bytes).sum();
    let facts = json!({ "trust": key.public().to_string(), "buildSeconds": build_s, "points": manifest.live_points(), "segmentBytes": segment_bytes });
    fs::write(dir.join("facts.json"), serde_json::to_vec_pretty(&facts)?)?;
    eprintln!("{} points: built in {build_s:.1} s, {segment_bytes} bytes", manifest.live_points());
    Ok(())
}
