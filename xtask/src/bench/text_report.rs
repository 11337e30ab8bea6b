//! Rows of `cargo xtask bench text` as Markdown.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// What was measured, as rows.
pub(super) struct Results {
    /// How busy the machine was before and after.
    pub(super) load: Option<(f64, f64)>,
    pub(super) native: Vec<Value>,
    pub(super) browser: Vec<Value>,
    /// Texts that are indexed in the page.
    pub(super) at_hand: Vec<Value>,
    pub(super) relevance: Vec<Value>,
    pub(super) fields: Vec<Value>,
    pub(super) fields_in_browser: Vec<Value>,
}

impl Results {
    pub(super) fn json(&self, machine: &str) -> Value {
        json!({
            "machine": machine, "load": self.load, "native": self.native, "browser": self.browser, "atHand": self.at_hand, "relevance": self.relevance,
            "fields": self.fields, "fieldsInBrowser": self.fields_in_browser,
        })
    }
}

/// Sets of relevance.
const SETS: [&str; 2] = ["wordnet", "addresses"];
/// What a page may wait for counts, in milliseconds, so that they can change with each letter typed.
const FACETS_GOAL_MS: f64 = 5.0;

pub(super) fn markdown(machine: &str, results: &Results) -> String {
    let mut out = format!(
        "# Full-text search and its peers\n\nMade by `cargo xtask bench text`; the rows are in [text.json](text.json). \
         Machine: {machine}. 117,791 WordNet entries, lemmas and gloss in one field; 2,000 example sentences, each of which should \
         find the entry that it comes from, any word counting; ten hits; one thread. Engines that are slow are asked the first 100 of them, once; \
         what is beside MiniSearch is the speed at these. MRR@10 is the mean reciprocal rank. Typing asks 800 beginnings of sentences, the last word unfinished.\n"
    );
    if let Some((before, after)) = results.load {
        let _ = writeln!(out, "\nLoad average of the minute before: {before:.1}, at the end: {after:.1}.");
    }
    for (title, rows) in [("Native", &results.native), ("Chromium", &results.browser)] {
        let _ = write!(
            out,
            "\n## {title}\n\n| engine | queries a second | of the first 100 | beside MiniSearch | MRR@10 | of the first 100 | build | bytes | typing, p50 | p99 |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        );
        let minisearch =
            rows.iter().find(|row| row["engine"].as_str().is_some_and(|name| name.starts_with("MiniSearch")));
        let minisearch = minisearch.and_then(|row| row["queriesPerSecondOfFirst"].as_f64());
        for row in rows {
            let number = |key: &str| row[key].as_f64();
            let cells = [
                shown(number("queriesPerSecond"), 0, ""),
                shown(number("queriesPerSecondOfFirst"), 0, ""),
                shown(number("queriesPerSecondOfFirst").zip(minisearch).map(|(of, peer)| of / peer), 0, "x"),
                shown(number("mrr10").filter(|_| row["sentences"] != 100), 3, ""),
                shown(number("mrr10OfFirst"), 3, ""),
                shown(number("buildSeconds"), 2, " s"),
                shown(number("bytes").map(|b| b / 1_048_576.0), 1, " MiB"),
                shown(number("typedP50Ms"), 2, " ms"),
                shown(number("typedP99Ms"), 2, " ms"),
            ];
            let _ = writeln!(out, "| {} | {} |", row["engine"].as_str().unwrap_or_default(), cells.join(" | "));
        }
    }
    at_hand(&mut out, &results.at_hand);
    fields(&mut out, results);
    relevance(&mut out, &results.relevance);
    out
}

fn at_hand(out: &mut String, rows: &[Value]) {
    out.push_str(
        "\n## Texts at hand\n\nThe first 20,000 texts, indexed in Chromium; then 300 of their words of six letters or more, one by one, the same \
         misspelt in the middle, and their first four letters as a beginning. Means, of five rounds the median; ten hits. \"Found\" is the share of \
         the misspelt words that have any hit.\n\n\
         | engine | indexing | a word | misspelt | found | unfinished |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let us = |key: &str| shown(row[key].as_f64(), 0, " µs");
        let cells = [
            shown(row["indexSeconds"].as_f64(), 2, " s"),
            us("exactUs"),
            us("misspeltUs"),
            shown(row["misspeltFound"].as_f64(), 3, ""),
            us("unfinishedUs"),
        ];
        let _ = writeln!(out, "| {} | {} |", row["engine"].as_str().unwrap_or_default(), cells.join(" | "));
    }
}

fn fields(out: &mut String, results: &Results) {
    out.push_str(
        "\n## Facets, an order, a filter\n\nThe demo's points with vectors and fields: pos (4 values), lexfile (45) and senses (numbers); ten \
         hits without payloads beside the counts. The same is asked 1,000 times (of Orama for 20 seconds at most); words are the first 1,000 \
         different ones of the sentences from four letters on. \"Counted\" says how many entries a query counts: Orama takes words for \
         beginnings, Headwater stems them. The filter is `{ \"pos\": \"noun\", \"senses\": { \"$gte\": 2 } }`; vectors are given. In Chromium a time \
         is that of a call from JavaScript with query and answer as JSON.\n\n\
         | what | native, p50 | p99 | Chromium, p50 | p99 | counted | Orama 3.1.18, p50 | p99 | counted |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut worst = [0.0f64; 2];
    for native in &results.fields {
        let what = native["what"].as_str().unwrap_or_default();
        let in_browser = |engine: &str| {
            let same = |row: &&Value| {
                row["what"] == what && row["engine"].as_str().is_some_and(|name| name.starts_with(engine))
            };
            results.fields_in_browser.iter().find(same).unwrap_or(&Value::Null)
        };
        let (browser, orama) = (in_browser("Headwater"), in_browser("Orama"));
        let ms = |row: &Value, key: &str| shown(row[key].as_f64(), 2, " ms");
        let counted = |row: &Value| shown(row["counted"].as_f64().filter(|&n| n > 0.0), 0, "");
        let mut cells = Vec::new();
        for row in [native, browser, orama] {
            cells.extend([ms(row, "p50Ms"), ms(row, "p99Ms")]);
            cells.extend((row["engine"] != native["engine"]).then(|| counted(row)));
        }
        let _ = writeln!(out, "| {what} | {} |", cells.join(" | "));
        if what.starts_with("facets") {
            let times = ["p50Ms", "p99Ms"].map(|key| browser[key].as_f64().unwrap_or(f64::INFINITY));
            worst = [worst[0].max(times[0]), worst[1].max(times[1])];
        }
    }
    let is_met = worst.map(|ms| if ms < FACETS_GOAL_MS { "met" } else { "not met" });
    let _ = writeln!(
        out,
        "\nFacets should take less than {FACETS_GOAL_MS} ms in Chromium. At p50 they take at most {:.2} ms, so it is {}; at p99 at most \
         {:.2} ms, {}.",
        worst[0], is_met[0], worst[1], is_met[1]
    );
}

fn relevance(out: &mut String, rows: &[Value]) {
    let row =
        |set: &str, way: &str| rows.iter().find(|row| row["set"] == set && row["way"] == way).unwrap_or(&Value::Null);
    let counts = |set: &str| {
        let counts = rows.iter().find(|row| row["set"] == set && row["way"].is_null()).unwrap_or(&Value::Null);
        ["sentences", "points"].map(|key| counts[key].as_u64().unwrap_or_default())
    };
    let ([asked, entries], [taken, passages]) = (counts(SETS[0]), counts(SETS[1]));
    let _ = write!(
        out,
        "\n## Words, meaning, both\n\nNatively, on two sets; English, stop words left out; the static model for meaning. WordNet: the demo's \
         schema, lemmas counting five times; {asked} example sentences should find their own among {entries} entries. Addresses: the inverse \
         cloze task (Lee, Chang and Toutanova, arXiv 1906.00300) over State of the Union addresses; {taken} sentences should find the passage \
         that they were taken out of, the middle one of five, among {passages}, all of which lack theirs. \"Beside the default\" is the \
         difference in MRR@10, sentence by sentence, with its standard error. bm25s has WordNet's lemmas and glosses in one field.\n\n\
         | way | WordNet: MRR@10 | beside the default | among ten | µs a query | addresses: MRR@10 | beside the default | among ten \
         | µs a query | mean MRR@10 |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    let ways = rows.iter().filter(|row| row["set"] == SETS[0]).filter_map(|row| row["way"].as_str());
    let mut means = Vec::new();
    for way in ways {
        let mut cells = Vec::new();
        for row in SETS.map(|set| row(set, way)) {
            let number = |key: &str| row[key].as_f64();
            let beside = number("besideDefault").zip(number("besideDefaultError")).filter(|(_, error)| *error > 0.0);
            cells.extend([
                shown(number("mrr10"), 3, ""),
                beside.map_or_else(|| "–".to_owned(), |(beside, error)| format!("{beside:+.4} ± {error:.4}")),
                shown(number("recall10"), 3, ""),
                shown(number("usPerQuery"), 0, ""),
            ]);
        }
        let mean = SETS.iter().filter_map(|set| row(set, way)["mrr10"].as_f64()).sum::<f64>() / SETS.len() as f64;
        let _ = writeln!(out, "| {way} | {} | {mean:.4} |", cells.join(" | "));
        means.push((mean, way));
    }
    // The default is what differs from itself by nothing.
    let is_default = |way: &str| row(SETS[0], way)["besideDefaultError"] == 0.0;
    let best = means.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let default = means.iter().find(|(_, way)| is_default(way));
    if let Some(((best, way), (now, default))) = best.zip(default) {
        let _ = writeln!(
            out,
            "\nThe default is \"{default}\", {now:.4} in the mean of both sets; the best is \"{way}\", {best:.4}."
        );
    }
}

fn shown(number: Option<f64>, digits: usize, unit: &str) -> String {
    number.map_or_else(|| "–".to_owned(), |n| format!("{n:.digits$}{unit}"))
}
