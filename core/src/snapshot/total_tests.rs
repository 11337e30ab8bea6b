//! How many points a query finds, and how many share a value.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::test_host::Host;
use crate::error::Code;
use crate::model::{Answer, Relation, Scalar, Total};

const POINTS: u32 = 3_000;

fn schema() -> Value {
    json!({
        "vectors": { "v": { "dim": 4 } },
        "text": { "body": { "language": "en" }, "title": {} },
        "fields": { "kind": "keyword", "n": "integer", "city": { "type": "keyword", "ignoreCase": true }, "open": "boolean" },
    })
}

fn point(n: u32) -> Value {
    let part = |d: u32| libm::sinf((n * 7 + d * 5) as f32);
    let vector = if n % 10 == 9 { [0.0; 4] } else { [part(0), part(1), part(2), part(3)] };
    let body =
        format!("{} {}", if n.is_multiple_of(3) { "river" } else { "rivers" }, ["stone", "delta", ""][n as usize % 3]);
    let kind = if n.is_multiple_of(5) { Value::Null } else { json!(format!("k{}", n % 4)) };
    let city = ["Ulm", "ULM"][n as usize % 2];
    json!({
        "id": format!("p{n:04}"), "vectors": { "v": vector },
        "payload": { "body": body, "kind": kind, "n": n, "city": city, "open": n.is_multiple_of(2) },
    })
}

/// Published points, of which none changed.
fn published() -> Host {
    let mut host = Host::new(&schema());
    (0..POINTS).for_each(|n| host.put(point(n)));
    host.publish();
    host
}

fn ask(host: &Host, query: &Value) -> Answer {
    host.ask(query).unwrap()
}

fn total(host: &Host, query: &Value) -> Total {
    ask(host, query).total
}

const EXACT: Relation = Relation::Exact;

#[test]
fn what_costs_nothing_is_exact() {
    let host = published();
    let vector = json!([0.5, 0.1, -0.3, 0.2]);
    for (query, points) in [
        (json!({ "filter": {} }), 3_000),
        (json!({ "filter": { "n": { "$lt": 700 } } }), 700),
        (json!({ "filter": { "n": { "$lt": 700 } }, "scoreThreshold": 0.5 }), 0),
        (json!({ "filter": { "n": { "$lt": 700 } }, "scoreThreshold": -0.5 }), 700),
        (json!({ "match": "river", "sort": "n" }), 3_000),
        (json!({ "match": "stone", "filter": { "n": { "$gte": 300 } }, "sort": "n" }), 900),
        // All lists were gone through, because the page is not full.
        (json!({ "match": "river delta", "filter": { "n": { "$lt": 4 } } }), 4),
        // One list has all of them.
        (json!({ "match": { "query": "stone", "fields": ["body"] } }), 1_000),
        // Each tenth has no direction.
        (json!({ "vector": vector }), 2_700),
        (json!({ "match": "river delta", "facets": ["kind"] }), 3_000),
        (json!({ "match": "nothing" }), 0),
    ] {
        let found = total(&host, &query);
        assert_eq!((found.value, found.relation), (points, EXACT), "{query}");
    }
}

#[test]
fn what_would_take_longer_is_a_bound_until_it_is_asked_for() {
    let mut host = published();
    let vector = json!([0.5, 0.1, -0.3, 0.2]);
    let queries = [
        (json!({ "match": "river delta" }), 2_000, 3_000),
        (json!({ "match": "river delta", "filter": { "n": { "$lt": 600 } } }), 0, 600),
        (json!({ "match": { "query": "river stone", "mode": "all" } }), 0, 1_000),
        (json!({ "vector": vector, "filter": { "n": { "$lt": 600 } } }), 300, 540),
        (json!({ "vector": vector, "match": "stone" }), 2_700, 2_800),
    ];
    for (query, least, points) in &queries {
        let mut query = query.clone();
        let bound = total(&host, &query);
        assert_eq!(bound.relation, Relation::AtLeast, "{query}");
        assert!((*least..=*points).contains(&bound.value), "{query}: {bound:?}");
        query["total"] = json!(true);
        assert_eq!(total(&host, &query), Total::exact(*points), "{query}");
    }
    // Changes that are not published, few and many.
    for (first, last) in [(0, 5), (5, 400)] {
        (first..last).for_each(|n| host.delete(&format!("p{n:04}")));
        for (query, _, _) in &queries {
            let mut all = query.clone();
            all["total"] = json!(true);
            let exact = total(&host, &all);
            assert_eq!(exact.relation, EXACT);
            assert!(total(&host, query).value <= exact.value, "{query}");
        }
    }
    assert_eq!(total(&host, &json!({ "vector": vector, "total": true })), Total::exact(2_700 - 360));
}

