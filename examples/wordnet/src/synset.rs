//! One line of a data file: a set of synonyms with its gloss.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

/// Lexicographer files by number, from `lexnames(5WN)`.
const LEXFILES: [&str; 45] = [
    "adj.all",
    "adj.pert",
    "adv.all",
    "noun.Tops",
    "noun.act",
    "noun.animal",
    "noun.artifact",
    "noun.attribute",
    "noun.body",
    "noun.cognition",
    "noun.communication",
    "noun.event",
    "noun.feeling",
    "noun.food",
    "noun.group",
    "noun.location",
    "noun.motive",
    "noun.object",
    "noun.person",
    "noun.phenomenon",
    "noun.plant",
    "noun.possession",
    "noun.process",
    "noun.quantity",
    "noun.relation",
    "noun.shape",
    "noun.state",
    "noun.substance",
    "noun.time",
    "verb.body",
    "verb.change",
    "verb.cognition",
    "verb.communication",
    "verb.competition",
    "verb.consumption",
    "verb.contact",
    "verb.creation",
    "verb.emotion",
    "verb.motion",
    "verb.perception",
    "verb.possession",
    "verb.social",
    "verb.stative",
    "verb.weather",
    "adj.ppl",
];

/// A point of the demo's collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Synset {
    /// Part of speech and offset: `noun-02124272`.
    pub id: String,
    /// What a hit shows.
    pub payload: Payload,
}

/// The payload of a synset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payload {
    /// Its words.
    pub lemmas: Vec<String>,
    /// Its definition, without the examples.
    pub gloss: String,
    /// Example sentences.
    pub examples: Vec<String>,
    /// `noun`, `verb`, `adjective`, `satellite` or `adverb`.
    pub pos: &'static str,
    /// Lexicographer file, such as `noun.animal`.
    pub lexfile: &'static str,
    /// The largest number of senses that one of its words has.
    pub senses: u32,
    /// How often one of its words was met with this meaning in texts that people tagged; absent where never.
    #[serde(skip_serializing_if = "is_zero")]
    pub uses: u32,
}

const fn is_zero(uses: &u32) -> bool {
    *uses == 0
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// No `|`, behind which the gloss stands.
    NoGloss,
    /// Fewer columns than announced.
    MissingColumn,
    /// The first column is not eight digits.
    Offset,
    /// No lexicographer file has this number.
    Lexfile,
    /// Not one of `n v a s r`.
    PartOfSpeech,
    /// The number of words is not hexadecimal, or is none.
    WordCount,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoGloss => "no gloss",
            Self::MissingColumn => "a column is missing",
            Self::Offset => "the offset is not eight digits",
            Self::Lexfile => "unknown lexicographer file",
            Self::PartOfSpeech => "unknown part of speech",
            Self::WordCount => "the word count is not a hexadecimal number above zero",
        })
    }
}

/// Parses a line: `offset lexfile type count (word id)… pointers… | gloss`.
pub(crate) fn parse(line: &str, senses: &HashMap<String, u32>) -> Result<Synset, Defect> {
    let (data, gloss) = line.split_once('|').ok_or(Defect::NoGloss)?;
    let mut columns = data.split_ascii_whitespace();
    let mut next = || columns.next().ok_or(Defect::MissingColumn);
    let offset = next()?;
    if offset.len() != 8 || !offset.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Defect::Offset);
    }
    let lexfile = next()?.parse::<usize>().ok().and_then(|n| LEXFILES.get(n)).ok_or(Defect::Lexfile)?;
    let pos = match next()? {
        "n" => "noun",
        "v" => "verb",
        "a" => "adjective",
        "s" => "satellite",
        "r" => "adverb",
        _ => return Err(Defect::PartOfSpeech),
    };
    let count = usize::from_str_radix(next()?, 16).ok().filter(|&n| n > 0).ok_or(Defect::WordCount)?;
    let mut lemmas = Vec::with_capacity(count.min(64));
    let mut most_senses = 1;
    for _ in 0..count {
        // Adjectives carry their place in the sentence: `galore(ip)`.
        let word = next()?.split('(').next().unwrap_or_default();
        next()?;
        most_senses = most_senses.max(senses.get(&word.to_lowercase()).copied().unwrap_or(1));
        lemmas.push(word.replace('_', " "));
    }
    let (gloss, examples) = split_gloss(gloss.trim());
    let id = format!("{}-{offset}", if pos == "satellite" { "adjective" } else { pos });
    Ok(Synset { id, payload: Payload { lemmas, gloss, examples, pos, lexfile, senses: most_senses, uses: 0 } })
}

