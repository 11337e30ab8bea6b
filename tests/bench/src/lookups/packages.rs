//! Debian's packages: names with dashes and digits, titles, descriptions. A corpus of another kind than a dictionary,
//! which nothing is tuned to.
//!
//! Descriptions are indexed without their first sentence, which should find its package (the inverse cloze task of
//! [`crate::passages`]).

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::question::{Question, sample};
use super::typo::{Place, misspelt};
use crate::Outcome;

/// Names of each set.
const NAMES: usize = 400;
/// Sentences.
const SENTENCES: usize = 2_000;
/// Bytes of a sentence that asks: shorter ones are headings, longer ones lists.
const SENTENCE_BYTES: std::ops::RangeInclusive<usize> = 40..=300;
/// Letters of a name that is misspelt, at least: as of the words of WordNet.
const SHORTEST_MISSPELT: usize = 5;

/// Bytes of an indexed description at most: a few go on with lists of hundreds of programs, which no payload holds.
const DESCRIPTION_BYTES: usize = 16_384;

/// What apt knows.
#[derive(Args)]
pub(crate) struct Packages {
    /// What `apt-cache dumpavail` prints.
    #[arg(long)]
    available: PathBuf,
    /// Long descriptions in English: the files `Translation-en`, one behind the other.
    #[arg(long)]
    descriptions: PathBuf,
    /// Where to write.
    #[arg(long)]
    out: PathBuf,
}

struct Package {
    name: String,
    title: String,
    /// The first sentence of the long description, and the rest.
    sentence: String,
    description: String,
    section: String,
    tags: Vec<String>,
}

/// Writes points, schema and questions.
pub(crate) fn prepare(inputs: &Packages) -> Outcome {
    let packages = read(&inputs.available, &inputs.descriptions)?;
    let mut points = String::new();
    for p in &packages {
        let payload = json!({
            "name": p.name, "title": p.title, "description": p.description, "section": p.section, "tags": p.tags,
        });
        points.push_str(&(json!({ "id": p.name, "payload": payload }).to_string() + "\n"));
    }
    let text = |boost: f32| json!({ "language": "en", "boost": boost, "stopWords": true });
    let from = ["name", "title", "description"];
    let schema = json!({
        "vectors": { "meaning": { "dim": 256, "metric": "cosine", "embed": { "model": "static-minilm-256", "from": from } } },
        // Names are no English.
        "text": { "name": { "boost": 5 }, "title": text(2.0), "description": text(1.0) },
        "fields": { "section": "keyword", "tags": "keyword" },
    });
    let questions = [names(&packages), as_words(&packages), sentences(&packages)].concat();
    super::write(&inputs.out, points.as_bytes(), &serde_json::to_vec_pretty(&schema)?, questions)
}

/// Names as they are, misspelt and unfinished.
fn names(packages: &[Package]) -> Vec<Question> {
    let all: HashSet<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    let names = || all.iter().copied().collect::<Vec<_>>();
    let mut questions = Vec::new();
    for name in sample(names(), NAMES, |name| name) {
        let right = [name.to_owned()];
        questions.push(Question::new("names", name, name, &right));
        questions.extend(Question::beginnings("names, unfinished", name, &right));
    }
    let letters = |name: &str| name.bytes().filter(u8::is_ascii_lowercase).count();
    let long = names().into_iter().filter(|name| letters(name) >= SHORTEST_MISSPELT).collect();
    for name in sample(long, NAMES, |name| name) {
        questions.extend(misspelt(name, Place::LaterLetter, |text| all.contains(text)).map(|typo| Question {
            kind: Some(typo.kind.to_owned()),
            ..Question::new("names, misspelt", &typo.text, name, &[name.to_owned()])
        }));
    }
    questions
}

/// Names of several words as people type them: "libc6 dev" for libc6-dev, "python numpy" for python3-numpy. Right is
/// every package whose name comes to the same.
fn as_words(packages: &[Package]) -> Vec<Question> {
    let of_words = packages.iter().filter(|p| p.name.contains('-')).collect::<Vec<_>>();
    let with_digits = of_words.iter().copied().filter(|p| without_digits(&p.name) != spaced(&p.name)).collect();
    let spaced = loosened("names, dashes as spaces", spaced, packages, of_words);
    [spaced, loosened("names, dashes as spaces, digits left out", without_digits, packages, with_digits)].concat()
}

fn loosened(set: &str, loose: fn(&str) -> String, all: &[Package], from: Vec<&Package>) -> Vec<Question> {
    let mut same: HashMap<String, Vec<String>> = HashMap::new();
    all.iter().for_each(|p| same.entry(loose(&p.name)).or_default().push(p.name.clone()));
    let question = |package: &&Package| {
        let text = loose(&package.name);
        let right = same.get(&text).map_or(&[][..], Vec::as_slice);
        Question::new(set, &text, &package.name, right)
    };
    sample(from, NAMES, |p| &p.name).iter().map(question).collect()
}

fn spaced(name: &str) -> String {
    name.replace('-', " ")
}

/// The parts of a name between dashes, each without the version at its end; what is nothing but a version stays.
fn without_digits(name: &str) -> String {
    let part = |part: &str| {
        let trimmed = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        if trimmed.is_empty() { part.to_owned() } else { trimmed.to_owned() }
    };
    name.split('-').map(part).collect::<Vec<_>>().join(" ")
}

