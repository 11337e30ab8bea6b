//! Looks for what a reader would stumble over: long files, unfinished words, tests that are left out,
//! loose versions.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::GENERATED;
use crate::places::in_root;
use crate::shell::{command, read};

/// A file longer than this is asking to be two.
const MAX_LINES: usize = 450;
/// Code is broken by rustfmt; it leaves comments as they are.
const MAX_COLUMNS: usize = 120;
/// What is read line by line.
const SOURCES: [&str; 12] = ["rs", "ts", "mjs", "js", "css", "html", "toml", "py", "json", "md", "yml", "webmanifest"];
/// Where lines may be long and blanks may mean something.
const DATA: [&str; 3] = ["json", "md", "webmanifest"];

/// Kept byte for byte as they came.
const GIVEN: [&str; 3] = ["examples/wordnet/model/", "core/embed/tests/data/", "core/tests/golden/"];

/// A rule about words: split in two, so that this file keeps it too.
struct Word {
    halves: (&'static str, &'static str),
    endings: &'static [&'static str],
    why: &'static str,
}

const ALL: &[&str] = &["rs", "ts", "mjs", "js", "css", "html", "toml", "py"];
const SCRIPTS: &[&str] = &["ts", "mjs", "js"];
const RUST: &[&str] = &["rs"];
const UNFINISHED: &str = "finish it, or leave it out";
const LEFT_OUT: &str = "every test runs";

const WORDS: [Word; 16] = [
    Word { halves: ("TO", "DO"), endings: ALL, why: UNFINISHED },
    Word { halves: ("FIX", "ME"), endings: ALL, why: UNFINISHED },
    Word { halves: ("XX", "X"), endings: ALL, why: UNFINISHED },
    Word { halves: ("HA", "CK:"), endings: ALL, why: UNFINISHED },
    Word { halves: ("unimpl", "emented!("), endings: RUST, why: UNFINISHED },
    Word { halves: ("to", "do!("), endings: RUST, why: UNFINISHED },
    Word { halves: ("#[ig", "nore"), endings: RUST, why: LEFT_OUT },
    Word { halves: ("test.on", "ly("), endings: SCRIPTS, why: LEFT_OUT },
    Word { halves: ("it.on", "ly("), endings: SCRIPTS, why: LEFT_OUT },
    Word { halves: ("describe.on", "ly("), endings: SCRIPTS, why: LEFT_OUT },
    Word { halves: ("test.sk", "ip("), endings: SCRIPTS, why: LEFT_OUT },
    Word { halves: ("it.sk", "ip("), endings: SCRIPTS, why: LEFT_OUT },
    Word { halves: ("describe.sk", "ip("), endings: SCRIPTS, why: LEFT_OUT },
    Word { halves: ("{ sk", "ip:"), endings: SCRIPTS, why: LEFT_OUT },
    Word { halves: ("{ on", "ly:"), endings: SCRIPTS, why: LEFT_OUT },
    Word { halves: ("t.sk", "ip("), endings: SCRIPTS, why: LEFT_OUT },
];