#[test]
fn a_threshold_counts_what_it_leaves_in() {
    let host = published();
    let vector = json!([0.5, 0.1, -0.3, 0.2]);
    for mut query in [
        json!({ "vector": vector, "exact": true }),
        json!({ "vector": vector, "match": "stone" }),
        json!({ "match": "river stone" }),
        json!({ "match": ["river", "stone"], "sort": "n" }),
        json!({ "match": "river stone", "sort": "n", "facets": ["kind"] }),
    ] {
        let hits = ask(&host, &query).hits;
        query["scoreThreshold"] = json!(hits[hits.len() / 2].score * 0.75);
        query["total"] = json!(true);
        let mut all = query.clone();
        all["topK"] = json!(10_000);
        let all = ask(&host, &all).hits.len() as u64;
        assert_eq!(total(&host, &query), Total::exact(all), "{query}");
        assert!(0 < all && all < u64::from(POINTS), "{query}");
    }
}

#[test]
fn in_the_order_of_fields_what_a_threshold_leaves_out_hides_nothing_behind_it() {
    let mut host = Host::new(&schema());
    for n in 0..40 {
        let body = if n < 30 { "cat" } else { "cat dog" };
        host.put(
            json!({ "id": format!("p{n:02}"), "vectors": { "v": [1, 0, 0, 0] }, "payload": { "n": n, "body": body } }),
        );
    }
    let query = json!({ "match": ["cat", "dog"], "sort": "n", "scoreThreshold": 0.5, "topK": 3 });
    let found = ask(&host, &query);
    assert_eq!(found.hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["p30", "p31", "p32"]);
}

#[test]
fn a_search_that_was_ended_has_a_bound() {
    let host = published();
    for query in
        [json!({ "match": "river", "sort": "n" }), json!({ "match": "stone delta", "sort": "n", "total": true })]
    {
        let mut query = query;
        query["budget"] = json!(100);
        let found = ask(&host, &query);
        assert!(found.ended.is_some());
        assert_eq!(found.total.relation, Relation::AtLeast, "{query}");
        assert!(found.total.value <= u64::from(POINTS));
    }
}

#[test]
fn disjunctive_facets_count_the_points_of_the_whole_filter() {
    let mut host = published();
    (0..20).for_each(|n| host.put(point(n)));
    let facets = json!({ "kind": { "disjunctive": true } });
    let query = json!({ "match": "river stone", "filter": { "kind": "k1", "n": { "$lt": 1_000 } }, "facets": facets });
    assert_eq!(total(&host, &query), Total::exact(200));
}

fn group_of(answer: &Answer, at: usize) -> (Option<Scalar>, Total, Vec<String>) {
    let group = answer.hits[at].group.clone().unwrap();
    assert!(group.hits.iter().all(|hit| hit.group.is_none()));
    assert_eq!(group.hits[0].payload, answer.hits[at].payload);
    (group.value, group.count, group.hits.into_iter().map(|hit| hit.id).collect())
}