/// First sentences that one package alone has, without its indexed text having them.
fn sentences(packages: &[Package]) -> Vec<Question> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    packages.iter().for_each(|p| *counts.entry(&p.sentence).or_default() += 1);
    let of_one =
        |p: &&Package| SENTENCE_BYTES.contains(&p.sentence.len()) && counts.get(p.sentence.as_str()) == Some(&1);
    let asking = sample(packages.iter().filter(of_one).collect(), SENTENCES, |p| &p.sentence);
    let question =
        |p: &&Package| Question::new("descriptions", &p.sentence, &p.sentence, std::slice::from_ref(&p.name));
    asking.iter().map(question).collect()
}

fn read(available: &Path, descriptions: &Path) -> Outcome<Vec<Package>> {
    let (available, translated) = (fs::read_to_string(available)?, fs::read_to_string(descriptions)?);
    let long: HashMap<&str, &str> = stanzas(&translated)
        .filter_map(|stanza| Some((field(stanza, "Description-md5")?, field(stanza, "Description-en")?)))
        .collect();
    let mut seen = HashSet::new();
    let mut packages = Vec::new();
    for stanza in stanzas(&available) {
        let (Some(name), Some(title)) = (field(stanza, "Package"), field(stanza, "Description")) else { continue };
        // Of several versions the first.
        if !seen.insert(name) {
            continue;
        }
        let text = field(stanza, "Description-md5").and_then(|md5| long.get(md5)).copied().unwrap_or_default();
        let (sentence, mut description) = first_sentence(&paragraphs(text));
        description.truncate(description.floor_char_boundary(DESCRIPTION_BYTES));
        let tags = field(stanza, "Tag").unwrap_or_default();
        packages.push(Package {
            name: name.to_owned(),
            title: title.lines().next().unwrap_or_default().to_owned(),
            sentence,
            description,
            section: field(stanza, "Section").unwrap_or_default().to_owned(),
            tags: tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        });
    }
    if long.is_empty() || packages.is_empty() {
        return Err("apt lists no packages, or none with a long description".into());
    }
    Ok(packages)
}

fn stanzas(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").filter(|stanza| !stanza.trim().is_empty())
}

/// A field with the lines that go on with it.
fn field<'t>(stanza: &'t str, name: &str) -> Option<&'t str> {
    let mut from = 0;
    for line in stanza.split_inclusive('\n') {
        let rest = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(':'));
        if rest.is_some() {
            let value = stanza.get(from + name.len() + 1..)?;
            let end =
                value.match_indices('\n').find(|(at, _)| !value.get(at + 1..).unwrap_or_default().starts_with(' '));
            return value.get(..end.map_or(value.len(), |(at, _)| at)).map(str::trim);
        }
        from += line.len();
    }
    None
}

/// The paragraphs of a long description, which lines with a dot alone part. Its first line is the title.
fn paragraphs(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
    let joined = lines.split(|line| *line == ".").map(|lines| lines.join(" ").trim().to_owned());
    joined.filter(|paragraph| !paragraph.is_empty()).collect()
}

/// The first sentence and the rest. Where one ends too early, behind an abbreviation, it goes on.
fn first_sentence(paragraphs: &[String]) -> (String, String) {
    let Some((first, others)) = paragraphs.split_first() else { return Default::default() };
    let ends = first.match_indices(". ").map(|(at, _)| at + 1);
    let end = ends.into_iter().find(|end| end >= SENTENCE_BYTES.start()).unwrap_or(first.len());
    let (sentence, rest) = first.split_at_checked(end).unwrap_or((first, ""));
    let rest = std::iter::once(rest.trim()).chain(others.iter().map(String::as_str)).filter(|text| !text.is_empty());
    (sentence.to_owned(), rest.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_with_their_first_sentence_apart() {
        let folder = std::env::temp_dir().join(format!("headwater-packages-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let [available, descriptions] = ["available", "descriptions"].map(|file| folder.join(file));
        let one = "Package: 0ad\nVersion: 1\nDescription: Game of ancient warfare\nDescription-md5: d9\nTag: game::strategy,\n role::program\nSection: games\n";
        fs::write(&available, format!("{one}\n{one}\n")).unwrap();
        let text = "Package: 0ad\nDescription-md5: d9\nDescription-en: Game of ancient warfare\n 0 A.D. is a free real-time strategy\n game of ancient warfare. It is ambitious.\n .\n More.\n";
        fs::write(&descriptions, text).unwrap();
        let packages = read(&available, &descriptions).unwrap();
        assert_eq!(packages.len(), 1);
        let package = &packages[0];
        assert_eq!((package.name.as_str(), package.title.as_str()), ("0ad", "Game of ancient warfare"));
        assert_eq!(package.sentence, "0 A.D. is a free real-time strategy game of ancient warfare.");
        assert_eq!(package.description, "It is ambitious.\nMore.");
        assert_eq!((package.section.as_str(), package.tags.len()), ("games", 2));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn names_lose_versions_and_stay_what_they_are() {
        for (name, text) in [
            ("python3-numpy", "python numpy"),
            ("libc6-dev", "libc dev"),
            ("libboost1.74-dev", "libboost dev"),
            ("linux-image-6.1", "linux image 6.1"),
        ] {
            assert_eq!(without_digits(name), text);
        }
    }
}
