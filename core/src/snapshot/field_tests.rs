//! Declared fields of several values, ids and words in filters, over segments and unpublished points.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::test_host::Host;
use crate::casefold::folded;
use crate::error::Code;
use crate::model::GeoPoint;

fn schema() -> Value {
    json!({
        "text": { "body": { "language": "en" }, "note": {}, "stops": { "language": "en", "stopWords": true } },
        "fields": { "at": "geo", "city": { "type": "keyword", "ignoreCase": true }, "parts.size": "integer", "note": "keyword" },
    })
}

#[derive(Debug, Clone)]
struct Row {
    city: Vec<String>,
    sizes: Vec<i8>,
    at: Vec<(i8, i8)>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        prop::collection::vec("[aAbBß]", 0..4),
        prop::collection::vec(-4i8..5, 0..4),
        prop::collection::vec((-9i8..9, -9i8..9), 0..3),
    );
    prop::collection::vec(row.prop_map(|(city, sizes, at)| Row { city, sizes, at }), 1..60)
}

impl Row {
    fn payload(&self) -> Value {
        let at: Vec<Value> = self.at.iter().map(|(lat, lon)| json!({ "lat": lat, "lon": lon })).collect();
        let parts: Vec<Value> = self.sizes.iter().map(|size| json!({ "size": size })).collect();
        json!({ "city": self.city, "parts": parts, "at": at })
    }

    /// What decides the order, as a text or a number; none where there is none.
    fn key(&self, field: &str, descending: bool) -> Option<(String, f64)> {
        let near = GeoPoint::new(1.0, 2.0).unwrap();
        let meters = |&(lat, lon): &(i8, i8)| near.meters_to(GeoPoint::new(lat.into(), lon.into()).unwrap());
        match field {
            "at" => self.at.iter().map(meters).reduce(f64::min).map(|nearest| (String::new(), nearest)),
            "city" => {
                let mut all: Vec<String> = self.city.iter().map(|city| folded(city).into_owned()).collect();
                all.sort();
                if descending { all.pop() } else { all.into_iter().next() }.map(|city| (city, 0.0))
            }
            _ => {
                let pick = if descending { self.sizes.iter().max() } else { self.sizes.iter().min() };
                pick.map(|&size| (String::new(), size.into()))
            }
        }
    }

