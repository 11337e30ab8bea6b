//! Columns beside the definition: filters as JSON, asked of payloads as JSON, value by value.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::tests::{payload, schema};
use super::*;
use crate::casefold::folded;
use crate::error::Result;
use crate::ids::Ordinal;
use crate::model::{FieldType, Filter, FilterField, GeoPoint, Payload, Schema, datetime};

/// The values of a field, lists and objects on the way taken apart.
fn values<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| values(item, path)).collect(),
        Value::Null => Vec::new(),
        value if path.is_empty() => Vec::from([value]),
        value => {
            let (key, rest) = path.split_once('.').unwrap_or((path, ""));
            value.get(key).map_or_else(Vec::new, |inner| values(inner, rest))
        }
    }
}

/// What a value is to its field: texts, numbers.
fn known(value: &Value, field: FilterField) -> Value {
    match (value, field.kind) {
        (Value::String(text), FieldType::Keyword) if field.ignore_case => folded(text).into(),
        (value, FieldType::Datetime) => datetime::of(value).unwrap().into(),
        (Value::Number(number), _) => number.as_f64().unwrap().into(),
        (value, _) => value.clone(),
    }
}

fn place(value: &Value) -> GeoPoint {
    GeoPoint::new(value["lat"].as_f64().unwrap(), value["lon"].as_f64().unwrap()).unwrap()
}

fn is_inside(value: &Value, operator: &str, area: &Value) -> bool {
    let (at, degrees) = (place(value), |value: &Value| value.as_f64().unwrap());
    if operator == "$geoRadius" {
        return place(area).meters_to(at) <= degrees(&area["radius"]);
    }
    let (north, west) = (degrees(&area["topLeft"]["lat"]), degrees(&area["topLeft"]["lon"]));
    let (south, east) = (degrees(&area["bottomRight"]["lat"]), degrees(&area["bottomRight"]["lon"]));
    let (lat, lon) = (degrees(&value["lat"]), degrees(&value["lon"]));
    let is_between = if west <= east { (west..=east).contains(&lon) } else { lon >= west || lon <= east };
    (south..=north).contains(&lat) && is_between
}

/// Whether one value meets all bounds of a condition.
fn is_between(value: &Value, condition: &Value, field: FilterField) -> bool {
    let number = |value: &Value| known(value, field).as_f64().unwrap();
    let meets = |operator: &str, test: &dyn Fn(f64, f64) -> bool| {
        condition.get(operator).is_none_or(|bound| test(number(value), number(bound)))
    };
    meets("$gt", &|v, b| v > b)
        && meets("$gte", &|v, b| v >= b)
        && meets("$lt", &|v, b| v < b)
        && meets("$lte", &|v, b| v <= b)
}

fn meets(found: &[&Value], condition: &Value, field: FilterField) -> bool {
    let is_any = |list: &[Value]| found.iter().any(|v| list.iter().any(|w| known(v, field) == known(w, field)));
    let text = |value: &Value| known(value, field).as_str().unwrap().to_string();
    let Value::Object(operators) = condition else { return is_any(core::slice::from_ref(condition)) };
    operators.iter().all(|(operator, wanted)| match operator.as_str() {
        "$eq" => is_any(core::slice::from_ref(wanted)),
        "$ne" => !is_any(core::slice::from_ref(wanted)),
        "$in" => is_any(wanted.as_array().unwrap()),
        "$nin" => !is_any(wanted.as_array().unwrap()),
        "$exists" => found.is_empty() != wanted.as_bool().unwrap(),
        "$prefix" => found.iter().any(|v| text(v).starts_with(&text(wanted))),
        "$contains" => found.iter().any(|v| text(v).contains(&text(wanted))),
        "$gt" | "$gte" | "$lt" | "$lte" => found.iter().any(|v| is_between(v, condition, field)),
        area => found.iter().any(|v| is_inside(v, area, wanted)),
    })
}

/// The definition.
fn holds(filter: &Value, id: &str, payload: &Value) -> bool {
    let all = |filters: &Value| filters.as_array().unwrap().iter().map(|f| holds(f, id, payload)).collect::<Vec<_>>();
    filter.as_object().unwrap().iter().all(|(key, value)| match key.as_str() {
        "$and" => !all(value).contains(&false),
        "$or" => all(value).contains(&true),
        "$not" => !holds(value, id, payload),
        "$id" => meets(&[&json!(id)], value, FieldType::Keyword.into()),
        field => meets(&values(payload, field), value, schema().field(field).unwrap().1),
    })
}

