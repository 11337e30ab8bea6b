//! Which way a search goes, and what each way takes and finds: of sets of any dimension and size, without a filter and
//! with filters of every width, whose matches lie near the queries, far from them, anywhere, or in groups.
//!
//! ```text
//! a set ──┬─ segment as the builder makes it ──┐
//!         ├─ segment with a graph alone        ├─ each query: as planned, and by comparing every match
//!         └─ the truth, by f32 ────────────────┘
//! ```

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use headwater_bench_engine::{Built, Engine};
use headwater_core::kernel::dot_f32;
use headwater_core::model::{ByName, Coarse, GraphOptions, Payload, Schema, SegmentPlan, Strategy, VectorField};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::sets::{floats, spread};

/// Queries of a set: those that lie nearest to its first one, so that a filter can have its matches near them.
const QUERIES: usize = 100;
const TOP_K: usize = 10;
/// Shares of the points that filters let through.
const SHARES: [f64; 5] = [1.0, 0.5, 0.1, 0.01, 0.001];
/// Where the matches of a filter lie, and the field that says so: how far a point is along the first query, what has
/// nothing to do with vectors, and of sets that are made the group.
const PLACES: [(&str, &str); 4] = [("near", "along"), ("far", "along"), ("anywhere", "any"), ("in groups", "group")];

#[derive(Deserialize)]
struct Set {
    dim: usize,
    /// Whether [`spread`] says the group of a point.
    #[serde(default)]
    has_groups: bool,
}

/// Vectors and what filters ask of them.
struct Data {
    set: Set,
    base: Vec<f32>,
    queries: Vec<Vec<f32>>,
    /// Of each point the share of points that are less far along the first query, any share, and its group's.
    fields: Vec<[f64; 3]>,
}

impl Data {
    fn read(dir: &Path) -> Outcome<Self> {
        let set: Set = serde_json::from_slice(&fs::read(dir.join("set.json"))?)?;
        let dim = set.dim;
        let (base, queries) = (floats(&dir.join("base.f32"))?, floats(&dir.join("queries.f32"))?);
        let first = queries.get(..dim).ok_or("no queries")?.to_vec();
        let mut queries: Vec<Vec<f32>> = queries.chunks_exact(dim).map(<[f32]>::to_vec).collect();
        queries.sort_by(|a, b| dot_f32(b, &first).total_cmp(&dot_f32(a, &first)));
        queries.truncate(QUERIES);
        let points = base.len() / dim;
        let mut by_place: Vec<(f32, usize)> =
            base.chunks_exact(dim).enumerate().map(|(i, v)| (dot_f32(v, &first), i)).collect();
        by_place.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut fields = vec![[0.0; 3]; points];
        for (rank, (_, point)) in by_place.into_iter().enumerate() {
            // The multiples of both are spread evenly, and have nothing to do with each other.
            let any = (point as f64 * std::f64::consts::SQRT_2).fract();
            let group = spread(point);
            *fields.get_mut(point).ok_or("no such point")? = [rank as f64 / points as f64, any, group];
        }
        Ok(Self { set, base, queries, fields })
    }

    fn built(&self, field: VectorField) -> Outcome<Engine> {
        let fields = json!({ "fields": { "along": "float", "any": "float", "group": "float" } });
        let mut schema: Schema = serde_json::from_value(fields)?;
        schema.vectors = ByName::from([("v".to_owned(), field)]);
        let points = self.base.chunks_exact(self.set.dim).zip(&self.fields).map(|(vector, &[along, any, group])| {
            let payload =
                [("along", along), ("any", any), ("group", group)].map(|(name, share)| (name.to_owned(), share.into()));
            (ByName::from([("v".to_owned(), vector.to_vec())]), Payload::from_iter(payload))
        });
        Ok(Built::of(schema, points)?.open()?)
    }

