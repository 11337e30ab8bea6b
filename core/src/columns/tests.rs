use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::error::Code;
use crate::model::{ByName, FieldType, Filter, Payload, Schema};

fn schema() -> Schema {
    let fields = [
        ("at", FieldType::Geo),
        ("count", FieldType::Integer),
        ("kind", FieldType::Keyword),
        ("open", FieldType::Boolean),
        ("weight", FieldType::Float),
        ("when", FieldType::Datetime),
    ];
    Schema {
        text: ByName::new(),
        vectors: ByName::new(),
        fields: fields.into_iter().map(|(n, k)| (n.to_string(), k)).collect(),
    }
}

fn filter(value: Value) -> Filter {
    Filter::from_value(&value).unwrap()
}

fn code(value: Value) -> Code {
    Filter::from_value(&value).and_then(|f| check(&f, &schema())).unwrap_err().code()
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
    let deep = (0..40).fold(json!({}), |inner, _| json!({ "$not": inner }));
    assert_eq!(code(deep), Code::LimitExceeded);
    assert_eq!(code(json!({"count": {"$in": (0..2000).collect::<Vec<i32>>()}})), Code::LimitExceeded);
}

#[test]
fn a_misspelt_operator_is_answered_with_the_nearest() {
    let error = Filter::from_value(&json!({"count": {"$gtee": 3}})).unwrap_err();
    assert!(error.message().contains("did you mean \"$gte\"?"), "{error}");
}

#[test]
fn values_that_a_field_does_not_take_are_refused() {
    let payload = |value: Value| {
        json!({ "at": value.clone(), "open": value.clone(), "when": value }).as_object().unwrap().clone()
    };
    for (name, kind) in [("at", FieldType::Geo), ("open", FieldType::Boolean), ("when", FieldType::Datetime)] {
        for value in [json!("x"), json!(0.5), json!([]), json!({ "lat": 1 }), json!({ "lat": 1, "lon": 181 })] {
            let error = FieldValue::extract(&payload(value), name, kind).unwrap_err();
            assert_eq!(error.code(), Code::TypeMismatch, "{name}");
        }
        assert_eq!(FieldValue::extract(&payload(Value::Null), name, kind).unwrap(), FieldValue::Missing);
    }
}

#[test]
fn datetimes_are_the_same_however_they_are_written() {
    let payload = json!({ "when": "2026-05-01T14:00:00+02:00" }).as_object().unwrap().clone();
    for wanted in [
        json!({ "when": "2026-05-01T12:00:00Z" }),
        json!({ "when": 1_777_636_800_000_u64 }),
        json!({ "when": { "$gte": "2026-05-01", "$lt": "2026-05-02" } }),
        json!({ "when": { "$in": ["2020-01-01", "2026-05-01T12:00:00.000Z"] } }),
    ] {
        assert!(matches(&filter(wanted), &schema(), &payload).unwrap());
    }
}

#[test]
fn two_bounds_on_one_side_keep_the_tighter() {
    let payload = |n: i32| json!({ "count": n }).as_object().unwrap().clone();
    let holds = |f: Value, n| matches(&filter(f), &schema(), &payload(n)).unwrap();
    assert!(!holds(json!({"count": {"$gt": 3, "$gte": 3}}), 3));
    assert!(holds(json!({"count": {"$gt": 3, "$gte": 4}}), 4));
    assert!(!holds(json!({"count": {"$lt": 3, "$lte": 9}}), 3));
    assert!(holds(json!({"count": {"$ne": 3}, "$not": {"kind": "x"}}), 4));
}