/// None, one, or a list with one or several, some of them `null`.
fn lists(one: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(Value::Null),
        4 => one.clone(),
        2 => prop::collection::vec(prop_oneof![4 => one, 1 => Just(Value::Null)], 0..4).prop_map(Value::from),
    ]
}

fn payloads() -> impl Strategy<Value = Vec<Value>> {
    let number = (-3i32..4).prop_map(Value::from);
    let weight = prop_oneof![Just(json!(0.0)), Just(json!(-0.0)), (-2f64..2.0).prop_map(Value::from)];
    let day = (1u8..28).prop_map(|day| json!(format!("2026-05-{day:02}")));
    let place = (-5i32..5, -5i32..5).prop_map(|(lat, lon)| json!({ "lat": lat, "lon": lon }));
    let point = (
        lists(number.clone()),
        lists("[ab]{1,2}".prop_map(Value::from)),
        lists("[aAbBßs]{1,2}".prop_map(Value::from)),
        lists(weight),
        lists(day),
        lists(place),
        lists(any::<bool>().prop_map(Value::from)),
        prop::collection::vec(lists(number), 0..3),
    );
    let point = point.prop_map(|(count, kind, city, weight, when, at, open, sizes)| {
        let parts: Vec<Value> = sizes.into_iter().map(|size| json!({ "size": size })).collect();
        json!({ "count": count, "kind": kind, "city": city, "weight": weight, "when": when, "at": at, "open": open, "parts": parts })
    });
    // Of one value each as well, because that is another layout.
    let single = |mut payload: Value| {
        for (_, value) in payload.as_object_mut().unwrap() {
            if let Value::Array(items) = value {
                *value = items.iter().find(|item| !item.is_null()).cloned().unwrap_or_default();
            }
        }
        payload
    };
    let point = point.boxed();
    let one = point.clone().prop_map(single);
    prop_oneof![prop::collection::vec(point, 0..150), prop::collection::vec(one, 0..150)]
}

fn filters() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-3i32..4).prop_map(|n| json!({ "count": n })),
        (-3i32..4, -3i32..4).prop_map(|(a, b)| json!({ "count": { "$gt": a, "$lte": b } })),
        (-3i32..4, -3i32..4).prop_map(|(a, b)| json!({ "parts.size": { "$gte": a, "$lt": b } })),
        prop::collection::vec(-3i32..4, 0..4).prop_map(|v| json!({ "count": { "$in": v } })),
        prop::collection::vec(-3i32..4, 0..4).prop_map(|v| json!({ "parts.size": { "$nin": v } })),
        (-2f64..2.0).prop_map(|n| json!({ "weight": { "$gte": n } })),
        Just(json!({ "weight": 0 })),
        "[ab]{1,2}".prop_map(|s| json!({ "kind": s })),
        "[aAbBßS]{1,2}".prop_map(|s| json!({ "city": s })),
        "[aAbBß]{0,2}".prop_map(|s| json!({ "city": { "$prefix": s } })),
        "[aAbBß]{0,2}".prop_map(|s| json!({ "city": { "$contains": s } })),
        prop::collection::vec("[aAbBSß]{1,2}", 0..4).prop_map(|v| json!({ "city": { "$in": v } })),
        "[ab]{0,2}".prop_map(|s| json!({ "kind": { "$prefix": s } })),
        "[ab]{0,2}".prop_map(|s| json!({ "kind": { "$contains": s } })),
        prop::collection::vec("[abc]{1,2}", 0..4).prop_map(|v| json!({ "kind": { "$nin": v } })),
        any::<bool>().prop_map(|b| json!({ "kind": { "$exists": b }, "count": { "$ne": 1 } })),
        any::<bool>().prop_map(|b| json!({ "open": b })),
        any::<bool>().prop_map(|b| json!({ "at": { "$exists": b } })),
        any::<bool>().prop_map(|b| json!({ "parts.size": { "$exists": b } })),
        (1u8..28).prop_map(|day| json!({ "when": { "$lt": format!("2026-05-{day:02}T12:00:00Z") } })),
        (0u32..99).prop_map(|n| json!({ "$id": format!("p{n}") })),
        (0u32..20).prop_map(|n| json!({ "$id": { "$prefix": format!("p{n}") } })),
        prop::collection::vec(0u32..99, 0..4)
            .prop_map(|v| json!({ "$id": { "$nin": v.iter().map(|n| format!("p{n}")).collect::<Vec<_>>() } })),
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
    let column = |(name, &field): (&String, &FilterField)| {
        let mut builder = ColumnBuilder::new(field);
        payloads.iter().for_each(|p| builder.push(&FieldValue::extract(p, name, field).unwrap()));
        builder.finish()
    };
    schema.fields.iter().map(column).collect()
}

