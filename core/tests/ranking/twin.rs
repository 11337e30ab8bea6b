//! The naive twin of `docs/ranking.md`: it looks at every point, and has no index.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::fields::{facets, passes};
use super::rings::{Least, shares};
use super::texts::{Analyzed, Counts, Field, Token};
use super::typed::{Dictionary, TypedQuery};
use super::words::{Bounds, Words};

/// A collection at one version.
pub(crate) struct Twin<'p> {
    schema: &'p Value,
    fields: Vec<Field>,
    points: Vec<Analyzed<'p>>,
    dictionary: Dictionary,
}

/// A part of a query: a vector or a text.
pub(crate) struct Asked {
    /// The part alone, as a query.
    pub(crate) alone: Value,
    /// What it counts where several parts rank.
    pub(crate) weight: f64,
    pub(crate) least: Least,
}

impl Asked {
    pub(crate) fn is_text(&self) -> bool {
        !self.alone["match"].is_null()
    }
}

impl<'p> Twin<'p> {
    /// `counted`: each point in its newest state; `published`: all points of published segments, deleted and replaced
    /// ones included; `unpublished`: points that are not published yet.
    pub(crate) fn new(
        schema: &'p Value,
        counted: &[&'p Value],
        published: &[&'p Value],
        unpublished: &[&'p Value],
    ) -> Self {
        let fields = Field::all(schema);
        let analyzed =
            |points: &[&'p Value]| points.iter().map(|point| Analyzed::new(&fields, point)).collect::<Vec<_>>();
        let points = analyzed(counted);
        let statistics = analyzed(if published.is_empty() { unpublished } else { published });
        let words = |of: fn(&Token) -> &String| {
            let fields = 0..fields.len();
            let all = fields.map(|field| {
                let texts = points.iter().chain(&statistics).flat_map(|point| &point.fields[field]);
                texts.flat_map(|text| text.tokens.iter().map(|token| of(token).clone())).collect::<BTreeSet<_>>()
            });
            all.collect::<Vec<_>>()
        };
        let (forms, terms) = (words(|token| &token.form), words(|token| &token.term));
        let counts = (0..fields.len()).map(|field| Counts::of(&statistics, field)).collect();
        let dictionary = Dictionary { points: statistics.len(), counts, forms, terms };
        Self { schema, fields, points, dictionary }
    }

    /// The parts of a query that rank.
    pub(crate) fn parts(&self, query: &Value) -> Vec<Asked> {
        let alone = |key: &str, value: Value| {
            let mut alone = without_parts(query);
            if !query["using"].is_null() && matches!(key, "vector" | "like") {
                alone["using"] = query["using"].clone();
            }
            alone[key] = value;
            alone
        };
        let number = |value: &Value| value.as_f64().unwrap_or(1.0);
        let mut vectors: Vec<(Value, f64, Least)> = Vec::new();
        for key in ["vector", "like"] {
            if !query[key].is_null() {
                let name = query["using"].as_str().unwrap_or_else(|| self.only_vector());
                vectors.push((alone(key, query[key].clone()), 1.0, self.least(name)));
            }
        }
        for (name, vector) in query["vectors"].as_object().into_iter().flatten() {
            let mut asked = vector.clone();
            asked.as_object_mut().unwrap().remove("weight");
            let asked = json!({ name: asked });
            vectors.push((alone("vectors", asked), number(&vector["weight"]), self.least(name)));
        }
        let given = &query["match"];
        let texts = given.as_array().map_or_else(|| vec![given.clone()], Clone::clone);
        let texts: Vec<(Value, f64, Least)> = texts
            .into_iter()
            .filter(|text| !text.is_null())
            .map(|text| {
                let boost = number(&text["boost"]);
                (alone("match", text), boost, Least::Score(0.0))
            })
            .collect();
        let of_vectors = match (vectors.is_empty(), texts.is_empty()) {
            (false, false) => query["fusion"]["vector"].as_f64().unwrap_or_else(|| {
                let words = texts.iter().map(|(alone, _, _)| self.typed(&alone["match"], query)[0].asked_words()).max();
                match words.unwrap_or(0) {
                    ..=8 => 0.55,
                    14.. => 0.8,
                    words => 0.55 + 0.25 * (words - 8) as f64 / 6.0,
                }
            }),
            _ => 1.0,
        };
        let of_texts = if vectors.is_empty() { 1.0 } else { 1.0 - of_vectors };
        let weights = |parts: &[(Value, f64, Least)]| parts.iter().map(|(_, weight, _)| *weight).collect::<Vec<_>>();
        let mut weights_of_all = shares(of_vectors, &weights(&vectors));
        weights_of_all.extend(shares(of_texts, &weights(&texts)));
        let parts = vectors.into_iter().chain(texts).zip(weights_of_all);
        parts.map(|((alone, _, least), weight)| Asked { alone, weight, least }).collect()
    }

    pub(crate) fn only_vector(&self) -> &str {
        self.schema["vectors"].as_object().unwrap().keys().next().unwrap()
    }

    fn least(&self, vector: &str) -> Least {
        match self.schema["vectors"][vector]["metric"].as_str() {
            None | Some("cosine") => Least::Score(-1.0),
            _ => Least::LastCandidate,
        }
    }

    fn passing(&self, query: &Value) -> impl Iterator<Item = &Analyzed<'p>> {
        self.points.iter().filter(|point| passes(point.point, &query["filter"]))
    }

    /// A text of `match` and those for which it stands, with misspelt words and dropped ones where otherwise too few of
    /// the points match that pass the query's filter.
    fn typed(&self, text: &Value, query: &Value) -> Vec<TypedQuery> {
        let typed = |text: &Value| TypedQuery::all(text, &self.schema["synonyms"], &self.fields, &self.dictionary);
        let finds_alone = |typed: &TypedQuery, enough: &Value| {
            let words = Words { query: typed, dictionary: &self.dictionary };
            let found = self.passing(query).filter(|point| words.matches(point)).count();
            found as u64 >= enough.as_u64().unwrap_or(1)
        };
        let finds = |all: &[TypedQuery], enough: &Value| all.iter().any(|typed| finds_alone(typed, enough));
        let mut asked = typed(text);
        if !text["fuzzy"]["fewerThan"].is_null() {
            let mut strict = text.clone();
            strict["fuzzy"] = json!(false);
            let strict = typed(&strict);
            if finds(&strict, &text["fuzzy"]["fewerThan"]) {
                asked = strict;
            }
        }
        let drop = &text["dropWords"];
        if !drop.is_null() && !finds(&asked, &drop["until"]) {
            for typed in &mut asked {
                while !finds_alone(typed, &drop["until"]) && typed.drop_word(&drop["order"]) {}
            }
        }
        asked
    }

    /// The points that a query with at most one part finds, and between which bounds their scores lie.
    pub(crate) fn found(&self, query: &Value) -> BTreeMap<&'p str, Bounds> {
        let points = self.passing(query);
        if !query["match"].is_null() {
            let text = query["match"].as_array().map_or(&query["match"], |list| &list[0]);
            let typed = self.typed(text, query);
            let all: Vec<Words<'_>> = typed.iter().map(|query| Words { query, dictionary: &self.dictionary }).collect();
            let best = |point: &Analyzed<'p>| {
                let bounds = all.iter().filter(|words| words.matches(point)).map(|words| words.bounds(point));
                bounds.reduce(Bounds::best).map(|bounds| (point.id, bounds))
            };
            return points.filter_map(best).collect();
        }
        let (name, asked) = match query["vectors"].as_object().and_then(|vectors| vectors.iter().next()) {
            Some((name, asked)) => (name.as_str(), asked),
            None => (query["using"].as_str().unwrap_or_else(|| self.only_vector()), query),
        };
        if asked["vector"].is_null() && asked["like"].is_null() {
            return points.map(|point| (point.id, Bounds { least: 0.0, most: 0.0 })).collect();
        }
        let metric = self.schema["vectors"][name]["metric"].as_str().unwrap_or("cosine");
        let target = match asked["like"] {
            Value::Null => numbers(&asked["vector"]),
            ref like => self.like(name, metric, like),
        };
        let score = |point: &Analyzed<'p>| {
            let score = similarity(metric, &target, &numbers(&point.point["vectors"][name]))?;
            Some((point.id, Bounds::around(score)))
        };
        points.filter_map(score).collect()
    }

