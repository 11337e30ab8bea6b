//! Facets beside the definition: counted from the payloads of all points that are there.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::test_host::Host;
use crate::casefold::folded;
use crate::error::Code;
use crate::model::datetime;

fn schema() -> Value {
    json!({
        "text": { "body": {} },
        "fields": {
            "at": "geo", "city": { "type": "keyword", "ignoreCase": true }, "kind": "keyword", "n": "integer",
            "open": "boolean", "parts.size": "float", "when": "datetime",
        },
    })
}

fn facet(host: &Host, query: Value) -> Value {
    let field = query["facets"].as_object().unwrap().keys().next().unwrap().clone();
    serde_json::to_value(&host.ask(&query).unwrap().facets.unwrap()[field.as_str()]).unwrap()
}

fn host(payloads: &[Value]) -> Host {
    let mut host = Host::new(&schema());
    for (n, payload) in payloads.iter().enumerate() {
        host.put(json!({ "id": format!("p{n}"), "payload": payload }));
        if n == payloads.len() / 2 {
            host.publish();
        }
    }
    host
}

#[test]
fn values_are_searched_whatever_their_case_and_come_in_an_order() {
    let payloads: Vec<Value> = ["Berlin", "BERLIN", "berlin", "Bern", "Bremen", "München", "Oberbergen", "München"]
        .iter()
        .map(|city| json!({ "city": city, "kind": [city, city.to_uppercase()] }))
        .collect();
    let host = host(&payloads);
    let values = |field: &str, options: Value| -> Vec<(String, u64)> {
        let told = facet(&host, json!({ "facets": { field: options } }));
        let pair = |v: &Value| (v["value"].as_str().unwrap().to_string(), v["count"].as_u64().unwrap());
        told["values"].as_array().unwrap().iter().map(pair).collect()
    };
    let of = |list: &[(&str, u64)]| list.iter().map(|(name, count)| (name.to_string(), *count)).collect::<Vec<_>>();
    assert_eq!(
        values("city", json!({ "top": 2 })),
        of(&[("BERLIN", 3), ("München", 2)]),
        "the first spelling by bytes"
    );
    assert_eq!(values("city", json!({ "top": 2, "order": "value" })), of(&[("BERLIN", 3), ("Bern", 1)]));
    assert_eq!(values("city", json!({ "prefix": "bER" })), of(&[("BERLIN", 3), ("Bern", 1)]));
    assert_eq!(values("city", json!({ "contains": "BERG" })), of(&[("Oberbergen", 1)]));
    assert_eq!(values("city", json!({ "contains": "u\u{308}n" })), of(&[("München", 2)]));
    assert_eq!(values("city", json!({ "prefix": "b", "contains": "ME" })), of(&[("Bremen", 1)]));
    let kinds = of(&[("BERLIN", 3), ("BERN", 1), ("Berlin", 1), ("Bern", 1), ("berlin", 1)]);
    assert_eq!(
        values("kind", json!({ "prefix": "ber", "order": "value" })),
        kinds,
        "where case counts, only the search ignores it"
    );
    assert!(values("city", json!({ "top": 0 })).is_empty());
    // What is filtered out lends no spelling.
    let found =
        facet(&host, json!({ "filter": { "kind": { "$in": ["Berlin", "berlin"] } }, "facets": { "city": {} } }));
    assert_eq!(found["values"], json!([{ "value": "Berlin", "count": 2 }]));
}

