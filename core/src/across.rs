//! One ranking of what searches of several collections found: docs/ranking.md, "Across collections".

use alloc::vec::Vec;

use crate::model::{Across, AcrossAnswer, AcrossHit, AcrossMethod, Answer, Fusion, Hit, Total};

/// Merges the answers to `across.searches`, which stand in the same order. Complexity: O(n log n) in the hits of all.
#[must_use]
pub fn merge(across: &Across, mut answers: Vec<Answer>) -> AcrossAnswer {
    let mut hits: Vec<AcrossHit> = Vec::new();
    for (number, (search, answer)) in across.searches.iter().zip(&mut answers).enumerate() {
        let found: Vec<Hit> = core::mem::take(&mut answer.hits);
        hits.extend(found.into_iter().enumerate().map(|(place, hit)| AcrossHit {
            search: number as u32,
            collection: search.collection.clone(),
            score: match across.method {
                AcrossMethod::Score => search.weight() * hit.score,
                AcrossMethod::Rrf => search.weight() / (Fusion::RRF_CONSTANT + 1.0 + place as f32),
            },
            hit,
        }));
    }
    // Stable: of equal scores the one stays first that stands first.
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits.truncate(across.offset() + across.top_k());
    hits.drain(..across.offset().min(hits.len()));
    let value = answers.iter().map(|answer| answer.total.value).sum();
    let are_exact = answers.iter().all(|answer| answer.total.is_exact());
    AcrossAnswer { hits, total: if are_exact { Total::exact(value) } else { Total::at_least(value) }, answers }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AnsweredBy, PayloadText};
    use alloc::format;
    use alloc::string::{String, ToString as _};

    fn answer(scores: &[f32], total: Total) -> Answer {
        let hit = |(index, &score): (usize, &f32)| Hit {
            id: format!("{index}"),
            score,
            pinned: false,
            highlights: None,
            snippets: None,
            parts: None,
            group: None,
            payload: PayloadText::default(),
        };
        Answer {
            hits: scores.iter().enumerate().map(hit).collect(),
            total,
            next: None,
            facets: None,
            ended: None,
            stages: None,
            version: 1,
            lsn: 1,
            took_us: 0,
            answered_by: AnsweredBy::Origin,
            plan: Vec::new(),
        }
    }

    fn merged(rest: &str) -> Vec<String> {
        let text = format!(
            r#"{{"searches": [{{"collection": "a", "query": {{"match": "x"}}}},
                {{"collection": "b", "weight": 2, "query": {{"match": "x"}}}}]{rest}}}"#
        );
        let across = Across::from_json(text.as_bytes()).unwrap();
        assert!(across.searches.iter().all(|s| s.query.top_k() == across.offset() + across.top_k()));
        let answers = [answer(&[4.0, 3.0, 2.0], Total::exact(3)), answer(&[2.0, 1.0, 0.5], Total::at_least(3))];
        let merged = merge(&across, answers.into());
        assert_eq!(merged.total, Total::at_least(6));
        assert!(merged.answers.iter().all(|answer| answer.hits.is_empty()));
        merged.hits.iter().map(|hit| hit.collection.to_string() + &hit.hit.id).collect()
    }

    #[test]
    fn scores_are_compared_with_their_weights() {
        assert_eq!(merged(""), ["a0", "b0", "a1", "a2", "b1", "b2"]);
        assert_eq!(merged(r#", "topK": 2, "offset": 1"#), ["b0", "a1"]);
        assert_eq!(merged(r#", "topK": 2, "offset": 9"#), [""; 0]);
    }

    #[test]
    fn ranks_are_compared_with_their_weights() {
        assert_eq!(merged(r#", "method": "rrf""#), ["b0", "b1", "b2", "a0", "a1", "a2"]);
    }

    #[test]
    fn what_is_of_no_ranking_by_scores_is_refused_by_name() {
        for (search, said) in [
            (r#"{"collection": "a", "query": {"match": "x", "topK": 3}}"#, "\"topK\" stands beside \"searches\""),
            (r#"{"collection": "a", "query": {"match": "x", "sort": "n"}}"#, "\"sort\" does not go"),
            (r#"{"collection": "a", "query": {"match": "x", "after": "start"}}"#, "\"after\" does not go"),
            (r#"{"collection": "a", "query": {}}"#, "a query says what to search for"),
            (r#"{"collection": "a", "weight": 0, "query": {"match": "x"}}"#, "\"weight\" is above 0"),
            (r#"{"collection": "..", "query": {"match": "x"}}"#, ".."),
            (r#"{"query": {"match": "x"}}"#, "\"collection\" is missing"),
            (r#"{"collection": "a"}"#, "\"query\" is missing"),
        ] {
            let text = format!(r#"{{"searches": [{{"collection": "a", "query": {{"match": "x"}}}}, {search}]}}"#);
            let error = Across::from_json(text.as_bytes()).unwrap_err();
            assert!(error.message().starts_with("searches[1]: "), "{}", error.message());
            assert!(error.message().contains(said), "{search}: {}", error.message());
        }
        assert!(Across::from_json(br#"{"searches": []}"#).is_err());
        assert!(
            Across::from_json(br#"{"searches": [{"collection": "a", "query": {"match": "x"}}], "topK": 0}"#).is_err()
        );
    }
}
