use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::error::Code;
use crate::model::{FieldType, Filter, Payload, Schema};

fn schema() -> Schema {
    let fields = [("count", FieldType::Integer), ("kind", FieldType::Keyword), ("weight", FieldType::Float)];
    Schema {
        text: BTreeMap::new(),
        vectors: BTreeMap::new(),
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
    assert_eq!(code(json!({"count": {}})), Code::InvalidFilter);
    assert_eq!(code(json!({"$xor": []})), Code::InvalidFilter);
    assert_eq!(code(json!({"count": null})), Code::InvalidFilter);
    assert_eq!(code(json!([])), Code::InvalidFilter);
    let deep = (0..40).fold(json!({}), |inner, _| json!({ "$not": inner }));
    assert_eq!(code(deep), Code::LimitExceeded);
    assert_eq!(code(json!({"count": {"$in": (0..2000).collect::<Vec<i32>>()}})), Code::LimitExceeded);
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
    let point = (count, kind, prop::option::of(-2f64..2.0)).prop_map(|(count, kind, weight)| {
        json!({ "count": count, "kind": kind, "weight": weight }).as_object().unwrap().clone()
    });
    prop::collection::vec(point, 0..150)
}

fn filters() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-3i32..4).prop_map(|n| json!({ "count": n })),
        (-3i32..4, -3i32..4).prop_map(|(a, b)| json!({ "count": { "$gt": a, "$lte": b } })),
        (-2f64..2.0).prop_map(|n| json!({ "weight": { "$gte": n } })),
        "[ab]{1,2}".prop_map(|s| json!({ "kind": s })),
        prop::collection::vec("[abc]{1,2}", 0..4).prop_map(|v| json!({ "kind": { "$nin": v } })),
        prop::collection::vec("[abc]{1,2}", 0..4).prop_map(|v| json!({ "kind": { "$in": v } })),
        any::<bool>().prop_map(|b| json!({ "kind": { "$exists": b }, "count": { "$ne": 1 } })),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|l| json!({ "$and": l })),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|l| json!({ "$or": l })),
            inner.prop_map(|f| json!({ "$not": f })),
        ]
    })
}

proptest! {
    #[test]
    fn columns_and_payloads_agree(payloads in payloads(), wanted in filters()) {
        let (schema, filter) = (schema(), filter(wanted));
        check(&filter, &schema).unwrap();
        let parts: Vec<ColumnParts> = schema
            .fields
            .iter()
            .map(|(name, &kind)| {
                let mut builder = ColumnBuilder::new(kind);
                payloads.iter().for_each(|p| builder.push(&FieldValue::extract(p, name, kind).unwrap()));
                builder.finish()
            })
            .collect();
        let columns: Vec<Column<'_>> = parts
            .iter()
            .map(|part| match part {
                ColumnParts::Number(values) => Column::Number(values),
                ColumnParts::Keyword { dictionary_offsets, dictionary, row_offsets, row_values } => {
                    Column::Keyword(KeywordSections { dictionary_offsets, dictionary, row_offsets, row_values })
                }
            })
            .collect();
        columns.iter().for_each(|c| c.check(payloads.len()).unwrap());
        let found = evaluate(&filter, &schema, &columns, payloads.len() as u32).unwrap();
        let expected: Vec<u32> = (0..payloads.len() as u32).filter(|&o| matches(&filter, &schema, &payloads[o as usize]).unwrap()).collect();
        prop_assert_eq!(found.count() as usize, expected.len());
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn any_json_is_a_filter_or_an_error(text in "[\\{\\}\\[\\]\"$a-z:,0-9 ]{0,60}") {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let _: Result<Filter, String> = Filter::from_value(&value).map_err(|e| e.to_string());
        }
    }
}