fn views<'p>(schema: &Schema, parts: &'p [ColumnParts]) -> Vec<Option<Column<'p>>> {
    let view = |(part, field): (&'p ColumnParts, &FilterField)| match part {
        ColumnParts::Numbers(parts) => Column::Numbers(NumberColumn {
            rows: Rows(parts.offsets.as_deref()),
            values: &parts.values,
            order: &parts.order,
        }),
        ColumnParts::Places(parts) => {
            Column::Places(PlaceColumn { rows: Rows(parts.offsets.as_deref()), places: &parts.places })
        }
        ColumnParts::Keywords(parts) => Column::Keywords(KeywordColumn {
            dictionary_offsets: &parts.dictionary_offsets,
            dictionary: &parts.dictionary,
            rows: Rows(parts.row_offsets.as_deref()),
            row_values: match &parts.row_values {
                NarrowParts::U8(values) => Narrow::U8(values),
                NarrowParts::U16(values) => Narrow::U16(values),
                NarrowParts::U32(values) => Narrow::U32(values),
            },
            sets: Sets { entries: &parts.set_entries, bytes: &parts.sets },
            ignore_case: field.ignore_case,
        }),
    };
    parts.iter().zip(schema.fields.values()).map(view).map(Some).collect()
}

/// Ids of points, of which the ordinals are the numbers behind the first letter.
struct Numbered(Vec<(String, Ordinal)>, Vec<Ordinal>);

impl Numbered {
    fn new(points: usize) -> Self {
        let mut ids: Vec<(String, Ordinal)> = (0..points as u32).map(|n| (format!("p{n}"), n)).collect();
        ids.sort_unstable();
        let ordinals = ids.iter().map(|id| id.1).collect();
        Self(ids, ordinals)
    }
}

impl Lists for Numbered {
    fn ordinal_of(&self, id: &str) -> Option<Ordinal> {
        self.0.iter().find(|held| held.0 == id).map(|held| held.1)
    }

    fn ordinals_with_prefix(&self, prefix: &str) -> Result<&[Ordinal]> {
        let start = self.0.iter().position(|held| held.0.starts_with(prefix)).unwrap_or_default();
        let count = self.0.iter().filter(|held| held.0.starts_with(prefix)).count();
        Ok(&self.1[start..start + count])
    }

    fn add_points_with(&self, _: usize, _: &Word, _: &mut Bitmap) -> Result<()> {
        Ok(())
    }
}

proptest! {
    #[test]
    fn columns_and_payloads_agree_with_the_definition(given in payloads(), wanted in filters()) {
        let schema = schema();
        let filter = CheckedFilter::new(&Filter::from_value(&wanted).unwrap(), &schema).unwrap();
        let payloads: Vec<Payload> = given.iter().map(payload).collect();
        let (parts, points) = (parts(&schema, &payloads), payloads.len() as u32);
        let (columns, lists) = (views(&schema, &parts), Numbered::new(payloads.len()));
        columns.iter().flatten().for_each(|c| c.check(payloads.len()).unwrap());
        let bound = Bound::new(&filter, Indexed { columns: &columns, lists: &lists, points }).unwrap();
        let expected: Vec<u32> = (0..points).filter(|&o| holds(&wanted, &format!("p{o}"), &given[o as usize])).collect();
        let unpublished = |&o: &u32| filter.passes(Unpublished { id: &format!("p{o}"), payload: &payloads[o as usize], texts: &[] }).unwrap();
        prop_assert_eq!((0..points).filter(unpublished).collect::<Vec<_>>(), expected.clone());
        let found = bound.bitmap(points);
        prop_assert_eq!(found.count() as usize, expected.len());
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!((0..points).filter(|&o| bound.passes(o)).collect::<Vec<_>>(), expected);
        prop_assert!(bound.estimate(points) <= points);
    }

    /// Of the points of a segment, each has the values of its payload.
    #[test]
    fn columns_hold_what_payloads_say(given in payloads()) {
        let schema = schema();
        let payloads: Vec<Payload> = given.iter().map(payload).collect();
        let parts = parts(&schema, &payloads);
        for ((name, &field), column) in schema.fields.iter().zip(views(&schema, &parts).into_iter().flatten()) {
            for (ordinal, payload) in (0..).zip(&payloads) {
                let wanted = FieldValue::extract(payload, name, field).unwrap();
                match column {
                    Column::Numbers(numbers) => {
                        let row: Vec<f64> = numbers.row(ordinal).iter().copied().filter(|n| !n.is_nan()).collect();
                        prop_assert_eq!(&row[..], wanted.numbers());
                    }
                    Column::Places(places) => {
                        let row: Vec<GeoPoint> = place::given(places.row(ordinal)).collect();
                        prop_assert_eq!(&row[..], wanted.places());
                    }
                    Column::Keywords(keywords) => {
                        let row: Vec<Keyword<'_>> = keywords.row(ordinal).map(|p| keywords.spelling(p)).collect();
                        prop_assert_eq!(&row[..], wanted.keywords());
                    }
                }
            }
        }
    }
}

