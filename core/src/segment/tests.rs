use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::bytes::AlignedBytes;
use crate::columns::Bitmap;
use crate::error::Code;
use crate::ingest::{Models, PreparedPoint, prepare};
use crate::limits::{MAX_FIELDS, MAX_TEXT_FIELDS, MAX_VECTOR_FIELDS};
use crate::meter::Meter;
use crate::model::{
    ByName, FieldType, GraphOptions, Metric, PayloadText, Point, PublishPhase, Schema, Strategy as Path, TextField,
    VectorField,
};

const DIM: usize = 12;

fn schema() -> Schema {
    let vector = |metric| VectorField {
        dim: DIM as u32,
        metric,
        graph: GraphOptions { m: 6, ef_construction: 48, min_points: None },
        ..VectorField::default()
    };
    Schema {
        vectors: ByName::from([("a".to_string(), vector(Metric::Cosine)), ("b".to_string(), vector(Metric::L2))]),
        fields: ByName::from([
            ("kind".to_string(), FieldType::Keyword.into()),
            ("n".to_string(), FieldType::Integer.into()),
        ]),
        ..Schema::default()
    }
}

fn component(i: usize, d: usize) -> f32 {
    let x = (i as u64 * 31 + d as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x >> 40) as f32 / (1u64 << 24) as f32 - 0.5
}

fn point(i: usize) -> Arc<PreparedPoint> {
    let vector: Vec<f32> = (0..DIM).map(|d| component(i, d)).collect();
    let payload =
        json!({ "kind": if i.is_multiple_of(2) { "even" } else { "odd" }, "n": i, "text": format!("point {i}") });
    let raw = json!({ "id": format!("p{i:05}"), "vectors": { "a": vector, "b": vector }, "payload": payload });
    Arc::new(prepare(serde_json::from_value::<Point>(raw).unwrap(), &schema(), &Models::default()).unwrap())
}

fn build(points: impl Iterator<Item = usize>, graph_min_points: usize) -> Vec<u8> {
    let mut schema = schema();
    schema.vectors.iter_mut().for_each(|(_, v)| v.graph.min_points = Some(graph_min_points as u32));
    let mut builder = SegmentBuilder::new(&schema);
    points.for_each(|i| builder.push(point(i)).unwrap());
    builder.finish(&mut |_, _, _| ()).unwrap()
}

fn open(bytes: &[u8]) -> crate::error::Result<Segment> {
    Segment::open(Arc::new(AlignedBytes::copy_from(bytes)), &schema())
}

fn input<'a>(vector: &'a [f32], top_k: usize, exact: bool, mask: Option<&'a Bitmap>) -> SearchInput<'a> {
    let meter = alloc::boxed::Box::leak(alloc::boxed::Box::new(Meter::unlimited()));
    SearchInput {
        position: 0,
        vector,
        top_k,
        ef_search: top_k,
        candidates_per_hit: 4,
        oversampling: 1.0,
        exact,
        mask,
        meter,
    }
}

#[test]
fn the_order_of_points_does_not_matter_and_the_last_of_one_id_counts() {
    let forwards = build(0..300, 100);
    assert_eq!(forwards, build((0..300).rev(), 100));
    let schema = schema();
    let mut builder = SegmentBuilder::new(&schema);
    let mut changed = PreparedPoint::clone(&point(1));
    changed.payload.insert("text".into(), json!("changed"));
    changed.payload_text = PayloadText::of(&changed.payload).unwrap();
    [point(1), point(2), Arc::new(changed)].into_iter().for_each(|p| builder.push(p).unwrap());
    let segment = open(&builder.finish(&mut |_, _, _| ()).unwrap()).unwrap();
    assert_eq!(segment.points(), 2);
    assert_eq!(segment.payload(segment.find("p00001").unwrap()).unwrap().to_tree().unwrap()["text"], "changed");
}

#[test]
fn what_was_put_in_comes_out() {
    for count in [0, 1, 5, 500] {
        let segment = open(&build(0..count, 100)).unwrap();
        assert_eq!(segment.points() as usize, count);
        assert_eq!(segment.has_graph(0).unwrap(), count >= 100);
        for i in 0..count {
            let ordinal = segment.find(&format!("p{i:05}")).unwrap();
            assert_eq!(segment.payload(ordinal).unwrap(), point(i).payload_text);
        }
        assert_eq!(segment.find("p99999"), None);
    }
}

