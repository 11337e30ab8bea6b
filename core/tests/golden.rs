//! Bytes that were published once, and must be read for as long as their format's number is known.
//!
//! `tests/golden/{format}/` holds a segment, tombstones, a manifest, a signed head, the same with a key list, and the
//! answers to some queries. They are read here, and in WebAssembly by `packages/js/test/golden.test.mjs`. They were
//! written by the first build of that format: `HEADWATER_WRITE_GOLDEN=1 cargo test -p headwater-core --test golden`
//! writes them for a format that has none yet. Building the same points must give the same bytes; other bytes need
//! another number.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::{env, fs};

use headwater_core::ids::Hash;
use headwater_core::ingest::{Models, prepare};
use headwater_core::manifest::{
    Acceptance, BlobRef, Head, KeyList, Manifest, Seen, SignedHead, SignedKeyList, SigningKey, Trust,
};
use headwater_core::memtable::Memtable;
use headwater_core::model::{AnsweredBy, Query, Schema, Strategy};
use headwater_core::publish::{Draft, Publication};
use headwater_core::segment::SEGMENT_FORMAT_VERSION;
use headwater_core::snapshot::Snapshot;
use serde_json::{Value, json};

/// BLAKE3 of a segment with clusters, codes of one and two bits, records, a graph and lists of many blocks: too large
/// to be kept whole.
const LARGE: (usize, &str) = (2_200, "dbea4084fc82bffe53f3fb3c2edf85e8cde14a9f3bdb414ed3e4c9945877c369");

fn schema() -> Schema {
    let schema = json!({
        "vectors": {
            "area": { "dim": 100, "metric": "dot", "layout": "ranges" },
            "meaning": { "dim": 12, "graph": { "minPoints": 1, "m": 4 } },
            "place": { "dim": 3, "metric": "l2", "codes": "u4", "keep": "f16" },
        },
        "text": { "body": { "language": "en" }, "name": {} },
        "fields": {
            "at": "geo", "count": "integer", "day": "datetime", "kind": "keyword", "open": "boolean", "tags": "keyword", "weight": "float",
        },
    });
    Schema::from_json(schema.to_string().as_bytes()).unwrap()
}

/// The n-th point. Whole numbers and halves only, so that no library of mathematics has a say.
fn point(n: usize) -> Value {
    let part = |i: usize| ((n * 31 + i * 17 + n * i) % 23) as f32 / 2.0 - 5.5;
    let words = ["river", "rivers", "spring", "stone", "bridge", "ferries", "Delta", "naïve"];
    let body: Vec<&str> = (0..4 + n % 9).map(|i| words[(n * 5 + i * i) % words.len()]).collect();
    let mut payload = json!({ "n": n, "name": format!("名前 {n} {}", words[n % 8]), "body": body.join(" ") });
    if n.is_multiple_of(5) {
        payload["body"] = json!([words[n % 8], body.join(" "), "spring river"]);
    }
    if n.is_multiple_of(7) {
        payload["count"] = json!([n % 5, n % 3 + 20]);
        payload["at"] = json!([{ "lat": 1, "lon": n % 90 }, { "lat": -2, "lon": 3 }]);
    } else if !n.is_multiple_of(4) {
        payload["count"] = json!(n % 11);
        payload["kind"] = json!(format!("k{}", n % 300));
        payload["open"] = json!(n.is_multiple_of(2));
        payload["weight"] = json!(n as f64 / 8.0 - 3.0);
    }
    if n.is_multiple_of(3) {
        payload["at"] = json!({ "lat": n % 90, "lon": n % 180 });
        payload["day"] = json!(format!("2026-02-{:02}", 1 + n % 28));
        payload["tags"] = json!(["a", format!("t{}", n % 5)]);
    }
    let vector = |from: usize, count: usize| (from..from + count).map(part).collect::<Vec<_>>();
    json!({ "id": format!("point-{n}"), "vectors": { "area": vector(3, 100), "meaning": vector(0, 12), "place": vector(20, 3) }, "payload": payload })
}

