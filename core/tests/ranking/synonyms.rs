//! The texts that a query's text stands for: docs/ranking.md, "Synonyms".

use std::ops::Range;

use serde_json::Value;

use super::texts::{Field, Token};

/// Tokens of a query that count.
const MOST_TOKENS: usize = 256;
/// Texts that one stands for, itself included.
const MOST_ALTERNATIVES: usize = 16;

/// A text, and which bytes of the typed one are replaced by which of this one.
#[derive(Clone)]
pub(crate) struct Alternative {
    pub(crate) text: String,
    pub(crate) replaced: Vec<(Range<usize>, Range<usize>)>,
}

/// The typed text, then the others.
pub(crate) fn alternatives(text: &str, rules: &Value, field: &Field) -> Vec<Alternative> {
    let replacements = replacements(text, rules, field);
    let mut chosen: Vec<Vec<(Range<usize>, &str)>> = vec![Vec::new()];
    let mut with_one_less = chosen.clone();
    while !with_one_less.is_empty() {
        let mut next = Vec::new();
        for before in &with_one_less {
            let end = before.last().map_or(0, |(bytes, _)| bytes.end);
            let behind = replacements.iter().filter(|(bytes, _)| bytes.start >= end);
            next.extend(behind.map(|one| [&before[..], std::slice::from_ref(one)].concat()));
            if next.len() > MOST_ALTERNATIVES {
                break;
            }
        }
        chosen.extend(next.iter().cloned());
        with_one_less = if chosen.len() < MOST_ALTERNATIVES { next } else { Vec::new() };
    }
    chosen.truncate(MOST_ALTERNATIVES);
    chosen.iter().map(|chosen| replace(text, chosen)).collect()
}

fn replace(typed: &str, chosen: &[(Range<usize>, &str)]) -> Alternative {
    let mut alternative = Alternative { text: typed.into(), replaced: Vec::new() };
    for (bytes, brought) in chosen {
        // What stands behind a place that was replaced before has moved.
        let moved = |byte: usize| byte + alternative.text.len() - typed.len();
        let here = moved(bytes.start)..moved(bytes.end);
        alternative.text.replace_range(here.clone(), &format!(" {brought} "));
        alternative.replaced.push((bytes.clone(), here.start + 1..here.start + 1 + brought.len()));
    }
    alternative
}

/// What may stand for which bytes of a text.
fn replacements<'r>(text: &str, rules: &'r Value, field: &Field) -> Vec<(Range<usize>, &'r str)> {
    let mut tokens = field.tokens(text);
    tokens.truncate(MOST_TOKENS);
    let mut all = Vec::new();
    for first in 0..tokens.len() {
        for last in (first..tokens.len()).rev() {
            let bytes = tokens[first].range.start..tokens[last].range.end;
            let is_outside = |(at, token): (usize, &Token)| {
                (first..=last).contains(&at) || token.range.end <= bytes.start || token.range.start >= bytes.end
            };
            if !tokens.iter().enumerate().all(is_outside) {
                continue;
            }
            let terms = terms(&tokens[first..=last]);
            for (typed, brought) in rules.as_array().into_iter().flatten().map(sides) {
                let is_here = |text: &&str| self::terms(&field.tokens(text)) == terms;
                for _ in typed.iter().filter(|text| is_here(text)) {
                    let others = brought.iter().filter(|text| !is_here(text) && !field.tokens(text).is_empty());
                    all.extend(others.map(|other| (bytes.clone(), *other)));
                }
            }
        }
    }
    let mut once: Vec<(Range<usize>, &str)> = Vec::new();
    for replacement in all {
        if !once.contains(&replacement) {
            once.push(replacement);
        }
    }
    once
}

fn terms(tokens: &[Token]) -> Vec<&str> {
    tokens.iter().map(|token| token.term.as_str()).collect()
}

/// What of a rule is typed, and what it brings.
fn sides(rule: &Value) -> (Vec<&str>, Vec<&str>) {
    match rule.as_array() {
        Some(both) => (strings(both), strings(both)),
        None => (strings(rule["from"].as_array().unwrap()), strings(rule["to"].as_array().unwrap())),
    }
}

fn strings(list: &[Value]) -> Vec<&str> {
    list.iter().map(|text| text.as_str().unwrap()).collect()
}
