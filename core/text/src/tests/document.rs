//! The examples of `docs/words.md` are true.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::fs;
use std::path::Path;

use super::see;
use crate::{Analyzer, COMPLETE, Language};

/// Forms or terms, as the document writes them.
fn written(language: &str, text: &str, terms: bool) -> Vec<String> {
    let analyzer = Analyzer::new(Language::parse(language).unwrap(), false);
    let word = |(form, term, ..): super::Seen| if terms { term } else { form.replace(COMPLETE, "$") };
    see(&analyzer, text).into_iter().map(word).collect()
}

fn check(header: &[&str], row: &[&str]) -> bool {
    match (header, row) {
        (["text", "tokens"], [text, tokens]) => assert_eq!(written("none", text, false).join(" "), *tokens, "{text}"),
        (["language", "text", "terms"], [language, text, terms]) => {
            assert_eq!(written(language, text, true).join(" "), *terms, "{text}");
        }
        (["these are one", "form"], [texts, form]) => {
            let all: Vec<_> = texts.split(" · ").map(|text| written("none", text, false)).collect();
            assert_eq!(all[0][0], *form, "{texts}");
            assert!(all.iter().all(|one| *one == all[0]), "{texts}");
        }
        (["these stay apart", "why"], [texts, _]) => {
            let mut all: Vec<_> = texts.split(" · ").map(|text| written("none", text, false)).collect();
            let count = all.len();
            all.sort();
            all.dedup();
            assert!(count > 1 && all.len() == count, "{texts}");
        }
        _ => return false,
    }
    true
}

#[test]
fn its_examples_are_true() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/words.md")).unwrap();
    let mut header: Vec<String> = Vec::new();
    let mut checked = 0;
    for line in document.lines() {
        let Some(row) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            header.clear();
            continue;
        };
        let cells: Vec<&str> = row.split(" | ").collect();
        if header.is_empty() {
            header = cells.iter().map(ToString::to_string).collect();
        } else if !row.starts_with("---") {
            let header: Vec<&str> = header.iter().map(String::as_str).collect();
            checked += usize::from(check(&header, &cells));
        }
    }
    assert!(checked > 60, "{checked}");
}
