//! What opening and searching take from the heap, counted by a profiling allocator.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::sync::Arc;

use headwater_core::bytes::AlignedBytes;
use headwater_core::ingest::{Models, prepare};
use headwater_core::memtable::Memtable;
use headwater_core::model::{
    AnsweredBy, ByName, FieldType, Filter, GraphOptions, Layout, Metric, Point, Query, Schema, SegmentPlan, Strategy,
    Tier, VectorField,
};
use headwater_core::publish::{Draft, Publication};
use headwater_core::segment::Segment;
use headwater_core::snapshot::Snapshot;
use serde_json::json;

#[global_allocator]
static HEAP: dhat::Alloc = dhat::Alloc;

const DIM: usize = 64;

fn schema(graph_min_points: u32) -> Schema {
    let graph = GraphOptions { min_points: Some(graph_min_points), ..GraphOptions::default() };
    with(VectorField { dim: DIM as u32, metric: Metric::Cosine, graph, ..VectorField::default() })
}

/// Of codes of four bits, of points and of centroids.
fn of_four_bits() -> Schema {
    let (dim, codes, layout) = (DIM as u32, Tier::U4, Layout::Ranges);
    with(VectorField { dim, codes, layout, ..VectorField::default() })
}

fn with(vector: VectorField) -> Schema {
    Schema {
        vectors: ByName::from([("v".to_owned(), vector)]),
        fields: ByName::from([("n".to_owned(), FieldType::Integer.into())]),
        ..Schema::default()
    }
}

/// Around 300 others, so that it pays to have points in two clusters.
fn direction(seed: usize) -> Vec<f32> {
    let wave = |seed: usize, d: usize| ((seed * 37 + d * 101 + seed * d * 3) as f32).sin();
    (0..DIM).map(|d| wave(1_000_000 + seed % 300, d) + 0.8 * wave(seed, d)).collect()
}

fn built(points: usize, schema: &Schema) -> (Snapshot, Publication) {
    let empty = Snapshot::empty("memory".to_owned(), schema.clone(), Models::default());
    let mut memtable = Memtable::new();
    for id in 0..points {
        let raw = json!({ "id": format!("p{id:06}"), "vectors": { "v": direction(id) }, "payload": { "n": id } });
        let point: Point = serde_json::from_value(raw).unwrap();
        memtable.upsert(id as u64 + 1, Arc::new(prepare(point, schema, &Models::default()).unwrap()));
    }
    let draft = Draft::plan(&empty, &memtable).unwrap().unwrap();
    let publication = draft.finish(&empty, &memtable, Vec::new(), 1, &mut |_, _, _| ()).unwrap();
    let (blob, bytes) = &publication.new_blobs[0];
    let verified = blob.verify_copy(bytes).unwrap();
    let snapshot = Snapshot::open(publication.manifest.clone(), &mut |_| Ok(verified.clone())).unwrap();
    (snapshot, publication)
}

/// Bytes that opening the segment takes from the heap, all in all.
fn taken_by_opening(points: usize) -> u64 {
    let schema = schema(1);
    let (_, publication) = built(points, &schema);
    let bytes = Arc::new(AlignedBytes::copy_from(&publication.new_blobs[0].1));
    let profiler = dhat::Profiler::builder().testing().build();
    let segment = Segment::open(bytes, &schema).unwrap();
    let taken = dhat::HeapStats::get().total_bytes;
    drop(profiler);
    assert_eq!(segment.points() as usize, points);
    taken
}

/// Asks and returns how it was answered, and the most that the heap held meanwhile.
fn peak_of(snapshot: &Snapshot, query: &Query) -> (SegmentPlan, u64, u64) {
    let profiler = dhat::Profiler::builder().testing().build();
    let answer = snapshot.search(query, None, AnsweredBy::Node).unwrap();
    let peak = dhat::HeapStats::get().max_bytes as u64;
    drop(profiler);
    let plan = answer.plan[0];
    (plan, u64::from(plan.scratch_bytes), peak)
}

// One test: the profiler counts for the whole process.
#[test]
fn opening_takes_nothing_a_point_and_searching_no_more_than_it_reports() {
    assert_eq!(taken_by_opening(2_500), taken_by_opening(10_000));

    let strategies = [Strategy::Scan, Strategy::Exact];
    // A thousand of these are looked for by a scan, then by comparing all: what is reported is of the latter.
    for (schema, most_asked) in [(schema(1_000_000), 1000), (schema(1), 1000), (of_four_bits(), 100)] {
        let (snapshot, _) = built(8_000, &schema);
        let mut query = Query::default().with_vector(direction(1));
        query.explain = true;
        let codes = snapshot.search(&query, None, AnsweredBy::Node).unwrap().plan[0].built.unwrap().codes;
        assert!(codes > 8_000, "no point has two codes: {codes}");
        for (top_k, ef_search) in
            [(1, 10), (10, 96), (100, 400), (1000, 1000)].into_iter().filter(|(top_k, _)| *top_k <= most_asked)
        {
            for (exact, filter) in
                [(false, None), (true, None), (false, Some(4_000)), (false, Some(8_000)), (true, Some(6_000))]
            {
                let filter = filter.map(|below| Filter::from_value(&json!({ "n": { "$lt": below } })).unwrap());
                let mut query = Query::default().with_vector(direction(77_777)).with_top_k(top_k).with_fields([""; 0]);
                (query.filter, query.ef_search, query.exact) = (filter, Some(ef_search), exact);
                let (plan, reported, peak) = peak_of(&snapshot, &query);
                let strategy = plan.strategy;
                assert!(strategies.contains(&strategy));
                // The answer itself is not scratch: ids, payloads, the list of hits.
                let answer = u64::from(top_k) * 400 + 4_096;
                assert!(peak <= reported + answer, "{strategy:?} topK {top_k}: {peak} bytes, {reported} reported");
                assert!(
                    reported <= 12 * peak + 64 * 1024,
                    "{strategy:?} topK {top_k}: {reported} reported, {peak} needed"
                );
            }
        }
    }
    // Fewer than 2,000 points have no scan, so these walk.
    let (snapshot, _) = built(1_900, &schema(1));
    let mut query = Query::default().with_vector(direction(5)).with_fields([""; 0]);
    query.ef_search = Some(12);
    let (plan, reported, peak) = peak_of(&snapshot, &query);
    assert_eq!(plan.strategy, Strategy::Graph);
    assert!(peak <= reported + 8_192, "{peak} bytes, {reported} reported");
}
