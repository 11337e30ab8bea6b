//! A fixed collection with every kind of section in its segments, built once in each process.
//!
//! Whole numbers and halves only, so that every machine builds the same bytes and a kept input means the same
//! everywhere. A change of the format gives old inputs another meaning, but they stay inputs.

use std::sync::{Arc, OnceLock};

use headwater_core::error::Result;
use headwater_core::ingest::{Models, prepare};
use headwater_core::manifest::{BlobRef, Manifest, PageList, Tombstones, proving_groups};
use headwater_core::memtable::Memtable;
use headwater_core::model::Schema;
use headwater_core::publish::Draft;
use headwater_core::snapshot::{Arriving, Proof, Snapshot, Want};
use serde_json::{Value, json};

use crate::layout::Layout;

/// Points of the small segment: it has all but clusters, and is opened and searched thousands of times a second.
const SMALL: usize = 60;
/// Points of the large one: from 2,000 on there are clusters, and payloads in records; lists of words have several
/// blocks.
const LARGE: usize = 2_050;
/// Ordinals that are deleted where tombstones are asked for.
const DELETED: [u32; 3] = [2, 17, 40];

/// The schema: every metric, code, type and precision.
///
/// # Panics
///
/// Never: it is sound.
#[must_use]
pub fn schema() -> Schema {
    schema_with(&json!({ "dim": 100, "metric": "dot", "layout": "ranges", "keep": "f32" }))
}

/// The schema whose first vector is declared so.
fn schema_with(inner: &Value) -> Schema {
    let schema = json!({
        "vectors": {
            "inner": inner,
            "meaning": { "dim": 12, "graph": { "minPoints": 1, "m": 4 } },
            "place": { "dim": 3, "metric": "l2", "codes": "u4", "keep": "f16", "graph": { "minPoints": 1, "m": 4 } },
            "spread": { "dim": 8, "metric": "dot", "layout": "ranges" },
            "zone": { "dim": 2, "metric": "l2", "coarse": "none" },
        },
        "text": { "body": { "language": "en" }, "name": {} },
        "fields": {
            "at": "geo", "count": "integer", "day": "datetime", "kind": "keyword", "open": "boolean", "tags": "keyword",
            "town": { "type": "keyword", "ignoreCase": true }, "weight": "float", "where": "geo", "wins": "integer",
        },
    });
    Schema::from_json(schema.to_string().as_bytes()).expect("the schema is sound")
}

/// The n-th point, as JSON.
#[must_use]
pub fn point(n: usize) -> Value {
    let part = |i: usize| ((n * 31 + i * 17 + n * i) % 23) as f32 / 2.0 - 5.5;
    let words = ["river", "rivers", "spring", "stone", "bridge", "ferries", "Delta", "naïve"];
    let body: Vec<&str> = (0..4 + n % 9).map(|i| words[(n * 5 + i * i) % words.len()]).collect();
    let mut payload = json!({ "n": n, "name": format!("名前 {} {}", n % 300, words[n % 8]), "body": body.join(" ") });
    if !n.is_multiple_of(4) {
        payload["count"] = json!(n % 11);
        payload["kind"] = json!(format!("k{}", n % 300));
        payload["open"] = json!(n.is_multiple_of(2));
        payload["weight"] = json!(n as f64 / 8.0 - 3.0);
    }
    if n.is_multiple_of(3) {
        payload["at"] = json!({ "lat": n % 90, "lon": n % 180 });
        payload["day"] = json!(format!("2026-02-{:02}", 1 + n % 28));
        payload["tags"] = json!(["a", format!("t{}", n % 5)]);
        payload["town"] = json!([
            if n.is_multiple_of(2) { "Ulm" } else { "ULM" },
            format!("Straße {}", n % 7),
            format!("STRASSE {}", n % 9)
        ]);
        payload["where"] = json!([{ "lat": n % 80, "lon": 3 }, { "lat": -1, "lon": n % 170 }]);
        payload["wins"] = json!([n % 13, n % 5, 100 + n % 3]);
    }
    let vector = |from: usize, count: usize| (from..from + count).map(part).collect::<Vec<_>>();
    let vectors = json!({
        "inner": vector(30, 100), "meaning": vector(0, 12), "place": vector(20, 3), "spread": vector(3, 8), "zone": vector(40, 2),
    });
    json!({ "id": format!("p{n}"), "vectors": vectors, "payload": payload })
}

