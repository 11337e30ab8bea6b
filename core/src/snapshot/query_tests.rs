//! What a query can say besides what it searches for: order, groups, likeness, limits of time and work.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use core::cell::Cell;
use core::cmp::Ordering;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::test_host::Host;
use crate::error::Code;
use crate::model::{AnsweredBy, Ended, GeoPoint};

fn schema() -> Value {
    json!({
        "vectors": { "shape": { "dim": 4 }, "tone": { "dim": 3, "metric": "l2", "keep": "f32" } },
        "text": { "title": { "language": "en", "boost": 3 }, "body": { "language": "en" } },
        "fields": { "price": "float", "kind": "keyword", "open": "boolean", "when": "datetime", "at": "geo" },
    })
}

fn vectors(seed: u32) -> Value {
    let part = |d: u32| libm::sinf((seed * 7 + d * 5) as f32);
    json!({ "shape": [part(0), part(1), part(2), part(3)], "tone": [part(4), part(5), part(6)] })
}

fn point(id: &str, seed: u32, payload: Value) -> Value {
    json!({ "id": id, "vectors": vectors(seed), "payload": payload })
}

/// Some points, of which the last few are not published.
fn host() -> Host {
    let mut host = Host::new(&schema());
    let titles = ["red fox", "red cat", "blue cat", "blue fox and cat", "green owl", "owl in the red barn"];
    for (seed, title) in (0u32..).zip(titles) {
        if seed == 4 {
            host.publish();
        }
        let payload = json!({
            "title": title,
            "body": if seed % 2 == 0 { "a quiet animal" } else { "a loud animal that barks" },
            "price": if seed == 3 { Value::Null } else { json!(seed % 3) },
            "kind": [format!("k{}", seed % 2)],
            "open": seed % 2 == 0,
            "when": format!("2026-05-0{}", seed + 1),
            "at": { "lat": 10 * seed, "lon": 0 },
        });
        host.put(point(&format!("p{seed}"), seed, payload));
    }
    host
}

fn code(query: Value) -> Code {
    host().ask(&query).unwrap_err().code()
}

#[test]
fn hits_come_in_the_order_of_fields_with_missing_ones_last() {
    let host = host();
    let ids = |sort: Value| host.ids(&json!({ "sort": sort })).join(" ");
    assert_eq!(ids(json!("price")), "p0 p1 p4 p2 p5 p3");
    assert_eq!(ids(json!({ "price": "desc" })), "p2 p5 p1 p4 p0 p3");
    assert_eq!(ids(json!(["kind", { "when": "desc" }])), "p4 p2 p0 p5 p3 p1");
    assert_eq!(ids(json!([{ "open": "desc" }, "price"])), "p0 p4 p2 p1 p5 p3");
    assert_eq!(ids(json!({ "at": { "near": { "lat": 22, "lon": 0 } } })), "p2 p3 p1 p4 p0 p5");
    assert_eq!(ids(json!({ "at": { "near": { "lat": 22, "lon": 0 }, "order": "desc" } })), "p5 p0 p4 p1 p3 p2");
    let found = host.ask(&json!({ "match": "cat", "sort": { "when": "desc" }, "explain": true })).unwrap();
    assert_eq!(found.hits.iter().map(|h| h.id.as_str()).collect::<Vec<_>>(), ["p3", "p2", "p1"]);
    let score_of =
        |id: &str| host.ask(&json!({ "match": "cat" })).unwrap().hits.iter().find(|h| h.id == id).unwrap().score;
    assert!(found.hits.iter().all(|hit| hit.score == score_of(&hit.id)));
    // Of a vector the nearest are sorted, and a threshold counts before.
    let near = json!({ "like": "p0", "using": "shape", "sort": "when", "efSearch": 3, "topK": 2 });
    let nearest = host.ids(&json!({ "like": "p0", "using": "shape", "topK": 3 }));
    let mut sorted = nearest.clone();
    sorted.sort();
    assert_eq!(host.ids(&near), sorted[..2]);
}