#[test]
fn numbers_tell_what_they_come_to() {
    let host = host(&[
        json!({ "n": 3, "parts": [{ "size": 0.5 }, { "size": 0.25 }, { "size": 0.5 }] }),
        json!({ "n": [1, 9], "when": "2026-05-02" }),
        json!({ "n": null, "when": ["2026-05-01", "2026-05-04T12:00:00Z"] }),
        json!({ "n": -2 }),
    ]);
    let stats = |field: &str| facet(&host, json!({ "facets": { field: { "stats": true, "top": 1 } } }));
    let told = stats("n");
    assert_eq!(told["stats"], json!({ "count": 4, "min": -2.0, "max": 9.0, "sum": 11.0, "mean": 2.75 }));
    assert_eq!((&told["missing"], told["values"].as_array().unwrap().len()), (&json!(1), 1));
    assert_eq!(
        stats("parts.size")["stats"],
        json!({ "count": 2, "min": 0.25, "max": 0.5, "sum": 0.75, "mean": 0.375 })
    );
    let day = |text: &str| datetime::parse(text).unwrap();
    let when = &stats("when")["stats"];
    assert_eq!(
        (when["min"].as_f64(), when["max"].as_f64()),
        (Some(day("2026-05-01")), Some(day("2026-05-04T12:00:00Z")))
    );
    let none = facet(&host, json!({ "filter": { "n": 77 }, "facets": { "n": { "stats": true } } }));
    assert_eq!(none["stats"], json!({ "count": 0, "sum": 0.0 }));
}

#[test]
fn numbers_and_times_are_counted_by_steps() {
    let host = host(&[
        json!({ "n": [1, 2, 15], "when": "2026-01-31T23:59:59Z" }),
        json!({ "n": 9, "when": ["2026-02-01", "2026-02-28"] }),
        json!({ "n": -1, "when": "2027-02-01" }),
        json!({ "n": 9, "when": null }),
    ]);
    let buckets = |field: &str, histogram: Value| -> Vec<(f64, u64)> {
        let told = facet(&host, json!({ "facets": { field: { "histogram": histogram } } }));
        assert_eq!(told["values"], json!([]));
        let pair = |v: &Value| (v["from"].as_f64().unwrap(), v["count"].as_u64().unwrap());
        told["histogram"].as_array().unwrap().iter().map(pair).collect()
    };
    assert_eq!(buckets("n", json!({ "interval": 10 })), [(-10.0, 1), (0.0, 3), (10.0, 1)]);
    assert_eq!(buckets("n", json!({ "interval": 10, "offset": 5 })), [(-5.0, 2), (5.0, 2), (15.0, 1)]);
    let ms = |day: &str| datetime::parse(day).unwrap();
    assert_eq!(
        buckets("when", json!({ "interval": "month" })),
        [(ms("2026-01-01"), 1), (ms("2026-02-01"), 1), (ms("2027-02-01"), 1)]
    );
    assert_eq!(buckets("when", json!({ "interval": "year" })), [(ms("2026-01-01"), 2), (ms("2027-01-01"), 1)]);
    assert_eq!(buckets("when", json!({ "interval": "day" })).len(), 4);
    assert_eq!(buckets("when", json!({ "interval": 86_400_000 })), buckets("when", json!({ "interval": "day" })));
}

