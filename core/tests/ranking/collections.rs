//! Random collections: few words, so that they meet.

use headwater_core::compaction::Extent;
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::host::Host;

/// Words with stems in common, misspellings and beginnings of each other, stop words, digits, accents, scripts
/// without spaces, emoji.
const WORDS: &str = "cat cats cut catalog catalogue house houses housing hose run runs running telescope telescopes \
     telescpoe telegraph the who of a der die und naïve Naive x1 x12 42 423 東京 京都 東京都 京 タワー 😀 cat's cat2 cats2";

/// Texts that are somebody's whole text, and typed as they are: many points with equally good ones, in all segments.
pub(crate) const WHOLE: [&str; 4] = ["cat house", "running cat", "naïve telescope who", "x1"];

/// Dimensions of the vectors.
const DIM: usize = 3;

/// Words of a text, apart or, as in scripts without spaces, together.
pub(crate) fn text(words: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = String> {
    let word = (select(WORDS.split(' ').collect::<Vec<_>>()), select(&[" ", " ", " ", " ", ", ", ""][..]));
    vec(word, words).prop_map(|words| {
        let glued = |(word, after): (&str, &str)| {
            let is_unspaced = word.starts_with(|c: char| c >= '\u{3000}');
            format!("{word}{}", if after.is_empty() && !is_unspaced { " " } else { after })
        };
        words.into_iter().map(glued).collect::<String>().trim_end().to_string()
    })
}

/// One to three text fields, one or two vectors, and declared fields of three types.
pub(crate) fn schema() -> impl Strategy<Value = Value> {
    let boost = select(&[1.0, 1.0, 0.5, 3.0, 2.5][..]);
    let field = (select(&["none", "en", "en", "de"][..]), any::<bool>(), boost);
    let fields = hash_map(select(&["body", "tags", "title"][..]), field, 1..4);
    let metric = || select(&["cosine", "dot", "l2"][..]);
    (fields, metric(), prop::option::of(metric()), synonyms()).prop_map(|(fields, metric, other, synonyms)| {
        let text: Map<String, Value> = fields
            .into_iter()
            .map(|(name, (language, stop, boost))| {
                (name.into(), json!({ "language": language, "stopWords": stop, "boost": boost }))
            })
            .collect();
        let vector = |metric: &str| json!({ "dim": DIM, "metric": metric, "keep": "f32" });
        let mut vectors = json!({ "near": vector(metric) });
        if let Some(other) = other {
            vectors["other"] = vector(other);
        }
        let fields = json!({ "kind": "keyword", "count": "integer", "price": "float", "number": "integer" });
        json!({ "text": text, "vectors": vectors, "fields": fields, "synonyms": synonyms })
    })
}

/// Rules: often none.
pub(crate) fn synonyms() -> impl Strategy<Value = Value> {
    // "cat's" is "cat" in English only: see `queries`.
    let texts = |least: usize| vec(text(1..4).prop_map(|text| text.replace('\'', "")), least..4);
    let one_way = (texts(1), texts(1)).prop_map(|(from, to)| json!({ "from": from, "to": to }));
    let rule = prop_oneof![3 => texts(2).prop_map(|texts| json!(texts)), 2 => one_way];
    prop_oneof![1 => Just(json!([])), 2 => vec(rule, 1..9).prop_map(Value::from)]
}

/// Whole numbers and halves, so that many points are equally near.
pub(crate) fn vector() -> impl Strategy<Value = Vec<f64>> {
    vec((-4i32..5).prop_map(|n| f64::from(n) / 2.0), DIM)
}

/// What a payload has under a text field.
fn texts() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        2 => Just(None),
        5 => text(0..7).prop_map(|text| Some(json!(text))),
        3 => select(&WHOLE[..]).prop_map(|text| Some(json!(text))),
        3 => vec(text(0..4), 0..4).prop_map(|texts| Some(json!(texts))),
        1 => text(60..90).prop_map(|text| Some(json!(text))),
        1 => vec(text(60..72), 2..4).prop_map(|texts| Some(json!(texts))),
    ]
}

/// A point without an id, with what any schema of these may declare.
pub(crate) fn point() -> impl Strategy<Value = Value> {
    let kind = select(&["a", "b", "c", "ä"][..]);
    let kinds = prop_oneof![
        1 => Just(None),
        3 => kind.clone().prop_map(|kind| Some(json!(kind))),
        1 => vec(kind, 0..3).prop_map(|kinds| Some(json!(kinds))),
    ];
    let counts = prop_oneof![
        1 => Just(None),
        3 => (0..4).prop_map(|n| Some(json!(n))),
        1 => vec(0..4, 0..3).prop_map(|n| Some(json!(n))),
    ];
    let numbers = (counts, prop::option::weighted(0.8, -2i32..3));
    let vectors = || prop::option::weighted(0.85, vector());
    ((texts(), texts(), texts()), (vectors(), vectors()), kinds, numbers).prop_map(
        |((body, tags, title), (near, other), kind, (count, price))| {
            let mut payload = json!({});
            let price = price.map(|price| json!(f64::from(price) / 4.0));
            let all = [("body", body), ("tags", tags), ("title", title), ("kind", kind), ("count", count)];
            for (name, value) in all.into_iter().chain([("price", price)]) {
                if let Some(value) = value {
                    payload[name] = value;
                }
            }
            json!({ "vectors": { "near": near, "other": other }, "payload": payload })
        },
    )
}