    /// The true neighbours of each query among the points that pass.
    fn truth(&self, passes: impl Fn(&[f64; 3]) -> bool) -> Vec<HashSet<String>> {
        let of = |query: &Vec<f32>| {
            let mut scored: Vec<(f32, usize)> = self
                .base
                .chunks_exact(self.set.dim)
                .zip(&self.fields)
                .enumerate()
                .filter(|(_, (_, fields))| passes(fields))
                .map(|(point, (vector, _))| (dot_f32(query, vector), point))
                .collect();
            let last = TOP_K.min(scored.len()).saturating_sub(1);
            if last > 0 {
                scored.select_nth_unstable_by(last, |a, b| b.0.total_cmp(&a.0));
            }
            scored.into_iter().take(last + 1).map(|(_, point)| point.to_string()).collect()
        };
        self.queries.iter().map(of).collect()
    }
}

/// Prints a row for each filter, segment and way.
pub(crate) fn run(dir: &Path) -> Outcome {
    let data = Data::read(dir)?;
    let field = VectorField { dim: data.set.dim as u32, ..VectorField::default() };
    let graph = GraphOptions { min_points: Some(1), ..field.graph };
    let with_graph = VectorField { coarse: Coarse::None, graph, ..field.clone() };
    let engines = [("as built", data.built(field)?), ("graph", data.built(with_graph)?)];
    for share in SHARES {
        for (place, name) in PLACES {
            // Without a filter there is nothing to place.
            if (share == 1.0 && place != "near") || (name == "group" && !data.set.has_groups) {
                continue;
            }
            let (least, most) = if place == "near" { (1.0 - share, 2.0) } else { (0.0, share) };
            let at = ["along", "any", "group"].into_iter().position(|field| field == name).unwrap_or_default();
            let truth = data.truth(|fields| fields.get(at).is_some_and(|field| (least..most).contains(field)));
            for (segment, engine) in &engines {
                for is_exact in [false, true] {
                    let filter = json!({ name: { "$gte": least, "$lt": most } });
                    let filter = if share < 1.0 { filter } else { Value::Null };
                    let query = json!({ "topK": TOP_K, "fields": [], "exact": is_exact, "filter": filter });
                    let matches = if share < 1.0 { place } else { "all" };
                    let points = data.fields.len();
                    let mut row = json!({ "dim": data.set.dim, "points": points, "share": share, "matches": matches, "segment": segment });
                    let measured = measured(engine, &query, &data.queries, &truth)?;
                    row.as_object_mut().into_iter().for_each(|row| row.extend(measured.clone()));
                    println!("{row}");
                }
            }
        }
    }
    Ok(())
}

fn measured(
    engine: &Engine,
    query: &Value,
    vectors: &[Vec<f32>],
    truth: &[HashSet<String>],
) -> Outcome<Map<String, Value>> {
    let query = query.to_string();
    let (mut took, mut found, mut wanted, mut plans) = (Vec::new(), 0, 0, Vec::new());
    for (vector, truth) in vectors.iter().zip(truth) {
        let vector = vector.clone();
        let started = Instant::now();
        let answer = engine.ask(&query, Some(vector))?;
        took.push(started.elapsed().as_secs_f64() * 1e6);
        found += answer.hits.iter().filter(|hit| truth.contains(&hit.id)).count();
        wanted += truth.len();
        plans.extend(answer.plan);
    }
    took.sort_by(f64::total_cmp);
    // Each has one segment.
    let mean = |count: fn(&SegmentPlan) -> u32| {
        plans.iter().map(|plan| u64::from(count(plan))).sum::<u64>() / plans.len().max(1) as u64
    };
    let went = |strategy: Strategy| plans.iter().filter(|plan| plan.strategy == strategy).count();
    let mostly = [Strategy::Scan, Strategy::Graph, Strategy::Exact].into_iter().max_by_key(|strategy| went(*strategy));
    Ok(Map::from_iter([
        ("strategy".to_owned(), json!(mostly)),
        ("scanned".to_owned(), json!(mean(|plan| plan.scanned))),
        ("compared".to_owned(), json!(mean(|plan| plan.compared))),
        ("us".to_owned(), json!(took.get(took.len() / 2))),
        ("recall".to_owned(), json!(found as f64 / wanted.max(1) as f64)),
    ]))
}
