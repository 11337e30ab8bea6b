//! An answer as lines: hits with what they show, what was counted, how it came about.

use headwater_core::model::{
    Answer, Built, Ended, FacetCounts, Group, Highlight, Hit, Part, Payload, Scalar, SegmentPlan, Snippet, Stages,
    Total, values_at,
};
use serde_json::Value;

use crate::cli::terminal::{Line, visible};
use crate::counted::counted;

/// Characters of an id before the columns behind it shift.
const MAX_ID_COLUMNS: usize = 40;
/// Characters of a payload or a text in a table.
const MAX_PAYLOAD_COLUMNS: usize = 160;
/// Characters of a text that are shown before its first marked word.
const BEFORE_MARK: usize = 40;
/// Where what belongs to a hit stands below it, behind the score.
const BELOW: usize = 10;

/// The lines of an answer to a query.
pub(super) fn lines(answer: &Answer, query: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    of_hits(&answer.hits, 0, &mut lines);
    for (field, counts) in answer.facets.iter().flat_map(|facets| facets.iter()) {
        let asked = query.get("facets").and_then(|facets| facets.get(field.as_str()));
        of_facet(field, counts, asked.and_then(|facet| facet.get("ranges")), &mut lines);
    }
    if let Some(stages) = &answer.stages {
        lines.push(of_stages(stages));
        for plan in &answer.plan {
            lines.push(of_plan(plan));
            lines.extend(plan.built.as_ref().map(of_built));
        }
    }
    lines.push(Line::from(format!(
        "{} from {} in {} µs, version {}, lsn {}",
        found(answer, query),
        answer.answered_by.as_str(),
        answer.took_us,
        answer.version,
        answer.lsn
    )));
    if let Some(ended) = answer.ended {
        let why = match ended {
            Ended::Timeout => "its time (timeoutMs) was over",
            Ended::Budget => "its budget of points was used up",
        };
        lines.push(Line::from(format!("the search ended early, because {why}: there may be more and better hits")));
    }
    lines
}

/// How many hits there are, and of how many.
fn found(answer: &Answer, query: &Value) -> String {
    let (shown, total) = (answer.hits.len() as u64, answer.total);
    let pinned = answer.hits.iter().filter(|hit| hit.pinned).count() as u64;
    let of = match (shown == total.value && total.is_exact(), pinned) {
        (true, 0) => counted(shown, "hit"),
        // A pinned hit counts only if it is found anyway.
        (_, 1..) => format!("{} ({pinned} pinned), the query finds {}", counted(shown, "hit"), points(total, "hit")),
        (false, 0) => format!("{shown} of {}", points(total, "hit")),
    };
    let collapse = &query["collapse"];
    match collapse.as_str().or_else(|| collapse["field"].as_str()) {
        Some(field) => format!("{of}, one for each {field:?},"),
        None => of,
    }
}

fn points(total: Total, what: &str) -> String {
    let at_least = if total.is_exact() { "" } else { "at least " };
    format!("{at_least}{}", counted(total.value, what))
}

/// Score, id and payload on one line each, and below it what else the hit has.
fn of_hits(hits: &[Hit], indent: usize, lines: &mut Vec<Line>) {
    let ids: Vec<_> = hits.iter().map(|hit| visible(&hit.id)).collect();
    let widest = ids.iter().map(|id| id.chars().count()).max().unwrap_or_default().min(MAX_ID_COLUMNS);
    for (hit, id) in hits.iter().zip(&ids) {
        let score = if hit.pinned { "pinned".to_owned() } else { format!("{:.4}", hit.score) };
        let mut line = Line::from(format!("{:indent$}{score:>8}  ", ""));
        line.push(&format!("{id:<widest$}  "), false);
        let mut payload = Line::from(payload_of(hit));
        payload.cut(MAX_PAYLOAD_COLUMNS);
        line.append(payload);
        lines.push(line);
        let below = indent + BELOW;
        for (field, places) in hit.highlights.iter().flat_map(|fields| fields.iter()) {
            lines.push(of_highlights(hit, field, places, below));
        }
        for (field, snippets) in hit.snippets.iter().flat_map(|fields| fields.iter()) {
            lines.extend(snippets.iter().map(|snippet| of_snippet(field, snippet, below)));
        }
        if let Some(parts) = &hit.parts {
            let parts: Vec<String> = parts.iter().map(of_part).collect();
            lines.push(Line::from(format!("{:below$}parts: {}", "", parts.join("; "))));
        }
        if let Some(group) = &hit.group {
            of_group(group, below, lines);
        }
    }
}