    /// The vector that a `like` makes of those of points: twice their mean less that of the others, if there are
    /// others.
    fn like(&self, name: &str, metric: &str, like: &Value) -> Vec<f64> {
        let [mean, others] = liked(like).map(|ids| {
            let vectors: Vec<Vec<f64>> = ids
                .iter()
                .map(|id| {
                    let vector = numbers(&self.point(id)["vectors"][name]);
                    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
                    if metric == "cosine" { vector.iter().map(|x| x / length).collect() } else { vector }
                })
                .collect();
            let dim = self.schema["vectors"][name]["dim"].as_u64().unwrap() as usize;
            let sum = |i: usize| vectors.iter().map(|vector| vector[i]).sum::<f64>();
            (!ids.is_empty()).then(|| (0..dim).map(|i| sum(i) / ids.len() as f64).collect::<Vec<f64>>())
        });
        let (mean, others) = (mean.unwrap(), others.unwrap_or_default());
        let away = |(i, x): (usize, &f64)| others.get(i).map_or(*x, |other| 2.0 * x - other);
        let vector: Vec<f64> = mean.iter().enumerate().map(away).collect();
        // Directions that cancel out leave none.
        let is_none = metric == "cosine" && vector.iter().all(|x| x.abs() < 1e-6);
        if is_none { vec![0.0; vector.len()] } else { vector }
    }

