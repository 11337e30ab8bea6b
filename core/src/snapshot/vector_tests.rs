//! Vectors that are made of those of points, and hits that differ by them.

use alloc::vec::Vec;

use serde_json::{Value, json};

use super::test_host::Host;
use crate::error::Code;

/// Qdrant's `average_vector`: twice the mean of the one kind less that of the other.
#[test]
fn others_like_several_points_and_unlike_some_are_found_and_none_of_them() {
    for published in [false, true] {
        let schema = json!({ "vectors": {
            "c": { "dim": 2, "keep": "f32" }, "l": { "dim": 2, "metric": "l2", "keep": "f32" },
        } });
        let mut host = Host::new(&schema);
        let points = [("a", [2.0, 0.0]), ("b", [0.0, 1.0]), ("n", [0.0, 3.0]), ("p", [0.8, 0.6]), ("q", [1.0, -0.5])];
        for (id, vector) in points.into_iter().chain([("r", [-1.0, 0.0])]) {
            host.put(json!({ "id": id, "vectors": { "c": vector, "l": vector } }));
        }
        host.put(json!({ "id": "none" }));
        if published {
            host.publish();
        }
        let same = |like: Value, using: &str, vector: Value, named: Value| {
            let wanted = json!({ "vector": vector, "using": using, "filter": { "$id": { "$nin": named } } });
            let scores = |query: &Value| {
                host.ask(query).unwrap().hits.into_iter().map(|hit| (hit.id, hit.score)).collect::<Vec<_>>()
            };
            let found = scores(&json!({ "like": like, "using": using }));
            assert_eq!(found, scores(&wanted), "{like}");
            let among = host.ids(&json!({ "vectors": { using: { "like": like } } }));
            assert_eq!(among, found.into_iter().map(|(id, _)| id).collect::<Vec<_>>());
        };
        same(json!(["a", "b"]), "c", json!([0.5, 0.5]), json!(["a", "b"]));
        same(json!(["a", "b"]), "l", json!([1, 0.5]), json!(["a", "b"]));
        same(json!({ "ids": ["a"], "not": ["b", "n"] }), "c", json!([2, -1]), json!(["a", "b", "n"]));
        same(json!({ "ids": ["a"], "not": ["b", "n"] }), "l", json!([4, -2]), json!(["a", "b", "n"]));
        same(json!({ "ids": ["a", "a", "b"] }), "l", json!([4.0f32 / 3.0, 1.0f32 / 3.0]), json!(["a", "b"]));
        assert!(host.ids(&json!({ "like": ["a", "r"], "using": "c" })).is_empty(), "no direction is left");
        assert!(!host.ids(&json!({ "like": ["a", "r"], "using": "l" })).is_empty());
        for (like, code, says) in [
            (json!([]), Code::InvalidQuery, "at least one point"),
            (json!({ "not": ["a"] }), Code::InvalidQuery, "at least one point"),
            (json!({ "ids": ["a"], "nots": [] }), Code::InvalidQuery, "did you mean \"not\""),
            (json!({ "ids": ["a"], "not": ["x"] }), Code::PointNotFound, "no point \"x\" is here"),
            (json!(["a", "none"]), Code::InvalidQuery, "point \"none\" has no vector \"c\""),
            (json!(["a", 5]), Code::InvalidQuery, "a list of ids"),
            (json!(5), Code::InvalidQuery, "\"like\""),
            (json!(["a", ""]), Code::InvalidPoint, ""),
            (json!(alloc::vec!["a"; 101]), Code::LimitExceeded, "at most 100"),
        ] {
            let error = host.ask(&json!({ "like": like, "using": "c" })).unwrap_err();
            assert_eq!(error.code(), code, "{like}: {error}");
            assert!(error.message().contains(says), "{like}: {error}");
        }
    }
}

fn diverse(diversity: Value) -> Value {
    json!({ "vector": [1, 0], "using": "v", "diversity": diversity, "topK": 10 })
}

