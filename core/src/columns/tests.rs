//! What fields take and filters ask, by example. `twin_tests` compares columns with the definition.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::error::Code;
use crate::model::{FieldType, Filter, FilterField, Payload, Schema};

pub(super) fn schema() -> Schema {
    let fields: [(&str, FilterField); 8] = [
        ("at", FieldType::Geo.into()),
        ("city", FilterField { kind: FieldType::Keyword, ignore_case: true }),
        ("count", FieldType::Integer.into()),
        ("kind", FieldType::Keyword.into()),
        ("open", FieldType::Boolean.into()),
        ("parts.size", FieldType::Integer.into()),
        ("weight", FieldType::Float.into()),
        ("when", FieldType::Datetime.into()),
    ];
    Schema { fields: fields.into_iter().map(|(n, k)| (n.to_string(), k)).collect(), ..Schema::default() }
}

pub(super) fn payload(value: &Value) -> Payload {
    value.as_object().unwrap().clone()
}

/// Whether a point that stands in no segment passes.
fn passes(filter: Value, payload: &Payload) -> bool {
    let filter = CheckedFilter::new(&Filter::from_value(&filter).unwrap(), &schema()).unwrap();
    filter.passes(Unpublished { id: "x", payload, texts: &[] }).unwrap()
}

fn code(value: Value) -> Code {
    Filter::from_value(&value).and_then(|f| CheckedFilter::new(&f, &schema())).unwrap_err().code()
}

#[test]
fn filters_that_cannot_be_meant_are_refused_by_code() {
    assert_eq!(code(json!({"color": "red"})), Code::UnknownField);
    assert_eq!(code(json!({"kind": 3})), Code::TypeMismatch);
    assert_eq!(code(json!({"count": "three"})), Code::TypeMismatch);
    assert_eq!(code(json!({"kind": {"$gt": 3}})), Code::TypeMismatch);
    assert_eq!(code(json!({"count": {"$near": 3}})), Code::InvalidFilter);
    assert_eq!(code(json!({"count": true})), Code::TypeMismatch);
    assert_eq!(code(json!({"count": {"$prefix": "a"}})), Code::TypeMismatch);
    assert_eq!(code(json!({"count": {"$gt": "2026-01-01"}})), Code::TypeMismatch);
    assert_eq!(code(json!({"open": "true"})), Code::TypeMismatch);
    assert_eq!(code(json!({"when": "yesterday"})), Code::TypeMismatch);
    assert_eq!(code(json!({"when": {"$gt": "yesterday"}})), Code::InvalidFilter);
    assert_eq!(code(json!({"at": "Berlin"})), Code::TypeMismatch);
    assert_eq!(code(json!({"kind": {"$geoRadius": {"lat": 0, "lon": 0, "radius": 1}}})), Code::TypeMismatch);
    assert_eq!(code(json!({"at": {"$geoRadius": {"lat": 91, "lon": 0, "radius": 1}}})), Code::InvalidFilter);
    assert_eq!(code(json!({"at": {"$geoRadius": {"lat": 1, "lon": 0, "radius": -1}}})), Code::InvalidFilter);
    assert_eq!(code(json!({"at": {"$geoRadius": {"lat": 1, "lon": 0}}})), Code::InvalidFilter);
    let upside_down = json!({"topLeft": {"lat": 0, "lon": 0}, "bottomRight": {"lat": 1, "lon": 1}});
    assert_eq!(code(json!({"at": {"$geoBox": upside_down}})), Code::InvalidFilter);
    assert_eq!(code(json!({"kind": {"$contains": "x".repeat(2000)}})), Code::InvalidFilter);
    assert_eq!(code(json!({"count": {}})), Code::InvalidFilter);
    assert_eq!(code(json!({"$xor": []})), Code::InvalidFilter);
    assert_eq!(code(json!({"count": null})), Code::InvalidFilter);
    assert_eq!(code(json!([])), Code::InvalidFilter);
    assert_eq!(code(json!({"$id": 3})), Code::InvalidFilter);
    assert_eq!(code(json!({"$id": {"$gt": "a"}})), Code::InvalidFilter);
    assert_eq!(code(json!({"$id": {"$in": "a"}})), Code::InvalidFilter);
    assert_eq!(code(json!({"$id": {}})), Code::InvalidFilter);
    assert_eq!(
        code(json!({"$id": {"$in": (0..2000).map(|n| n.to_string()).collect::<Vec<_>>()}})),
        Code::LimitExceeded
    );
    assert_eq!(code(json!({"open": {"$prefix": "t"}})), Code::TypeMismatch);
    let deep = (0..40).fold(json!({}), |inner, _| json!({ "$not": inner }));
    assert_eq!(code(deep), Code::LimitExceeded);
    assert_eq!(code(json!({"count": {"$in": (0..2000).collect::<Vec<i32>>()}})), Code::LimitExceeded);
}

#[test]
fn a_misspelt_operator_is_answered_with_the_nearest() {
    let error = Filter::from_value(&json!({"count": {"$gtee": 3}})).unwrap_err();
    assert!(error.message().contains("did you mean \"$gte\"?"), "{error}");
}