/// The members of a payload, in the order and with the numbers that were given.
fn payload_of(hit: &Hit) -> String {
    let member = |(name, value): (&str, &str)| match serde_json::from_str(value) {
        Ok(Value::Number(_)) | Err(_) => format!("{}: {value}", name_of(name)),
        Ok(value) => format!("{}: {}", name_of(name), plain(&value)),
    };
    hit.payload.members().map(member).collect::<Vec<_>>().join(" · ")
}

/// The first text of a field in which words stand, from shortly before the first one.
fn of_highlights(hit: &Hit, field: &str, places: &[Highlight], indent: usize) -> Line {
    let mut line = Line::from(format!("{:indent$}{field}: ", ""));
    let payload = hit.payload.to_tree().unwrap_or_default();
    let texts = texts_at(&payload, field);
    let item = places.first().map_or(0, |place| place.item);
    let ranges: Vec<(u32, u32)> = places.iter().filter(|p| p.item == item).map(|p| (p.start, p.end)).collect();
    match texts.get(item as usize) {
        Some(text) => {
            let mut text = marked(text, &ranges);
            text.begin_near_mark(BEFORE_MARK);
            text.cut(MAX_PAYLOAD_COLUMNS);
            line.append(text);
        }
        // The query's `fields` left it out.
        None => line.push(&counted(places.len() as u64, "place"), false),
    }
    line
}

/// The texts of a field, numbered as highlights number them: `null` in a list is an empty one.
fn texts_at<'p>(payload: &'p Payload, field: &str) -> Vec<&'p str> {
    let items = |value: &'p Value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    values_at(payload, field).into_iter().flat_map(items).map(|item| item.as_str().unwrap_or_default()).collect()
}

fn of_snippet(field: &str, snippet: &Snippet, indent: usize) -> Line {
    let cut = |is_cut| if is_cut { "…" } else { "" };
    let ranges: Vec<(u32, u32)> = snippet.highlights.iter().map(|range| (range.start, range.end)).collect();
    let mut line = Line::from(format!("{:indent$}{field}: {}", "", cut(snippet.cut_before)));
    line.append(marked(&snippet.text, &ranges));
    line.push(cut(snippet.cut_after), false);
    line
}

/// A text on one line, in which ranges of UTF-16 units are marked. They ascend.
fn marked(text: &str, ranges: &[(u32, u32)]) -> Line {
    let (mut line, mut at, mut ranges) = (Line::default(), 0, ranges.iter().peekable());
    let mut is_after_space = true;
    for character in text.chars() {
        while ranges.next_if(|(_, end)| *end <= at).is_some() {}
        let is_marked = ranges.peek().is_some_and(|(start, _)| *start <= at);
        at += character.len_utf16() as u32;
        let is_space = character.is_whitespace();
        if !is_space {
            line.push(character.encode_utf8(&mut [0; 4]), is_marked);
        } else if !is_after_space {
            line.push(" ", is_marked);
        }
        is_after_space = is_space;
    }
    line
}

fn of_part(part: &Part) -> String {
    let what = match (&part.vector, part.words) {
        (Some(vector), _) => format!("vector {vector:?}"),
        (None, Some(index)) => format!("match {index}"),
        (None, None) => "the query".to_owned(),
    };
    let score = part.score.map_or_else(|| "found nothing".to_owned(), |score| format!("{score:.4}"));
    format!("{what}: {score}, adds {:.4}", part.adds)
}

