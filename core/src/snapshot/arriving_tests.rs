//! A version of which nothing is here at first answers as the whole one does: small sets in all tests of queries, by
//! their host; here those that have clusters, records and several segments, and what is fetched for it.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::test_host::Host;
use super::*;
use crate::error::Code;
use crate::model::{AnsweredBy, Query};
use crate::segment::GROUPED_FROM;

/// Components of the first vector.
const DIM: usize = 64;
const POINTS: usize = 5000;

fn vector(seed: usize, dim: usize) -> Vec<f32> {
    // Around two hundred centres.
    let at = |i: usize, d: usize| libm::sinf((i * 7919 + d * 104_729) as f32);
    (0..dim).map(|d| at(seed % 200, d) + 0.4 * at(1000 + seed, d)).collect()
}

fn schema(layout: &str, metric: &str) -> Value {
    json!({
        "vectors": {
            "first": { "dim": DIM, "metric": metric, "layout": layout },
            "second": { "dim": 9, "metric": "l2", "keep": "f16" },
        },
        "text": { "title": { "language": "en" } },
        "fields": { "price": "float", "kind": "keyword", "at": "geo" },
    })
}

fn point(n: usize) -> Value {
    let words = ["river", "mountain", "forest", "winter", "harvest", "lantern", "voyage"];
    let title: Vec<&str> = (0..4).map(|i| words[(n / 3 + i * i + n % 5) % words.len()]).collect();
    let mut vectors = json!({ "first": vector(n, DIM) });
    if !n.is_multiple_of(7) {
        vectors["second"] = json!(vector(n + 5, 9));
    }
    json!({
        "id": format!("p{n}"),
        "vectors": vectors,
        "payload": { "title": title.join(" "), "price": n % 97, "kind": format!("k{}", n % 13), "at": { "lat": n % 80, "lon": n % 170 } },
    })
}

/// Two segments, some points of the first of which are deleted or changed since.
fn host(layout: &str, metric: &str) -> Host {
    let mut host = Host::new(&schema(layout, metric));
    (0..POINTS).for_each(|n| host.put(point(n)));
    host.publish();
    (0..POINTS).step_by(91).for_each(|n| host.delete(&format!("p{n}")));
    (7..60).for_each(|n| host.put(point(n * 3)));
    host.publish();
    assert_eq!(host.snapshot.segments().len(), 2);
    host
}

fn queries() -> Vec<Value> {
    let (first, second) = (vector(77, DIM), vector(82, 9));
    vec![
        json!({ "vector": first, "using": "first" }),
        json!({ "vector": first, "using": "first", "topK": 40, "explain": true, "fields": ["kind"] }),
        json!({ "vector": first, "using": "first", "efSearch": 10, "oversampling": 3 }),
        json!({ "vector": first, "using": "first", "exact": true }),
        json!({ "vector": first, "using": "first", "filter": { "kind": "k3" } }),
        json!({ "vector": first, "using": "first", "filter": { "price": { "$lt": 50 } }, "offset": 7 }),
        json!({ "vector": first, "using": "first", "facets": { "kind": { "top": 20 } } }),
        json!({ "vector": second, "using": "second" }),
        json!({ "vector": second, "using": "second", "exact": true, "filter": { "kind": ["k1", "k2"] } }),
        json!({ "vectors": { "first": { "vector": first }, "second": { "vector": second, "weight": 2 } } }),
        json!({ "vector": first, "using": "first", "match": "river lantern", "explain": true }),
        json!({ "match": "harvst" }),
        json!({ "match": "\"winter forest\" -river", "highlight": true, "topK": 30 }),
        json!({ "match": "mountain", "sort": { "price": "desc" }, "after": "start" }),
        json!({ "filter": { "id": "p4991" } }),
        json!({ "filter": { "id": { "$prefix": "p49" } }, "sort": "price", "facets": { "price": {} } }),
        json!({ "like": "p500", "using": "first", "topK": 5 }),
        json!({ "like": "p91", "using": "first" }),
        json!({ "vector": first, "using": "first", "collapse": { "by": "kind", "hits": 2 } }),
        json!({ "vector": first, "using": "first", "boosts": [{ "filter": { "kind": "k3" }, "weight": 2 }] }),
        json!({ "vector": first, "using": "first", "pins": [{ "id": "p4000", "position": 2 }] }),
        json!({ "vector": first, "using": "first", "budget": 500 }),
        json!({ "sort": { "at": { "near": { "lat": 3, "lon": 4 } } }, "topK": 3 }),
        json!({ "vector": [1, 2], "using": "first" }),
    ]
}