#[test]
fn what_cannot_be_counted_so_is_refused() {
    let host = host(&[json!({ "n": 1 })]);
    let refusal = |facets: Value| host.ask(&json!({ "facets": facets })).unwrap_err();
    for (facets, code, words) in [
        (json!({ "kind": { "stats": true } }), Code::TypeMismatch, "no \"ranges\", \"histogram\" or \"stats\""),
        (json!({ "open": { "histogram": { "interval": 1 } } }), Code::TypeMismatch, "no \"ranges\""),
        (json!({ "n": { "prefix": "1" } }), Code::TypeMismatch, "search among keywords"),
        (json!({ "open": { "contains": "t" } }), Code::TypeMismatch, "search among keywords"),
        (json!({ "n": { "histogram": { "interval": "day" } } }), Code::TypeMismatch, "of datetimes"),
        (json!({ "at": {} }), Code::TypeMismatch, "places are not counted"),
        (json!({ "n": { "histogram": { "interval": 0 } } }), Code::InvalidQuery, "above 0"),
        (json!({ "n": { "histogram": { "interval": "week" } } }), Code::InvalidQuery, "\"day\""),
        (json!({ "n": { "histogram": {} } }), Code::InvalidQuery, "\"interval\" is missing"),
        (json!({ "n": { "histogram": [10] } }), Code::InvalidQuery, "an object"),
        (json!({ "n": { "order": "desc" } }), Code::InvalidQuery, "\"count\", \"value\""),
        (json!({ "kind": { "prefix": "x".repeat(2000) } }), Code::LimitExceeded, "1024 bytes"),
        (json!({ "nope": { "disjunctive": true } }), Code::UnknownField, "nope"),
    ] {
        let error = refusal(facets.clone());
        assert_eq!(error.code(), code, "{facets}");
        assert!(error.message().contains(words), "{facets}: {error}");
    }
    let many = self::host(&(0..10_001).map(|n| json!({ "n": n })).collect::<Vec<_>>());
    let fine = json!({ "facets": { "n": { "histogram": { "interval": 1 } } } });
    let error = many.ask(&fine).unwrap_err();
    assert_eq!(error.code(), Code::LimitExceeded);
    assert!(error.message().contains("at most 10000 buckets, this one 10001"), "{error}");
    let mut fewer = fine;
    fewer["filter"] = json!({ "n": { "$gt": 0 } });
    assert_eq!(facet(&many, fewer)["histogram"].as_array().unwrap().len(), 10_000);
}

/// Which conditions a disjunctive facet leaves out, by example.
#[test]
fn a_disjunctive_facet_leaves_its_own_conditions_out() {
    let host = host(&[
        json!({ "kind": "a", "n": 1, "open": true }),
        json!({ "kind": "b", "n": 1, "open": false }),
        json!({ "kind": "b", "n": 2, "open": true }),
        json!({ "kind": "c", "n": 2, "open": true }),
    ]);
    let counts = |filter: Value| -> Vec<(String, u64)> {
        let told =
            facet(&host, json!({ "filter": filter, "facets": { "kind": { "disjunctive": true, "order": "value" } } }));
        let pair = |v: &Value| (v["value"].as_str().unwrap().to_string(), v["count"].as_u64().unwrap());
        told["values"].as_array().unwrap().iter().map(pair).collect()
    };
    let of = |list: &[(&str, u64)]| list.iter().map(|(name, count)| (name.to_string(), *count)).collect::<Vec<_>>();
    let (all, open) = (of(&[("a", 1), ("b", 2), ("c", 1)]), of(&[("a", 1), ("b", 1), ("c", 1)]));
    for filter in [
        json!({ "kind": "a" }),
        json!({ "kind": { "$in": ["a"] } }),
        json!({ "kind": { "$prefix": "a", "$ne": "b" } }),
        json!({ "$and": [{ "kind": "a" }, { "$and": [{ "kind": { "$exists": true } }] }] }),
        json!({ "$not": { "kind": "a" } }),
        json!({ "$or": [{ "kind": "a" }, { "kind": "c" }] }),
    ] {
        assert_eq!(counts(filter.clone()), all, "{filter}");
        assert_eq!(counts(json!({ "open": true, "$and": [filter.clone()] })), open, "{filter}");
    }
    // What asks about something else as well stays.
    assert_eq!(counts(json!({ "$or": [{ "kind": "a" }, { "n": 2 }] })), of(&[("a", 1), ("b", 1), ("c", 1)]));
    assert_eq!(counts(json!({ "$not": { "kind": "a", "n": 1 } })), of(&[("b", 2), ("c", 1)]));
    // Hits and other facets are those of the whole filter.
    let facets = json!({ "kind": { "disjunctive": true }, "n": {}, "open": { "disjunctive": true } });
    let query = json!({ "filter": { "kind": "a", "open": true }, "facets": facets });
    let answer = host.ask(&query).unwrap();
    assert_eq!(answer.hits.len(), 1);
    let told = serde_json::to_value(answer.facets.unwrap()).unwrap();
    assert_eq!(told["n"]["values"], json!([{ "value": 1.0, "count": 1 }]));
    assert_eq!(told["kind"]["values"].as_array().unwrap().len(), 3);
    assert_eq!(told["open"]["values"], json!([{ "value": true, "count": 1 }]));
}

