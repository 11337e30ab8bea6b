//! Hits in an order in which they differ, compared pair by pair.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::rings::Ranking;
use super::twin::{Twin, numbers};

/// 32-bit sums of a few components.
const ERROR: f64 = 1e-4;

/// Fails unless `found` is `plain` with its first hits in such an order. Of hits that are nearly as good any may be
/// first: the engine's floats decide.
pub(crate) fn compare_diverse(twin: &Twin<'_>, query: &Value, plain: &Ranking, found: &Ranking) {
    let asked = &query["diversity"];
    let count = (asked["candidates"].as_u64().unwrap_or(100) as usize).min(plain.len());
    let (weight, first) = (asked["weight"].as_f64().unwrap_or(0.5), &plain[..count]);
    assert_eq!(found[count..], plain[count..], "what comes after the candidates of {query}");
    let set =
        |hits: &[(String, f32)]| hits.iter().map(|(id, score)| (id.clone(), score.to_bits())).collect::<BTreeSet<_>>();
    assert_eq!(set(&found[..count]), set(first), "the candidates of {query}");
    let only = |vectors: &Value| match vectors.as_object() {
        Some(vectors) if vectors.len() == 1 => json!(vectors.keys().next()),
        _ => Value::Null,
    };
    let names = [asked["using"].clone(), query["using"].clone(), only(&query["vectors"])];
    let name = names.iter().find_map(Value::as_str).unwrap_or_else(|| twin.only_vector());
    let likeness = Likeness::new(twin, name, first);
    let scores = || first.iter().map(|(_, score)| f64::from(*score));
    let (least, most) = (scores().fold(f64::MAX, f64::min), scores().fold(f64::MIN, f64::max));
    let relevance = |score: f32| if most > least { (f64::from(score) - least) / (most - least) } else { 0.0 };
    for place in 0..count {
        let value = |(id, score): &(String, f32)| {
            let alike = found[..place].iter().map(|(before, _)| likeness.of(id, before)).reduce(f64::max);
            (1.0 - weight) * relevance(*score) - weight * alike.unwrap_or(0.0)
        };
        let best = found[place..count].iter().map(value).fold(f64::MIN, f64::max);
        let here = value(&found[place]);
        assert!(here >= best - ERROR, "hit {place} of {query} is worth {here}, another {best}: {found:?}");
    }
}

struct Likeness<'t> {
    metric: &'t str,
    vectors: Vec<(&'t str, Vec<f64>)>,
    /// The square of the distance that counts as not alike.
    reach: f64,
}

impl<'t> Likeness<'t> {
    fn new(twin: &'t Twin<'_>, name: &'t str, hits: &'t [(String, f32)]) -> Self {
        let with = hits.iter().filter(|(id, _)| twin.has_vector(id, name));
        let vectors: Vec<(&str, Vec<f64>)> =
            with.map(|(id, _)| (id.as_str(), numbers(&twin.point(id)["vectors"][name]))).collect();
        let far = |(_, vector): &(&str, Vec<f64>)| distance(&vectors[0].1, vector);
        let reach = vectors.iter().map(far).fold(0.0, f64::max);
        Self { metric: twin.metric(name), vectors, reach }
    }

    fn of(&self, a: &str, b: &str) -> f64 {
        let vector = |id: &str| self.vectors.iter().find(|(known, _)| *known == id).map(|(_, vector)| vector);
        let (Some(a), Some(b)) = (vector(a), vector(b)) else { return 0.0 };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        match self.metric {
            "l2" if self.reach > 0.0 => 1.0 - distance(a, b) / self.reach,
            "l2" => 1.0,
            _ if dot(a, a) * dot(b, b) > 0.0 => dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
            _ => 0.0,
        }
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}
