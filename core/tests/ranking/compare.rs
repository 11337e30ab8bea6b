//! One query, answered by the engine and by the twin.
//!
//! The scores of a part are compared within bounds ([`super::words::Bounds`]). So that these hide nothing, whatever
//! is made of the scores is made of the engine's own, once they are compared: its order must be that of its scores to
//! the last bit, and what fuses, sorts, collapses, leaves out or cuts does so with the ranking that the engine gave
//! for less.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use headwater_core::model::{Highlight, Hit, Relation, Total};
use serde_json::{Value, json};

use super::diverse::compare_diverse;
use super::fields::{collapsed_by, factor, sorted};
use super::host::Host;
use super::rings::{Part, Ranking, first_depth, rings};
use super::twin::{Asked, Twin, likes};

/// All hits that a query may have.
const ALL: usize = 10_000;

/// Fails unless the engine answers as the twin does.
pub(crate) fn compare(host: &Host, query: &Value) {
    let mut plain = query.clone();
    plain.as_object_mut().unwrap().remove("diversity");
    compare_plain(host, &plain);
    if query["diversity"].is_null() || host.try_to_ask(&plain).is_err() {
        return;
    }
    let all = |query: &Value| {
        let mut all = query.clone();
        (all["offset"], all["topK"]) = (json!(0), json!(ALL));
        ranking(&host.ask(&all).hits)
    };
    let found = all(query);
    compare_diverse(&host.twin(!query["asOf"].is_null()), query, &all(&plain), &found);
    let answer = host.ask(query);
    assert_eq!(ranking(&answer.hits), page(query, found), "the page of {query}");
    assert_eq!(answer.facets, host.ask(&plain).facets, "the facets of {query}");
}

/// Hits in order of their scores or fields.
fn compare_plain(host: &Host, query: &Value) {
    let twin = host.twin(!query["asOf"].is_null());
    if likes(query).into_iter().any(|(vector, id)| !twin.has_vector(id, vector)) {
        assert!(host.try_to_ask(query).is_err(), "there is no such vector: {query}");
        return;
    }
    let asked = twin.parts(query);
    let parts: Vec<Ranking> = asked.iter().map(|part| ranked_alone(host, &twin, &part.alone)).collect();
    let rings = whole_order(host, &twin, query, &asked, &parts);
    let order = admitted(query, rings);
    let answer = host.ask(query);
    compare_total(query, answer.total, order.len(), "all hits");
    let order = pinned(&twin, query, order);
    let wanted = groups(&twin, query, order);
    let hits = ranking(&answer.hits);
    let firsts: Ranking = wanted.iter().map(|group| group[0].clone()).collect();
    assert_eq!(hits, firsts, "the page of {query}");
    for (hit, wanted) in answer.hits.iter().zip(&wanted) {
        compare_group(&twin, query, hit, wanted);
    }
    if !query["facets"].is_null() {
        // What boosts make of scores, facets do not know.
        let threshold = query["scoreThreshold"].as_f64().map(|t| t as f32).filter(|_| !has_boosts(query));
        let found = counted(&twin, query, &parts, threshold);
        let counts = serde_json::to_value(&answer.facets).unwrap();
        assert_eq!(whole_numbers(&counts), whole_numbers(&twin.facets(query, &found)), "the facets of {query}");
    }
}

/// What one part ranks: the engine's answer, after it was compared with the twin's.
fn ranked_alone(host: &Host, twin: &Twin<'_>, query: &Value) -> Ranking {
    let ranking = ranking(&host.ask(query).hits);
    let found = twin.found(query);
    let ids = |all: &mut dyn Iterator<Item = &str>| all.map(String::from).collect::<BTreeSet<_>>();
    let (theirs, ours) = (ids(&mut ranking.iter().map(|(id, _)| id.as_str())), ids(&mut found.keys().copied()));
    assert_eq!(theirs, ours, "the points that {query} finds");
    assert_eq!(ranking.len(), found.len(), "{query} has a hit twice");
    for (id, score) in &ranking {
        let bounds = found[id.as_str()];
        assert!((bounds.least..=bounds.most).contains(score), "{query} gives {id} {score}, not {bounds:?}");
    }
    assert!(ranking.is_sorted_by(|a, b| by_score(a, b) == Ordering::Less), "{query} is not in order: {ranking:?}");
    ranking
}

fn by_score(a: &(String, f32), b: &(String, f32)) -> Ordering {
    b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0))
}