    pub(crate) fn metric(&self, vector: &str) -> &str {
        self.schema["vectors"][vector]["metric"].as_str().unwrap_or("cosine")
    }

    /// Whether a point counts and has this vector.
    pub(crate) fn has_vector(&self, id: &str, name: &str) -> bool {
        let metric = self.metric(name);
        let vector = |point: &Analyzed<'_>| numbers(&point.point["vectors"][name]);
        let point = self.points.iter().find(|point| point.id == id).map(vector);
        point.is_some_and(|vector| similarity(metric, &vector, &vector).is_some())
    }

    /// Whether a point counts, passes the filter, and is none of those that others are to be like.
    pub(crate) fn counts(&self, query: &Value, id: &str) -> bool {
        self.passing(query).any(|point| point.id == id) && likes(query).iter().all(|(_, like)| *like != id)
    }

    /// A point that counts.
    pub(crate) fn point(&self, id: &str) -> &'p Value {
        self.points.iter().find(|point| point.id == id).unwrap().point
    }

    /// What is counted over the points with these ids.
    pub(crate) fn facets(&self, query: &Value, ids: &BTreeSet<&str>) -> Value {
        let points: Vec<&Value> = self.points.iter().filter(|p| ids.contains(p.id)).map(|p| p.point).collect();
        facets(&query["facets"], &points)
    }

    /// Where the words of all texts of a query stand in a point: by field, text of the field and place in it, in UTF-16
    /// units.
    pub(crate) fn highlights(&self, query: &Value, id: &str) -> BTreeMap<&str, Vec<(usize, usize, usize)>> {
        let point = self.points.iter().find(|point| point.id == id).unwrap();
        let given = &query["match"];
        let texts = given.as_array().map_or_else(|| vec![given.clone()], Clone::clone);
        let mut all: BTreeMap<&str, Vec<(usize, usize, usize)>> = BTreeMap::new();
        for text in texts.iter().filter(|text| !text.is_null()) {
            for typed in self.typed(text, &without_parts(query)) {
                let words = Words { query: &typed, dictionary: &self.dictionary };
                for (asked, (field, _)) in typed.fields.iter().enumerate() {
                    let texts = &point.fields[*field];
                    let ranges = words.stands_in(asked, texts);
                    let ranges = ranges.into_iter().map(|(text, range)| (texts[text].item, texts[text].utf16(&range)));
                    all.entry(&self.fields[*field].name)
                        .or_default()
                        .extend(ranges.map(|(item, (from, to))| (item, from, to)));
                }
            }
        }
        all.retain(|_, ranges| !ranges.is_empty());
        all.values_mut().for_each(|ranges| *ranges = united(ranges));
        all
    }
}