/// The values of a field as the definition has them: lists taken apart, each once; keywords with what they are
/// compared by.
fn values(payload: &Value, path: &str) -> BTreeMap<String, Value> {
    fn items<'v>(value: &'v Value, path: &str, found: &mut Vec<&'v Value>) {
        match (value, path.split_once('.').unwrap_or((path, ""))) {
            (Value::Array(list), _) => list.iter().for_each(|item| items(item, path, found)),
            (Value::Null, _) => {}
            (value, ("", _)) => found.push(value),
            (value, (key, rest)) => value.get(key).into_iter().for_each(|inner| items(inner, rest, found)),
        }
    }
    let (mut found, mut all) = (Vec::new(), BTreeMap::new());
    items(payload, path, &mut found);
    for value in found {
        let (key, value) = match (value, path) {
            (Value::String(text), "city") => (folded(text).into_owned(), value.clone()),
            (Value::String(text), "when") => number(datetime::parse(text).unwrap()),
            (Value::String(text), _) => (text.clone(), value.clone()),
            (Value::Number(n), _) => number(n.as_f64().unwrap()),
            (value, _) => (value.to_string(), value.clone()),
        };
        let held = all.entry(key).or_insert_with(|| value.clone());
        if value.as_str().zip(held.as_str()).is_some_and(|(new, old)| new < old) {
            *held = value;
        }
    }
    all
}

/// A key that ascends with the number.
fn number(n: f64) -> (String, Value) {
    (format!("{:030.6}", n + 1e13), json!(n))
}

/// Counts as they are told, of all of these payloads.
fn expected(payloads: &[&Value], field: &str, options: &Value) -> Value {
    let mut counts: BTreeMap<String, (Value, u64)> = BTreeMap::new();
    let (mut missing, mut all) = (0, Vec::new());
    let interval = options["histogram"]["interval"].as_f64();
    let mut ranges = vec![0; options["ranges"].as_array().map_or(0, Vec::len)];
    for payload in payloads {
        let here = values(payload, field);
        missing += u64::from(here.is_empty());
        let numbers: Vec<f64> = here.values().filter_map(Value::as_f64).collect();
        all.extend(numbers.iter().copied());
        for (range, count) in options["ranges"].as_array().into_iter().flatten().zip(&mut ranges) {
            let (low, high) = (range["gte"].as_f64(), range["lt"].as_f64());
            *count += u64::from(numbers.iter().any(|&n| low.is_none_or(|l| n >= l) && high.is_none_or(|h| n < h)));
        }
        let counted: BTreeMap<String, Value> = match interval {
            Some(step) => numbers.iter().map(|n| number((n / step).floor() * step)).collect(),
            None => here,
        };
        for (key, value) in counted {
            let (held, count) = counts.entry(key).or_insert_with(|| (value.clone(), 0));
            *count += 1;
            if value.as_str().zip(held.as_str()).is_some_and(|(new, old)| new < old) {
                *held = value;
            }
        }
    }
    let pair = |name: &str, (value, count): (Value, u64)| json!({ name: value, "count": count });
    let mut told = json!({ "values": [], "ranges": ranges, "missing": missing });
    if interval.is_some() {
        told["histogram"] = counts.into_values().map(|counted| pair("from", counted)).collect();
    } else if options["ranges"].is_null() {
        let prefix = options["prefix"].as_str().map(str::to_lowercase);
        counts.retain(|key, _| prefix.as_ref().is_none_or(|prefix| folded(key).starts_with(prefix)));
        let mut list: Vec<(Value, u64)> = counts.into_values().collect();
        if options["order"] != "value" {
            list.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
        }
        list.truncate(options["top"].as_u64().unwrap_or(10) as usize);
        told["values"] = list.into_iter().map(|counted| pair("value", counted)).collect();
    }
    if options["stats"] == true {
        let (least, most) = (all.iter().copied().reduce(f64::min), all.iter().copied().reduce(f64::max));
        // Quarters, so any order of adding is exact.
        let sum: f64 = all.iter().sum();
        told["stats"] = json!({ "count": all.len(), "sum": sum + 0.0 });
        if !all.is_empty() {
            told["stats"]["min"] = json!(least);
            told["stats"]["max"] = json!(most);
            told["stats"]["mean"] = json!(sum / all.len() as f64 + 0.0);
        }
    }
    told
}