/// Complains about every file that git knows or would add.
pub(crate) fn tidy() -> Result<()> {
    let mut complaints = Vec::new();
    let listed = read(&mut command("git", &["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    for file in listed.lines() {
        // Listed, but removed since: git will hear of it.
        let Ok(bytes) = fs::read(in_root(file)) else { continue };
        let Some(ending) = Path::new(file).extension().and_then(|e| e.to_str()).filter(|e| SOURCES.contains(e)) else {
            continue;
        };
        if file == GENERATED || GIVEN.iter().any(|folder| file.starts_with(folder)) {
            continue;
        }
        let text = String::from_utf8(bytes).with_context(|| format!("{file} is not UTF-8"))?;
        let mut found = if file.ends_with("package-lock.json") { hosts(&text) } else { lines(ending, &text) };
        if file.ends_with("package.json") {
            found.extend(loose_versions(&text).with_context(|| file.to_owned())?);
        }
        complaints.extend(found.into_iter().map(|complaint| format!("{file}{complaint}")));
    }
    if !complaints.is_empty() {
        bail!("{} places to tidy:\n  {}", complaints.len(), complaints.join("\n  "));
    }
    Ok(())
}

fn lines(ending: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let count = text.lines().count();
    if count > MAX_LINES && !DATA.contains(&ending) {
        complaints.push(format!(": {count} lines; at most {MAX_LINES}"));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        complaints.push(": no line end at the end of the file".to_owned());
    }
    if ending == "rs" {
        complaints.extend(long_comments(text));
    }
    for (number, line) in (1..).zip(text.lines()) {
        if line.ends_with([' ', '\t']) && ending != "md" {
            complaints.push(format!(":{number}: blanks at the end of the line"));
        }
        if line.contains('\t') {
            complaints.push(format!(":{number}: a tab"));
        }
        for Word { halves: (first, second), endings, why } in WORDS {
            let word = format!("{first}{second}");
            if endings.contains(&ending) && line.contains(&word) {
                complaints.push(format!(":{number}: {word}: {why}"));
            }
        }
    }
    complaints
}

/// Lines of prose that are too long. Tables and drawings may be.
fn long_comments(text: &str) -> Vec<String> {
    let (mut complaints, mut is_drawing) = (Vec::new(), false);
    for (number, line) in (1..).zip(text.lines()) {
        let Some(comment) = line.trim_start().strip_prefix("//") else {
            is_drawing = false;
            continue;
        };
        let comment = comment.trim_start_matches(['/', '!']).trim_start();
        is_drawing ^= comment.starts_with("```");
        let columns = line.chars().count();
        if columns > MAX_COLUMNS && !is_drawing && !comment.starts_with('|') {
            complaints.push(format!(":{number}: a comment of {columns} columns; at most {MAX_COLUMNS}"));
        }
    }
    complaints
}

/// The lock says what is installed, not from which of many hosts.
fn hosts(lock: &str) -> Vec<String> {
    let found = (1..).zip(lock.lines()).filter(|(_, line)| line.contains("\"resolved\": \"http"));
    found.map(|(number, _)| format!(":{number}: names a registry; see .npmrc")).collect()
}

/// Every JavaScript dependency has an exact version: an install tomorrow is the install of today.
fn loose_versions(text: &str) -> Result<Vec<String>> {
    let package: Value = serde_json::from_str(text)?;
    let mut complaints = Vec::new();
    for kind in ["dependencies", "devDependencies", "optionalDependencies"] {
        for (name, version) in package.get(kind).and_then(Value::as_object).into_iter().flatten() {
            let version = version.as_str().unwrap_or_default();
            let ours = name.starts_with("headwater") && version == "*";
            let parts: Vec<&str> = version.split('.').collect();
            let exact =
                parts.len() == 3 && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_digit()) && !p.is_empty());
            if !ours && !exact {
                complaints.push(format!(": {name} {version} is not an exact version"));
            }
        }
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_has_no_complaints() {
        assert!(lines("rs", "fn skip() {}\nlet rest = list.iter().skip(1);\n").is_empty());
        let table = format!("//! | {} |\n//! ```text\n//! {}\n//! ```\n", "x ".repeat(90), "- ".repeat(90) + "-");
        assert!(lines("rs", &table).is_empty());
        assert!(lines("mjs", "test(\"skips\", async () => {});\n").is_empty());
        assert!(loose_versions(r#"{"dependencies":{"a":"1.2.3","headwater":"*"}}"#).unwrap().is_empty());
    }

    #[test]
    fn every_rule_is_heard() {
        let left_out = ["te", "st.sk", "ip(\"x\", f);\n"].concat();
        for (ending, text, complaint) in [
            ("rs", "let x = 1; \n", "blanks"),
            ("rs", "let x = 1;", "no line end"),
            ("ts", "\tlet x;\n", "a tab"),
            ("rs", &["// TO", "DO later\n"].concat(), "finish it"),
            ("mjs", &left_out, "every test runs"),
            ("rs", &"\n".repeat(MAX_LINES + 1), "at most"),
            ("rs", &format!("    /// {}\n", "word ".repeat(21) + "wordword"), "121 columns"),
        ] {
            let complaints = lines(ending, text);
            assert!(complaints.iter().any(|c| c.contains(complaint)), "{text:?}: {complaints:?}");
        }
    }

    #[test]
    fn loose_versions_and_registries_are_heard() {
        for version in ["^1.2.3", "1.2", "latest", "*", "1.2.x", ""] {
            let text = format!(r#"{{"devDependencies":{{"a":"{version}"}}}}"#);
            assert_eq!(loose_versions(&text).unwrap().len(), 1, "{version}");
        }
        assert_eq!(
            hosts("{\n\"resolved\": \"https://registry.example/a.tgz\",\n\"resolved\": \"packages/js\"\n}").len(),
            1
        );
    }
}
