//! What points say comes back alike, whether they are published or not: names with dots, missing values, keywords in
//! two forms, places with two names, points without a vector.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::test_host::{Host, models};
use crate::error::Code;

/// Two hosts with the same points: nothing published, and everything.
struct Both([Host; 2]);

impl Both {
    fn new(schema: &Value, points: &[Value]) -> Self {
        let host = |is_published: bool| {
            let mut host = Host::with_models(schema, models());
            points.iter().for_each(|point| host.put(point.clone()));
            if is_published {
                host.publish();
            }
            host
        };
        Self([host(false), host(true)])
    }

    /// What both find, and that they find the same.
    #[track_caller]
    fn ids(&self, query: Value) -> String {
        let [fresh, published] = self.0.each_ref().map(|host| host.ids(&query).join(" "));
        assert_eq!(fresh, published, "not published and published differ: {query}");
        fresh
    }

    /// The same, by id: how words are weighed says what is published.
    #[track_caller]
    fn found(&self, query: Value) -> String {
        let [fresh, published] = self.0.each_ref().map(|host| {
            let mut ids = host.ids(&query);
            ids.sort();
            ids.join(" ")
        });
        assert_eq!(fresh, published, "not published and published differ: {query}");
        fresh
    }

    /// Hits without their scores, and facets, as JSON.
    #[track_caller]
    fn answer(&self, query: &Value) -> Value {
        let [fresh, published] = self.0.each_ref().map(|host| {
            let mut answer = serde_json::to_value(host.ask(query).unwrap()).unwrap();
            let mut hits = answer["hits"].take();
            hits.as_array_mut().unwrap().iter_mut().for_each(|hit| hit["score"] = Value::Null);
            json!({ "hits": hits, "facets": answer["facets"].take() })
        });
        assert_eq!(fresh, published, "not published and published differ: {query}");
        fresh
    }
}

fn point(id: &str, payload: Value) -> Value {
    json!({ "id": id, "payload": payload })
}

#[test]
fn names_with_dots_are_paths_everywhere() {
    let schema = json!({
        "vectors": { "v": { "dim": 2, "embed": { "model": "two", "from": ["title.en"] } } },
        "text": { "title.en": {} },
        "fields": { "address.city": "keyword", "size.height": "integer" },
    });
    let both = Both::new(
        &schema,
        &[
            point(
                "nested",
                json!({ "title": { "en": "a cat" }, "address": { "city": "Berlin", "zip": 1 }, "size": { "height": 3 } }),
            ),
            point("plain", json!({ "title.en": "a cat", "address.city": "Berlin", "size.height": 2 })),
            point(
                "several",
                json!({ "title": [{ "en": "car" }, { "de": "Katze" }, { "en": ["x", null, "cat"] }], "address": [{ "city": "Paris" }, { "city": ["Rome", null] }] }),
            ),
            point("other", json!({ "title": "cat", "address": "Berlin", "en": "cat", "city": "Berlin" })),
        ],
    );
    assert_eq!(both.ids(json!({ "filter": { "address.city": "Berlin" } })), "nested plain");
    assert_eq!(both.ids(json!({ "filter": { "address.city": "Rome" } })), "several");
    assert_eq!(both.ids(json!({ "filter": { "address.city": { "$exists": false } } })), "other");
    assert_eq!(both.ids(json!({ "filter": { "size.height": { "$gte": 2 } }, "sort": "size.height" })), "plain nested");
    assert_eq!(both.ids(json!({ "filter": {}, "sort": "address.city" })), "nested plain several other");
    assert_eq!(both.ids(json!({ "filter": {}, "collapse": "address.city" })), "nested other several");
    assert_eq!(both.found(json!({ "text": "cat", "using": "v" })), "nested plain several");
    assert_eq!(both.found(json!({ "match": "cat" })), "nested plain several");
    let answer = both.answer(&json!({ "match": "cat", "highlight": true, "filter": { "address.city": "Rome" }, "fields": ["address.city", "size"], "facets": ["address.city"] }));
    assert_eq!(answer["hits"][0]["payload"], json!({ "address": [{ "city": "Paris" }, { "city": ["Rome", null] }] }));
    assert_eq!(answer["hits"][0]["highlights"], json!({ "title.en": [{ "item": 3, "start": 0, "end": 3 }] }));
    assert_eq!(
        answer["facets"]["address.city"]["values"],
        json!([{ "value": "Paris", "count": 1 }, { "value": "Rome", "count": 1 }])
    );
}