/// The fields that a filter asks about.
fn fields_of(filter: &Value) -> BTreeSet<String> {
    let each = |(key, value): (&String, &Value)| match key.as_str() {
        "$and" | "$or" => value.as_array().unwrap().iter().flat_map(fields_of).collect(),
        "$not" => fields_of(value),
        name => BTreeSet::from([name.to_string()]),
    };
    filter.as_object().unwrap().iter().flat_map(each).collect()
}

/// The filter without the conditions on a field that all have to hold.
fn without(filter: &Value, field: &str) -> Value {
    let only = BTreeSet::from([field.to_string()]);
    let mut left = serde_json::Map::new();
    for (key, value) in filter.as_object().unwrap() {
        let member = json!({ key: value });
        if key == "$and" {
            left.insert(key.clone(), value.as_array().unwrap().iter().map(|inner| without(inner, field)).collect());
        } else if fields_of(&member) != only {
            left.insert(key.clone(), value.clone());
        }
    }
    Value::Object(left)
}

/// Whether a payload passes: of the few operators that these filters have.
fn holds(filter: &Value, payload: &Value) -> bool {
    filter.as_object().unwrap().iter().all(|(key, value)| match (key.as_str(), value) {
        ("$and", list) => list.as_array().unwrap().iter().all(|inner| holds(inner, payload)),
        ("$or", list) => list.as_array().unwrap().iter().any(|inner| holds(inner, payload)),
        ("$not", inner) => !holds(inner, payload),
        (field, Value::Object(bounds)) => {
            values(payload, field).values().any(|v| v.as_f64().unwrap() >= bounds["$gte"].as_f64().unwrap())
        }
        (field, wanted) => {
            let (wanted, held) =
                (json!({ "city": wanted, "n": wanted, "kind": wanted, "open": wanted }), values(payload, field));
            values(&wanted, field).keys().all(|key| held.contains_key(key))
        }
    })
}

fn lists(one: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        4 => one.clone(),
        1 => prop::collection::vec(prop_oneof![5 => one, 1 => Just(Value::Null)], 0..4).prop_map(Value::from),
    ]
}

fn payloads() -> impl Strategy<Value = Vec<Value>> {
    let quarter = (-40i32..40).prop_map(|n| json!(f64::from(n) / 4.0)).boxed();
    let point = (
        lists("[ab]{1,2}".prop_map(Value::from)),
        lists("[aAbBé]{1,2}".prop_map(Value::from)),
        lists((-9i32..9).prop_map(Value::from)),
        prop::option::of(any::<bool>()).prop_map(Value::from),
        prop::collection::vec(lists(quarter), 0..3),
        lists((1u8..28, 1u8..13).prop_map(|(day, month)| json!(format!("2026-{month:02}-{day:02}")))),
    );
    let point = point.prop_map(|(kind, city, n, open, sizes, when)| {
        let parts: Vec<Value> = sizes.into_iter().map(|size| json!({ "size": size })).collect();
        json!({ "kind": kind, "city": city, "n": n, "open": open, "parts": parts, "when": when, "body": "wild cat" })
    });
    prop::collection::vec(point, 1..50)
}