fn filled(points: usize) -> (Memtable, Snapshot) {
    let schema = schema();
    let mut memtable = Memtable::new();
    for n in 0..points {
        let point = prepare(serde_json::from_value(point(n)).unwrap(), &schema, &Models::default()).unwrap();
        memtable.upsert(n as u64 + 1, Arc::new(point));
    }
    (memtable, Snapshot::empty("golden".into(), schema, Models::default()))
}

fn published(snapshot: &Snapshot, memtable: &Memtable, created_ms: u64) -> Publication {
    let draft = Draft::plan(snapshot, memtable).unwrap().unwrap();
    draft.finish(snapshot, memtable, Vec::new(), created_ms, &mut |_, _, _| ()).unwrap()
}

fn open(manifest: Manifest, blobs: &BTreeMap<Hash, Vec<u8>>) -> Snapshot {
    let mut source = |blob: &BlobRef| blob.verify_copy(&blobs[&blob.hash]);
    Snapshot::open(manifest, &mut source).unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed([7; 32])
}

fn key_list() -> SignedKeyList {
    let online = vec![key().public().to_string()];
    let revoked = vec![SigningKey::from_seed([8; 32]).public().to_string()];
    let list = KeyList { version: 3, online, revoked, issued_ms: 2_500, expires_ms: Some(4_102_444_800_000) };
    list.sign(&SigningKey::from_seed([9; 32])).unwrap()
}

/// All files of a version of 60 points, of which two were deleted later.
fn written() -> BTreeMap<&'static str, Vec<u8>> {
    let (memtable, empty) = filled(60);
    let first = published(&empty, &memtable, 1_000);
    let mut blobs: BTreeMap<Hash, Vec<u8>> = first.new_blobs.iter().map(|(b, bytes)| (b.hash, bytes.clone())).collect();
    let snapshot = open(first.manifest, &blobs);
    let mut deletes = Memtable::new();
    deletes.delete(61, "point-7");
    deletes.delete(62, "point-30");
    let second = published(&snapshot, &deletes, 2_000);
    blobs.extend(second.new_blobs.iter().map(|(blob, bytes)| (blob.hash, bytes.clone())));
    let head = Head {
        collection: "golden".into(),
        version: second.manifest.version,
        lsn: second.manifest.lsn,
        manifest: second.manifest_ref,
        issued_ms: 3_000,
        expires_ms: None,
    };
    let reference = second.manifest.segments[0];
    let snapshot = open(second.manifest, &blobs);
    BTreeMap::from([
        ("segment.bin", blobs[&reference.blob.hash].clone()),
        ("tombstones.bin", blobs[&reference.tombstones.unwrap().hash].clone()),
        ("manifest.json", second.manifest_bytes),
        ("head.json", head.clone().sign(&key()).to_json().unwrap()),
        ("head-keys.json", head.sign(&key()).with_keys(Some(key_list())).to_json().unwrap()),
        ("answers.json", answers(&snapshot)),
    ])
}

/// What is asked of every version.
fn answers(snapshot: &Snapshot) -> Vec<u8> {
    let vector: Vec<f32> = (0..12).map(|i| i as f32 - 4.0).collect();
    let queries = [
        json!({ "vector": vector, "using": "meaning", "topK": 5 }),
        json!({ "vector": vector, "using": "meaning", "exact": true, "filter": { "tags": "t2" } }),
        json!({ "like": "point-12", "using": "place", "topK": 5 }),
        json!({ "match": { "query": "feries bridg", "prefix": true, "fuzzy": true }, "highlight": true, "topK": 5 }),
        json!({ "match": { "query": "river spring", "mode": "phrase" }, "topK": 5 }),
        json!({ "vector": vector, "using": "meaning", "match": "naive 名前", "explain": true, "topK": 5 }),
        json!({ "filter": { "at": { "$geoRadius": { "lat": 20, "lon": 20, "radius": 900_000 } } }, "fields": ["n"] }),
        json!({ "filter": { "day": { "$lt": "2026-02-09" }, "open": true }, "sort": { "weight": "desc" }, "fields": [] }),
        json!({ "facets": ["kind", "open", "count"], "sort": ["kind", "count"], "collapse": "count", "topK": 4, "fields": [] }),
    ];
    let answer = |query: &Value| {
        let query = Query::from_json(query.to_string().as_bytes()).unwrap();
        let answer = snapshot.search(&query, None, AnsweredBy::Node).unwrap();
        json!({ "hits": answer.hits, "facets": answer.facets, "version": answer.version, "lsn": answer.lsn })
    };
    let all: Vec<Value> = queries.iter().map(|query| json!({ "query": query, "answer": answer(query) })).collect();
    let mut text = serde_json::to_vec_pretty(&all).unwrap();
    text.push(b'\n');
    text
}

