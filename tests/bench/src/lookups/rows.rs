//! Ranks as shares, means and their standard errors: one definition for Headwater and peers.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::question::{Half, Question};
use crate::relevance::mean_and_error;

/// Who was asked, how, and how long a query took.
pub(super) struct Measured<'a> {
    pub(super) engine: &'a str,
    pub(super) way: &'a str,
    pub(super) us_per_query: f64,
}

/// The row of a set; `ranks` are those of the questions, from 1, or 0 where nothing right was among the hits.
pub(super) fn row<Q: Borrow<Question>>(
    corpus: &str,
    set: &str,
    half: Half,
    measured: &Measured<'_>,
    questions: &[Q],
    ranks: &[usize],
) -> Value {
    let asked = || questions.iter().map(Borrow::borrow).zip(ranks.iter().copied());
    let mut row = json!({
        "corpus": corpus, "set": set, "half": half, "engine": measured.engine, "way": measured.way,
        "usPerQuery": measured.us_per_query, "questions": ranks.len(),
    });
    let found = if questions.iter().any(|q| q.borrow().unfinished) { unfinished(asked()) } else { finished(asked()) };
    if let (Some(row), Value::Object(found)) = (row.as_object_mut(), found) {
        row.extend(found);
    }
    row
}

fn finished<'q>(asked: impl Iterator<Item = (&'q Question, usize)>) -> Value {
    let (mut ranks, mut kinds) = (Vec::new(), BTreeMap::<&str, Vec<usize>>::new());
    for (question, rank) in asked {
        ranks.push(rank);
        kinds.entry(question.kind.as_deref().unwrap_or_default()).or_default().push(rank);
    }
    let mut found = shares(&ranks);
    if kinds.len() > 1 {
        let kinds: BTreeMap<&str, Value> = kinds.iter().map(|(kind, ranks)| (*kind, shares(ranks))).collect();
        found.as_object_mut().into_iter().for_each(|found| {
            found.insert("kinds".to_owned(), json!(kinds));
        });
    }
    found
}

fn shares(ranks: &[usize]) -> Value {
    let each = |of: fn(usize) -> f64| mean_and_error(&ranks.iter().map(|&rank| of(rank)).collect::<Vec<_>>());
    let (first, first_error) = each(|rank| f64::from(rank == 1));
    let (mrr, mrr_error) = each(|rank| if rank == 0 { 0.0 } else { 1.0 / rank as f64 });
    let (among_ten, _) = each(|rank| f64::from(rank > 0));
    json!({
        "n": ranks.len(), "first": first, "firstError": first_error, "mrr10": mrr, "mrr10Error": mrr_error, "amongTen": among_ten,
    })
}

/// The shares of their letters after which words were among the ten hits, and first. Those that were not by then are
/// counted as typed to their end.
fn unfinished<'q>(asked: impl Iterator<Item = (&'q Question, usize)>) -> Value {
    let mut words: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (question, rank) in asked {
        let [typed, all] = [&question.text, &question.want].map(|text| text.chars().count() as f64);
        let [ten, first] = words.entry(&question.want).or_insert([1.0; 2]);
        for (share, is_there) in [(ten, rank > 0), (first, rank == 1)] {
            *share = if is_there { share.min(typed / all) } else { *share };
        }
    }
    let [(ten, ten_error), (first, first_error)] =
        [0, 1].map(|n| mean_and_error(&words.values().filter_map(|w| w.get(n).copied()).collect::<Vec<_>>()));
    json!({
        "n": words.len(), "lettersToTen": ten, "lettersToTenError": ten_error, "lettersToFirst": first, "lettersToFirstError": first_error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: Measured<'_> = Measured { engine: "e", way: "w", us_per_query: 1.0 };

    #[test]
    fn ranks_are_counted_and_kinds_told_apart() {
        let question = |kind: &str| Question { kind: Some(kind.to_owned()), ..Question::new("s", "t", "w", &[]) };
        let questions = [question("a"), question("a"), question("b"), question("b")];
        let row = row("c", "s", Half::All, &MEASURED, &questions, &[1, 2, 0, 1]);
        assert_eq!(
            (row["n"].as_u64(), row["first"].as_f64(), row["mrr10"].as_f64()),
            (Some(4), Some(0.5), Some(0.625))
        );
        assert_eq!((row["amongTen"].as_f64(), row["kinds"]["a"]["amongTen"].as_f64()), (Some(0.75), Some(1.0)));
        // The variance of 1, 0, 0, 1 is a third.
        assert!((row["firstError"].as_f64().unwrap() - (1.0f64 / 12.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn unfinished_words_count_from_the_first_time_that_they_are_found() {
        let questions = [Question::beginnings("s", "houses", &[]), Question::beginnings("s", "tree", &[])].concat();
        let row = row("c", "s", Half::All, &MEASURED, &questions, &[0, 2, 1, 0]);
        assert_eq!(row["n"].as_u64(), Some(2));
        assert!((row["lettersToTen"].as_f64().unwrap() - (4.0 / 6.0 + 1.0) / 2.0).abs() < 1e-12);
        assert!((row["lettersToFirst"].as_f64().unwrap() - (5.0 / 6.0 + 1.0) / 2.0).abs() < 1e-12);
    }
}