/// A point whose texts are few, whole ones and nearly whole ones: many points are equally good.
pub(crate) fn plain_point() -> impl Strategy<Value = Value> {
    let one = || {
        (select(&WHOLE[..]), select(&["", "", "", " cat", " x1 house"][..]))
            .prop_map(|(text, more)| text.to_owned() + more)
    };
    (one(), one(), prop::option::of(one())).prop_map(
        |(body, tags, title)| json!({ "vectors": {}, "payload": { "body": body, "tags": tags, "title": title } }),
    )
}

/// The same points in one of the ways in which they may have come to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Unpublished,
    OneSegment,
    /// Published by and by.
    Several,
    /// A half is published; of these some are changed and some deleted since, and the others are new.
    UnpublishedOverPublished,
    /// Nothing is published, and most is sealed: some points have changed since, or while they were sealed.
    Sealed,
    /// The same over a half that is published.
    SealedOverPublished,
    /// Published with more, which are changed and deleted in later versions.
    AfterDeletes,
    /// The same, written into one segment at last.
    Compacted,
}

impl Layout {
    pub(crate) const ALL: [Self; 8] = [
        Self::Unpublished,
        Self::OneSegment,
        Self::Several,
        Self::UnpublishedOverPublished,
        Self::Sealed,
        Self::SealedOverPublished,
        Self::AfterDeletes,
        Self::Compacted,
    ];

    /// A collection that holds the points; `others` are what some of them were before, and what is deleted again.
    pub(crate) fn build(self, schema: &Value, points: &[Value], others: &[Value]) -> Host {
        let mut host = Host::new(schema);
        let with_id = |id: usize, point: &Value| with_id(schema, id, point);
        let put = |host: &mut Host, from: usize, to: usize| {
            (from..to).for_each(|id| host.put(&with_id(id, &points[id])));
        };
        let (half, all) = (points.len() / 2, points.len());
        match self {
            Self::Unpublished => put(&mut host, 0, all),
            Self::OneSegment => {
                put(&mut host, 0, all);
                host.publish(Extent::Tiers);
            }
            Self::Several => {
                for (from, to) in [(0, all * 4 / 7), (all * 4 / 7, all * 6 / 7), (all * 6 / 7, all)] {
                    put(&mut host, from, to);
                    host.publish(Extent::Tiers);
                }
            }
            Self::UnpublishedOverPublished => {
                put(&mut host, 0, half);
                // In the place of the first ones, and beyond the last one.
                let ids = (0..).take(half).step_by(2).chain(all..);
                let others: Vec<(usize, &Value)> = ids.zip(others).collect();
                others.iter().for_each(|(id, other)| host.put(&with_id(*id, other)));
                host.publish(Extent::Tiers);
                others.iter().filter(|(id, _)| *id < all).for_each(|(id, _)| host.put(&with_id(*id, &points[*id])));
                others.iter().filter(|(id, _)| *id >= all).for_each(|(id, _)| host.delete(&format!("p{id}")));
                put(&mut host, half, all);
            }
            Self::Sealed => {
                put(&mut host, 0, all * 5 / 7);
                seal(&mut host, schema, points, others);
                put(&mut host, all * 5 / 7, all);
            }
            Self::SealedOverPublished => {
                put(&mut host, 0, half);
                let beyond: Vec<usize> = (all..).step_by(3).take(2).zip(others).map(|(id, _)| id).collect();
                beyond.iter().zip(others).for_each(|(id, other)| host.put(&with_id(*id, other)));
                host.publish(Extent::Tiers);
                put(&mut host, half, all * 5 / 7);
                seal(&mut host, schema, points, others);
                beyond.iter().for_each(|id| host.delete(&format!("p{id}")));
                put(&mut host, all * 5 / 7, all);
            }
            Self::AfterDeletes | Self::Compacted => {
                others.iter().enumerate().for_each(|(id, other)| host.put(&with_id(id * 3, other)));
                put(&mut host, 0, all);
                let (inside, beyond): (Vec<usize>, Vec<usize>) = (0..others.len()).partition(|other| other * 3 < all);
                inside.iter().for_each(|other| host.put(&with_id(other * 3, &others[*other])));
                host.publish(Extent::Tiers);
                inside.iter().for_each(|other| host.put(&with_id(other * 3, &points[other * 3])));
                host.publish(Extent::Tiers);
                beyond.iter().for_each(|other| host.delete(&format!("p{}", other * 3)));
                host.publish(Extent::Tiers);
                if self == Self::Compacted {
                    host.publish(Extent::Everything);
                }
            }
        }
        host
    }
}

/// Seals twice: once with other points in the place of every second one and beyond the last one, then, as they are,
/// while these go.
fn seal(host: &mut Host, schema: &Value, points: &[Value], others: &[Value]) {
    let all = points.len();
    let ids = (0..all).step_by(2).chain(all + 1..);
    let others: Vec<(usize, &Value)> = ids.zip(others).collect();
    others.iter().for_each(|(id, other)| host.put(&with_id(schema, *id, other)));
    host.seal(|_| ());
    let mend = |host: &mut Host, (id, _): &(usize, &Value)| match points.get(*id) {
        Some(point) => host.put(&with_id(schema, *id, point)),
        None => host.delete(&format!("p{id}")),
    };
    let (first, last) = others.split_at(others.len() / 2);
    first.iter().for_each(|other| mend(host, other));
    host.seal(|host| last.iter().for_each(|other| mend(host, other)));
}

/// The point with an id and a number of its own, and with the vectors that the schema declares.
fn with_id(schema: &Value, id: usize, point: &Value) -> Value {
    let mut point = point.clone();
    point["id"] = json!(format!("p{id}"));
    point["payload"]["number"] = json!(id);
    point["vectors"].as_object_mut().unwrap().retain(|name, _| !schema["vectors"][name].is_null());
    point
}