#[test]
fn sorting_that_cannot_be_meant_is_refused() {
    assert_eq!(code(json!({ "sort": "nope" })), Code::UnknownField);
    assert_eq!(code(json!({ "sort": [] })), Code::InvalidQuery);
    assert_eq!(code(json!({ "sort": { "price": "up" } })), Code::InvalidQuery);
    assert_eq!(code(json!({ "sort": { "price": 1 } })), Code::InvalidQuery);
    assert_eq!(code(json!({ "sort": "at" })), Code::TypeMismatch);
    assert_eq!(code(json!({ "sort": { "price": { "near": { "lat": 0, "lon": 0 } } } })), Code::TypeMismatch);
    assert_eq!(code(json!({ "sort": { "at": { "near": { "lat": 99, "lon": 0 } } } })), Code::InvalidQuery);
    assert_eq!(code(json!({ "sort": vec!["price"; 9] })), Code::LimitExceeded);
    assert_eq!(code(json!({ "collapse": "at", "match": "cat" })), Code::TypeMismatch);
    assert_eq!(code(json!({ "collapse": "nope", "match": "cat" })), Code::UnknownField);
    for (part, query) in [
        ("sort", json!({ "sort": "prise" })),
        ("collapse", json!({ "collapse": "prise", "match": "cat" })),
        ("facets", json!({ "facets": ["prise"] })),
    ] {
        let said = host().ask(&query).unwrap_err().message().to_string();
        assert!(said.starts_with(&format!("{part:?}: no field \"prise\"; did you mean \"price\"?")), "{said}");
    }
}

#[test]
fn one_hit_stays_of_each_value_and_as_many_values_as_asked_for() {
    let mut host = Host::new(&schema());
    // The best hundreds all have one value: the others must still come up.
    for n in 0..900u32 {
        let kind = if n < 600 { 0 } else { n % 7 };
        let mut payload =
            json!({ "title": "cat ".repeat(1 + (900 - n) as usize / 100), "kind": format!("k{kind}"), "price": n % 5 });
        if n % 300 == 299 {
            payload["kind"] = Value::Null;
        }
        host.put(point(&format!("p{n:03}"), n, payload));
        if n == 800 {
            host.publish();
        }
    }
    for query in [json!({ "match": "cat" }), json!({ "like": "p000", "using": "shape" }), json!({ "sort": "price" })] {
        let mut query = query;
        query["topK"] = json!(5);
        query["collapse"] = json!("kind");
        let mut all = query.clone();
        all.as_object_mut().unwrap().remove("collapse");
        all["topK"] = json!(900);
        all["exact"] = json!(true);
        let mut seen = Vec::new();
        let ranked = host.ask(&all).unwrap().hits;
        let expected: Vec<String> = ranked
            .into_iter()
            .filter(|hit| {
                let payload = hit.payload.to_tree().unwrap();
                let kind = payload.get("kind").cloned().unwrap_or_default();
                let is_new = kind.is_null() || !seen.contains(&kind);
                seen.push(kind);
                is_new
            })
            .map(|hit| hit.id)
            .collect();
        assert_eq!(host.ids(&query), expected[..5], "{query}");
        query["offset"] = json!(3);
        assert_eq!(host.ids(&query), expected[3..8], "{query}");
        query["topK"] = json!(99);
        assert_eq!(host.ids(&query), expected[3..], "{query}");
    }
    assert_eq!(host.ids(&json!({ "sort": "price", "collapse": "price" })).len(), 5);
}

#[test]
fn others_like_a_point_are_found_and_not_itself() {
    for published in [false, true] {
        let mut host = host();
        if published {
            host.publish();
        }
        for (using, metric_is_exact) in [("shape", false), ("tone", true)] {
            let vector = &vectors(2)[using];
            let by_vector = host.ids(&json!({ "vector": vector, "using": using }));
            assert_eq!(by_vector[0], "p2");
            let like = host.ask(&json!({ "like": "p2", "using": using })).unwrap();
            assert_eq!(like.hits.iter().map(|h| h.id.clone()).collect::<Vec<_>>(), by_vector[1..]);
            let scores = host.ask(&json!({ "vector": vector, "using": using })).unwrap().hits;
            for (a, b) in like.hits.iter().zip(&scores[1..]) {
                assert!((a.score - b.score).abs() < if metric_is_exact { 1e-6 } else { 0.02 });
            }
        }
        let both = host.ids(&json!({ "like": "p2", "using": "shape", "match": "cat" }));
        assert!(!both.contains(&"p2".to_string()) && both.len() == 5);
        assert_eq!(host.ask(&json!({ "like": "p9", "using": "shape" })).unwrap_err().code(), Code::PointNotFound);
        host.delete("p2");
        assert_eq!(host.ask(&json!({ "like": "p2", "using": "shape" })).unwrap_err().code(), Code::PointNotFound);
    }
}