/// Unpublished changes: a point that a segment has, a new one, a delete.
#[must_use]
pub fn memtable() -> &'static Memtable {
    static MEMTABLE: OnceLock<Memtable> = OnceLock::new();
    MEMTABLE.get_or_init(|| {
        let mut memtable = filled([5, 70_000].into_iter());
        memtable.delete(70_002, "p9");
        memtable
    })
}

fn filled(points: impl Iterator<Item = usize>) -> Memtable {
    let (schema, mut memtable) = (schema(), Memtable::new());
    for n in points {
        let point = serde_json::from_value(point(n)).expect("a point");
        let point = prepare(point, &schema, &Models::default()).expect("the point fits the schema");
        memtable.upsert(n as u64 + 1, Arc::new(point));
    }
    memtable
}

/// A published version of one segment.
pub struct Sound {
    /// Its segment.
    pub layout: Layout,
    manifest: Manifest,
    tombstones: Vec<u8>,
}

impl Sound {
    /// 60 points.
    #[must_use]
    pub fn small() -> &'static Self {
        static SOUND: OnceLock<Sound> = OnceLock::new();
        SOUND.get_or_init(|| Self::of(SMALL, schema()))
    }

    /// 2,050 points.
    #[must_use]
    pub fn large() -> &'static Self {
        static SOUND: OnceLock<Sound> = OnceLock::new();
        SOUND.get_or_init(|| Self::of(LARGE, schema()))
    }

    /// As many, whose first vector has residual codes.
    #[must_use]
    pub fn residual() -> &'static Self {
        static SOUND: OnceLock<Sound> = OnceLock::new();
        SOUND.get_or_init(|| Self::of(LARGE, schema_with(&json!({ "dim": 100, "metric": "dot", "codes": "u4" }))))
    }

    fn of(points: usize, schema: Schema) -> Self {
        let (memtable, empty) = (filled(0..points), Snapshot::empty("fuzz".into(), schema, Models::default()));
        let draft = Draft::plan(&empty, &memtable).expect("a plan").expect("there are points");
        let published = draft.finish(&empty, &memtable, Vec::new(), 1_000, &mut |_, _, _| ()).expect("a version");
        let [(_, segment)] = published.new_blobs.as_slice() else { panic!("one segment") };
        let tombstones = Tombstones::new(DELETED.to_vec()).encode();
        Self { layout: Layout::of(segment), manifest: published.manifest, tombstones }
    }

    /// The version with these bytes as its segment, as a replica opens what its hash has let through.
    pub fn open(&self, segment: &[u8], has_deletes: bool) -> Result<Snapshot> {
        let manifest = self.manifest_of(segment, has_deletes);
        let tombstones = manifest.segments[0].tombstones;
        Snapshot::open(manifest, &mut |blob| {
            let bytes = if Some(*blob) == tombstones { &self.tombstones } else { segment };
            blob.verify_copy(bytes)
        })
    }

    /// The same as a replica in parts opens it, to which all of the segment has come as one: what such a replica reads
    /// is proved to be what was published, and not checked when it is opened.
    pub fn arrive(&self, segment: &[u8], has_deletes: bool) -> Result<Arriving> {
        let mut arriving = Arriving::new(self.manifest_of(segment, has_deletes))?;
        let (blob, list) = (BlobRef::of(segment), PageList::encode_of(segment));
        let (pages, groups) = list.split_at(PageList::pages_bytes(&blob) as usize);
        let all = 0..blob.bytes;
        arriving.take(&Want { blob, range: 0..pages.len() as u64, proof: Proof::Pages }, pages, &[])?;
        let proof = Proof::Groups(proving_groups(&blob, &all));
        arriving.take(&Want { blob, range: all, proof }, segment, groups)?;
        for want in arriving.wants()?.into_iter().filter(|want| want.proof == Proof::Name) {
            arriving.take(&want, &self.tombstones, &[])?;
        }
        arriving.snapshot()?;
        Ok(arriving)
    }

    fn manifest_of(&self, segment: &[u8], has_deletes: bool) -> Manifest {
        let mut manifest = self.manifest.clone();
        let reference = &mut manifest.segments[0];
        // What the manifest says of points is checked against the header: here it repeats it.
        let points = segment.get(16..20).and_then(|bytes| bytes.first_chunk());
        reference.blob = BlobRef::of(segment);
        reference.points = points.map_or(0, |bytes| u32::from_le_bytes(*bytes));
        if has_deletes {
            reference.deleted = DELETED.len() as u32;
            reference.tombstones = Some(BlobRef::of(&self.tombstones));
        }
        manifest
    }
}
