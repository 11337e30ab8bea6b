//! What is asked of a damaged segment: every kind of query, each way to search.

use std::sync::OnceLock;

use headwater_core::memtable::Memtable;
use headwater_core::model::{Answer, AnsweredBy, Query, Suggest};
use headwater_core::publish::Draft;
use headwater_core::snapshot::Snapshot;
use serde_json::{Value, json};

use crate::memory;

fn by_vector() -> Vec<Value> {
    let meaning: Vec<f32> = (0..12).map(|i| i as f32 - 4.0).collect();
    let inner: Vec<f32> = (0..100).map(|i| (i % 7) as f32 - 2.5).collect();
    vec![
        json!({ "vector": meaning, "using": "meaning", "topK": 5 }),
        json!({ "vector": meaning, "using": "meaning", "exact": true, "filter": { "tags": "t2" } }),
        json!({ "vector": meaning, "using": "meaning", "topK": 100, "efSearch": 400, "oversampling": 20 }),
        json!({ "vector": meaning, "using": "meaning", "efSearch": 10, "filter": { "weight": { "$gt": -2 } }, "explain": true }),
        json!({ "like": "p12", "using": "place", "topK": 5 }),
        json!({ "vector": [1.5, -2, 3], "using": "place", "exact": true, "scoreThreshold": -90 }),
        json!({ "vector": [1.5, -2, 3], "using": "place", "topK": 20, "filter": { "$not": { "open": true } } }),
        json!({ "vector": inner, "using": "inner", "topK": 10_000, "fields": [] }),
        json!({ "vector": inner, "using": "inner", "collapse": { "field": "count" }, "scoreThreshold": -1, "total": true, "snippets": true }),
        json!({ "like": "p33", "using": "inner", "budget": 500 }),
        json!({ "like": { "ids": ["p3", "p12"], "not": ["p33"] }, "using": "place", "topK": 5 }),
        json!({ "vector": [0.5, 1e15], "using": "zone", "topK": 3 }),
        json!({ "vector": [1, -2, 3, 0.5, -4, 2, 0, 1], "using": "spread", "topK": 20 }),
        json!({ "like": "p12", "using": "spread", "efSearch": 40, "filter": { "open": true } }),
        json!({ "match": "river", "diversity": { "using": "place", "candidates": 1000 }, "topK": 50 }),
        json!({ "vector": inner, "using": "inner", "diversity": { "weight": 0.9, "using": "zone" }, "topK": 20 }),
        json!({ "vectors": { "meaning": { "vector": meaning }, "inner": { "like": "p3", "weight": 2 } }, "match": "stone", "fusion": { "method": "rrf" } }),
        json!({ "vector": meaning, "using": "meaning", "match": "naive 名前", "explain": true, "topK": 5, "sort": { "count": "desc" } }),
    ]
}

fn by_words() -> Vec<Value> {
    vec![
        json!({ "match": { "query": "feries bridg", "prefix": true, "fuzzy": true }, "highlight": true, "topK": 5 }),
        json!({ "match": { "query": "river spring", "mode": "phrase" }, "topK": 5, "highlight": true }),
        json!({ "match": { "query": "rivers stone delta", "mode": "all", "fields": ["body"] }, "topK": 60 }),
        json!({ "match": ["river spring stone bridge", { "query": "1 2 3 7", "fields": { "name": 3 }, "prefix": true }], "topK": 2000, "fields": [] }),
        json!({ "match": { "query": "r s b 名 na", "prefix": true }, "filter": { "count": { "$in": [1, 2, 3] } }, "facets": ["kind"] }),
        json!({ "match": "river stone 名前", "snippets": { "chars": 60, "count": 3 }, "collapse": { "field": "kind", "hits": 2 }, "total": true, "topK": 20 }),
        json!({ "match": { "query": "springs \"of\" stone ferry", "fuzzy": true, "boost": 2 }, "collapse": "kind", "facets": { "weight": { "ranges": [{ "lt": 3 }, { "gte": 3 }] } } }),
    ]
}