/// Definition and quoted examples: `feline mammal …; "the cat purred"`. Quotation marks inside the
/// definition stay there; who said an example (`"…" - Shakespeare`) is left out.
fn split_gloss(gloss: &str) -> (String, Vec<String>) {
    let first = ["; \"", ": \""].iter().filter_map(|mark| gloss.find(mark)).min();
    let Some((definition, quoted)) = first.and_then(|at| Some((gloss.get(..at)?, gloss.get(at + 3..)?))) else {
        return (gloss.to_owned(), Vec::new());
    };
    let examples = quoted.split('"').step_by(2).map(str::trim).filter(|e| !e.is_empty());
    (definition.trim().to_owned(), examples.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_each_kind() {
        let senses = HashMap::from([("cat".to_owned(), 8), ("galore".to_owned(), 1)]);
        let cat = parse(
            "02124272 05 n 02 cat 0 true_cat 0 002 @ 02123649 n 0000 ~ 02124623 n 0000 | feline mammal usually having thick soft fur",
            &senses,
        )
        .unwrap();
        assert_eq!((cat.id.as_str(), cat.payload.lexfile, cat.payload.senses), ("noun-02124272", "noun.animal", 8));
        assert_eq!(cat.payload.lemmas, ["cat", "true cat"]);
        let galore = parse(
            "00014358 00 s 01 galore(ip) 0 001 & 00013887 a 0000 | in great numbers; \"daffodils galore\"; \"more, and more\"",
            &senses,
        )
        .unwrap();
        assert_eq!((galore.id.as_str(), galore.payload.pos), ("adjective-00014358", "satellite"));
        assert_eq!(galore.payload.gloss, "in great numbers");
        assert_eq!(galore.payload.examples, ["daffodils galore", "more, and more"]);
    }

    #[test]
    fn quotation_marks_in_a_definition_stay() {
        let (gloss, examples) =
            split_gloss("promise of reward as in \"carrot and stick\"; \"used the carrot to get their vote\"");
        assert_eq!(gloss, "promise of reward as in \"carrot and stick\"");
        assert_eq!(examples, ["used the carrot to get their vote"]);
    }

    #[test]
    fn examples_follow_a_semicolon_or_a_colon() {
        let (gloss, examples) =
            split_gloss("a complete extent or range: \"a face that expressed a gamut of emotions\"");
        assert_eq!(gloss, "a complete extent or range");
        assert_eq!(examples, ["a face that expressed a gamut of emotions"]);
    }

    #[test]
    fn who_said_an_example_is_left_out() {
        let (_, examples) = split_gloss("to that; \"the play's the thing\"- Shakespeare; \"they went thereto\"");
        assert_eq!(examples, ["the play's the thing", "they went thereto"]);
    }

    #[test]
    fn a_damaged_line_is_named_by_its_defect() {
        for (line, defect) in [
            ("", Defect::NoGloss),
            ("00000001 05 n | x", Defect::MissingColumn),
            ("00000001 05 n ff a 0 | x", Defect::MissingColumn),
            ("1 05 n 01 a 0 000 | x", Defect::Offset),
            ("0000000\u{661} 05 n 01 a 0 000 | x", Defect::Offset),
            ("00000001 99 n 01 a 0 000 | x", Defect::Lexfile),
            ("00000001 05 q 01 a 0 000 | x", Defect::PartOfSpeech),
            ("00000001 05 n zz a 0 000 | x", Defect::WordCount),
            ("00000001 05 n 00 000 | x", Defect::WordCount),
        ] {
            assert_eq!(parse(line, &HashMap::new()), Err(defect), "{line}");
        }
    }
}