#[test]
fn any_query_is_answered_as_if_all_were_here() {
    for (layout, metric) in [("ranges", "cosine"), ("ranges", "l2"), ("whole", "dot")] {
        let host = host(layout, metric);
        for query in queries() {
            // It asks both ways, and compares.
            let _ = host.ask(&query);
        }
    }
}

/// The same where centroids stand in two levels, as those of hundreds of thousands of points do.
#[test]
fn any_query_is_answered_so_by_groups_of_clusters() {
    GROUPED_FROM.set(Some(1));
    for metric in ["cosine", "dot", "l2"] {
        let host = host("ranges", metric);
        let segment = &host.snapshot.segments()[0].segment;
        assert!(segment.scan(0).unwrap().unwrap().groups() > 1);
        segment.check_proofs().unwrap();
        for query in queries() {
            let _ = host.ask(&query);
        }
    }
}

#[test]
fn groups_of_clusters_come_a_round_before_pieces() {
    GROUPED_FROM.set(Some(1));
    let host = host("ranges", "cosine");
    let large = &host.snapshot.segments()[0];
    let query = asked(&json!({ "vector": vector(77, DIM), "using": "first", "efSearch": 10 }));
    let mut arriving = Arriving::new(host.snapshot.manifest().unwrap().clone()).unwrap();
    let (answer, rounds) = host.ask_arriving(&mut arriving, &query, AnsweredBy::Browser.into());
    assert_eq!(answer.unwrap().hits.len(), 10);
    let of_large =
        |wants: &&[Want]| wants.iter().any(|want| want.blob == large.reference.blob && want.proof == Proof::Itself);
    let itself: Vec<&[Want]> = rounds.iter().map(Vec::as_slice).filter(of_large).collect();
    assert_eq!(itself.len(), 3, "groups, pieces, records: {rounds:?}");
}

fn asked(query: &Value) -> Query {
    Query::from_json(serde_json::to_string(query).unwrap().as_bytes()).unwrap()
}

#[test]
fn points_and_suggestions_come_as_if_all_were_here() {
    let host = host("ranges", "cosine");
    let asks: Vec<(&str, &str)> =
        vec![("p17", "riv"), ("p91", "mountain har"), ("nobody", "wintr"), ("p4999", "lantern v")];
    let mut arriving = Arriving::new(host.snapshot.manifest().unwrap().clone()).unwrap();
    for (id, typed) in asks {
        let request = crate::model::Suggest::from_json(json!({ "query": typed }).to_string().as_bytes()).unwrap();
        let ask = |snapshot: &Snapshot| -> Result<(Option<crate::model::StoredPoint>, Value)> {
            let found = snapshot.suggest(&request, None, AnsweredBy::Browser);
            Ok((snapshot.get(id)?, serde_json::to_value(found?).unwrap()))
        };
        let whole = ask(&host.snapshot).unwrap();
        let mut rounds = 0;
        let found = loop {
            match arriving.snapshot().and_then(ask) {
                Err(error) if error.code() == Code::PartsMissing && rounds < 20 => {
                    let wants = arriving.wants().unwrap();
                    host.bring(&mut arriving, &wants);
                    rounds += 1;
                }
                found => break found.unwrap(),
            }
        };
        assert_eq!(found, whole, "{id}, {typed}");
    }
}