/// The value of a group, how many points have it, and those that come after the hit in which it stands.
fn of_group(group: &Group, indent: usize, lines: &mut Vec<Line>) {
    let value = group.value.as_ref().map_or_else(|| "no value".to_owned(), |value| format!("value {}", scalar(value)));
    lines.push(Line::from(format!("{:indent$}group: {value}, {}", "", points(group.count, "point"))));
    of_hits(group.hits.get(1..).unwrap_or_default(), indent + 2, lines);
}

/// A small table: how many points, of which value.
fn of_facet(field: &str, counts: &FacetCounts, ranges: Option<&Value>, lines: &mut Vec<Line>) {
    let mut row = |count: u64, what: String| lines.push(Line::from(format!("{count:>10}  {field}: {what}")));
    for value in &counts.values {
        row(u64::from(value.count), scalar(&value.value));
    }
    for (index, count) in counts.ranges.iter().enumerate() {
        row(u64::from(*count), range(ranges.and_then(|all| all.get(index)), index));
    }
    for bucket in counts.histogram.iter().flatten() {
        row(u64::from(bucket.count), format!("from {}", bucket.from));
    }
    if counts.missing > 0 {
        row(u64::from(counts.missing), "(without a value)".to_owned());
    }
    if let Some(stats) = &counts.stats {
        let numbers = [("min", stats.min), ("max", stats.max), ("sum", stats.sum), ("mean", stats.mean)];
        let known: Vec<String> =
            numbers.iter().filter_map(|(name, number)| Some(format!("{name} {}", (*number)?))).collect();
        row(stats.count, format!("(values) {}", known.join(", ")));
    }
}

/// A range as the query has it.
fn range(asked: Option<&Value>, index: usize) -> String {
    let bound = |name: &str, sign: &str| Some(format!("{sign} {}", plain(asked?.get(name).filter(|v| !v.is_null())?)));
    let bounds: Vec<String> = [bound("gte", "≥"), bound("lt", "<")].into_iter().flatten().collect();
    if bounds.is_empty() { format!("range {index}") } else { bounds.join(", ") }
}

fn of_stages(stages: &Stages) -> Line {
    let Stages { filter, prepare, vectors, words, rank, facets, hits } = stages;
    Line::from(format!(
        "stages in µs: filter {filter}, prepare {prepare}, vectors {vectors}, words {words}, rank {rank}, facets {facets}, hits {hits}"
    ))
}

fn of_plan(plan: &SegmentPlan) -> Line {
    let strategy = serde_json::to_value(plan.strategy).unwrap_or_default();
    let mut line = format!(
        "plan: {} of {}, {} pass ({} expected), {} compared",
        plain(&strategy),
        counted(plan.points, "point"),
        plan.matches,
        plan.expected,
        plan.compared
    );
    if plan.scanned > 0 {
        line.push_str(&format!(", {} scanned", plan.scanned));
    }
    if plan.blocks > 0 {
        line.push_str(&format!(", {} of {} read", plan.blocks_read, counted(plan.blocks, "block")));
    }
    Line::from(line)
}

/// What was measured when a segment was built.
fn of_built(built: &Built) -> Line {
    let mut line = format!("      built, as {} showed: ", counted(built.sampled, "sampled point"));
    match built.clusters {
        0 if built.scanned_alone == 0 => line.push_str("no clusters were tried"),
        0 => line.push_str(&format!("no clusters, whose codes find {:.3} of the neighbours", built.scan_recall)),
        clusters => line.push_str(&format!(
            "{} with {}; a search meets its neighbours among {} codes with points in one cluster each, among {} with points in several; \
             its codes find {:.3} of them",
            counted(clusters, "cluster"),
            counted(built.codes, &format!("{}-bit code", built.bits)),
            built.scanned_alone,
            built.scanned_with_further,
            built.scan_recall
        )),
    }
    match (built.has_graph, built.graph_recall) {
        (true, recall) => line.push_str(&format!("; a graph, along which {recall:.3} are found")),
        (false, 0.0) => {}
        (false, recall) => line.push_str(&format!("; no graph, along which {recall:.3} are found")),
    }
    Line::from(line)
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Keyword(text) => plain(&Value::String(text.clone())),
        Scalar::Boolean(flag) => flag.to_string(),
        Scalar::Number(number) => number.to_string(),
    }
}