fn payloads() -> impl Strategy<Value = Vec<Payload>> {
    let count = prop_oneof![Just(Value::Null), (-3i32..4).prop_map(|n| json!(n))];
    let kind = prop_oneof![
        Just(Value::Null),
        "[ab]{1,2}".prop_map(|s| json!(s)),
        prop::collection::vec("[ab]{1,2}", 0..3).prop_map(|v| json!(v))
    ];
    let when = prop_oneof![Just(Value::Null), (1u8..28).prop_map(|day| json!(format!("2026-05-{day:02}")))];
    let at = prop::option::of((-5i32..5, -5i32..5).prop_map(|(lat, lon)| json!({ "lat": lat, "lon": lon })));
    let open = prop::option::of(any::<bool>());
    let weight = prop_oneof![Just(None), Just(Some(0.0)), Just(Some(-0.0)), (-2f64..2.0).prop_map(Some)];
    let point = (count, kind, weight, when, at, open).prop_map(|(count, kind, weight, when, at, open)| {
        let all = json!({ "count": count, "kind": kind, "weight": weight, "when": when, "at": at, "open": open });
        all.as_object().unwrap().clone()
    });
    prop::collection::vec(point, 0..150)
}

fn filters() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-3i32..4).prop_map(|n| json!({ "count": n })),
        (-3i32..4, -3i32..4).prop_map(|(a, b)| json!({ "count": { "$gt": a, "$lte": b } })),
        prop::collection::vec(-3i32..4, 0..4).prop_map(|v| json!({ "count": { "$in": v } })),
        (-2f64..2.0).prop_map(|n| json!({ "weight": { "$gte": n } })),
        Just(json!({ "weight": 0 })),
        "[ab]{1,2}".prop_map(|s| json!({ "kind": s })),
        "[ab]{0,2}".prop_map(|s| json!({ "kind": { "$prefix": s } })),
        "[ab]{0,2}".prop_map(|s| json!({ "kind": { "$contains": s } })),
        prop::collection::vec("[abc]{1,2}", 0..4).prop_map(|v| json!({ "kind": { "$nin": v } })),
        prop::collection::vec("[abc]{1,2}", 0..4).prop_map(|v| json!({ "kind": { "$in": v } })),
        any::<bool>().prop_map(|b| json!({ "kind": { "$exists": b }, "count": { "$ne": 1 } })),
        any::<bool>().prop_map(|b| json!({ "open": b })),
        any::<bool>().prop_map(|b| json!({ "at": { "$exists": b } })),
        (1u8..28).prop_map(|day| json!({ "when": { "$lt": format!("2026-05-{day:02}T12:00:00Z") } })),
        (-5i32..5, -5i32..5, 0u32..900_000)
            .prop_map(|(lat, lon, radius)| json!({ "at": { "$geoRadius": { "lat": lat, "lon": lon, "radius": radius } } })),
        (-5i32..5, -5i32..5, 0i32..5, -5i32..5).prop_map(|(south, west, height, east)| {
            let corners = json!({ "topLeft": { "lat": south + height, "lon": west }, "bottomRight": { "lat": south, "lon": east } });
            json!({ "at": { "$geoBox": corners } })
        }),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|l| json!({ "$and": l })),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|l| json!({ "$or": l })),
            inner.prop_map(|f| json!({ "$not": f })),
        ]
    })
}

/// The columns of payloads, as a segment has them.
fn parts(schema: &Schema, payloads: &[Payload]) -> Vec<ColumnParts> {
    let column = |(name, &kind): (&String, &FieldType)| {
        let mut builder = ColumnBuilder::new(kind);
        payloads.iter().for_each(|p| builder.push(&FieldValue::extract(p, name, kind).unwrap()));
        builder.finish()
    };
    schema.fields.iter().map(column).collect()
}

fn views(parts: &[ColumnParts]) -> Vec<Column<'_>> {
    fn view(part: &ColumnParts) -> Column<'_> {
        match part {
            ColumnParts::Numbers(parts) => Column::Numbers(NumberColumn { values: &parts.values, order: &parts.order }),
            ColumnParts::Places(places) => Column::Places(PlaceColumn(places)),
            ColumnParts::Keywords(parts) => Column::Keywords(KeywordColumn {
                dictionary_offsets: &parts.dictionary_offsets,
                dictionary: &parts.dictionary,
                row_offsets: parts.row_offsets.as_deref(),
                row_values: match &parts.row_values {
                    NarrowParts::U8(values) => Narrow::U8(values),
                    NarrowParts::U16(values) => Narrow::U16(values),
                    NarrowParts::U32(values) => Narrow::U32(values),
                },
                sets: Sets { entries: &parts.set_entries, bytes: &parts.sets },
            }),
        }
    }
    parts.iter().map(view).collect()
}