#[test]
fn several_vectors_and_texts_are_weighed() {
    let host = host();
    let query = |weights: (f32, f32)| {
        let vectors = vectors(1);
        json!({
            "vectors": {
                "shape": { "like": "p0", "weight": weights.0 },
                "tone": { "vector": vectors["tone"], "weight": weights.1 },
            },
            "explain": true,
        })
    };
    let heavy = |weights| host.ids(&query(weights));
    assert_eq!(heavy((1.0, 999.0))[0], "p1");
    assert_eq!(heavy((999.0, 0.1)), host.ids(&json!({ "like": "p0", "using": "shape" })));
    let answer = host.ask(&query((1.0, 3.0))).unwrap();
    for hit in &answer.hits {
        let parts = hit.parts.as_ref().unwrap();
        assert_eq!(parts.iter().map(|p| p.vector.as_deref().unwrap()).collect::<Vec<_>>(), ["shape", "tone"]);
        assert_eq!(hit.score, parts[0].adds + parts[1].adds);
        assert!(parts[0].adds <= 0.25 && parts[1].adds <= 0.75);
    }
    let texts = |boost: f32| json!({ "match": ["owl", { "query": "cat", "boost": boost, "fields": { "title": 1, "body": 2 } }] });
    let first = |boost| host.ids(&texts(boost))[0].clone();
    assert_eq!(first(0.01), "p4");
    assert_eq!(first(100.0), "p1");
    assert_eq!(host.ids(&texts(1.0)).len(), 5, "one of the texts is enough");
    let marked = host.ask(&json!({ "match": ["red", "cat"], "filter": { "price": 1 }, "highlight": true })).unwrap();
    let title = &marked.hits[0].highlights.as_ref().unwrap()["title"];
    assert_eq!(title.iter().map(|h| (h.start, h.end)).collect::<Vec<_>>(), [(0, 3), (4, 7)]);
    for (query, code) in [
        (json!({ "vectors": { "shape": {} } }), Code::InvalidQuery),
        (json!({ "vectors": { "nope": { "like": "p0" } } }), Code::UnknownField),
        (json!({ "vectors": { "shape": { "like": "p0", "text": "x" } } }), Code::InvalidQuery),
        (json!({ "vectors": { "shape": { "like": "p0", "weight": 0 } } }), Code::InvalidQuery),
        (json!({ "vectors": { "shape": { "like": "p0" } }, "like": "p1" }), Code::InvalidQuery),
        (json!({ "like": "p0", "vector": [1] }), Code::InvalidQuery),
        (json!({ "match": [] }), Code::InvalidQuery),
        (json!({ "match": vec!["x"; 17] }), Code::LimitExceeded),
        (json!({ "match": { "query": "x", "boost": -1 } }), Code::InvalidQuery),
        (json!({ "match": { "query": "x", "fields": { "title": "3" } } }), Code::InvalidQuery),
        (json!({ "match": { "query": "x", "fields": {} } }), Code::InvalidQuery),
    ] {
        assert_eq!(host.ask(&query).unwrap_err().code(), code, "{query}");
    }
}