#[test]
fn k_results_are_k_results_under_any_mask() {
    let segment = open(&build(0..4000, 1)).unwrap();
    let query = point(7);
    for every in [1u32, 2, 10, 100, 700, 4000] {
        let mask = Bitmap::from_fn(4000, |o| o.is_multiple_of(every));
        for top_k in [1, 10, 64] {
            let found = segment.nearest(&input(&query.vectors[0], top_k, false, Some(&mask)), |_| true).unwrap();
            assert_eq!(found.found.len(), top_k.min(mask.count() as usize), "{every} {top_k}: {:?}", found.plan);
            assert!(found.found.iter().all(|c| mask.contains(c.ordinal)));
            assert!(found.found.is_sorted_by(|a, b| a > b));
        }
    }
    // Points hidden after the mask was made (they changed since) do not starve the answer either.
    let found = segment.nearest(&input(&query.vectors[0], 10, false, None), |o| o >= 3990).unwrap();
    assert_eq!(found.found.iter().map(|c| c.ordinal).filter(|&o| o >= 3990).count(), 10);
}

#[test]
fn the_planner_compares_few_matches_and_scans_or_walks_many() {
    let query = point(5);
    let path = |segment: &Segment, every: u32, exact| {
        let mask = Bitmap::from_fn(segment.points(), |o| o.is_multiple_of(every));
        segment.nearest(&input(&query.vectors[0], 10, exact, Some(&mask)), |_| true).unwrap().plan.strategy
    };
    // Under 2,000 points there is no scan, so these walk.
    let walked = open(&build(0..1900, 1)).unwrap();
    assert_eq!(
        (path(&walked, 1, false), path(&walked, 50, false), path(&walked, 1, true)),
        (Path::Graph, Path::Exact, Path::Exact)
    );
    let scanned = open(&build(0..4000, 100_000)).unwrap();
    assert!(scanned.has_scan(0).unwrap() && scanned.has_scan(1).unwrap() && !scanned.has_graph(0).unwrap());
    assert_eq!(
        (path(&scanned, 1, false), path(&scanned, 50, false), path(&scanned, 1, true)),
        (Path::Scan, Path::Exact, Path::Exact)
    );
    let none = Bitmap::none(4000);
    let nothing = scanned.nearest(&input(&query.vectors[0], 10, false, Some(&none)), |_| true).unwrap();
    assert_eq!(nothing.plan.strategy, Path::Empty);
}

#[test]
fn another_schema_or_format_is_refused_by_code() {
    let bytes = build(0..20, 100);
    let mut other = schema();
    other.fields.insert("more".into(), FieldType::Float.into());
    let refused = Segment::open(Arc::new(AlignedBytes::copy_from(&bytes)), &other).unwrap_err();
    assert_eq!(refused.code(), Code::Corrupt);
    let mut newer = bytes.clone();
    newer[8] = SEGMENT_FORMAT_VERSION as u8 + 1;
    assert_eq!(open(&newer).unwrap_err().code(), Code::FormatUnsupported);
    let mut unknown_section = bytes.clone();
    unknown_section[64] = 200;
    assert_eq!(open(&unknown_section).unwrap_err().code(), Code::FormatUnsupported);
    assert_eq!(open(&bytes[..100]).unwrap_err().code(), Code::Corrupt);
    assert_eq!(open(b"").unwrap_err().code(), Code::Corrupt);
}

/// Opens damaged bytes, and when that goes well uses all that reading relies on.
fn assault(bytes: &[u8]) {
    let Ok(segment) = open(bytes) else { return };
    let query = point(3);
    for position in [0, 1] {
        for (exact, top_k) in [(true, 10), (false, 10), (false, 2000)] {
            let input = SearchInput { position, ..input(&query.vectors[0], top_k, exact, None) };
            let _ = segment.nearest(&input, |_| true);
        }
    }
    for ordinal in 0..segment.points().min(300) {
        let _ = segment.payload(ordinal);
        let _ = segment.id(ordinal);
    }
}

