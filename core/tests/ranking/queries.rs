//! Random queries.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::collections::{WHOLE, synonyms, text, vector};

/// What someone types: words of the collections, cut short or misspelt, and sometimes something after them.
fn typed() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), 0..10);
    let after = select(&["", "", "", "", " ", "."][..]);
    let words = prop_oneof![6 => text(1..5), 1 => text(9..24)];
    let changed = (words, change, after).prop_map(|(text, (at, change), after)| {
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        match change {
            0 | 1 => chars.truncate(at.max(1)),
            2 => chars.insert(at, 'e'),
            3 if chars.len() > 1 => drop(chars.remove(at)),
            4 if at > 0 => chars.swap(at - 1, at),
            5 => chars[at] = 'q',
            6 => chars.insert(at, if at == 0 || chars[at - 1] == ' ' { '-' } else { '"' }),
            7 => {
                chars.insert(at, '"');
                chars.insert(0, '"');
            }
            _ => {}
        }
        chars.into_iter().collect::<String>() + after
    });
    prop_oneof![4 => changed, 1 => select(&WHOLE[..]).prop_map(String::from)]
}

/// One text of `match`.
fn matching(schema: &Value) -> impl Strategy<Value = Value> + use<> {
    let names: Vec<String> = schema["text"].as_object().unwrap().keys().cloned().collect();
    let some = subsequence(names.clone(), 1..=names.len());
    let boosted = some.clone().prop_flat_map(|names| {
        let boosts = vec(select(&[0.5, 1.0, 4.0][..]), names.len());
        boosts.prop_map(move |boosts| Some(names.iter().cloned().zip(boosts.into_iter().map(|b| json!(b))).collect()))
    });
    let fields = prop_oneof![
        4 => Just(None),
        1 => some.prop_map(|names| Some(json!(names))),
        1 => boosted.prop_map(|boosts: Option<Map<String, Value>>| boosts.map(Value::Object)),
    ];
    let mode = select(&["any", "any", "all", "phrase"][..]);
    let options = (mode, any::<bool>(), fields, prop::option::weighted(0.2, select(&[0.5, 2.0][..])));
    let rules = prop_oneof![3 => Just(Value::Null), 1 => Just(json!(true)), 1 => Just(json!(false)), 2 => synonyms()];
    let object = (typed(), options, fuzzy(names), enough(), rules).prop_map(
        move |(query, (mode, prefix, fields, boost), fuzzy, (is_simple, least, drop), rules)| {
            let mut asked = json!({ "query": query, "mode": mode, "prefix": prefix, "fuzzy": fuzzy });
            if !rules.is_null() {
                asked["synonyms"] = rules;
            }
            if is_simple && mode != "phrase" {
                asked["syntax"] = json!("simple");
            }
            match mode {
                "any" if !least.is_null() => asked["minShouldMatch"] = least,
                "all" if !drop.is_null() => asked["dropWords"] = drop,
                _ => {}
            }
            if let Some(fields) = fields {
                asked["fields"] = fields;
            }
            if let Some(boost) = boost {
                asked["boost"] = json!(boost);
            }
            asked
        },
    );
    prop_oneof![1 => typed().prop_map(|text| json!(text)), 6 => object]
}

/// Whole texts as they are, and pages of few hits.
pub(crate) fn plain_query() -> impl Strategy<Value = Value> {
    let matching = (select(&WHOLE[..]), select(&["any", "any", "all"][..]), any::<bool>())
        .prop_map(|(query, mode, prefix)| json!({ "query": query, "mode": mode, "prefix": prefix }));
    (matching, 1..5u32).prop_map(|(matching, top_k)| json!({ "match": matching, "topK": top_k }))
}

/// What `fuzzy` says.
fn fuzzy(fields: Vec<String>) -> impl Strategy<Value = Value> {
    let how = (
        2u32..5,
        0u32..4,
        prop::option::of(0u32..4),
        subsequence(fields, 0..=1),
        text(0..2),
        prop::option::of(1u32..9),
        any::<bool>(),
    );
    let how = how.prop_map(|(one, more, first, fields, words, fewer, only_unknown)| {
        let mut how = json!({ "oneFrom": one, "twoFrom": one + more, "exceptFields": fields, "exceptWords": [words] });
        first.into_iter().for_each(|n| how["firstLetters"] = json!(n));
        fewer.into_iter().for_each(|n| how["fewerThan"] = json!(n));
        how["onlyUnknown"] = json!(only_unknown);
        how
    });
    prop_oneof![2 => Just(json!(true)), 2 => Just(json!(false)), 1 => how]
}