fn folder(format: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{format}"))
}

#[test]
fn the_same_points_give_the_bytes_that_this_format_began_with() {
    let folder = folder(SEGMENT_FORMAT_VERSION);
    if env::var_os("HEADWATER_WRITE_GOLDEN").is_some() {
        assert!(!folder.exists(), "{} exists: a format is written once", folder.display());
        fs::create_dir_all(&folder).unwrap();
        written().iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
    }
    for (name, bytes) in written() {
        let golden = fs::read(folder.join(name)).unwrap();
        assert!(golden == bytes, "{name} has changed: raise the number of its format, and keep the old file");
    }
    let (points, hash) = LARGE;
    let (memtable, empty) = filled(points);
    let publication = published(&empty, &memtable, 1_000);
    assert_eq!(publication.new_blobs[0].0.hash.to_string(), hash, "a large segment has changed: the same holds");
    // It is too large to be kept with its answers, but not to be read: by codes of one bit and of two.
    let blobs = publication.new_blobs.iter().map(|(blob, bytes)| (blob.hash, bytes.clone())).collect();
    let snapshot = open(publication.manifest, &blobs);
    for vector in ["place", "area"] {
        for n in (0..points).step_by(211) {
            let asked = json!({ "vector": point(n)["vectors"][vector], "using": vector, "topK": 10, "explain": true });
            let query = Query::from_json(asked.to_string().as_bytes()).unwrap();
            let mut exact = query.clone();
            exact.exact = true;
            let [found, wanted] = [query, exact].map(|q| snapshot.search(&q, None, AnsweredBy::Node).unwrap());
            assert_eq!(found.plan[0].strategy, Strategy::Scan, "{vector}");
            assert_eq!(found.hits[0].score, wanted.hits[0].score, "{vector} of point {n}");
        }
    }
}

/// Whatever was published in any format that is known is opened, and answers as it did.
#[test]
fn what_was_published_is_read() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(folders.contains(&folder(SEGMENT_FORMAT_VERSION)));
    for folder in folders {
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        let seen = Seen { version: 2, key_list: 0 };
        let accept = |name: &str, trusted: &str| {
            let trust = Trust::parse([trusted]).unwrap();
            let acceptance = Acceptance { trust: &trust, collection: Some("golden"), seen, now_ms: 4_000 };
            SignedHead::from_json(&read(name)).unwrap().accept(&acceptance).unwrap()
        };
        let head = accept("head.json", &key().public().to_string()).head;
        let listed = accept("head-keys.json", &key_list().root);
        assert_eq!((&listed.head, listed.key_list), (&head, 3));
        let manifest = Manifest::decode(&read("manifest.json"), &head).unwrap();
        assert_eq!(manifest.encode().unwrap(), read("manifest.json"), "the canonical form");
        let blobs = ["segment.bin", "tombstones.bin"].map(|name| (Hash::of(&read(name)), read(name)));
        let snapshot = open(manifest, &BTreeMap::from(blobs));
        assert_eq!(snapshot.live_points(), 58);
        assert_eq!(String::from_utf8(answers(&snapshot)).unwrap(), String::from_utf8(read("answers.json")).unwrap());
    }
}