/// Puts bytes in; half of the cases strike the header and table, where lies reach furthest.
fn damaged(mut bytes: Vec<u8>, edits: &[(prop::sample::Index, u8)], in_table: bool) -> Vec<u8> {
    for (at, to) in edits {
        let reach = if in_table { 64 + 32 * 48 } else { bytes.len() };
        let at = at.index(reach.min(bytes.len()));
        bytes[at] = *to;
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn hostile_bytes_are_errors_never_harm(cut in prop::option::of(any::<prop::sample::Index>()), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), in_table in any::<bool>()) {
        static BYTES: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let mut bytes = damaged(BYTES.get_or_init(|| build(0..200, 100)).clone(), &edits, in_table);
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        assault(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn hostile_bytes_of_a_scan_are_errors_never_harm(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), in_table in any::<bool>()) {
        static BYTES: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        assault(&damaged(BYTES.get_or_init(|| build(0..2100, 100_000)).clone(), &edits, in_table));
    }
}

#[test]
fn the_largest_schema_fits_a_segment() {
    let vector = VectorField {
        dim: 2,
        graph: GraphOptions { min_points: Some(1), ..GraphOptions::default() },
        ..VectorField::default()
    };
    let vectors = (0..MAX_VECTOR_FIELDS).map(|i| (format!("v{i}"), vector.clone())).collect();
    let text = (0..MAX_TEXT_FIELDS).map(|i| (format!("t{i}"), TextField::default())).collect();
    let fields = (0..MAX_FIELDS).map(|i| (format!("f{i}"), FieldType::Keyword.into())).collect();
    let schema = Schema { vectors, text, fields, ..Schema::default() };
    schema.check().unwrap();
    let given: BTreeMap<String, [f32; 2]> = schema.vectors.keys().map(|name| (name.clone(), [1.0, 0.0])).collect();
    let raw = json!({ "id": "p", "vectors": given, "payload": { "t0": "a word", "f0": "k" } });
    let point = prepare(serde_json::from_value::<Point>(raw).unwrap(), &schema, &Models::default()).unwrap();
    let mut builder = SegmentBuilder::new(&schema);
    builder.push(Arc::new(point)).unwrap();
    let bytes = builder.finish(&mut |_, _, _| ()).unwrap();
    let segment = Segment::open(Arc::new(AlignedBytes::copy_from(&bytes)), &schema).unwrap();
    assert_eq!(segment.find("p"), Some(0));
}

#[test]
fn a_build_tells_what_it_does_and_nothing_else() {
    let phases = |schema: Value, points: usize| {
        let schema = Schema::from_json(schema.to_string().as_bytes()).unwrap();
        let mut builder = SegmentBuilder::new(&schema);
        for n in 0..points {
            let vector: Vec<f32> = (0..4).map(|d| ((n * 31 + d * 7) as f32).sin()).collect();
            let payload = json!({ "title": format!("point {n} {:x}", crate::mix::splitmix64(n as u64)), "n": n });
            let vectors =
                schema.vectors.keys().map(|name| (name.clone(), json!(vector))).collect::<serde_json::Map<_, _>>();
            let raw = json!({ "id": format!("p{n}"), "vectors": vectors, "payload": payload });
            builder
                .push(Arc::new(prepare(serde_json::from_value(raw).unwrap(), &schema, &Models::default()).unwrap()))
                .unwrap();
        }
        let mut told: Vec<(PublishPhase, u64, u64)> = Vec::new();
        builder.finish(&mut |phase, done, total| told.push((phase, done, total))).unwrap();
        for pair in told.windows(2) {
            let [(before, done_before, total_before), (phase, done, total)] = pair else { unreachable!() };
            assert!(done <= total, "{phase:?}: {done} of {total}");
            if before == phase {
                assert!(done_before <= done && total_before == total, "{phase:?} goes back");
            }
        }
        let mut phases: Vec<PublishPhase> = told.iter().map(|(phase, ..)| *phase).collect();
        phases.dedup();
        phases
    };
    use PublishPhase::{Clusters, Codes, Fields, Graph, Payloads, Scan, Words};
    let clustered = json!({ "vectors": { "v": { "dim": 4 } }, "fields": { "n": "integer" } });
    assert_eq!(phases(clustered.clone(), 3000), [Clusters, Codes, Scan, Fields, Payloads], "clusters and no graph");
    assert_eq!(phases(clustered, 100), [Codes, Fields, Payloads]);
    let ranges = json!({ "vectors": { "v": { "dim": 4, "layout": "ranges" } } });
    assert_eq!(phases(ranges, 5000), [Clusters, Codes, Scan, Payloads], "payloads that records are too short for");
    assert_eq!(phases(json!({ "text": { "title": {} } }), 100), [Words, Payloads]);
    let graph = json!({ "vectors": { "v": { "dim": 4, "graph": { "minPoints": 1 } } }, "text": { "title": {} } });
    assert_eq!(phases(graph, 3000), [Clusters, Codes, Scan, Graph, Words, Payloads]);
    let two = json!({ "vectors": { "a": { "dim": 4 }, "b": { "dim": 4 } } });
    assert_eq!(phases(two, 3000), [Clusters, Codes, Scan, Codes, Scan, Clusters, Scan, Payloads]);
}

/// A segment whose centroids stand in two levels, as those of hundreds of thousands of points do, as bytes that the
/// second reader reads as well (`tests/e2e/format.test.mjs`). Whole numbers and halves only, so that no library of
/// mathematics has a say.
#[test]
fn a_segment_with_groups_keeps_its_bytes() {
    GROUPED_FROM.set(Some(1));
    let schema = json!({ "vectors": { "v": { "dim": 16, "metric": "l2", "layout": "ranges" } } });
    let schema = Schema::from_json(schema.to_string().as_bytes()).unwrap();
    let mut builder = SegmentBuilder::new(&schema);
    for n in 0..2100usize {
        let part =
            |d: usize| ((n % 70 * 31 + d * 17 + n % 70 * d) % 23) as f32 * 4.0 + ((n * 7 + d * n) % 5) as f32 / 2.0;
        let raw = json!({ "id": format!("p{n}"), "vectors": { "v": (0..16).map(part).collect::<Vec<_>>() }, "payload": { "n": n } });
        let raw = serde_json::from_value::<Point>(raw).unwrap();
        builder.push(Arc::new(prepare(raw, &schema, &Models::default()).unwrap())).unwrap();
    }
    let bytes = builder.finish(&mut |_, _, _| ()).unwrap();
    let segment = Segment::open(Arc::new(AlignedBytes::copy_from(&bytes)), &schema).unwrap();
    assert!(segment.scan(0).unwrap().unwrap().groups() > 1);
    segment.check_proofs().unwrap();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/golden/{SEGMENT_FORMAT_VERSION}/groups.bin"));
    if std::env::var_os("HEADWATER_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, &bytes).unwrap();
    }
    assert!(std::fs::read(&path).unwrap() == bytes, "other bytes need another number");
}

/// A segment with residual codes, as bytes that the second reader reads as well (`tests/e2e/format.test.mjs`). Whole
/// numbers and halves only, as above.
#[test]
fn a_segment_with_residual_codes_keeps_its_bytes() {
    let schema = json!({ "vectors": { "v": { "dim": 40, "metric": "dot", "codes": "u4" } } });
    let schema = Schema::from_json(schema.to_string().as_bytes()).unwrap();
    let mut builder = SegmentBuilder::new(&schema);
    for n in 0..2100usize {
        let vectors = json!({ "v": residual_vector(n) });
        let raw = json!({ "id": format!("p{n}"), "vectors": vectors, "payload": { "n": n } });
        let raw = serde_json::from_value::<Point>(raw).unwrap();
        builder.push(Arc::new(prepare(raw, &schema, &Models::default()).unwrap())).unwrap();
    }
    let bytes = builder.finish(&mut |_, _, _| ()).unwrap();
    let segment = Segment::open(Arc::new(AlignedBytes::copy_from(&bytes)), &schema).unwrap();
    assert!(segment.residual_sections(0).unwrap().is_some());
    // A vector that is asked for again is nearly what it was.
    for ordinal in (0..2100).step_by(37) {
        let given = residual_vector(segment.id(ordinal).unwrap()[1..].parse().unwrap());
        let kept = segment.vector(0, ordinal).unwrap().unwrap();
        let away: f32 = given.iter().zip(&kept).map(|(a, b)| (a - b) * (a - b)).sum();
        assert!(away < 0.01 * given.iter().map(|x| x * x).sum::<f32>(), "{ordinal}: {away}");
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/golden/{SEGMENT_FORMAT_VERSION}/residual.bin"));
    if std::env::var_os("HEADWATER_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, &bytes).unwrap();
    }
    assert!(std::fs::read(&path).unwrap() == bytes, "other bytes need another number");
}

/// Around one of 70 centres.
fn residual_vector(n: usize) -> Vec<f32> {
    let centre = |d: usize| ((n % 70 * 31 + d * 17 + n % 70 * d) % 23) as f32 - 11.0;
    (0..40).map(|d| centre(d) + ((n * 7 + d * n) % 11) as f32 / 2.0 - 2.5).collect()
}