/// The engine's answer to the query without what cuts or leaves out, ring by ring, after it was compared with the
/// twin's.
fn whole_order(host: &Host, twin: &Twin<'_>, query: &Value, asked: &[Asked], rankings: &[Ranking]) -> Vec<Ranking> {
    let mut whole = query.clone();
    for key in ["offset", "collapse", "scoreThreshold", "facets", "total", "pins"] {
        whole.as_object_mut().unwrap().remove(key);
    }
    whole["topK"] = json!(ALL);
    if asked.is_empty() && query["filter"].is_null() && query["sort"].is_null() {
        // A query for facets alone asks for something all the same.
        whole["filter"] = json!({});
    }
    let mut hits = ranking(&host.ask(&whole).hits);
    let wanted = rings_of(twin, &whole, asked, rankings);
    assert_eq!(hits.len(), wanted.iter().map(Vec::len).sum::<usize>(), "the number of hits of {whole}");
    let ring = |wanted: &Vec<(String, f64)>| {
        let ring: Ranking = hits.drain(..wanted.len()).collect();
        compare_ring(twin, &whole, &ring, wanted);
        ring
    };
    wanted.iter().map(ring).collect()
}

/// The points of each ring with their scores, in no order.
fn rings_of(twin: &Twin<'_>, query: &Value, asked: &[Asked], rankings: &[Ranking]) -> Vec<Vec<(String, f64)>> {
    let mut rings = unboosted_rings_of(twin, query, asked, rankings);
    for (id, score) in rings.iter_mut().flatten().filter(|_| has_boosts(query)) {
        let factor = factor(&query["boosts"], twin.point(id));
        *score = if asked.is_empty() {
            factor
        } else if *score < 0.0 {
            *score / factor
        } else {
            *score * factor
        };
    }
    rings
}

fn has_boosts(query: &Value) -> bool {
    query["boosts"].as_array().is_some_and(|boosts| !boosts.is_empty())
}

fn unboosted_rings_of(
    twin: &Twin<'_>,
    query: &Value,
    asked: &[Asked],
    rankings: &[Ranking],
) -> Vec<Vec<(String, f64)>> {
    match asked {
        [] => vec![twin.found(query).into_keys().map(|id| (id.into(), 0.0)).collect()],
        // Texts alone, sorted: all that match.
        texts if texts.len() > 1 && texts.iter().all(Asked::is_text) && !query["sort"].is_null() => {
            let mut sums: BTreeMap<String, f64> = BTreeMap::new();
            for (text, ranking) in texts.iter().zip(rankings) {
                ranking
                    .iter()
                    .for_each(|(id, score)| *sums.entry(id.clone()).or_default() += text.weight * f64::from(*score));
            }
            vec![sums.into_iter().collect()]
        }
        [part] if part.is_text() => {
            vec![rankings[0].iter().map(|(id, score)| (id.clone(), f64::from(*score))).collect()]
        }
        _ => {
            let part = |(asked, ranking): (&Asked, &Ranking)| Part {
                weight: asked.weight,
                least: asked.least,
                ranking: ranking.clone(),
            };
            let parts: Vec<Part> = asked.iter().zip(rankings).map(part).collect();
            rings(&parts, first_depth(query, parts.len()), &query["fusion"]["method"])
        }
    }
}

fn compare_ring(twin: &Twin<'_>, query: &Value, ring: &Ranking, wanted: &[(String, f64)]) {
    let ids = |ids: &mut dyn Iterator<Item = &String>| ids.cloned().collect::<BTreeSet<_>>();
    let (theirs, ours) = (ids(&mut ring.iter().map(|(id, _)| id)), ids(&mut wanted.iter().map(|(id, _)| id)));
    assert_eq!(theirs, ours, "a ring of {query}");
    for (id, score) in wanted {
        let (_, found) = ring.iter().find(|(found, _)| found == id).unwrap();
        let error = (f64::from(*found) - score).abs();
        assert!(error <= 1e-5 * score.abs().max(1.0), "{query} gives {id} {found}, not {score}");
    }
    let order = |a: &(String, f32), b: &(String, f32)| match &query["sort"] {
        Value::Null => by_score(a, b),
        sort => sorted(sort, (twin.point(&a.0), a.1), (twin.point(&b.0), b.1)).then_with(|| a.0.cmp(&b.0)),
    };
    assert!(ring.is_sorted_by(|a, b| order(a, b) == Ordering::Less), "a ring of {query} is not in order: {ring:?}");
}

/// Fails unless a total is the number of points, or says that these are more.
fn compare_total(query: &Value, total: Total, points: usize, what: &str) {
    let is_right = match total.relation {
        Relation::Exact => total.value == points as u64,
        Relation::AtLeast => total.value <= points as u64 && query["total"] != json!(true),
    };
    assert!(is_right, "{what} of {query} are {points}, not {total:?}");
}

