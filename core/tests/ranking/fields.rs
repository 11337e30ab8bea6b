//! What declared fields say of points: filters, orders, facets.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The values of a field: none, one, or of a keyword several.
pub(crate) fn values<'p>(point: &'p Value, field: &str) -> Vec<&'p Value> {
    match &point["payload"][field] {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    }
}

/// By number or byte by byte: a field has values of one type.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.as_str().unwrap().cmp(b.as_str().unwrap()),
    }
}

/// Whether a point passes a filter.
pub(crate) fn passes(point: &Value, filter: &Value) -> bool {
    let Some(conditions) = filter.as_object() else { return true };
    let list = |value: &Value| value.as_array().unwrap().clone();
    conditions.iter().all(|(name, condition)| match name.as_str() {
        "$and" => list(condition).iter().all(|filter| passes(point, filter)),
        "$or" => list(condition).iter().any(|filter| passes(point, filter)),
        "$not" => !passes(point, condition),
        "$id" => condition.as_object().unwrap().iter().all(|(operator, with)| holds(&[&point["id"]], operator, with)),
        field => match condition.as_object() {
            None => holds(&values(point, field), "$eq", condition),
            Some(operators) => {
                // The bounds of one object are one condition, which one value has to meet.
                let bounds = |value: &&Value| {
                    operators.iter().filter(|(o, _)| is_bound(o)).all(|(o, with)| holds(&[*value], o, with))
                };
                let (values, mut others) = (values(point, field), operators.iter().filter(|(o, _)| !is_bound(o)));
                let is_bounded = operators.keys().any(|operator| is_bound(operator));
                (!is_bounded || values.iter().any(bounds))
                    && others.all(|(operator, with)| holds(&values, operator, with))
            }
        },
    })
}

fn is_bound(operator: &str) -> bool {
    matches!(operator, "$lt" | "$lte" | "$gt" | "$gte")
}

fn holds(values: &[&Value], operator: &str, with: &Value) -> bool {
    let any = |wanted: &[Ordering]| values.iter().any(|value| wanted.contains(&compare(value, with)));
    let among = || with.as_array().unwrap().iter().any(|one| holds(values, "$eq", one));
    match operator {
        "$eq" => any(&[Ordering::Equal]),
        "$ne" => !any(&[Ordering::Equal]),
        "$in" => among(),
        "$nin" => !among(),
        "$lt" => any(&[Ordering::Less]),
        "$lte" => any(&[Ordering::Less, Ordering::Equal]),
        "$gt" => any(&[Ordering::Greater]),
        "$gte" => any(&[Ordering::Greater, Ordering::Equal]),
        "$exists" => values.is_empty() != with.as_bool().unwrap(),
        other => unreachable!("{other}"),
    }
}

/// How the keys of `sort` order two points with these scores.
pub(crate) fn sorted(sort: &Value, a: (&Value, f32), b: (&Value, f32)) -> Ordering {
    let keys = sort.as_array().map_or_else(|| vec![sort.clone()], Clone::clone);
    let mut order = Ordering::Equal;
    for key in &keys {
        let (field, descends) = match key {
            Value::String(field) => (field.as_str(), field == "_score"),
            object => {
                object.as_object().unwrap().iter().map(|(name, how)| (name.as_str(), how == "desc")).next().unwrap()
            }
        };
        order = order.then_with(|| by_field(field, descends, a, b));
    }
    order
}

fn by_field(field: &str, descends: bool, a: (&Value, f32), b: (&Value, f32)) -> Ordering {
    let turned = |order: Ordering| if descends { order.reverse() } else { order };
    if field == "_score" {
        return turned(a.1.total_cmp(&b.1));
    }
    let first = |point| values(point, field).into_iter().min_by(|x, y| turned(compare(x, y)));
    match (first(a.0), first(b.0)) {
        (Some(a), Some(b)) => turned(compare(a, b)),
        // Points without the field come last in both directions.
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// What boosts multiply a point's score by.
pub(crate) fn factor(boosts: &Value, point: &Value) -> f64 {
    let factors = boosts.as_array().unwrap().iter().map(|boost| {
        let weight = boost["weight"].as_f64().unwrap_or(1.0);
        if !boost["filter"].is_null() {
            return if passes(point, &boost["filter"]) { weight } else { 1.0 };
        }
        let numbers = values(point, boost["field"].as_str().unwrap()).into_iter().filter_map(Value::as_f64);
        let Some(number) = numbers.reduce(f64::max) else { return 1.0 };
        let share = if boost["log"] == true {
            number.max(0.0).ln_1p()
        } else if let Some(pivot) = boost["saturation"].as_f64() {
            number.max(0.0) / (number.max(0.0) + pivot)
        } else {
            let decay = &boost["decay"];
            let distance = (number - decay["from"].as_f64().unwrap()).abs() - decay["offset"].as_f64().unwrap_or(0.0);
            (-distance.max(0.0) / decay["scale"].as_f64().unwrap()).exp2()
        };
        1.0 + weight * share
    });
    factors.product()
}

/// The value that `collapse` goes by.
pub(crate) fn collapsed_by<'p>(point: &'p Value, field: &str) -> Option<&'p Value> {
    values(point, field).into_iter().min_by(|a, b| compare(a, b))
}

/// What the facets of a query count, as JSON.
pub(crate) fn facets(facets: &Value, points: &[&Value]) -> Value {
    let asked: Vec<(String, Value)> = match facets {
        Value::Array(names) => names.iter().map(|name| (name.as_str().unwrap().into(), json!({}))).collect(),
        asked => asked.as_object().unwrap().iter().map(|(name, how)| (name.clone(), how.clone())).collect(),
    };
    asked
        .into_iter()
        .map(|(field, how)| {
            let counted = facet(&field, &how, points);
            (field, counted)
        })
        .collect()
}

fn facet(field: &str, how: &Value, points: &[&Value]) -> Value {
    let missing = points.iter().filter(|point| values(point, field).is_empty()).count();
    if let Some(ranges) = how["ranges"].as_array() {
        let inside = |range: &Value, value: f64| {
            range["gte"].as_f64().is_none_or(|least| value >= least)
                && range["lt"].as_f64().is_none_or(|end| value < end)
        };
        let any = |point: &Value, range| values(point, field).iter().any(|v| inside(range, v.as_f64().unwrap()));
        let count = |range| points.iter().filter(|point| any(point, range)).count();
        let counts: Vec<usize> = ranges.iter().map(count).collect();
        return json!({ "values": [], "ranges": counts, "missing": missing });
    }
    let mut counts: BTreeMap<String, (Value, usize)> = BTreeMap::new();
    for point in points {
        let of_point: BTreeMap<String, &Value> = values(point, field).into_iter().map(|v| (v.to_string(), v)).collect();
        for (name, value) in of_point {
            counts.entry(name).or_insert_with(|| (value.clone(), 0)).1 += 1;
        }
    }
    let mut counts: Vec<(Value, usize)> = counts.into_values().collect();
    counts.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| compare(a, b)));
    counts.truncate(how["top"].as_u64().unwrap_or(10) as usize);
    let named = |(value, count): &(Value, usize)| json!({ "value": value, "count": count });
    json!({ "values": counts.iter().map(named).collect::<Vec<_>>(), "ranges": [], "missing": missing })
}