/// Ranges that overlap or touch become one.
fn united(ranges: &[(usize, usize, usize)]) -> Vec<(usize, usize, usize)> {
    let (mut sorted, mut all) = (ranges.to_vec(), Vec::<(usize, usize, usize)>::new());
    sorted.sort_unstable();
    for (item, from, to) in sorted {
        match all.last_mut() {
            Some((last, _, end)) if *last == item && from <= *end => *end = to.max(*end),
            _ => all.push((item, from, to)),
        }
    }
    all
}

/// What all parts of a query have in common, as a query for all hits.
fn without_parts(query: &Value) -> Value {
    let filter = if query["filter"].is_null() { json!({}) } else { query["filter"].clone() };
    let mut common = json!({ "topK": 10_000, "filter": filter });
    let like: Vec<&str> = likes(query).into_iter().map(|(_, id)| id).collect();
    if !like.is_empty() {
        // What one part is to be like is no hit of the others either.
        common["filter"] = json!({ "$id": { "$nin": like }, "$and": [filter] });
    }
    for kept in ["exact", "efSearch", "asOf"] {
        if !query[kept].is_null() {
            common[kept] = query[kept].clone();
        }
    }
    common
}

/// The points that a query names in `like`, each with the vector by which.
pub(crate) fn likes(query: &Value) -> Vec<(&str, &str)> {
    let vectors = query["vectors"].as_object().into_iter().flatten();
    let several = vectors.map(|(name, vector)| (name.as_str(), &vector["like"]));
    let one = (query["using"].as_str().unwrap_or_default(), &query["like"]);
    let named = several.chain([one]).flat_map(|(name, like)| {
        let [ids, not] = liked(like);
        ids.into_iter().chain(not).map(move |id| (name, id))
    });
    named.collect()
}

/// The points that a `like` wants hits to be like, and not to be like.
fn liked(like: &Value) -> [Vec<&str>; 2] {
    [ids_of(if like.is_object() { &like["ids"] } else { like }), ids_of(&like["not"])]
}

/// An id, or a list of ids.
fn ids_of(ids: &Value) -> Vec<&str> {
    let several = ids.as_array().into_iter().flatten();
    several.chain([ids]).filter_map(Value::as_str).collect()
}

impl Bounds {
    /// Of the better of two scores.
    fn best(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.max(other.most) }
    }

    /// Vectors are compared by 32-bit floats, whose sums err by some units in the last place of the greatest summand.
    fn around(score: f64) -> Self {
        let error = 1e-5 * score.abs().max(1.0);
        Self { least: (score - error) as f32, most: (score + error) as f32 }
    }
}

pub(crate) fn numbers(vector: &Value) -> Vec<f64> {
    vector.as_array().into_iter().flatten().map(|n| f64::from(n.as_f64().unwrap() as f32)).collect()
}

/// The score of two vectors; none where one of them is none.
fn similarity(metric: &str, a: &[f64], b: &[f64]) -> Option<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    if a.is_empty() || b.is_empty() {
        return None;
    }
    match metric {
        "cosine" => {
            let lengths = (dot(a, a) * dot(b, b)).sqrt();
            (lengths > 0.0).then(|| dot(a, b) / lengths)
        }
        "dot" => Some(dot(a, b)),
        _ => Some(-a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>()),
    }
}