fn by_fields() -> Vec<Value> {
    let near = json!({ "$geoRadius": { "lat": 20, "lon": 20, "radius": 900_000 } });
    let inside = json!({ "$geoBox": { "topLeft": { "lat": 60, "lon": 5 }, "bottomRight": { "lat": 10, "lon": 70 } } });
    vec![
        json!({ "filter": { "at": near }, "fields": ["n"] }),
        json!({ "filter": { "$or": [{ "at": inside }, { "kind": { "$prefix": "k1" } }] }, "sort": [{ "at": { "near": { "lat": 1, "lon": 2 } } }] }),
        json!({ "filter": { "day": { "$lt": "2026-02-09" }, "open": true }, "sort": { "weight": "desc" }, "fields": [] }),
        json!({ "filter": { "kind": { "$contains": "2" }, "tags": { "$nin": ["a", "t1"] } }, "offset": 1, "topK": 50 }),
        json!({ "filter": { "$and": [{ "weight": { "$gte": 0, "$lte": 100 } }, { "day": { "$exists": false } }, { "count": { "$ne": 4 } }] } }),
        json!({ "filter": { "count": 3, "kind": { "$in": ["k3", "k14", "k25"] } }, "facets": ["tags", "open", "day"] }),
        json!({ "facets": { "kind": { "top": 400 }, "tags": {}, "open": {}, "count": {}, "day": { "ranges": [{ "gte": "2026-02-03", "lt": "2026-02-20" }] } }, "fields": [] }),
        json!({ "sort": ["kind", { "count": "desc" }], "collapse": "count", "topK": 4, "facets": ["count"] }),
        json!({ "filter": { "wins": { "$gt": 3, "$lt": 102 }, "town": { "$prefix": "strasse" } }, "sort": [{ "wins": "desc" }, "town"] }),
        json!({ "filter": { "$id": { "$prefix": "p1" }, "body": { "$contains": "rivers stone" } }, "sort": { "where": { "near": { "lat": 1, "lon": 2 } } } }),
        json!({ "filter": { "name": { "$contains": "名" }, "where": near, "$not": { "$id": { "$in": ["p3", "p6"] } } }, "collapse": "wins" }),
        json!({
            "filter": { "town": "ulm", "wins": { "$gte": 1 }, "open": { "$exists": true } },
            "facets": {
                "town": { "disjunctive": true, "contains": "S", "order": "value" }, "wins": { "disjunctive": true, "stats": true },
                "day": { "histogram": { "interval": "month" }, "stats": true }, "weight": { "histogram": { "interval": 0.1 } },
            },
            "fields": [],
        }),
        json!({ "sort": ["open", "day", { "tags": "desc" }], "collapse": "tags", "topK": 10_000, "fields": [] }),
    ]
}

/// All of them, as JSON.
#[must_use]
pub fn texts() -> Vec<Value> {
    [by_vector(), by_words(), by_fields()].concat()
}

/// All of them.
#[must_use]
pub fn all() -> &'static [Query] {
    static QUERIES: OnceLock<Vec<Query>> = OnceLock::new();
    QUERIES.get_or_init(|| {
        texts().iter().map(|text| Query::from_json(text.to_string().as_bytes()).expect("a sound query")).collect()
    })
}

/// Asks one query. An error is an answer too.
pub fn ask(snapshot: &Snapshot, query: &Query, memtable: Option<&Memtable>) -> Option<Answer> {
    let answer = memory::limited(|| snapshot.search(query, memtable, AnsweredBy::Node)).ok()?;
    assert!(answer.hits.len() <= query.top_k(), "more hits than asked for");
    let text = serde_json::to_string(&answer).expect("an answer is JSON");
    assert!(!text.is_empty(), "an answer is not empty");
    Some(answer)
}

/// Asks one query of points that went through `prepare`: of these each score is a number.
pub fn ask_sound(snapshot: &Snapshot, query: &Query, memtable: Option<&Memtable>) {
    let answer = ask(snapshot, query, memtable);
    let hits = answer.iter().flat_map(|answer| &answer.hits);
    hits.for_each(|hit| assert!(hit.score.is_finite(), "{} is no score", hit.score));
}

/// Reads all else that there is of a snapshot: points by id, and what a publish reads of it.
pub fn read(snapshot: &Snapshot, memtable: &Memtable) {
    for n in (0..80).step_by(7) {
        let id = format!("p{n}");
        let point = memory::limited(|| snapshot.get(&id));
        assert!(!matches!(point, Ok(Some(point)) if point.id != id), "another point than asked for");
    }
    for query in ["riv", "stone s", "naiv", "sprngs of stonne "] {
        let request = Suggest { query: query.into(), ..Suggest::default() };
        let found = memory::limited(|| snapshot.suggest(&request, Some(memtable), AnsweredBy::Node));
        assert!(found.is_err() || found.is_ok_and(|found| found.suggestions.len() <= request.top_k()));
    }
    let draft = memory::limited(|| Draft::plan(snapshot, memtable));
    drop(draft.map(|draft| draft.map(|draft| draft.points_to_write())));
}