#[test]
fn null_in_a_list_is_missing() {
    let schema = json!({ "text": { "body": {} }, "fields": { "tags": "keyword" } });
    let both = Both::new(
        &schema,
        &[
            point("a", json!({ "body": ["red shoe", null, "blue shoe"], "tags": ["red", null] })),
            point("b", json!({ "body": null, "tags": [null] })),
            json!({ "id": "c", "payload": null }),
            point("d", json!({ "body": [], "tags": [] })),
        ],
    );
    assert_eq!(both.ids(json!({ "filter": { "tags": { "$exists": false } } })), "b c d");
    let answer = both.answer(&json!({ "match": "blue", "highlight": true, "facets": ["tags"] }));
    assert_eq!(answer["hits"][0]["highlights"]["body"], json!([{ "item": 2, "start": 0, "end": 4 }]));
    assert_eq!(answer["hits"][0]["payload"], json!({ "body": ["red shoe", null, "blue shoe"], "tags": ["red", null] }));
    assert_eq!(both.answer(&json!({ "filter": {}, "facets": ["tags"] }))["facets"]["tags"]["missing"], 3);
}

#[test]
fn composed_and_decomposed_keywords_are_one_value() {
    let (composed, decomposed) = ("Z\u{fc}rich", "Zu\u{308}rich");
    let schema = json!({ "text": { "body": {} }, "fields": { "city": "keyword" } });
    let place = |id: &str, city: &str| point(id, json!({ "body": city, "city": [city, format!("{id}-{city}")] }));
    let both =
        Both::new(&schema, &[place("0", composed), place("1", decomposed), point("2", json!({ "city": "Bern" }))]);
    for name in [composed, decomposed] {
        let part: String = name.chars().skip(1).collect();
        let begin: String = name.chars().take(name.chars().count() - 4).collect();
        for condition in
            [json!(name), json!({ "$in": [name] }), json!({ "$prefix": begin }), json!({ "$contains": part })]
        {
            assert_eq!(both.ids(json!({ "filter": { "city": condition } })), "0 1", "{condition}");
        }
        assert_eq!(both.ids(json!({ "filter": { "city": { "$ne": name } } })), "2");
    }
    let facet = both.answer(&json!({ "filter": {}, "facets": ["city"] }));
    assert_eq!(facet["facets"]["city"]["values"][0], json!({ "value": composed, "count": 2 }));
    assert_eq!(both.answer(&json!({ "filter": { "city": composed } }))["hits"][1]["payload"]["body"], decomposed);
    let one = Both::new(&schema, &[point("0", json!({ "city": composed })), point("1", json!({ "city": decomposed }))]);
    assert_eq!(one.ids(json!({ "filter": {}, "collapse": "city" })), "0");
    assert_eq!(one.ids(json!({ "filter": {}, "sort": { "city": "desc" } })), "0 1", "equal values come by id");
}

#[test]
fn the_meridian_and_the_poles_have_one_name() {
    let places = [("west", 0, -180), ("east", 0, 180), ("pole0", 90, 0), ("pole180", 90, 180), ("near", 0, 179)];
    let points: Vec<Value> =
        places.iter().map(|(id, lat, lon)| point(id, json!({ "at": { "lat": lat, "lon": lon } }))).collect();
    let both = Both::new(&json!({ "text": { "t": {} }, "fields": { "at": "geo" } }), &points);
    let within = |north: i32, west: i32, south: i32, east: i32| {
        let area = json!({ "topLeft": { "lat": north, "lon": west }, "bottomRight": { "lat": south, "lon": east } });
        both.ids(json!({ "filter": { "at": { "$geoBox": area } } }))
    };
    assert_eq!(within(1, 178, -1, 180), "east near west");
    assert_eq!(within(1, -180, -1, -170), "east west");
    assert_eq!(within(1, 179, -1, 181), "east near west");
    assert_eq!(within(90, 10, 80, 20), "pole0 pole180");
    assert_eq!(within(90, 0, -90, 360), "east near pole0 pole180 west");
    for lon in [180, -180] {
        let near = json!({ "lat": 0, "lon": lon });
        assert_eq!(both.ids(json!({ "filter": {}, "sort": { "at": { "near": near } }, "topK": 3 })), "east west near");
        let circle = json!({ "lat": 0, "lon": lon, "radius": 1000 });
        assert_eq!(both.ids(json!({ "filter": { "at": { "$geoRadius": circle } } })), "east west");
    }
    let pole = json!({ "lat": 90, "lon": 45 });
    assert_eq!(both.ids(json!({ "filter": {}, "sort": { "at": { "near": pole } }, "topK": 2 })), "pole0 pole180");
}