/// Fails unless a hit has the group that its query asks for.
fn compare_group(twin: &Twin<'_>, query: &Value, hit: &Hit, wanted: &Ranking) {
    let Some(collapse) = query["collapse"].as_object() else {
        assert!(hit.group.is_none(), "a group that {query} does not ask for");
        return;
    };
    let group = hit.group.as_ref().unwrap();
    let first = collapse["hits"].as_u64().unwrap_or(3) as usize;
    let wanted_hits: Ranking = wanted.iter().take(first).cloned().collect();
    assert_eq!(ranking(&group.hits), wanted_hits, "the group of {} for {query}", hit.id);
    compare_total(query, group.count, wanted.len(), "the points of a group");
    let value = collapsed_by(twin.point(&hit.id), collapse["field"].as_str().unwrap()).cloned();
    let told = serde_json::to_value(&group.value).unwrap();
    assert_eq!(whole_numbers(&told), whole_numbers(&value.unwrap_or_default()), "the value of {} for {query}", hit.id);
}

/// The order of all hits: what a threshold leaves of the rings.
fn admitted(query: &Value, mut rings: Vec<Ranking>) -> Ranking {
    if let Some(threshold) = query["scoreThreshold"].as_f64() {
        // A ring whose points are all below it is the last one; one without points of its own says nothing.
        let is_below = |ring: &Ranking| !ring.is_empty() && ring.iter().all(|(_, score)| *score < threshold as f32);
        let end = rings.iter().position(is_below).unwrap_or(rings.len());
        rings.truncate(end);
        rings.iter_mut().for_each(|ring| ring.retain(|(_, score)| *score >= threshold as f32));
    }
    rings.into_iter().flatten().collect()
}

/// The order with pinned points where they belong.
fn pinned(twin: &Twin<'_>, query: &Value, mut order: Ranking) -> Ranking {
    let pins = query["pins"].as_array().into_iter().flatten().zip(1u64..);
    let pins = pins.map(|(pin, place)| match pin.as_str() {
        Some(id) => (place, id),
        None => (pin["at"].as_u64().unwrap(), pin["id"].as_str().unwrap()),
    });
    let mut pins: Vec<(u64, &str)> = pins.filter(|(_, id)| twin.counts(query, id)).collect();
    pins.sort_unstable();
    order.retain(|(id, _)| pins.iter().all(|(_, pin)| pin != id));
    for (place, id) in pins {
        order.insert((place as usize - 1).min(order.len()), (id.to_string(), 0.0));
    }
    order
}

/// For each hit of the page all points that share its value, in order; itself alone, where it has none or nothing is
/// collapsed.
fn groups(twin: &Twin<'_>, query: &Value, order: Ranking) -> Vec<Ranking> {
    let field = query["collapse"].as_str().or(query["collapse"]["field"].as_str());
    let (mut groups, mut values) = (Vec::<Ranking>::new(), Vec::new());
    for hit in order {
        let value = field.and_then(|field| collapsed_by(twin.point(&hit.0), field));
        match values.iter().position(|known| value.is_some() && *known == value) {
            Some(group) => groups[group].push(hit),
            None => {
                groups.push(vec![hit]);
                values.push(value);
            }
        }
    }
    page(query, groups)
}

fn page<T>(query: &Value, order: Vec<T>) -> Vec<T> {
    let number = |key: &str, otherwise: u64| query[key].as_u64().unwrap_or(otherwise) as usize;
    order.into_iter().skip(number("offset", 0)).take(number("topK", 10)).collect()
}

/// The points that facets are counted over.
fn counted<'t>(twin: &'t Twin<'_>, query: &Value, parts: &'t [Ranking], threshold: Option<f32>) -> BTreeSet<&'t str> {
    if parts.is_empty() {
        return twin.found(query).into_keys().collect();
    }
    let asked = twin.parts(query);
    let found = asked.iter().zip(parts).flat_map(|(part, ranking)| {
        let threshold = threshold.filter(|_| part.is_text());
        ranking.iter().filter(move |(_, score)| threshold.is_none_or(|least| *score >= least))
    });
    found.map(|(id, _)| id.as_str()).collect()
}

/// Fails unless pages of a size, put together, are all hits of a query.
pub(crate) fn compare_pages(host: &Host, query: &Value, size: usize) {
    // A page of several hits of each value would be too large for all of them.
    let mut query = query.clone();
    if let Some(field) = query["collapse"]["field"].as_str() {
        query["collapse"] = json!(field);
    }
    let query = &query;
    let asked = |offset: usize, size: usize| {
        let mut page = query.clone();
        (page["offset"], page["topK"]) = (json!(offset), json!(size));
        host.ask(&page)
    };
    let page = |offset: usize, size: usize| ranking(&asked(offset, size).hits);
    if host.try_to_ask(query).is_err() {
        return;
    }
    let all = page(0, ALL);
    if query["scoreThreshold"].is_null() && query["collapse"].is_null() && query["pins"].is_null() {
        assert_eq!(all.len(), number_found(host, query), "the number of hits of {query}");
    }
    if query["collapse"].is_null() && query["pins"].is_null() {
        compare_total(query, asked(0, size).total, all.len(), "all hits");
    }
    let pages = (0..=all.len() / size).flat_map(|number| page(number * size, size));
    assert_eq!(pages.collect::<Ranking>(), all, "pages of {size} of {query}");
    compare_cursors(host, query, size);
}