/// Once the fronts are here, a search by vector takes two rounds: pieces, then records, each of which proves itself;
/// and what it takes is a small part.
#[test]
fn a_search_by_vector_takes_pieces_then_records() {
    let host = host("ranges", "cosine");
    let query = asked(&json!({ "vector": vector(77, DIM), "using": "first", "efSearch": 10 }));
    let mut arriving = Arriving::new(host.snapshot.manifest().unwrap().clone()).unwrap();
    let (answer, rounds) = host.ask_arriving(&mut arriving, &query, AnsweredBy::Browser.into());
    assert_eq!(answer.unwrap().hits.len(), 10);
    let [headers, fronts, pieces, records] = &rounds[..] else {
        panic!(
            "{:#?}",
            rounds
                .iter()
                .map(|wants| wants.iter().map(|w| (w.range.clone(), w.proof.clone())).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        )
    };
    assert!(headers.iter().chain(fronts).all(|want| want.proof != Proof::Itself));
    let itself = |wants: &[Want]| wants.iter().filter(|want| want.proof == Proof::Itself).count();
    assert!(itself(pieces) > 0 && itself(records) > 0);
    let large = host.snapshot.segments()[0].reference.blob;
    let of_large = |wants: &[Want]| -> u64 {
        wants.iter().filter(|want| want.blob == large).map(|want| want.range.end - want.range.start).sum()
    };
    assert!(of_large(pieces) + of_large(records) < large.bytes / 5, "{rounds:?}");
    assert!(pieces.iter().chain(records).filter(|want| want.blob == large).all(|want| want.proof == Proof::Itself));
}

/// Who goes through all that is found reads lists, of all segments at once, and records of hits alone.
#[test]
fn what_goes_through_all_points_takes_no_records_but_those_of_hits() {
    let host = host("ranges", "cosine");
    let second = vector(82, 9);
    for (query, most_rounds) in [
        (json!({ "sort": "kind", "topK": 3 }), 5),
        (json!({ "sort": { "price": "desc" }, "topK": 3, "offset": 1200 }), 5),
        (json!({ "topK": 3, "boosts": [{ "field": "price", "log": true }] }), 5),
        (json!({ "topK": 3, "facets": { "kind": {}, "price": { "stats": true } }, "sort": "price" }), 6),
        (json!({ "vector": second, "using": "second", "topK": 3, "sort": "kind" }), 9),
        (json!({ "match": "river", "topK": 3, "sort": ["kind", "_score"] }), 9),
    ] {
        let mut arriving = Arriving::new(host.snapshot.manifest().unwrap().clone()).unwrap();
        let (answer, rounds) = host.ask_arriving(&mut arriving, &asked(&query), AnsweredBy::Browser.into());
        assert_eq!(answer.unwrap().hits.len(), 3);
        assert!(rounds.len() <= most_rounds, "{query}: {} rounds", rounds.len());
        let records = rounds.iter().flatten().filter(|want| want.proof == Proof::Itself).count();
        assert!(records <= 24, "{query}: {records} records");
    }
}

/// A made-up word, one of thousands that begin with all letters.
fn word(n: usize) -> String {
    let letter = |i: usize| char::from(b'a' + ((n * 31 + i * 7 + n * i * i / 3) % 26) as u8);
    (0..4 + n % 5).map(letter).collect::<String>() + &n.to_string().replace(|c: char| c.is_ascii_digit(), "e")
}

/// Of words nothing waits for what does not depend on it: where a dictionary has many runs, the letters that another
/// may stand for are looked up at once, and parts of a query do not wait for one another.
#[test]
fn a_search_by_words_takes_few_rounds() {
    let schema = json!({
        "vectors": { "first": { "dim": DIM, "layout": "ranges" } },
        "text": { "title": { "language": "en" }, "text": { "language": "en" } },
    });
    let mut host = Host::new(&schema);
    for n in 0..3000 {
        let title = [word(n), word(n + 1), "common".into()].join(" ");
        let text: Vec<String> = (0..8).map(|i| word(n + i * i * 37)).collect();
        host.put(json!({ "id": format!("p{n:04}"), "vectors": { "first": vector(n, DIM) }, "payload": { "title": title, "text": text.join(" ") } }));
    }
    host.publish();
    let (one, other) = (word(700), word(1437));
    let asked_for = |query: &Value| {
        let mut arriving = Arriving::new(host.snapshot.manifest().unwrap().clone()).unwrap();
        let (answer, rounds) = host.ask_arriving(&mut arriving, &asked(query), AnsweredBy::Browser.into());
        assert!(!answer.unwrap().hits.is_empty(), "{query}");
        let bytes = rounds.iter().flatten().map(|want| want.range.end - want.range.start).sum::<u64>();
        // Without headers and fronts.
        (rounds.len() - 2, bytes)
    };
    let rounds = |query: &Value| asked_for(query).0;
    let text = format!("{one} {other}");
    let exact = rounds(&json!({ "match": text }));
    let misspelt = rounds(&json!({ "match": { "query": text, "fuzzy": true, "prefix": true } }));
    let only_unknown = |text: &str| asked_for(&json!({ "match": { "query": text, "fuzzy": { "onlyUnknown": true } } }));
    assert_eq!(only_unknown(&text), asked_for(&json!({ "match": text })), "what is like a known word is not asked for");
    let unknown = format!("{one} x{other}");
    let like_all = rounds(&json!({ "match": { "query": unknown, "fuzzy": true } }));
    assert!(only_unknown(&unknown).0 <= like_all + 1, "{like_all}: whether a word is known is one round");
    let by_vector = rounds(&json!({ "vector": vector(77, DIM), "using": "first" }));
    let both = rounds(&json!({ "vector": vector(77, DIM), "using": "first", "match": text }));
    assert!(exact <= 5 && misspelt <= 7, "{exact}, {misspelt}");
    // What each part gives points that the other found comes after both.
    assert!(both <= exact.max(by_vector) + 2, "{both}, {exact}, {by_vector}");
}

/// What has arrived is not wanted again, nor by the next version where it has the same segment.
#[test]
fn what_has_arrived_stays() {
    let mut host = host("ranges", "cosine");
    let query = asked(&json!({ "vector": vector(77, DIM), "using": "first" }));
    let mut arriving = Arriving::new(host.snapshot.manifest().unwrap().clone()).unwrap();
    let asks = |host: &Host, arriving: &mut Arriving| {
        let mut wanted = Vec::new();
        while let Err(error) = arriving.search(&query, AnsweredBy::Browser) {
            assert_eq!(error.code(), Code::PartsMissing);
            let wants = arriving.wants().unwrap();
            host.bring(arriving, &wants);
            wanted.extend(wants);
        }
        wanted
    };
    let first = asks(&host, &mut arriving);
    assert!(asks(&host, &mut arriving).is_empty());
    let large = host.snapshot.segments()[0].reference.blob;
    let of_large = |wants: &[Want]| wants.iter().filter(|want| want.blob == large).count();
    assert!(of_large(&first) > 2);
    host.put(point(POINTS + 1));
    host.publish();
    let mut next = arriving.next(host.snapshot.manifest().unwrap().clone()).unwrap();
    assert_eq!(of_large(&asks(&host, &mut next)), 0);
}

/// Within a budget what was used longest ago goes, and nothing that a search under way has used.
#[test]
fn parts_used_longest_ago_make_room() {
    let host = host("ranges", "cosine");
    let query = |n: usize| asked(&json!({ "vector": vector(n, DIM), "using": "first", "efSearch": 20 }));
    let manifest = || host.snapshot.manifest().unwrap().clone();
    // The bytes that came for a search, or why it found no room.
    let ask_holding = |arriving: &mut Arriving, n: usize, held: u64, budget: u64| -> Result<u64> {
        arriving.idle();
        let mut came = 0;
        for _round in 0..20 {
            match arriving.search(&query(n), AnsweredBy::Browser) {
                Err(error) if error.code() == Code::PartsMissing => {
                    for want in arriving.wants()? {
                        let (bytes, groups) = host.arrived(&want);
                        arriving.make_room(bytes.len() as u64, held, budget)?;
                        arriving.take(&want, &bytes, &groups)?;
                        came += bytes.len() as u64;
                        assert!(arriving.held_bytes() <= budget);
                    }
                }
                answer => {
                    let whole = host.snapshot.search(&query(n), None, AnsweredBy::Browser).unwrap();
                    assert_eq!(answer?.hits, whole.hits);
                    return Ok(came);
                }
            }
        }
        panic!("it goes round for ever")
    };
    let ask = |arriving: &mut Arriving, n: usize, budget: u64| ask_holding(arriving, n, budget, budget);
    let mut free = Arriving::new(manifest()).unwrap();
    ask(&mut free, 0, u64::MAX).unwrap();
    let of_one = free.held_bytes();
    for n in 1..40 {
        ask(&mut free, n * 5, u64::MAX).unwrap();
    }
    let budget = of_one * 3 / 2;
    assert!(free.held_bytes() > 2 * budget, "{} {budget}", free.held_bytes());
    let mut arriving = Arriving::new(manifest()).unwrap();
    for n in 0..40 {
        ask(&mut arriving, n * 5, budget).unwrap();
        assert_eq!(ask(&mut arriving, n * 5, budget).unwrap(), 0, "what was used last is here");
    }
    assert!(ask(&mut arriving, 0, budget).unwrap() > 0, "what was used first is not");
    let mut small = Arriving::new(manifest()).unwrap();
    assert_eq!(ask(&mut small, 0, of_one - 1).unwrap_err().code(), Code::OverBudget);
    ask(&mut small, 0, of_one + 4096).unwrap();
    // What is held between searches may be less than one of them needs.
    let mut modest = Arriving::new(manifest()).unwrap();
    for n in 0..20 {
        ask_holding(&mut modest, n * 5, of_one / 2, u64::MAX).unwrap();
        assert_eq!(ask_holding(&mut modest, n * 5, of_one / 2, u64::MAX).unwrap(), 0, "what a search has used is here");
        assert!(modest.held_bytes() < 2 * of_one, "{} of {of_one}", modest.held_bytes());
    }
}

#[test]
fn what_is_not_proved_is_not_taken() {
    let host = host("ranges", "cosine");
    let query = asked(&json!({ "vector": vector(77, DIM), "using": "first" }));
    let mut arriving = Arriving::new(host.snapshot.manifest().unwrap().clone()).unwrap();
    let mut refused = 0;
    while arriving.search(&query, AnsweredBy::Browser).is_err() {
        let wants = arriving.wants().unwrap();
        for want in &wants {
            let (mut bytes, groups) = host.arrived(want);
            let mut others =
                vec![(bytes[1..].to_vec(), groups.clone()), (bytes.iter().rev().copied().collect(), groups.clone())];
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            others.push((bytes.clone(), groups.clone()));
            bytes[middle] ^= 1;
            if !groups.is_empty() {
                others.push((bytes.clone(), Vec::new()));
                others.push((bytes.clone(), groups.iter().map(|byte| byte ^ 1).collect()));
            }
            for (bytes, groups) in others {
                let held = arriving.held_bytes();
                // What comes before its page list is not even looked at.
                if let Err(error) = arriving.take(want, &bytes, &groups) {
                    assert_eq!(error.code(), Code::HashMismatch, "{error}");
                    refused += 1;
                }
                assert_eq!(arriving.held_bytes(), held);
            }
        }
        host.bring(&mut arriving, &wants);
    }
    assert!(refused > 50, "{refused}");
}