fn embedding() -> Value {
    json!({
        "vectors": { "v": { "dim": 2, "embed": { "model": "two", "from": ["body", "titel"] } } },
        "text": { "body": {} },
        "fields": { "n": "integer" },
    })
}

#[test]
fn what_has_no_vector_is_near_to_nothing() {
    let points = ["cat", "car", "cat car", "", "😀", "???", "..."];
    let mut points: Vec<Value> =
        (0..).zip(points).map(|(n, text)| point(&format!("p{n}"), json!({ "body": text, "n": n }))).collect();
    points.push(point("none", json!({ "n": 7, "title": "cat" })));
    for metric in ["cosine", "dot", "l2"] {
        let mut schema = embedding();
        schema["vectors"]["v"]["metric"] = json!(metric);
        let both = Both::new(&schema, &points);
        for nothing in ["", "  ", "😀", "???", "\u{200b}", "..."] {
            assert_eq!(both.ids(json!({ "text": nothing })), "", "{metric}: {nothing:?}");
            assert_eq!(both.ids(json!({ "text": nothing, "sort": "n" })), "", "{metric}: {nothing:?}");
        }
        assert_eq!(both.ids(json!({ "vector": [0, 0] })), "", "{metric}");
        assert_eq!(both.found(json!({ "text": "cat" })), "p0 p1 p2", "{metric}");
        assert_eq!(both.ids(json!({ "text": "cat", "sort": { "n": "desc" } })), "p2 p1 p0", "{metric}");
        let counted = |query: Value| both.answer(&query)["facets"]["n"]["values"].as_array().unwrap().len();
        assert_eq!(counted(json!({ "text": "cat", "facets": ["n"] })), 3, "{metric}");
        assert_eq!(counted(json!({ "text": "", "facets": ["n"] })), 0, "{metric}");
        // Words still find what they are in, and a vector adds what it finds.
        assert_eq!(both.found(json!({ "text": "", "match": "car" })), "p1 p2", "{metric}");
        assert_eq!(both.found(json!({ "text": "cat", "match": "car" })), "p0 p1 p2", "{metric}");
        assert_eq!(counted(json!({ "text": "", "match": "car", "facets": ["n"] })), 2, "{metric}");
        for host in &both.0 {
            for id in ["none", "p3", "p4"] {
                let error = host.ask(&json!({ "like": id })).unwrap_err();
                assert_eq!(error.code(), Code::InvalidQuery, "{metric}: {id}");
                assert!(error.message().contains("has no vector \"v\""), "{error}");
            }
        }
    }
}

#[test]
fn given_zeros_are_ordinary_where_vectors_have_a_length() {
    for (metric, wanted) in [("cosine", "pos neg"), ("dot", "pos zero neg"), ("l2", "pos zero neg")] {
        let schema = json!({ "vectors": { "v": { "dim": 2, "metric": metric } } });
        let given = [("zero", [0.0, 0.0]), ("neg", [-1.0, -1.0]), ("pos", [1.0, 0.5])];
        let points: Vec<Value> = given.iter().map(|(id, v)| json!({ "id": id, "vectors": { "v": v } })).collect();
        let both = Both::new(&schema, &points);
        assert_eq!(both.ids(json!({ "vector": [1, 1] })), wanted, "{metric}");
        let of_zeros = both.ids(json!({ "vector": [0, 0] }));
        assert_eq!(of_zeros.is_empty(), metric == "cosine", "{metric}: {of_zeros}");
    }
}