#[test]
fn points_are_listed_where_nothing_is_searched_for() {
    let host = host();
    assert_eq!(host.ids(&json!({ "filter": { "open": true } })), ["p0", "p2", "p4"]);
    assert_eq!(host.ids(&json!({ "filter": {}, "offset": 4 })), ["p4", "p5"]);
    let answer = host.ask(&json!({ "facets": ["kind", "price", "open"], "topK": 1 })).unwrap();
    let facets = answer.facets.unwrap();
    let told = serde_json::to_value(&facets).unwrap();
    assert_eq!(told["open"]["values"], json!([{ "value": false, "count": 3 }, { "value": true, "count": 3 }]));
    assert_eq!(told["price"]["values"][0], json!({ "value": 1.0, "count": 2 }));
    assert_eq!((facets["price"].missing, answer.hits[0].score), (1, 0.0));
    assert_eq!(code(json!({})), Code::InvalidQuery);
    assert_eq!(code(json!({ "facets": ["at"] })), Code::TypeMismatch);
    assert_eq!(code(json!({ "facets": { "kind": { "ranges": [{}] } } })), Code::TypeMismatch);
    let months = json!({ "when": { "ranges": [{ "lt": "2026-05-03" }, { "gte": "2026-05-03T00:00:00Z" }] } });
    assert_eq!(host.ask(&json!({ "facets": months })).unwrap().facets.unwrap()["when"].ranges, [2, 4]);
}

#[test]
fn a_version_that_is_not_here_is_said_to_be_elsewhere() {
    let mut host = host();
    let unpublished = host.ids(&json!({ "match": "owl" }));
    assert_eq!(unpublished.len(), 2);
    assert!(host.ids(&json!({ "match": "owl", "asOf": 1 })).is_empty(), "only what is published");
    assert_eq!(host.ids(&json!({ "match": "cat", "asOf": "1970-01-01T00:00:01Z" })).len(), 3);
    let code = |host: &Host, query: Value| host.ask(&query).unwrap_err().code();
    assert_eq!(code(&host, json!({ "match": "cat", "asOf": "1970-01-01T00:00:00Z" })), Code::VersionNotHeld);
    assert_eq!(code(&host, json!({ "match": "cat", "asOf": 2 })), Code::VersionNotHeld);
    assert_eq!(code(&host, json!({ "match": "cat", "asOf": "soon" })), Code::InvalidQuery);
    // A replica knows of nothing that was published after its head was signed.
    let follower = |newest_until_ms| crate::snapshot::Host { newest_until_ms, ..AnsweredBy::Node.into() };
    let at = |time: &str, until_ms| {
        let found = host.ask_as(&json!({ "match": "cat", "asOf": time }), follower(until_ms));
        found.map(|answer| answer.hits.len()).map_err(|error| error.code())
    };
    assert_eq!(at("1970-01-01T00:00:09Z", Some(9000)), Ok(3));
    assert_eq!(at("1970-01-01T00:00:09.001Z", Some(9000)), Err(Code::VersionNotHeld));
    assert_eq!(at("9999-12-31", None), Ok(3), "where versions are made");
    host.publish();
    assert_eq!(code(&host, json!({ "match": "cat", "asOf": 1 })), Code::VersionNotHeld);
    assert_eq!(host.ask(&json!({ "match": "cat", "minLsn": 6 })).unwrap().lsn, 6);
    let error = host.ask(&json!({ "match": "cat", "minLsn": 7 })).unwrap_err();
    assert!(error.code() == Code::Behind && error.code().retryable());
}

#[test]
fn a_search_ends_when_its_time_or_budget_is_over_and_says_so() {
    let mut host = Host::new(&schema());
    for n in 0..5000u32 {
        host.put(point(&format!("p{n}"), n, json!({ "title": "red fox", "price": n })));
    }
    host.publish();
    let queries = [
        json!({ "vector": [1, 0, 0, 0], "using": "shape", "exact": true }),
        json!({ "vector": [1, 0, 0, 0], "using": "shape", "efSearch": 1000 }),
        json!({ "vector": [1, 0, 0], "using": "tone", "exact": true }),
        json!({ "match": "red fox", "sort": "price" }),
        json!({ "sort": { "price": "desc" } }),
    ];
    for query in queries {
        let with = |key: &str, value: u32| {
            let mut query = query.clone();
            query[key] = json!(value);
            query
        };
        assert_eq!(host.ask(&query).unwrap().ended, None);
        let few = host.ask(&with("budget", 700)).unwrap();
        assert_eq!(few.ended, Some(Ended::Budget), "{query}");
        assert!(few.plan.iter().all(|plan| plan.compared <= 4096 + 1024), "{:?}", few.plan);
        assert_eq!(host.ask(&with("budget", 1_000_000)).unwrap().ended, None);
        // A clock on which every look takes a millisecond.
        let time = Cell::new(0);
        let clock = || time.replace(time.get() + 1000);
        let timed = crate::snapshot::Host { clock: Some(&clock), ..AnsweredBy::Node.into() };
        assert_eq!(host.ask_as(&with("timeoutMs", 1), timed).unwrap().ended, Some(Ended::Timeout), "{query}");
        assert_eq!(host.ask_as(&with("timeoutMs", 1_000_000), timed).unwrap().ended, None);
        let stages = host.ask_as(&json!({ "match": "red", "explain": true }), timed).unwrap().stages.unwrap();
        assert!(stages.words > 0 && stages.vectors == 0);
    }
    assert_eq!(code(json!({ "match": "x", "budget": 0 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "match": "x", "timeoutMs": 0 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "match": "x", "oversampling": 0.5 })), Code::InvalidQuery);
}