/// Whether signs mean something, how many words must be there, and which are dropped.
fn enough() -> impl Strategy<Value = (bool, Value, Value)> {
    let least = prop_oneof![3 => Just(Value::Null), 1 => (1u32..4).prop_map(|n| json!(n)), 1 => (1u32..=100).prop_map(|n| json!(format!("{n}%")))];
    let drop = (select(&["last", "frequent"][..]), 1u32..9)
        .prop_map(|(order, until)| json!({ "order": order, "until": until }));
    (any::<bool>(), least, prop_oneof![1 => Just(Value::Null), 1 => drop])
}

/// What ranks: words, vectors, several of them, or nothing.
fn ranked(schema: &Value) -> BoxedStrategy<Value> {
    let text = || matching(schema);
    let both = !schema["vectors"]["other"].is_null();
    let near = || {
        vector().prop_map(move |v| if both { json!({ "vector": v, "using": "near" }) } else { json!({ "vector": v }) })
    };
    let id = || (0..6usize).prop_map(|id| format!("p{id}"));
    let liked = move || {
        let lists = (vec(id(), 1..4), vec(id(), 0..3));
        let lists = lists.prop_map(|(ids, not)| json!({ "ids": ids, "not": not }));
        prop_oneof![2 => id().prop_map(|id| json!(id)), 1 => vec(id(), 1..4).prop_map(|ids| json!(ids)), 2 => lists]
    };
    let like = || liked().prop_map(|like| json!({ "like": like, "using": "near" }));
    let two = || {
        let like = prop::option::weighted(0.2, liked());
        (vector(), vector(), select(&[1.0, 0.25][..]), like).prop_map(move |(a, b, weight, like)| {
            let mut vectors = json!({ "near": { "vector": a, "weight": weight } });
            if both {
                vectors["other"] = like.map_or_else(|| json!({ "vector": b }), |like| json!({ "like": like }));
            }
            json!({ "vectors": vectors })
        })
    };
    let fusion = (select(&["weighted", "rrf"][..]), prop::option::of(select(&[0.0, 0.3, 1.0][..])));
    let fused = move |(mut query, texts, (method, share)): (Value, Value, (&str, Option<f64>))| {
        query["match"] = texts;
        query["fusion"] = json!({ "method": method });
        if let Some(share) = share {
            query["fusion"]["vector"] = json!(share);
        }
        query
    };
    let single = || text().prop_map(|text| json!({ "match": text }));
    let several = || vec(text(), 1..4).prop_map(|texts| json!(texts));
    prop_oneof![
        1 => Just(json!({ "filter": {} })),
        6 => single(),
        2 => near(),
        1 => like(),
        1 => (like(), text(), fusion.clone()).prop_map(fused),
        1 => two(),
        2 => (Just(json!({})), several(), fusion.clone()).prop_map(fused),
        2 => (near(), text(), fusion.clone()).prop_map(fused),
        2 => (two(), several(), fusion).prop_map(fused),
    ]
    .boxed()
}

fn filter() -> impl Strategy<Value = Value> {
    select(vec![
        json!({ "kind": "a" }),
        json!({ "kind": { "$in": ["a", "ä"] } }),
        json!({ "kind": { "$ne": "b" }, "count": { "$gte": 1 } }),
        json!({ "price": { "$lt": 0.25, "$gte": -0.5 } }),
        json!({ "$or": [{ "kind": { "$exists": false } }, { "$not": { "count": 2 } }] }),
        json!({ "count": { "$gt": 0, "$lte": 2 } }),
        json!({ "count": 17 }),
    ])
}

fn sort() -> impl Strategy<Value = Value> {
    select(vec![
        json!("kind"),
        json!(["count", "kind"]),
        json!({ "price": "desc" }),
        json!([{ "kind": "desc" }, { "count": "desc" }]),
        json!("_score"),
        json!(["kind", { "_score": "asc" }]),
    ])
}

