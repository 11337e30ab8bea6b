//! Fuzz input that is JSON, changed as JSON: a value here becomes another one, of the same document or of a sound one.
//!
//! Bytes changed at random are mostly no JSON any more, and numbers and names that mean something are rare among what
//! still is.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::{collection, edits, queries};

/// What often means something else than it seems to.
fn odd() -> Vec<Value> {
    let long = "long ".repeat(200);
    let mut odd = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(0.5),
        json!(-0.0),
        json!(1e308),
        json!(-1e-320),
        json!(3.4e38),
        json!(1e30),
        json!(-1e15),
        json!(1e-40),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(u32::MAX),
        json!(10_000),
        json!(9_007_199_254_740_993u64),
        json!(""),
        json!(long),
        json!("\u{0}"),
        json!("名前 ß İ e\u{301} \u{202e}\u{feff}\u{1f468}\u{200d}\u{1f469}"),
        json!("\"unfinished phrase -not (this"),
        json!("0000-01-01T00:00:00Z"),
        json!("+999999-12-31T23:59:60.999999999-23:59"),
        json!("2026-02-29"),
        json!([]),
        json!({}),
        json!([[], {}]),
        json!({ "lat": 90, "lon": -180 }),
        json!({ "$not": { "kind": "k1" } }),
    ];
    odd.push((0..40).fold(json!({ "kind": "k1" }), |inner, _| json!({ "$and": [inner] })));
    odd
}

/// Sound documents, whose parts are put anywhere.
fn donors() -> &'static [Value] {
    static DONORS: OnceLock<Vec<Value>> = OnceLock::new();
    DONORS.get_or_init(|| {
        let schema = serde_json::to_value(collection::schema()).expect("a schema is JSON");
        let mut donors = vec![schema, collection::point(3), collection::point(9)];
        donors.extend(queries::texts());
        donors.extend(odd());
        donors
    })
}

/// All values in a tree, itself first, as a path of members.
fn count(tree: &Value) -> usize {
    1 + match tree {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// The n-th value of a tree.
fn nth(tree: &mut Value, n: usize) -> Option<&mut Value> {
    let Some(mut rest) = n.checked_sub(1) else { return Some(tree) };
    let inner: Vec<&mut Value> = match tree {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    };
    for value in inner {
        let values = count(value);
        if rest < values {
            return nth(value, rest);
        }
        rest -= values;
    }
    None
}

fn any_of(tree: &Value, number: usize) -> Value {
    let mut tree = tree.clone();
    let place = number % count(&tree);
    nth(&mut tree, place).cloned().unwrap_or_default()
}

/// Gives an object another member, or another name to one.
fn change_members(members: &mut Map<String, Value>, donor: &Value, next: &mut impl FnMut() -> usize) {
    let names: Vec<String> = members.keys().cloned().collect();
    let own = names.get(next() % names.len().max(1)).cloned();
    let Value::Object(given) = donor else { return };
    let Some((name, value)) = given.iter().nth(next() % given.len().max(1)) else { return };
    match (next() % 3, own) {
        (0, Some(own)) => {
            members.remove(&own);
        }
        (1, Some(own)) => {
            let value = members.remove(&own).unwrap_or_default();
            members.insert(name.clone(), value);
        }
        _ => {
            members.insert(name.clone(), value.clone());
        }
    }
}

/// The next input after `data[..len]`; none: change any bytes. Returns its length.
pub fn mutate(data: &mut [u8], len: usize, seed: u32) -> Option<usize> {
    let mut next = edits::numbers(seed);
    let mut tree: Value = serde_json::from_slice(&data[..len]).ok()?;
    if next().is_multiple_of(8) {
        return None;
    }
    let donors = donors();
    for _ in 0..=next() % 3 {
        let donor = match next() % 4 {
            0 => any_of(&tree, next()),
            _ => any_of(&donors[next() % donors.len()], next()),
        };
        let place = next() % count(&tree);
        let value = nth(&mut tree, place)?;
        match (value, next() % 4) {
            (Value::Object(members), 0..=2) => change_members(members, &donor, &mut next),
            (Value::Array(items), 0) => items.push(donor),
            (Value::Array(items), 1) if items.len() < 64 => items.extend_from_within(..),
            (Value::Array(items), 2) => drop(items.pop()),
            (value, _) => *value = donor,
        }
    }
    let text = serde_json::to_vec(&tree).ok()?;
    data.get_mut(..text.len())?.copy_from_slice(&text);
    Some(text.len())
}