#[test]
fn points_may_lack_any_of_their_vectors() {
    for metric in ["cosine", "dot", "l2"] {
        let vector = json!({ "dim": 2, "metric": metric });
        let fields = json!({ "n": "integer" });
        let schema = json!({ "vectors": { "v": vector, "w": vector }, "text": { "body": {} }, "fields": fields });
        let of =
            |id: &str, vectors: Value| json!({ "id": id, "vectors": vectors, "payload": { "body": "cat", "n": 1 } });
        let points = [
            of("both", json!({ "v": [1, 1], "w": [1, 1] })),
            of("first", json!({ "v": [-1, -1] })),
            of("second", json!({ "v": null, "w": [-1, -2] })),
            of("neither", json!({})),
        ];
        let mut both = Both::new(&schema, &points);
        let near = |name: &str| json!({ "vector": [1, 1.5], "using": name });
        assert_eq!(both.ids(near("v")), "both first", "{metric}");
        assert_eq!(both.ids(near("w")), "both second", "{metric}");
        assert_eq!(both.ids(json!({ "filter": { "n": 1 } })), "both first neither second", "{metric}");
        assert_eq!(both.found(json!({ "match": "cat" })), "both first neither second", "{metric}");
        let of_both = json!({ "vectors": { "v": { "vector": [1, 1] }, "w": { "vector": [-1, -2] } }, "explain": true });
        assert_eq!(both.found(of_both.clone()), "both first second", "{metric}");
        let counted = json!({ "vector": [1, 1], "using": "w", "facets": ["n"], "topK": 1 });
        assert_eq!(both.answer(&counted)["facets"]["n"]["values"], json!([{ "value": 1.0, "count": 2 }]), "{metric}");
        for host in &mut both.0 {
            let error = host.ask(&json!({ "like": "first", "using": "w" })).unwrap_err();
            assert_eq!(error.code(), Code::InvalidQuery, "{metric}");
            assert_eq!(error.message(), "\"like\": point \"first\" has no vector \"w\", so nothing is like it");
            let hits = host.ask(&of_both).unwrap().hits;
            let first = hits.iter().find(|hit| hit.id == "first").unwrap();
            assert_eq!(first.parts.as_ref().unwrap()[1].score, None, "{metric}");
            // An upsert replaces the point whole: what it does not give is gone, here and after the next publishes.
            host.put(of("both", json!({ "w": [1, 1] })));
            assert_eq!(host.ids(&near("v")), ["first"], "{metric}");
            (0..2).for_each(|_| host.publish());
            assert_eq!(host.ids(&near("v")), ["first"], "{metric}");
            assert_eq!(host.ids(&near("w")), ["both", "second"], "{metric}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// By definition: what has a direction, by angle, then by id. Codes are exact enough for angles this far apart.
    #[test]
    fn of_points_and_queries_with_and_without_direction_those_with_one_meet(
        given in prop::collection::vec(prop_oneof![Just(None), (0u32..8).prop_map(Some)], 1..40),
        query in prop_oneof![1 => Just(None), 5 => (0u32..8).prop_map(Some)],
        top_k in 1usize..45,
    ) {
        let direction = |eighth: Option<u32>| match eighth {
            None => json!([0.0, 0.0]),
            Some(eighth) => {
                let angle = (eighth as f32 + 0.05 * eighth as f32) * core::f32::consts::FRAC_PI_4;
                json!([libm::cosf(angle), libm::sinf(angle)])
            }
        };
        let points: Vec<Value> = (0..).zip(&given)
            .map(|(n, eighth)| json!({ "id": format!("p{n:02}"), "vectors": { "v": direction(*eighth) } })).collect();
        let both = Both::new(&json!({ "vectors": { "v": { "dim": 2 } } }), &points);
        for exact in [false, true] {
            for host in &both.0 {
                let answer = host.ask(&json!({ "vector": direction(query), "topK": top_k, "exact": exact })).unwrap();
                let with = given.iter().filter(|eighth| eighth.is_some()).count();
                let wanted = if query.is_none() { 0 } else { with.min(top_k) };
                prop_assert_eq!(answer.hits.len(), wanted);
                for hit in &answer.hits {
                    let n: usize = hit.id[1..].parse().unwrap();
                    prop_assert!(given[n].is_some(), "{} has no direction", hit.id);
                }
                let best = answer.hits.first().map(|hit| hit.score);
                if given.contains(&query) && query.is_some() {
                    prop_assert!(best.is_some_and(|score| score > 0.999));
                }
            }
        }
    }
}

#[test]
fn payloads_come_back_as_they_were_given() {
    let text = r#"{"z":1.0,"body":"a","wei":1000000000000000000001,"neg":-0.0,"exp":1E+2,"a":[18446744073709551615,{"c":1,"b":2}]}"#;
    let mut host = Host::new(&json!({ "text": { "body": {} } }));
    host.put_text(&format!("{{ \"id\": \"x\", \"payload\": {text} }}"));
    for _ in 0..2 {
        let hits = host.ask(&json!({ "match": "a" })).unwrap().hits;
        assert_eq!(hits[0].payload.as_str(), text);
        let some = host.ask(&json!({ "match": "a", "fields": ["exp", "wei", "z"] })).unwrap().hits;
        assert_eq!(some[0].payload.as_str(), r#"{"z":1.0,"wei":1000000000000000000001,"exp":1E+2}"#);
        host.publish();
    }
    assert_eq!(host.snapshot.get("x").unwrap().unwrap().payload.as_str(), text);
    assert!(serde_json::to_string(&host.ask(&json!({ "match": "a" })).unwrap()).unwrap().contains(text));
}