fn boosts() -> impl Strategy<Value = Value> {
    let one = select(vec![
        json!({ "filter": { "kind": "a" }, "weight": 3 }),
        json!({ "filter": { "count": { "$gte": 1 } }, "weight": 0.5 }),
        json!({ "field": "count", "log": true }),
        json!({ "field": "price", "saturation": 0.5, "weight": 2 }),
        json!({ "field": "count", "decay": { "from": 2, "scale": 1.5, "offset": 0.5 }, "weight": 4 }),
    ]);
    vec(one, 0..3).prop_map(Value::from)
}

fn pins() -> impl Strategy<Value = Value> {
    let id = |n: u32| format!("p{n}");
    let pin = (0..40u32, 1..12u32).prop_map(move |(n, at)| json!({ "id": id(n), "at": at }));
    let ids = subsequence((0..40).map(id).collect::<Vec<_>>(), 0..3).prop_map(|ids| json!(ids));
    prop_oneof![ids, pin.prop_map(|pin| json!([pin]))]
}

fn facets() -> impl Strategy<Value = Value> {
    let ranges = json!([{ "lt": 0 }, { "gte": 0, "lt": 2 }, { "gte": 1 }, {}]);
    select(vec![json!(["kind", "count"]), json!({ "kind": { "top": 2 }, "count": { "ranges": ranges }, "price": {} })])
}

fn collapses() -> Vec<Value> {
    let groups = |field: &str, hits: u32| json!({ "field": field, "hits": hits });
    vec![json!("kind"), json!("count"), groups("kind", 1), groups("kind", 4), groups("count", 2), groups("price", 10)]
}

/// How hits are to differ.
fn diversity(schema: &Value) -> impl Strategy<Value = Value> + use<> {
    let names: Vec<String> = schema["vectors"].as_object().unwrap().keys().cloned().collect();
    let is_only = names.len() == 1;
    let candidates = prop::option::of(select(&[1, 2, 5, 13, 150][..]));
    let parts = (prop::option::of(select(&[0.0, 0.3, 0.8, 1.0][..])), candidates, select(names), any::<bool>());
    parts.prop_map(move |(weight, candidates, name, is_named)| {
        let mut diversity = json!({});
        weight.into_iter().for_each(|weight| diversity["weight"] = json!(weight));
        candidates.into_iter().for_each(|count| diversity["candidates"] = json!(count));
        if is_named || !is_only {
            diversity["using"] = json!(name);
        }
        diversity
    })
}

/// A whole query.
pub(crate) fn query(schema: &Value) -> impl Strategy<Value = Value> + use<> {
    let some = |share: f64, values: BoxedStrategy<Value>| prop::option::weighted(share, values);
    let options = (
        some(0.3, filter().boxed()),
        some(0.2, sort().boxed()),
        some(0.3, select(collapses()).boxed()),
        some(0.2, select(vec![json!(-1.0), json!(0.0), json!(0.3), json!(0.9), json!(2.0)]).boxed()),
        some(0.3, (0..4u32).prop_map(|n| json!(n)).boxed()),
        some(0.6, prop_oneof![1..30u32, 1..4u32].prop_map(|n| json!(n)).boxed()),
        some(0.3, select(vec![json!(1), json!(7), json!(50), json!(90), json!(500)]).boxed()),
        some(0.3, facets().boxed()),
        some(0.7, Just(json!(true)).boxed()),
        some(0.3, Just(json!(true)).boxed()),
    );
    let moved = (some(0.3, boosts().boxed()), some(0.3, pins().boxed()), some(0.25, diversity(schema).boxed()));
    (ranked(schema), options, moved).prop_map(
        |(
            mut query,
            (filter, sort, collapse, threshold, offset, top_k, ef_search, facets, exact, total),
            (boosts, pins, diversity),
        )| {
            // What moves hits is compared apart: two orders are one too many.
            let (sort, collapse) =
                if diversity.is_some() { (None, collapse.filter(Value::is_string)) } else { (sort, collapse) };
            let pins = pins.filter(|_| collapse.is_none() && diversity.is_none());
            let options = [
                ("filter", filter),
                ("sort", sort),
                ("collapse", collapse),
                ("scoreThreshold", threshold),
                ("offset", offset),
                ("topK", top_k),
                ("efSearch", ef_search),
                ("facets", facets),
                ("exact", exact),
                ("total", total),
                ("boosts", boosts),
                ("pins", pins),
                ("diversity", diversity),
            ];
            for (name, value) in options {
                if let Some(value) = value {
                    query[name] = value;
                }
            }
            query
        },
    )
}