/// A name as it was given, of its JSON.
fn name_of(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())
}

/// A value as a person reads it, on one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(answer: &Value, query: &Value) -> Vec<String> {
        let mut whole = json!({
            "hits": [], "total": { "value": 0, "relation": "exact" }, "version": 1, "lsn": 2, "tookUs": 3, "answeredBy": "origin", "plan": []
        });
        whole.as_object_mut().unwrap().extend(answer.as_object().unwrap().clone());
        let answer: Answer = serde_json::from_value(whole).unwrap();
        lines(&answer, query).iter().map(|line| line.text("[", "]")).collect()
    }

    fn hits(hits: &Value) -> Vec<String> {
        let mut lines = told(&json!({ "hits": hits }), &Value::Null);
        lines.pop();
        lines
    }

    #[test]
    fn hits_stand_in_columns_on_one_line_each() {
        let lines = hits(&json!([
            { "id": "noun-1", "score": 0.91, "payload": { "gloss": "a small\nwild  cat", "lemmas": ["cat", "lynx"], "senses": 2 } },
            { "id": "n", "score": -0.5, "payload": { "gloss": "é".repeat(500) } },
        ]));
        assert_eq!(lines[0], "  0.9100  noun-1  gloss: a small wild cat · lemmas: cat, lynx · senses: 2");
        assert!(lines[1].starts_with(" -0.5000  n       gloss: éé") && lines[1].ends_with("é…"), "{}", lines[1]);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_hit_stays_on_its_line_whatever_is_stored_in_it() {
        let evil = "cat \u{1b}[2J\u{202e}gnp\u{2028}\u{9b}5m";
        let mark = json!([{ "item": 0, "start": 0, "end": 3 }]);
        let lines = hits(&json!([
            { "id": "a\u{202e}b", "score": 1, "payload": { "k\n\u{1b}[31m": evil }, "highlights": { "k\n\u{1b}[31m": mark } },
            { "id": "c", "score": 1, "payload": {} },
        ]));
        assert_eq!(lines[0], "  1.0000  a\\u{202e}b  k\\u{a}\\u{1b}[31m: cat \\u{1b}[2J\\u{202e}gnp \\u{9b}5m");
        assert_eq!(lines[1], "          k\\u{a}\\u{1b}[31m: [cat] \\u{1b}[2J\\u{202e}gnp \\u{9b}5m");
        assert!(lines[2].starts_with("  1.0000  c           "), "columns are counted as they are seen");
    }

    #[test]
    fn the_total_says_how_many_hits_there_are() {
        let said = |hits: usize, pinned: usize, total: Value, query: Value| {
            let hit = |n: usize| json!({ "id": n.to_string(), "score": 1, "pinned": n < pinned, "payload": {} });
            let hits: Vec<Value> = (0..hits).map(hit).collect();
            let line = told(&json!({ "hits": hits, "total": total }), &query).pop().unwrap();
            line.split(" from origin in 3 µs, version 1, lsn 2").next().unwrap().to_owned()
        };
        let total = |value: u64, relation: &str| json!({ "value": value, "relation": relation });
        assert_eq!(said(1, 0, total(1, "exact"), Value::Null), "1 hit");
        assert_eq!(said(0, 0, total(0, "exact"), Value::Null), "0 hits");
        assert_eq!(said(2, 0, total(340, "exact"), Value::Null), "2 of 340 hits");
        assert_eq!(said(2, 0, total(2, "atLeast"), Value::Null), "2 of at least 2 hits");
        assert_eq!(said(2, 1, total(1, "exact"), Value::Null), "2 hits (1 pinned), the query finds 1 hit");
        let collapse = json!({ "collapse": { "field": "brand" } });
        assert_eq!(said(2, 0, total(9, "exact"), collapse), "2 of 9 hits, one for each \"brand\",");
    }

    #[test]
    fn a_hit_shows_all_that_it_has() {
        let text = format!("{} 👩 wild\n cats, and more of it {}", "x ".repeat(60), "y ".repeat(200));
        let start = text.encode_utf16().count() - text.split("wild").nth(1).unwrap().encode_utf16().count() - 4;
        let marks = json!([{ "item": 0, "start": start, "end": start + 4 }, { "item": 0, "start": start + 6, "end": start + 10 }]);
        let snippet = json!({ "item": 0, "start": 9, "text": "é wild cats", "highlights": [{ "start": 2, "end": 6 }], "cutBefore": true, "cutAfter": false });
        let inner = |id: &str| json!({ "id": id, "score": 1.5, "payload": { "t": id } });
        let lines = hits(&json!([
            { "id": "a", "score": 0, "pinned": true, "payload": { "n": { "body": text } }, "highlights": { "n.body": marks },
              "snippets": { "n.body": [snippet] },
              "parts": [{ "vector": "v", "score": 0.5, "adds": 0.25 }, { "match": 0, "adds": 0 }],
              "group": { "value": "acme", "count": { "value": 41, "relation": "atLeast" }, "hits": [inner("a"), inner("b")] } },
            { "id": "c", "score": 2, "payload": {}, "highlights": { "gone": marks }, "group": { "count": { "value": 1, "relation": "exact" }, "hits": [inner("c")] } },
        ]));
        assert!(lines[0].starts_with("  pinned  a  n: "), "{}", lines[0]);
        assert!(lines[1].starts_with("          n.body: …x x"), "{}", lines[1]);
        assert!(lines[1].contains("x 👩 [wild] [cats], and more") && lines[1].ends_with('…'), "{}", lines[1]);
        assert_eq!(lines[2], "          n.body: …é [wild] cats");
        assert_eq!(lines[3], "          parts: vector \"v\": 0.5000, adds 0.2500; match 0: found nothing, adds 0.0000");
        assert_eq!(lines[4], "          group: value acme, at least 41 points");
        assert_eq!(lines[5], "              1.5000  b  t: b");
        assert_eq!(lines[6..], ["  2.0000  c  ", "          gone: 2 places", "          group: no value, 1 point"]);
    }

    #[test]
    fn facets_stages_plans_and_an_early_end_are_lines() {
        let values = json!([{ "value": "noun", "count": 12 }, { "value": true, "count": 3 }]);
        let stats = json!({ "count": 5, "min": 1, "max": 9.5, "sum": 30, "mean": 6 });
        let histogram = json!([{ "from": 1_764_547_200_000_u64, "count": 4 }]);
        let plan = json!({ "strategy": "postings", "points": 100, "matches": 40, "expected": 50, "scanned": 0, "compared": 12, "blocks": 9, "blocksRead": 3, "scratchBytes": 1 });
        let answer = json!({
            "facets": {
                "day": { "values": [], "ranges": [], "missing": 0, "histogram": histogram },
                "pos": { "values": values, "ranges": [], "missing": 1 },
                "price": { "values": [], "ranges": [7, 8, 9], "missing": 0, "stats": stats },
            },
            "ended": "budget", "plan": [plan],
            "stages": { "filter": 1, "prepare": 2, "vectors": 3, "words": 4, "rank": 5, "facets": 6, "hits": 7 },
        });
        let query = json!({ "facets": { "price": { "ranges": [{ "lt": 2 }, { "gte": 2, "lt": 5 }, {}] } } });
        let lines = told(&answer, &query);
        assert_eq!(
            lines,
            [
                "         4  day: from 1764547200000",
                "        12  pos: noun",
                "         3  pos: true",
                "         1  pos: (without a value)",
                "         7  price: < 2",
                "         8  price: ≥ 2, < 5",
                "         9  price: range 2",
                "         5  price: (values) min 1, max 9.5, sum 30, mean 6",
                "stages in µs: filter 1, prepare 2, vectors 3, words 4, rank 5, facets 6, hits 7",
                "plan: postings of 100 points, 40 pass (50 expected), 12 compared, 3 of 9 blocks read",
                "0 hits from origin in 3 µs, version 1, lsn 2",
                "the search ended early, because its budget of points was used up: there may be more and better hits",
            ]
        );
    }
}
