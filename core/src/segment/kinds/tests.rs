//! The order as FORMAT.md says it, read from the bytes.

use alloc::format;
use alloc::string::ToString as _;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use serde_json::json;

use crate::bytes::{AlignedBytes, cast};
use crate::error::Code;
use crate::ingest::{Models, prepare};
use crate::meter::Meter;
use crate::model::{Metric, Schema};
use crate::parts::Stretch;
use crate::quant::{CodeSections, Codes, ScalarParameters, Scores, rotate};
use crate::segment::{SearchInput, Segment, SegmentBuilder};

const POINTS: usize = 2100;
const DIM: usize = 12;
/// The groups, their kinds in order. The first is the front.
const GROUPS: [&[u32]; 9] = [
    &[1, 2, 16, 19, 80, 22, 24, 21, 39, 30, 29, 31, 41, 20, 91, 92, 81, 83, 65, 23],
    &[40, 25, 26],
    &[48, 49, 54, 50, 51, 55, 52, 53, 56],
    &[82, 84, 85, 86, 87, 90, 88, 89],
    &[32, 35, 36, 37, 38, 33, 34],
    &[17, 18],
    &[66],
    &[72, 73, 74, 75],
    &[27, 28],
];

fn schema() -> Schema {
    let schema = json!({
        "vectors": {
            "a": { "dim": DIM, "metric": "dot", "layout": "ranges", "keep": "f16", "graph": { "minPoints": 1, "m": 4 } },
            "b": { "dim": DIM, "metric": "l2", "keep": "f32" },
        },
        "text": { "body": { "language": "en" }, "name": {} },
        "fields": { "at": "geo", "kind": "keyword", "n": "integer", "tags": "keyword" },
    });
    Schema::from_json(schema.to_string().as_bytes()).unwrap()
}

fn vector(n: usize, salt: usize) -> Vec<f32> {
    (0..DIM).map(|d| ((n % 40 * 31 + d * 17 + salt) % 23) as f32 - 11.0 + ((n * 7 + d * d) % 13) as f32 / 8.0).collect()
}

