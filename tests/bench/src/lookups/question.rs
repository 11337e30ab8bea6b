//! Questions: what is typed, what it should find, and the half that it belongs to.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::corpus::lines;

pub(super) const FILE: &str = "questions.ndjson";

/// A part of each set, by a hash of what is wanted: variants of one word are all in the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Half {
    /// To choose weights on.
    Tune,
    /// To report.
    Report,
    /// Both together: for sets that weights were never chosen on.
    All,
}

/// Something typed, and what should be found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Question {
    /// Which set it is of.
    pub(super) set: String,
    pub(super) half: Half,
    /// What is typed.
    pub(super) text: String,
    /// What was meant: the word without its error, the whole word.
    pub(super) want: String,
    /// Ids of points, of which the first one found counts.
    pub(super) right: Vec<String>,
    /// Whether more of the word would follow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) unfinished: bool,
    /// Rows tell apart questions that are marked differently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
}

impl Question {
    pub(super) fn new(set: &str, text: &str, want: &str, right: &[String]) -> Self {
        // The lowest bit: samples are taken by the highest ones.
        let half = if hash(want) & 1 == 0 { Half::Tune } else { Half::Report };
        let [set, text, want] = [set, text, want].map(str::to_owned);
        Self { set, half, text, want, right: right.to_vec(), unfinished: false, kind: None }
    }

    /// The beginnings of a word, from three letters on.
    pub(super) fn beginnings(set: &str, want: &str, right: &[String]) -> Vec<Self> {
        let letters = want.chars().count();
        let ends = want.char_indices().map(|(end, _)| end).take(letters).skip(SHORTEST_BEGINNING);
        let beginning = |end| want.get(..end).map(|text| Self::new(set, text, want, right));
        ends.filter_map(beginning).map(|question| Self { unfinished: true, ..question }).collect()
    }
}

/// Letters of the shortest beginning that is asked.
const SHORTEST_BEGINNING: usize = 3;

/// FNV-1a, 64 bits, and a mix at the end so that every bit depends on all letters: the same on every machine.
pub(super) fn hash(text: &str) -> u64 {
    let hash =
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    mixed(hash)
}

/// The last steps of splitmix64.
pub(super) const fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Those of a list with the smallest hashes: a sample that knows nothing of what it takes.
pub(super) fn sample<T>(mut from: Vec<T>, most: usize, name: impl Fn(&T) -> &str) -> Vec<T> {
    from.sort_by_cached_key(|one| (hash(name(one)), name(one).to_owned()));
    from.truncate(most);
    from
}

/// Writes questions, each set in an order without meaning, so that its first ones are a sample.
pub(super) fn write(out: &Path, mut questions: Vec<Question>) -> Outcome {
    questions.sort_by_cached_key(|q| (hash(&q.want), q.want.clone()));
    let lines = questions.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    Ok(fs::write(out.join(FILE), lines.join("\n") + "\n")?)
}

/// The sets of a folder by name, with the questions of a half.
pub(super) fn sets(folder: &Path, half: Half) -> Outcome<Vec<(String, Vec<Question>)>> {
    let mut sets: Vec<(String, Vec<Question>)> = Vec::new();
    for line in lines(&folder.join(FILE), usize::MAX)? {
        let question: Question = serde_json::from_str(&line?)?;
        if half != Half::All && question.half != half {
            continue;
        }
        match sets.iter_mut().find(|(set, _)| *set == question.set) {
            Some((_, questions)) => questions.push(question),
            None => sets.push((question.set.clone(), vec![question])),
        }
    }
    sets.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(sets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_have_three_letters_and_more_but_never_all() {
        let texts = |word: &str| Question::beginnings("s", word, &[]).into_iter().map(|q| q.text).collect::<Vec<_>>();
        assert_eq!(texts("naïveté"), ["naï", "naïv", "naïve", "naïvet"]);
        assert!(texts("cat").is_empty());
    }

    #[test]
    fn halves_are_halves_and_follow_what_is_wanted() {
        let half = |text: &str, want: &str| Question::new("s", text, want, &[]).half;
        assert_eq!(half("hosue", "house"), half("house", "house"));
        let tuned = (0..1_000).filter(|n| half("", &format!("word {n}")) == Half::Tune).count();
        assert!((450..550).contains(&tuned), "{tuned}");
        let words: Vec<String> = (0..10_000).map(|n| format!("word {n}")).collect();
        let tuned = sample(words, 400, |word| word).iter().filter(|word| half("", word) == Half::Tune).count();
        assert!((150..250).contains(&tuned), "of a sample {tuned}");
    }
}
