//! WordNet's frequent words as people look them up, and sentences of any corpus.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use super::question::Question;
use super::typo::{Place, misspelt};
use crate::Outcome;
use crate::corpus::{Files, Sentence};

/// Words of each set.
const WORDS: usize = 400;
/// Shorter ones are symbols and abbreviations.
const SHORTEST_WORD: usize = 3;
/// Shorter ones are other words with an error.
const SHORTEST_MISSPELT: usize = 5;
/// Words that are lemmas, and that the demo's schema leaves out as words that say nothing about a text: a set of
/// their own.
const STOP_WORDS: &str = "and are been but for from had has have her his into its not our she such that the their them then \
                          there these they this was were which who will with would you your";

/// Where the questions come from.
#[derive(Args)]
pub(crate) struct Sources {
    #[command(flatten)]
    files: Files,
    /// Schema of the collection.
    #[arg(long)]
    schema: PathBuf,
    /// WordNet's `index.sense`, which says how often each word was met in tagged texts: adds look-ups.
    #[arg(long)]
    senses: Option<PathBuf>,
    /// Where to write.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    payload: Lemmas,
}

#[derive(Deserialize)]
struct Lemmas {
    lemmas: Vec<String>,
}

/// Writes points and schema as they are, and the questions.
pub(crate) fn prepare(sources: &Sources) -> Outcome {
    let mut questions = Vec::new();
    for Sentence { text, id } in sources.files.sentences(usize::MAX)? {
        questions.push(Question::new("sentences", &text, &text, &[id]));
    }
    let points = fs::read_to_string(&sources.files.points)?;
    if let Some(senses) = &sources.senses {
        let entries = points.lines().map(serde_json::from_str).collect::<Result<Vec<Entry>, _>>()?;
        questions.extend(lookups(&entries, &fs::read_to_string(senses)?));
    }
    super::write(&sources.out, points.as_bytes(), &fs::read(&sources.schema)?, questions)
}

/// The most frequent words as they are, misspelt and unfinished. Right is each entry that has the word as one whole
/// lemma.
fn lookups(entries: &[Entry], senses: &str) -> Vec<Question> {
    let mut by_lemma: HashMap<String, Vec<String>> = HashMap::new();
    let mut words: HashSet<String> = HashSet::new();
    for entry in entries {
        let mut lemmas: Vec<String> = entry.payload.lemmas.iter().map(|lemma| lemma.to_lowercase()).collect();
        words.extend(lemmas.iter().flat_map(|l| l.split(|c: char| !c.is_alphanumeric())).map(str::to_owned));
        lemmas.sort();
        lemmas.dedup();
        lemmas.into_iter().for_each(|lemma| by_lemma.entry(lemma).or_default().push(entry.id.clone()));
    }
    let (stop_words, frequent): (Vec<_>, Vec<_>) = by_frequency(senses)
        .into_iter()
        .filter_map(|word| by_lemma.get(&word).map(|right| (word, right.as_slice())))
        .partition(|(word, _)| STOP_WORDS.split(' ').any(|stop| stop == word));
    let mut questions: Vec<Question> =
        stop_words.iter().map(|(word, right)| Question::new("stop words", word, word, right)).collect();
    for (word, right) in frequent.iter().take(WORDS) {
        questions.push(Question::new("look-ups", word, word, right));
        questions.extend(Question::beginnings("unfinished", word, right));
    }
    let long = frequent.iter().filter(|(word, _)| word.len() >= SHORTEST_MISSPELT);
    for (word, right) in long.take(WORDS) {
        for (set, place) in [("typos", Place::LaterLetter), ("typos in the first letter", Place::FirstLetter)] {
            questions.extend(misspelt(word, place, |text| words.contains(text)).map(|typo| Question {
                kind: Some(typo.kind.to_owned()),
                ..Question::new(set, &typo.text, word, right)
            }));
        }
    }
    questions
}

/// Words of letters alone by how often they were met in tagged texts, in all their senses: `lemma%… offset number
/// count`.
fn by_frequency(senses: &str) -> Vec<String> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for line in senses.lines() {
        let count = line.split(' ').nth(3).and_then(|count| count.parse().ok());
        let word =
            line.split('%').next().filter(|w| w.len() >= SHORTEST_WORD && w.bytes().all(|b| b.is_ascii_lowercase()));
        if let Some((word, count)) = word.zip::<u32>(count).filter(|(_, count)| *count > 0) {
            *counts.entry(word).or_default() += count;
        }
    }
    let mut words: Vec<(&str, u32)> = counts.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    words.into_iter().map(|(word, _)| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_words_are_asked_as_they_are_misspelt_and_unfinished() {
        let entry = |id: &str, lemmas: &[&str]| Entry {
            id: id.to_owned(),
            payload: Lemmas { lemmas: lemmas.iter().map(|&l| l.to_owned()).collect() },
        };
        let entries = [entry("n1", &["house"]), entry("n2", &["House", "tree house"]), entry("v1", &["have"])];
        let senses = "house%1:06:00:: 1 1 9\nhouse%2:41:00:: 2 1 2\nhave%2:40:00:: 3 1 99\ntree_house%1:06:00:: 4 1 50\nrare%3:00:00:: 5 1 0\n";
        assert_eq!(by_frequency(senses), ["have", "house"]);
        let questions = lookups(&entries, senses);
        let of = |set: &str| questions.iter().filter(|q| q.set == set).collect::<Vec<_>>();
        assert_eq!(of("look-ups")[0].right, ["n1", "n2"]);
        assert_eq!(of("stop words")[0].text, "have");
        assert_eq!(of("unfinished").iter().map(|q| q.text.as_str()).collect::<Vec<_>>(), ["hou", "hous"]);
        assert_eq!(of("typos").len() + of("typos in the first letter").len(), 2);
        assert!(of("typos")[0].text != "house" && of("typos")[0].want == "house");
    }
}