#[derive(Debug, Clone)]
struct Row {
    price: Option<i8>,
    kind: Vec<String>,
    at: Option<(i8, i8)>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (prop::option::of(-3i8..4), prop::collection::vec("[abc]", 0..3), prop::option::of((-9i8..9, -9i8..9)));
    prop::collection::vec(row.prop_map(|(price, kind, at)| Row { price, kind, at }), 1..60)
}

impl Row {
    /// Before or after another one, by looking at both; missing values last.
    fn compare(&self, other: &Self, field: &str, descending: bool) -> Ordering {
        let place = |at: Option<(i8, i8)>| {
            let near = GeoPoint::new(1.0, 2.0).unwrap();
            at.map(|(lat, lon)| near.meters_to(GeoPoint::new(lat.into(), lon.into()).unwrap()))
        };
        let pick =
            |row: &Self| if descending { row.kind.iter().max().cloned() } else { row.kind.iter().min().cloned() };
        let turn = |order: Ordering| if descending { order.reverse() } else { order };
        fn missing_last<T>(a: Option<T>, b: Option<T>, order: impl Fn(&T, &T) -> Ordering) -> Ordering {
            match (a, b) {
                (Some(a), Some(b)) => order(&a, &b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            }
        }
        match field {
            "price" => missing_last(self.price, other.price, |a, b| turn(a.cmp(b))),
            "kind" => missing_last(pick(self), pick(other), |a, b| turn(a.cmp(b))),
            _ => missing_last(place(self.at), place(other.at), |a, b| turn(a.total_cmp(b))),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Over several segments and unpublished points, as sorting all of them.
    #[test]
    fn any_order_is_that_of_sorting_all(rows in rows(), by in prop::collection::vec((0usize..3, any::<bool>()), 1..4), cut in 0usize..60, top_k in 1usize..70) {
        let mut host = Host::new(&schema());
        for (n, row) in rows.iter().enumerate() {
            let at = row.at.map(|(lat, lon)| json!({ "lat": lat, "lon": lon }));
            host.put(point(&format!("p{n:02}"), n as u32, json!({ "price": row.price, "kind": row.kind, "at": at })));
            if n == cut || n == cut / 2 {
                host.publish();
            }
        }
        let by: Vec<(&str, bool)> = by.into_iter().map(|(field, descending)| (["price", "kind", "at"][field], descending)).collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|&a, &b| by.iter().fold(Ordering::Equal, |order, (field, descending)| {
            order.then_with(|| rows[a].compare(&rows[b], field, *descending))
        }));
        let sort: Vec<Value> = by.iter().map(|(field, descending)| {
            let order = if *descending { "desc" } else { "asc" };
            match *field {
                "at" => json!({ "at": { "near": { "lat": 1, "lon": 2 }, "order": order } }),
                field => json!({ field: order }),
            }
        }).collect();
        let expected: Vec<String> = order.into_iter().take(top_k).map(|n| format!("p{n:02}")).collect();
        prop_assert_eq!(host.ids(&json!({ "sort": sort, "topK": top_k })), expected);
    }
}