fn extracted(value: &Payload, name: &str) -> crate::error::Result<FieldValue<'static>> {
    let (_, field) = schema().field(name).unwrap();
    let owned = match FieldValue::extract(value, name, field)? {
        FieldValue::Missing => FieldValue::Missing,
        FieldValue::Numbers(numbers) => FieldValue::Numbers(numbers),
        FieldValue::Places(places) => FieldValue::Places(places),
        FieldValue::Keywords(keywords) => FieldValue::Keywords(
            keywords.into_iter().map(|k| Keyword::new(k.text.into_owned().into(), field.ignore_case)).collect(),
        ),
    };
    Ok(owned)
}

#[test]
fn values_that_a_field_does_not_take_are_refused() {
    let place = r#"a place such as {"lat": 52.5, "lon": 13.4}"#;
    for (name, value, wanted) in [
        ("count", json!("x"), "expected a whole number within ±2^53, found the text \"x\""),
        ("count", json!([1, [2]]), "expected a whole number within ±2^53, found a list"),
        ("count", json!([1, 0.5]), "expected a whole number within ±2^53, found the number 0.5"),
        (
            "count",
            json!([1, 9_007_199_254_740_994_u64]),
            "expected a whole number within ±2^53, found the number 9007199254740994",
        ),
        ("weight", json!([[1]]), "expected a number, found a list"),
        ("weight", json!({ "kg": 1 }), "expected a number, found an object"),
        ("kind", json!(["a", 1]), "expected a text, found the number 1"),
        ("open", json!([true, "true"]), "expected true or false, found the text \"true\""),
        ("when", json!(["2026-05-01", "soon"]), "expected a datetime, found the text \"soon\"; a datetime is"),
        ("at", json!("Berlin"), &format!("expected {place}, found the text \"Berlin\"")),
        ("at", json!([13.4, 52.5]), &format!("expected {place}, found the number 13.4")),
        ("at", json!([{ "lat": 1, "lon": 2 }, { "lat": 1 }]), "a place is {\"lat\""),
        ("at", json!({ "lat": 1, "lon": 181 }), "a place is {\"lat\""),
    ] {
        let error = extracted(&payload(&json!({ name: value })), name).unwrap_err();
        assert_eq!(error.code(), Code::TypeMismatch, "{name}");
        assert!(error.message().starts_with(&format!("field {name:?}: {wanted}")), "{error}");
    }
    for name in schema().fields.keys() {
        for value in [Value::Null, json!([]), json!([null, null])] {
            let payload = match name.split_once('.') {
                Some((outer, inner)) => payload(&json!({ outer: [{ inner: value }, { inner: null }] })),
                None => payload(&json!({ name: value })),
            };
            assert_eq!(extracted(&payload, name).unwrap(), FieldValue::Missing, "{name}");
        }
    }
    let many = |n: i32| extracted(&payload(&json!({ "count": (0..n).collect::<Vec<i32>>() })), "count");
    assert_eq!(many(257).unwrap_err().code(), Code::LimitExceeded);
    assert_eq!(many(256).unwrap().numbers().len(), 256);
}

#[test]
fn several_values_are_a_set_in_order() {
    let given = payload(&json!({
        "count": [3, null, 1, 3.0, -0.0, 0],
        "kind": ["b", "B", "a", "b", "Zu\u{308}rich", "Z\u{fc}rich"],
        "city": ["berlin", "BERLIN", "Aachen", "aachen", "Straße", "STRASSE"],
        "open": [true, false, true],
        "when": ["2026-05-02", "2026-05-01T00:00:00Z", 1_777_593_600_000_u64],
        "at": [{ "lat": 5, "lon": 1 }, { "lat": -5, "lon": 180 }, { "lat": -5, "lon": -180 }],
        "parts": [{ "size": 4 }, { "size": [2, 4] }, { "size": null }, 7],
        "parts.size": 1,
    }));
    let texts = |name: &str| -> Vec<String> {
        extracted(&given, name).unwrap().keywords().iter().map(|k| k.text.clone().into_owned()).collect()
    };
    let numbers = |name: &str| extracted(&given, name).unwrap().numbers().to_vec();
    assert_eq!(numbers("count"), [0.0, 1.0, 3.0]);
    assert_eq!(texts("kind"), ["B", "Z\u{fc}rich", "a", "b"]);
    assert_eq!(
        texts("city"),
        ["Aachen", "BERLIN", "STRASSE"],
        "the first spelling by bytes, in the order of the folded ones"
    );
    assert_eq!(texts("open"), ["false", "true"]);
    assert_eq!(numbers("when"), [1_777_593_600_000.0, 1_777_680_000_000.0]);
    assert_eq!(extracted(&given, "at").unwrap().places().len(), 2);
    assert_eq!(numbers("parts.size"), [1.0, 2.0, 4.0]);
}