fn bound<'a>(filter: &'a CheckedFilter, columns: &[Option<Column<'a>>], points: u32) -> Bound<'a> {
    Bound::new(filter, Indexed { columns, lists: &Numbered::new(0), points }).unwrap()
}

fn checked(filter: Value) -> CheckedFilter {
    CheckedFilter::new(&Filter::from_value(&filter).unwrap(), &schema()).unwrap()
}

/// Single conditions on numbers and single keywords are counted, not guessed; what depends on one another is guessed.
#[test]
fn estimates_are_exact_where_lists_say_it() {
    let point = |n: u32| json!({ "count": n % 100, "kind": format!("k{}", n % 7), "open": n.is_multiple_of(4) });
    let payloads: Vec<Payload> = (0..7000).map(|n| payload(&point(n))).collect();
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
        let filter = checked(wanted.clone());
        let columns = views(&schema, &parts);
        let bound = bound(&filter, &columns, 7000);
        assert_eq!((bound.estimate(7000), bound.bitmap(7000).count()), (estimate, found), "{wanted}");
    }
}

#[test]
fn dictionaries_of_any_size_are_read() {
    let schema = schema();
    for keywords in [1, 255, 256, 300, 65_535, 65_536, 70_000] {
        let mut payloads: Vec<Payload> = (0..keywords).map(|n| payload(&json!({ "kind": format!("k{n}") }))).collect();
        payloads.push(Payload::new());
        let parts = parts(&schema, &payloads);
        let columns = views(&schema, &parts);
        columns.iter().flatten().for_each(|c| c.check(payloads.len()).unwrap());
        let found = |wanted: Value| -> Vec<u32> {
            bound(&checked(wanted), &columns, keywords + 1).bitmap(keywords + 1).iter().collect()
        };
        assert_eq!(found(json!({ "kind": format!("k{}", keywords - 1) })), [keywords - 1]);
        assert_eq!(found(json!({ "kind": { "$exists": false } })), [keywords]);
    }
}

#[test]
fn columns_that_do_not_fit_together_are_refused() {
    let numbers = |offsets: Option<&[u32]>, values: &[f64], order: &[u32], points| {
        NumberColumn { rows: Rows(offsets), values, order }.check(points).is_ok()
    };
    assert!(numbers(Some(&[0, 2, 2, 3]), &[1.0, 4.0, 2.0], &[0, 2, 1], 3));
    assert!(!numbers(Some(&[0, 2, 2, 3]), &[4.0, 1.0, 2.0], &[1, 2, 0], 3), "a row descends");
    assert!(!numbers(Some(&[0, 2, 2, 3]), &[1.0, 1.0, 2.0], &[0, 1, 2], 3), "a value stands twice");
    assert!(!numbers(Some(&[0, 1, 2, 3]), &[1.0, f64::NAN, 2.0], &[0, 2], 3), "a hole between several");
    assert!(!numbers(Some(&[0, 2, 3]), &[1.0, 4.0, 2.0], &[0, 2, 1], 3), "a point is left out");
    assert!(!numbers(Some(&[0, 2, 1, 3]), &[1.0, 4.0, 2.0], &[0, 2, 1], 3), "offsets descend");
    assert!(!numbers(Some(&[0, 2, 2, 3]), &[1.0, 4.0, 2.0], &[0, 1, 2], 3), "another order");
    assert!(!numbers(None, &[1.0, 4.0, 2.0], &[0, 2, 3], 3), "a position that does not exist");
    let places = |offsets: Option<&[u32]>, points| {
        PlaceColumn { rows: Rows(offsets), places: &[[1, 1], [2, 2]] }.check(points).is_ok()
    };
    assert!(places(None, 2) && places(Some(&[0, 0, 2]), 2) && places(Some(&[0, 2, 2, 2]), 3));
    assert!(!places(None, 3) && !places(Some(&[0, 1, 1]), 2) && !places(Some(&[0, 2]), 2));
}