fn segment() -> Vec<u8> {
    let schema = schema();
    let mut builder = SegmentBuilder::new(&schema);
    for n in 0..POINTS {
        let payload = json!({
            "body": format!("rivers of {n}"), "name": "spring", "kind": "k", "n": n, "tags": ["x", "y"],
            "at": { "lat": 1, "lon": 2 },
        });
        let raw =
            json!({ "id": format!("p{n}"), "vectors": { "a": vector(n, 0), "b": vector(n, 5) }, "payload": payload });
        let point = prepare(serde_json::from_value(raw).unwrap(), &schema, &Models::default()).unwrap();
        builder.push(Arc::new(point)).unwrap();
    }
    builder.finish(&mut |_, _, _| ()).unwrap()
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Kind, field and bytes of each section.
fn table(bytes: &[u8]) -> Vec<(u32, usize, Range<usize>)> {
    let row = |row: usize| {
        let at = 64 + 32 * row;
        let offset = u32_at(bytes, at + 16);
        (u32_at(bytes, at) as u32, u32_at(bytes, at + 4), offset..offset + u32_at(bytes, at + 24))
    };
    (0..u32_at(bytes, 12)).map(row).collect()
}

#[test]
fn sections_stand_in_the_order_of_the_format() {
    let bytes = segment();
    let table = table(&bytes);
    let rank = |kind: u32| GROUPS.concat().iter().position(|&k| k == kind).unwrap();
    assert!(table.is_sorted_by_key(|(kind, field, _)| (rank(*kind), *field)));
    // Of a kind that is missing the test would not see where it stands.
    // But for those of centroids in two levels, which so few points do not have.
    assert!(GROUPS.concat().iter().all(|kind| [39, 40, 41].contains(kind) || table.iter().any(|(k, _, _)| k == kind)));
    let front = table.iter().rfind(|(kind, _, _)| GROUPS[0].contains(kind)).unwrap();
    assert_eq!(u32_at(&bytes, 20), front.2.end.next_multiple_of(64));
}

#[test]
fn the_front_is_enough_to_rank_clusters_and_to_know_where_they_are() {
    let bytes = segment();
    let opened = Segment::open(Arc::new(AlignedBytes::copy_from(&bytes)), &schema()).unwrap();
    let front = AlignedBytes::copy_from(&bytes[..u32_at(&bytes, 20)]);
    for (position, metric) in [Metric::Dot, Metric::L2].into_iter().enumerate() {
        let section = |kind: u32| {
            let (_, _, range) = table(&front).into_iter().find(|(k, f, _)| (*k, *f) == (kind, position)).unwrap();
            range
        };
        let read = |kind| &front[section(kind)];
        let clusters = u32_at(read(19), 4);
        let params = cast::<ScalarParameters>(read(22), "parameters").unwrap()[0];
        let sections = CodeSections {
            params,
            points: clusters + 1,
            codes: read(23).into(),
            records: None,
            factors: cast(read(24), "factors").unwrap(),
            factors_apart: Stretch::default(),
            metric: Metric::L2,
            tier: params.tier(),
        };
        let codes = Codes::new(sections, DIM).unwrap();
        let (query, mut rotated) = (vector(77, 5 * position), Vec::new());
        rotate(&query, &mut rotated);
        let rows: Vec<u32> = (1..=clusters as u32).collect();
        let mut scores = Scores::default();
        let query_of = codes.query(&rotated);
        let scores = match metric {
            Metric::L2 => codes.score_rows(&query_of, &rows, &mut scores),
            _ => codes.dot_rows(&query_of, &rows, &mut scores),
        };
        let mut nearest: Vec<usize> = (0..clusters).collect();
        nearest.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        nearest.truncate(3);
        // Their pieces, of which the front knows the places, are in the segment; and a hit of the same query is one of
        // their points.
        let end = |cluster: usize, part: usize| u32_at(read(21), 12 * cluster + 4 * part);
        let from = |cluster: usize, part: usize| if cluster == 0 { 0 } else { end(cluster - 1, part) };
        assert!(nearest.iter().all(|&c| end(c, 2) > from(c, 2) && end(c, 2) <= section(25).len()));
        let order: Option<Vec<u32>> = table(&front)
            .into_iter()
            .find(|(k, f, _)| (*k, *f) == (26, position))
            .map(|(_, _, range)| cast::<u32>(&AlignedBytes::copy_from(&bytes[range]), "order").unwrap().to_vec());
        let places = nearest.iter().flat_map(|&c| from(c, 0)..end(c, 0));
        let members: Vec<u32> = places.map(|place| order.as_ref().map_or(place as u32, |o| o[place])).collect();
        let meter = Meter::unlimited();
        let input = SearchInput {
            position,
            vector: &query,
            top_k: 10,
            ef_search: 10,
            candidates_per_hit: 4,
            oversampling: 1.0,
            exact: true,
            mask: None,
            meter: &meter,
        };
        let found = opened.nearest(&input, |_| true).unwrap().found;
        assert!(found.iter().any(|hit| members.contains(&hit.ordinal)), "{metric:?}");
    }
}

#[test]
fn a_front_that_ends_elsewhere_is_refused() {
    let bytes = segment();
    let front = u32_at(&bytes, 20);
    for wrong in [0, 64, front - 64, front + 1, front + 64, bytes.len(), bytes.len() + 64] {
        let mut damaged = bytes.clone();
        damaged[20..24].copy_from_slice(&(wrong as u32).to_le_bytes());
        let refused = Segment::open(Arc::new(AlignedBytes::copy_from(&damaged)), &schema()).unwrap_err();
        assert_eq!(refused.code(), Code::Corrupt, "{wrong}");
    }
}