fn bound<'a>(filter: &Filter, schema: &Schema, parts: &'a [ColumnParts]) -> Bound<'a> {
    check(filter, schema).unwrap();
    Bound::new(filter, schema, &views(parts)).unwrap()
}

proptest! {
    #[test]
    fn columns_and_payloads_agree(payloads in payloads(), wanted in filters()) {
        let (schema, filter) = (schema(), filter(wanted));
        let (parts, points) = (parts(&schema, &payloads), payloads.len() as u32);
        views(&parts).iter().for_each(|c| c.check(payloads.len()).unwrap());
        let bound = bound(&filter, &schema, &parts);
        let expected: Vec<u32> = (0..points).filter(|&o| matches(&filter, &schema, &payloads[o as usize]).unwrap()).collect();
        let found = bound.bitmap(points);
        prop_assert_eq!(found.count() as usize, expected.len());
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!((0..points).filter(|&o| bound.passes(o)).collect::<Vec<_>>(), expected);
        prop_assert!(bound.estimate(points) <= points);
    }

    #[test]
    fn any_json_is_a_filter_or_an_error(text in "[\\{\\}\\[\\]\"$a-z:,0-9 ]{0,60}") {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let _: Result<Filter, String> = Filter::from_value(&value).map_err(|e| e.to_string());
        }
    }
}

/// Single conditions on numbers and single keywords are counted, not guessed; what depends on one another is guessed.
#[test]
fn estimates_are_exact_where_lists_say_it() {
    let payload = |n: u32| json!({ "count": n % 100, "kind": format!("k{}", n % 7), "open": n.is_multiple_of(4) });
    let payloads: Vec<Payload> = (0..7000).map(|n| payload(n).as_object().unwrap().clone()).collect();
    let schema = schema();
    let parts = parts(&schema, &payloads);
    for (wanted, estimate, found) in [
        (json!({ "count": { "$lt": 10 } }), 700, 700),
        (json!({ "count": { "$in": [1, 2, 200] } }), 140, 140),
        (json!({ "kind": { "$in": ["k1", "k2"] } }), 2000, 2000),
        (json!({ "kind": { "$ne": "k1" } }), 6000, 6000),
        (json!({ "open": true }), 1750, 1750),
        (json!({ "open": { "$exists": false } }), 0, 0),
        (json!({ "kind": "k1", "count": { "$lt": 10 } }), 100, 100),
        // Every fourth number ends so that it is open: half the estimate would be right for independent ones.
        (json!({ "open": true, "count": { "$in": [0, 4, 8, 12] } }), 70, 280),
        (json!({ "$or": [{ "kind": "k1" }, { "kind": "k2" }] }), 1857, 2000),
    ] {
        let filter = filter(wanted.clone());
        let bound = bound(&filter, &schema, &parts);
        assert_eq!((bound.estimate(7000), bound.bitmap(7000).count()), (estimate, found), "{wanted}");
    }
}

#[test]
fn dictionaries_of_any_size_are_read() {
    let schema = schema();
    for keywords in [1, 255, 256, 300, 65_535, 65_536, 70_000] {
        let payload = |n: u32| json!({ "kind": format!("k{n}") }).as_object().unwrap().clone();
        let mut payloads: Vec<Payload> = (0..keywords).map(payload).collect();
        payloads.push(Payload::new());
        let parts = parts(&schema, &payloads);
        views(&parts).iter().for_each(|c| c.check(payloads.len()).unwrap());
        let last = filter(json!({ "kind": format!("k{}", keywords - 1) }));
        assert_eq!(bound(&last, &schema, &parts).bitmap(keywords + 1).iter().collect::<Vec<_>>(), [keywords - 1]);
        let missing = filter(json!({ "kind": { "$exists": false } }));
        assert_eq!(bound(&missing, &schema, &parts).bitmap(keywords + 1).iter().collect::<Vec<_>>(), [keywords]);
    }
}