#[test]
fn one_value_has_to_meet_both_bounds_of_one_condition() {
    let given = payload(&json!({ "count": [1, 9], "at": [{ "lat": 0, "lon": 0 }, { "lat": 50, "lon": 50 }] }));
    assert!(!passes(json!({ "count": { "$gt": 2, "$lt": 8 } }), &given));
    assert!(passes(json!({ "$and": [{ "count": { "$gt": 2 } }, { "count": { "$lt": 8 } }] }), &given));
    assert!(passes(json!({ "count": { "$gte": 9 } }), &given) && passes(json!({ "count": 1 }), &given));
    assert!(
        !passes(json!({ "count": { "$ne": 9 } }), &given) && passes(json!({ "count": { "$nin": [2, 3] } }), &given)
    );
    assert!(passes(json!({ "at": { "$geoRadius": { "lat": 50, "lon": 50, "radius": 10 } } }), &given));
}

#[test]
fn whole_numbers_that_are_not_exact_are_refused_wherever_they_stand() {
    let beyond = 9_007_199_254_740_993_u64;
    for (name, value) in [
        ("count", json!({ "count": beyond })),
        ("count", json!({ "count": [1, beyond] })),
        ("parts.size", json!({ "parts": { "size": beyond } })),
        ("parts.size", json!({ "parts": [{ "size": 1 }, { "size": [2, beyond] }] })),
    ] {
        let error = FieldValue::check_exact(&payload(&value), name, FieldType::Integer).unwrap_err();
        assert_eq!(error.code(), Code::TypeMismatch, "{value}");
    }
    let exact = payload(&json!({ "count": [1, 9_007_199_254_740_992_u64, -5, 1e3] }));
    FieldValue::check_exact(&exact, "count", FieldType::Integer).unwrap();
}

#[test]
fn keywords_that_ignore_case_are_found_however_they_are_written() {
    let given = payload(&json!({ "city": ["München", "GROẞENHAIN"], "kind": "München" }));
    for wanted in [
        json!({ "city": "MÜNCHEN" }),
        json!({ "city": { "$in": ["nowhere", "mu\u{308}nchen"] } }),
        json!({ "city": "großenhain" }),
        json!({ "city": "grossenhain" }),
        json!({ "city": { "$prefix": "GROSS" } }),
        json!({ "city": { "$contains": "ÜNCH" } }),
        json!({ "city": { "$nin": ["munchen"] } }),
        json!({ "kind": "München" }),
    ] {
        assert!(passes(wanted.clone(), &given), "{wanted}");
    }
    for wanted in [json!({ "city": { "$ne": "münchen" } }), json!({ "kind": "MÜNCHEN" }), json!({ "city": "munchen" })]
    {
        assert!(!passes(wanted.clone(), &given), "{wanted}");
    }
}

#[test]
fn ids_are_compared_byte_by_byte() {
    let holds = |id: &str, filter: Value| {
        let filter = CheckedFilter::new(&Filter::from_value(&filter).unwrap(), &schema()).unwrap();
        filter.passes(Unpublished { id, payload: &Payload::new(), texts: &[] }).unwrap()
    };
    assert!(holds("a", json!({ "$id": "a" })) && !holds("A", json!({ "$id": "a" })));
    assert!(!holds("Z\u{fc}rich", json!({ "$id": "Zu\u{308}rich" })));
    assert!(holds("a-1", json!({ "$id": { "$prefix": "a-" } })) && holds("b", json!({ "$id": { "$ne": "a" } })));
    assert!(!holds("b", json!({ "$id": { "$nin": ["b"] } })) && !holds("b", json!({ "$not": { "$id": "b" } })));
    assert!(holds("b", json!({ "$or": [{ "$id": "a" }, { "$and": [{ "$id": { "$in": ["b", "c"] } }] }] })));
}

#[test]
fn datetimes_are_the_same_however_they_are_written() {
    let payload = payload(&json!({ "when": "2026-05-01T14:00:00+02:00" }));
    for wanted in [
        json!({ "when": "2026-05-01T12:00:00Z" }),
        json!({ "when": 1_777_636_800_000_u64 }),
        json!({ "when": { "$gte": "2026-05-01", "$lt": "2026-05-02" } }),
        json!({ "when": { "$in": ["2020-01-01", "2026-05-01T12:00:00.000Z"] } }),
    ] {
        assert!(passes(wanted, &payload));
    }
}

#[test]
fn two_bounds_on_one_side_keep_the_tighter() {
    let holds = |f: Value, n: i32| passes(f, &payload(&json!({ "count": n })));
    assert!(!holds(json!({"count": {"$gt": 3, "$gte": 3}}), 3));
    assert!(holds(json!({"count": {"$gt": 3, "$gte": 4}}), 4));
    assert!(!holds(json!({"count": {"$lt": 3, "$lte": 9}}), 3));
    assert!(holds(json!({"count": {"$ne": 3}, "$not": {"kind": "x"}}), 4));
}

proptest! {
    #[test]
    fn any_json_is_a_filter_or_an_error(text in "[\\{\\}\\[\\]\"$a-z:,0-9 ]{0,60}") {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let _: Result<Filter, String> = Filter::from_value(&value).map_err(|e| e.to_string());
        }
    }
}