/// Fails unless pages that go on after one another, put together, are all hits of the published version.
fn compare_cursors(host: &Host, query: &Value, size: usize) {
    if host.version() == 0 {
        return;
    }
    let mut query = query.clone();
    query["asOf"] = json!(host.version());
    let mut whole = query.clone();
    (whole["offset"], whole["topK"]) = (json!(0), json!(ALL));
    let Ok(whole) = host.try_to_ask(&whole) else { return };
    query.as_object_mut().unwrap().remove("offset");
    (query["topK"], query["after"]) = (json!(size), json!("start"));
    let (wanted, mut all) = (ranking(&whole.hits), Ranking::new());
    loop {
        let answer = host.ask(&query);
        all.extend(ranking(&answer.hits));
        let counts_hits = query["collapse"].is_null() && query["pins"].is_null();
        if counts_hits {
            compare_total(&query, answer.total, wanted.len(), "all hits");
        }
        assert_eq!(answer.next.is_some(), all.len() < wanted.len(), "whether hits follow {} of {query}", all.len());
        match answer.next {
            Some(next) => query["after"] = json!(next),
            None => break,
        }
    }
    assert_eq!(all, wanted, "pages of {size}, one after the other, of {query}");
}

/// How many points some part of a query finds.
fn number_found(host: &Host, query: &Value) -> usize {
    let twin = host.twin(false);
    let parts = twin.parts(query);
    let alone: Vec<&Value> =
        if parts.is_empty() { vec![query] } else { parts.iter().map(|part| &part.alone).collect() };
    alone.into_iter().flat_map(|part| twin.found(part).into_keys()).collect::<BTreeSet<_>>().len()
}

/// Fails unless the engine highlights what the twin does.
pub(crate) fn compare_highlights(host: &Host, query: &Value) {
    if query["match"].is_null() || host.try_to_ask(query).is_err() {
        return;
    }
    let twin = host.twin(false);
    let mut asked = query.clone();
    asked["highlight"] = json!(true);
    asked["snippets"] = json!({ "chars": 50, "count": 2 });
    let hits = host.ask(&asked).hits;
    hits.iter().for_each(|hit| compare_highlights_of(&twin, query, hit));
}

fn compare_highlights_of(twin: &Twin<'_>, query: &Value, hit: &Hit) {
    let wanted: Vec<_> =
        twin.highlights(query, &hit.id).into_iter().map(|(field, places)| (field.into(), places)).collect();
    let found = hit.highlights.as_ref().map_or_else(Vec::new, |fields| {
        let places = |list: &Vec<Highlight>| {
            list.iter().map(|h| (h.item as usize, h.start as usize, h.end as usize)).collect::<Vec<_>>()
        };
        fields.iter().map(|(field, list)| (field.clone(), places(list))).collect::<Vec<(String, _)>>()
    });
    assert_eq!(found, wanted, "the highlights of {} for {query}", hit.id);
    for (field, snippets) in hit.snippets.iter().flat_map(|fields| fields.iter()) {
        let of_field = wanted.iter().find(|(name, _)| name == field).map_or(&[][..], |(_, places)| places);
        let first = &snippets[0];
        assert_eq!(first.highlights.is_empty(), of_field.is_empty(), "the snippets of {} for {query}", hit.id);
        for snippet in snippets {
            let (start, end) = (snippet.start as usize, snippet.start as usize + snippet.text.encode_utf16().count());
            let here =
                of_field.iter().filter(|(item, from, to)| *item == snippet.item as usize && *from < end && *to > start);
            let inside: Vec<_> = here.map(|(_, from, to)| (from.max(&start) - start, to.min(&end) - start)).collect();
            let told: Vec<_> = snippet.highlights.iter().map(|h| (h.start as usize, h.end as usize)).collect();
            assert_eq!(told, inside, "the snippet {:?} of {} for {query}", snippet.text, hit.id);
        }
    }
}

fn ranking(hits: &[Hit]) -> Ranking {
    hits.iter().map(|hit| (hit.id.clone(), hit.score)).collect()
}

/// JSON in which 1.0 is 1.
fn whole_numbers(value: &Value) -> Value {
    match value {
        Value::Number(n) => json!(n.as_f64().unwrap()),
        Value::Array(list) => list.iter().map(whole_numbers).collect(),
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), whole_numbers(value))).collect(),
        other => other.clone(),
    }
}