#[test]
fn first_hits_differ_and_keep_their_scores() {
    for (published, keep) in [(false, Value::Null), (true, Value::Null), (true, json!("f32"))] {
        let mut host = Host::new(&json!({
            "vectors": { "v": { "dim": 2, "keep": keep }, "w": { "dim": 2, "metric": "l2", "keep": keep } },
            "text": { "body": {} },
        }));
        // Three that are the same, one a little apart, one on the other side, one far off; the last is without "w".
        let points = [
            ("a", [1.0, 0.1], json!([0, 0])),
            ("b", [1.0, 0.1], json!([0, 0])),
            ("c", [1.0, 0.1], json!([4, 0])),
            ("d", [1.0, 0.3], json!([4, 1])),
            ("e", [1.0, -0.5], json!([9, 9])),
            ("f", [0.1, 1.0], Value::Null),
        ];
        for (id, v, w) in points {
            host.put(json!({ "id": id, "vectors": { "v": v, "w": w }, "payload": { "body": "cat" } }));
        }
        if published {
            host.publish();
        }
        let ids = |diversity: Value| host.ids(&diverse(diversity)).concat();
        assert_eq!(ids(Value::Null), "abcdef");
        assert_eq!(ids(json!({ "weight": 0 })), "abcdef");
        assert_eq!(ids(json!({})), ids(json!({ "weight": 0.5, "candidates": 100, "using": "v" })));
        // f is the least like a; e is less like these two than the others are; of equal ones the first.
        assert_eq!(ids(json!({ "weight": 1 })), "afedbc");
        assert_eq!(ids(json!({ "weight": 1, "candidates": 5 })), "aedbcf");
        assert_eq!(ids(json!({ "weight": 1, "candidates": 2 })), "abcdef");
        // By places: e is the farthest from a, which counts as not alike; f has none and is like nothing; d is a little
        // farther than c.
        assert_eq!(ids(json!({ "weight": 1, "using": "w" })), "aefdcb");
        let scores = |query: &Value| {
            let mut all: Vec<_> = host.ask(query).unwrap().hits.into_iter().map(|hit| (hit.id, hit.score)).collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all
        };
        assert_eq!(scores(&diverse(json!({ "weight": 0.7 }))), scores(&diverse(Value::Null)));
        let page = json!({ "vector": [1, 0], "using": "v", "diversity": { "weight": 1 }, "topK": 2, "offset": 1 });
        assert_eq!(host.ids(&page), ["f", "e"]);
        let words = json!({ "match": "cat", "diversity": { "using": "v" }, "topK": 2 });
        assert_eq!(host.ids(&words), ["a", "f"], "words alone, whose scores are equal");
        let one = json!({ "vectors": { "w": { "vector": [0, 0] } }, "diversity": { "weight": 1 }, "topK": 2 });
        assert_eq!(host.ids(&one), ["a", "e"], "by the one vector that is asked by");
    }
}

#[test]
fn what_diversity_cannot_be_is_refused() {
    let vector = json!({ "dim": 2 });
    let mut host = Host::new(&json!({ "vectors": { "v": vector, "w": vector }, "fields": { "n": "integer" } }));
    host.put(json!({ "id": "a", "vectors": { "v": [1, 0] } }));
    let mut sorted = diverse(json!({}));
    sorted["sort"] = json!("n");
    for (query, code, says) in [
        (diverse(json!({ "weight": 1.5 })), Code::InvalidQuery, "\"diversity.weight\" is 0 to 1"),
        (diverse(json!({ "candidates": 0 })), Code::InvalidQuery, "\"diversity.candidates\" is 1 to 1000"),
        (diverse(json!({ "candidates": 1001 })), Code::InvalidQuery, "1 to 1000"),
        (diverse(json!({ "lambda": 1 })), Code::InvalidQuery, "unknown field \"lambda\""),
        (diverse(json!(true)), Code::InvalidQuery, "\"diversity\" is not an object"),
        (diverse(json!({ "using": "x" })), Code::UnknownField, "diversity: no vector \"x\""),
        (json!({ "filter": {}, "diversity": {} }), Code::InvalidQuery, "diversity: name the vector with \"using\""),
        (sorted, Code::InvalidQuery, "leave one out"),
    ] {
        let error = host.ask(&query).unwrap_err();
        assert_eq!(error.code(), code, "{query}: {error}");
        assert!(error.message().contains(says), "{query}: {error}");
    }
}

#[test]
fn a_liked_point_that_is_named_twice_is_left_out_once() {
    let mut host = Host::new(&json!({ "vectors": { "v": { "dim": 2 } } }));
    for (id, vector) in [("a", [1, 0]), ("b", [1, 1]), ("c", [0, 1])] {
        host.put(json!({ "id": id, "vectors": { "v": vector } }));
    }
    host.publish();
    let answer = host.ask(&json!({ "like": ["a", "a"], "exact": true })).unwrap();
    assert_eq!((answer.hits.len(), answer.total.value), (2, 2));
}
