//! What a memtable says that it keeps in memory, against what it has taken from the heap.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::sync::Arc;

use headwater_core::ingest::{Models, prepare};
use headwater_core::memtable::Memtable;
use headwater_core::model::{Point, Schema};
use serde_json::{Value, json};

#[global_allocator]
static HEAP: dhat::Alloc = dhat::Alloc;

/// What an allocator adds to each block, on average: its header and rounding.
const BLOCK_BYTES: u64 = 16;

fn filled(schema: &Schema, ids: std::ops::Range<u64>, payload: impl Fn(u64) -> Value, memtable: &mut Memtable) {
    for n in ids {
        let mut raw = json!({ "id": format!("point-{n:08}"), "payload": payload(n) });
        for (name, field) in &schema.vectors {
            raw["vectors"][name] = json!(vec![0.25; field.dim as usize]);
        }
        let point: Point = serde_json::from_value(raw).unwrap();
        memtable.upsert(n + 1, Arc::new(prepare(point, schema, &Models::default()).unwrap()));
    }
}

/// Says what was counted, and what the heap had.
fn measured(schema: Value, payload: impl Fn(u64) -> Value) -> (u64, u64) {
    let schema = Schema::from_json(schema.to_string().as_bytes()).unwrap();
    let profiler = dhat::Profiler::builder().testing().build();
    let mut memtable = Memtable::new();
    let before = dhat::HeapStats::get();
    filled(&schema, 0..2_000, payload, &mut memtable);
    let after = dhat::HeapStats::get();
    drop(profiler);
    let heap =
        (after.curr_bytes - before.curr_bytes) as u64 + BLOCK_BYTES * (after.curr_blocks - before.curr_blocks) as u64;
    let counted = memtable.bytes();
    memtable.clear_through(u64::MAX);
    assert_eq!(memtable.bytes(), 0, "what is forgotten is not counted");
    (counted, heap)
}

// One test: the profiler counts for the whole process.
#[test]
fn a_memtable_counts_what_it_keeps() {
    let text = "the quick brown fox jumps over the lazy dog, again and again, until it rains. ".repeat(4);
    let nested =
        |n: u64| json!({ "a": { "b": [n, n + 1, { "c": format!("value {n}") }], "d": null }, "e": [], "f": {} });
    let many = |n: u64| (0..40).map(|i| (format!("member {i}"), json!(n))).collect::<serde_json::Map<_, _>>();
    let vector = json!({ "vectors": { "v": { "dim": 32 } }, "fields": { "n": "integer" } });
    let large = json!({ "vectors": { "v": { "dim": 384 } } });
    let words = json!({ "text": { "title": { "language": "en" }, "body": {} } });
    let cases = [
        ("few numbers", measured(vector.clone(), |n| json!({ "n": n, "tag": "x" }))),
        ("a long vector", measured(large, |_| json!({}))),
        ("words", measured(words, |n| json!({ "title": format!("title {n}"), "body": text }))),
        ("a nested payload", measured(vector.clone(), nested)),
        ("many members", measured(vector, |n| many(n).into())),
    ];
    for (what, (counted, heap)) in cases {
        let ratio = counted as f64 / heap as f64;
        assert!((0.85..1.25).contains(&ratio), "{what}: {counted} bytes counted, {heap} taken, {ratio:.2}");
    }
}