fn filters() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[ab]{1,2}".prop_map(|s| json!({ "kind": s })),
        "[aAbB]".prop_map(|s| json!({ "city": s })),
        (-9i32..9).prop_map(|n| json!({ "n": { "$gte": n } })),
        any::<bool>().prop_map(|open| json!({ "open": open })),
        (-9i32..9, "[ab]").prop_map(|(n, kind)| json!({ "n": n, "kind": kind })),
        Just(json!({})),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..3).prop_map(|l| json!({ "$and": l })),
            1 => prop::collection::vec(inner.clone(), 1..3).prop_map(|l| json!({ "$or": l })),
            1 => inner.clone().prop_map(|f| json!({ "$not": f })),
            1 => (inner, "[ab]").prop_map(|(f, kind)| json!({ "$and": [f], "kind": kind })),
        ]
    })
}

fn facets() -> impl Strategy<Value = (&'static str, Value)> {
    let common = (any::<bool>(), any::<bool>(), 0u32..12);
    let of_numbers = (0usize..4, any::<bool>());
    ((0usize..7), common, of_numbers).prop_map(|(field, (by_value, disjunctive, top), (what, stats))| {
        let field = ["kind", "city", "open", "n", "parts.size", "when", "n"][field];
        let mut options = json!({ "top": top, "disjunctive": disjunctive });
        if by_value {
            options["order"] = json!("value");
        }
        match (field, what) {
            ("kind" | "city", 0) => options["prefix"] = json!("A"),
            ("kind" | "city" | "open", _) => {}
            (_, 0) => options["histogram"] = json!({ "interval": 2.5 }),
            (_, 1) => options["ranges"] = json!([{ "lt": 0 }, { "gte": -1, "lt": 3.5 }, {}]),
            _ => {}
        }
        if stats && !["kind", "city", "open"].contains(&field) {
            options["stats"] = json!(true);
        }
        (field, options)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    /// Over several segments, deleted and unpublished points, whatever the filter.
    #[test]
    fn facets_are_those_of_counting_payloads(
        given in payloads(), wanted in filters(), asked in prop::collection::vec(facets(), 1..5), cuts in (0usize..50, 0usize..50),
        words in any::<bool>(), gone in 0usize..50,
    ) {
        let mut host = Host::new(&schema());
        let mut truth: BTreeMap<usize, &Value> = BTreeMap::new();
        for (n, payload) in given.iter().enumerate() {
            host.put(json!({ "id": format!("p{n}"), "payload": payload }));
            truth.insert(n, payload);
            if n == cuts.0 || n == cuts.1 {
                host.publish();
            }
            if n == gone {
                host.delete(&format!("p{}", n / 2));
                truth.remove(&(n / 2));
            }
        }
        let facets: serde_json::Map<String, Value> = asked.into_iter().map(|(field, facet)| (field.into(), facet)).collect();
        let mut query = json!({ "filter": wanted, "facets": facets });
        if words {
            query["match"] = json!("cat");
        }
        let told = serde_json::to_value(host.ask(&query).unwrap().facets.unwrap()).unwrap();
        for (field, options) in &facets {
            let filter = if options["disjunctive"] == true { without(&wanted, field) } else { wanted.clone() };
            let counted: Vec<&Value> = truth.values().copied().filter(|payload| holds(&filter, payload)).collect();
            prop_assert_eq!(&told[field], &expected(&counted, field, options), "{} {}", field, options);
        }
    }
}

#[test]
fn a_filter_without_conditions_asks_about_no_field() {
    let mut host = Host::new(&schema());
    host.put(json!({ "id": "closed", "payload": { "open": false } }));
    host.put(json!({ "id": "open", "payload": { "open": true } }));
    let filter = json!({ "$or": [{ "open": false }, { "$not": {} }] });
    let query = json!({ "filter": filter, "facets": { "open": { "disjunctive": true } } });
    let facets = host.ask(&query).unwrap().facets.unwrap();
    assert_eq!(serde_json::to_value(facets).unwrap()["open"]["values"].as_array().unwrap().len(), 2);
}