#[test]
fn groups_have_their_first_hits_and_how_many_there_are() {
    let host = published();
    let groups = |field: &str, more: &Value| {
        let mut query = json!({ "filter": {}, "collapse": { "field": field, "hits": 2 }, "topK": 3, "fields": ["n"] });
        more.as_object().unwrap().iter().for_each(|(name, value)| query[name] = value.clone());
        ask(&host, &query)
    };
    let by_kind = groups("kind", &json!({ "sort": "n", "total": true }));
    // The first has no kind, and is for itself.
    assert_eq!(group_of(&by_kind, 0), (None, Total::exact(1), ["p0000".into()].into()));
    let k1 = Scalar::Keyword("k1".into());
    assert_eq!(group_of(&by_kind, 1), (Some(k1), Total::exact(600), ["p0001".into(), "p0009".into()].into()));
    assert_eq!(by_kind.total, Total::exact(3_000), "points are counted, not groups");
    let by_case = groups("city", &json!({ "sort": "n" }));
    let ulm = Scalar::Keyword("ulm".into());
    assert_eq!(group_of(&by_case, 0), (Some(ulm), Total::exact(3_000), ["p0000".into(), "p0001".into()].into()));
    assert_eq!(by_case.hits.len(), 1);
    let open = groups("open", &json!({ "sort": { "n": "desc" } }));
    assert_eq!(group_of(&open, 0).0, Some(Scalar::Boolean(false)));
    let number = groups("n", &json!({ "offset": 7 }));
    assert_eq!(group_of(&number, 0), (Some(Scalar::Number(7.0)), Total::exact(1), ["p0007".into()].into()));
    // Where a page is full before all is counted, there are so many at least, until it is asked for.
    let near = json!({ "vector": [0.5, 0.1, -0.3, 0.2], "exact": true });
    let few = groups("kind", &near);
    assert!(group_of(&few, 0).1.value >= 2);
    let mut all = near;
    all["total"] = json!(true);
    let all = groups("kind", &all);
    assert_eq!(few.hits.iter().map(|h| &h.id).collect::<Vec<_>>(), all.hits.iter().map(|h| &h.id).collect::<Vec<_>>());
    assert!(all.hits.iter().all(|hit| hit.group.as_ref().unwrap().count.is_exact()));
    assert_eq!(all.total, Total::exact(2_700));
}

#[test]
fn few_values_are_seen_without_looking_at_everything() {
    let mut host = Host::new(&schema());
    for n in 0..POINTS {
        let mut point = point(n);
        point["payload"]["kind"] = json!(format!("k{}", n % 2));
        host.put(point);
    }
    host.publish();
    // Two values, of which the first ring has both: no deeper one follows, however many hits are asked for.
    let query = json!({ "vector": [0.5, 0.1, -0.3, 0.2], "collapse": "kind", "topK": 50, "exact": true });
    let found = ask(&host, &query);
    assert_eq!(found.hits.len(), 2);
    assert!(
        found.plan[0].scratch_bytes
            < ask(&host, &json!({ "vector": [0.5, 0.1, -0.3, 0.2], "exact": true, "topK": 2_000 })).plan[0]
                .scratch_bytes
    );
    assert_eq!(found.total, Total::exact(2_700));
}

#[test]
fn groups_that_cannot_be_meant_are_refused() {
    let host = published();
    let code = |query: Value| host.ask(&query).unwrap_err().code();
    let with = |collapse: Value| json!({ "filter": {}, "collapse": collapse });
    assert_eq!(code(with(json!({ "field": "kind", "hits": 0 }))), Code::InvalidQuery);
    assert_eq!(code(with(json!({ "field": "kind", "hits": 11 }))), Code::InvalidQuery);
    assert_eq!(code(with(json!({ "hits": 2 }))), Code::InvalidQuery);
    assert_eq!(code(with(json!({ "field": "kind", "size": 2 }))), Code::InvalidQuery);
    assert_eq!(code(with(json!(["kind"]))), Code::InvalidQuery);
    assert_eq!(code(with(json!({ "field": "nope" }))), Code::UnknownField);
    let mut many = with(json!({ "field": "kind" }));
    many["topK"] = json!(3_334);
    assert_eq!(code(many), Code::LimitExceeded);
}