    fn compare(&self, other: &Self, field: &str, descending: bool) -> Ordering {
        match (self.key(field, descending), other.key(field, descending)) {
            (Some(a), Some(b)) => {
                let order = a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
                if descending { order.reverse() } else { order }
            }
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
}

fn filled(rows: &[Row], cut: usize) -> Host {
    let mut host = Host::new(&schema());
    for (n, row) in rows.iter().enumerate() {
        host.put(json!({ "id": format!("p{n:02}"), "payload": row.payload() }));
        if n == cut || n == cut / 2 {
            host.publish();
        }
    }
    host
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Of several values the least counts upwards and the greatest downwards; of places the nearest, in both
    /// directions.
    #[test]
    fn any_order_is_that_of_sorting_all(
        rows in rows(), by in prop::collection::vec((0usize..3, any::<bool>()), 1..4), cut in 0usize..60,
    ) {
        let host = filled(&rows, cut);
        let by: Vec<(&str, bool)> =
            by.into_iter().map(|(field, descending)| (["parts.size", "city", "at"][field], descending)).collect();
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
        let expected: Vec<String> = order.into_iter().map(|n| format!("p{n:02}")).collect();
        prop_assert_eq!(host.ids(&json!({ "sort": sort, "topK": 99 })), expected);
    }

    #[test]
    fn one_hit_stays_of_each_least_value(rows in rows(), by_city in any::<bool>(), cut in 0usize..60) {
        let host = filled(&rows, cut);
        let field = if by_city { "city" } else { "parts.size" };
        let mut seen = Vec::new();
        let mut expected = Vec::new();
        for (n, row) in rows.iter().enumerate() {
            let key = row.key(field, false);
            if key.is_none() || !seen.contains(&key) {
                expected.push(format!("p{n:02}"));
            }
            seen.push(key);
        }
        prop_assert_eq!(host.ids(&json!({ "filter": {}, "collapse": field, "topK": 99 })), expected);
    }

    /// Ids in filters, alone and beside others, whether points are published, changed or deleted.
    #[test]
    fn ids_are_fields_of_filters(
        ids in prop::collection::vec("[ab]{1,3}", 1..40), wanted in prop::collection::vec("[ab]{0,3}", 0..4), cut in 0usize..40, gone in 0usize..40,
    ) {
        let mut host = Host::new(&schema());
        let mut truth = BTreeSet::new();
        for (n, id) in ids.iter().enumerate() {
            host.put(json!({ "id": id, "payload": { "parts": { "size": n % 3 } } }));
            truth.insert(id.clone());
            if n == cut {
                host.publish();
            }
            if n == gone {
                host.delete(&ids[n / 2]);
                truth.remove(&ids[n / 2]);
            }
        }
        let found = |filter: Value| host.ids(&json!({ "filter": filter, "topK": 99 }));
        let all = |test: &dyn Fn(&String) -> bool| truth.iter().filter(|id| test(id)).cloned().collect::<Vec<_>>();
        let first = wanted.first().cloned().unwrap_or_default();
        prop_assert_eq!(found(json!({ "$id": first })), all(&|id| *id == first));
        prop_assert_eq!(found(json!({ "$id": { "$in": wanted } })), all(&|id| wanted.contains(id)));
        prop_assert_eq!(found(json!({ "$id": { "$nin": wanted } })), all(&|id| !wanted.contains(id)));
        prop_assert_eq!(found(json!({ "$id": { "$prefix": first } })), all(&|id| id.starts_with(&first)));
        let either = json!({ "$or": [{ "$id": first }, { "$not": { "$id": { "$in": wanted } } }] });
        prop_assert_eq!(found(either), all(&|id| *id == first || !wanted.contains(id)));
        let both = json!({ "$id": { "$in": wanted }, "parts.size": { "$lt": 9 } });
        prop_assert_eq!(found(both), all(&|id| wanted.contains(id)));
    }
}

/// All of the words, by their stems, in one field; a filter ranks nothing.
#[test]
fn a_filter_asks_a_text_for_words() {
    let texts = [
        json!({ "body": "Wild cats are running" }),
        json!({ "body": ["a wild dog", "the CAT"] }),
        json!({ "body": "wildlife, but no feline" }),
        json!({ "body": "東京都 and the café", "stops": "the cat and the dog" }),
        json!({ "note": "wild cat" }),
    ];
    for published in 0..texts.len() {
        let mut host = Host::new(&schema());
        for (n, payload) in texts.iter().enumerate() {
            host.put(json!({ "id": n.to_string(), "payload": payload }));
            if n == published {
                host.publish();
            }
        }
        let found = |filter: Value| host.ids(&json!({ "filter": filter })).join(" ");
        let body = |text: &str| found(json!({ "body": { "$contains": text } }));
        assert_eq!(body("wild cat"), "0 1");
        assert_eq!(body("CATS  wild, cat"), "0 1");
        assert_eq!(body("runs"), "0");
        assert_eq!((body("wil"), body("cafe"), body("Café")), (String::new(), "3".into(), "3".into()));
        assert_eq!(
            (body("東京"), body("東"), body("京"), body("都"), body("北")),
            ("3".into(), "3".into(), "3".into(), "3".into(), String::new())
        );
        assert_eq!((body(""), body("?!")), (String::new(), String::new()), "no words are in no text");
        assert_eq!(found(json!({ "$not": { "body": { "$contains": "wild" } } })), "2 3 4");
        assert_eq!(found(json!({ "body": { "$contains": "wild" }, "$id": { "$ne": "0" } })), "1");
        assert_eq!(found(json!({ "stops": { "$contains": "cat the" } })), "3");
        // Declared as a keyword too, it is asked letter by letter.
        assert_eq!(found(json!({ "note": { "$contains": "ild c" } })), "4");
        let facets =
            host.ask(&json!({ "filter": { "body": { "$contains": "wild" } }, "facets": ["parts.size"] })).unwrap();
        assert_eq!(facets.facets.unwrap()["parts.size"].missing, 2);
    }
    let host = Host::new(&schema());
    for condition in [json!("wild"), json!({ "$prefix": "wild" }), json!({ "$exists": true }), json!({ "$gt": 1 })] {
        let error = host.ask(&json!({ "filter": { "body": condition } })).unwrap_err();
        assert_eq!(error.code(), Code::UnknownField);
        assert!(error.message().contains("which words it has"), "{error}");
    }
}

/// What a list of many words asks is what each of them asks.
#[test]
fn lists_of_many_blocks_are_filtered_by() {
    let mut host = Host::new(&schema());
    for n in 0..700u32 {
        let words = [(2, "two"), (3, "three"), (7, "seven")].into_iter().filter(|(by, _)| n % by == 0).map(|w| w.1);
        host.put(json!({ "id": format!("p{n:03}"), "payload": { "body": words.collect::<Vec<_>>().join(" ") } }));
    }
    host.publish();
    for (text, by) in [("two", 2), ("three two", 6), ("seven three two", 42)] {
        let expected: Vec<String> = (0..700u32).filter(|n| n % by == 0).map(|n| format!("p{n:03}")).collect();
        let query = json!({ "filter": { "body": { "$contains": text } }, "topK": 999 });
        assert_eq!(host.ids(&query), expected, "{text}");
        let plan = &host.ask(&query).unwrap().plan[0];
        assert_eq!((plan.matches, plan.expected), (expected.len() as u32, expected.len() as u32));
    }
    assert_eq!(vec![host.ids(&json!({ "filter": { "body": { "$contains": "four" } } }))], [Vec::<String>::new()]);
}
