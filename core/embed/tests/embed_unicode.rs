//! The embedder's Unicode tables against the crates that its reference uses. Run with
//! `HEADWATER_BLESS=1` to write the tables anew.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use regex_syntax::hir::{Class, HirKind};
use unicode_categories::UnicodeCategories as _;
use unicode_normalization::char as newer;
use unicode_normalization_alignments::UnicodeNormalization as _;
use unicode_normalization_alignments::char::{canonical_combining_class, is_combining_mark};

fn check(name: &str, made: &[u8]) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tokenizer").join(name);
    if env::var_os("HEADWATER_BLESS").is_some() {
        fs::write(&path, made).unwrap();
    }
    assert!(fs::read(&path).unwrap() == made, "{name} is not what its sources say; see the top of this file");
}

fn all() -> impl Iterator<Item = char> {
    ('\u{80}'..=char::MAX).filter(|c| !('\u{AC00}'..='\u{D7A3}').contains(c))
}

fn regex_class(expression: &str) -> HashSet<char> {
    match regex_syntax::parse(expression).unwrap().kind() {
        HirKind::Class(Class::Unicode(class)) => class.ranges().iter().flat_map(|r| r.start()..=r.end()).collect(),
        other => panic!("{expression} is {other:?}"),
    }
}

#[test]
fn ranges_of_categories() {
    let mut made = Vec::new();
    let mut table = |is: &dyn Fn(char) -> bool| {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for c in ('\u{80}'..=char::MAX).filter(|c| is(*c)).map(u32::from) {
            match ranges.last_mut() {
                Some(last) if last.1 + 1 == c => last.1 = c,
                _ => ranges.push((c, c)),
            }
        }
        leb128(&mut made, ranges.len() as u32);
        let mut before = 0;
        for (first, last) in ranges {
            leb128(&mut made, first - before);
            leb128(&mut made, last - first);
            before = last;
        }
    };
    let (word, letter) = (regex_class(r"\w"), regex_class(r"\p{L}"));
    // In the order of `Kind`.
    table(&|c| c.is_punctuation());
    table(&|c| c.is_mark_nonspacing());
    table(&|c| c.is_other_control() || c.is_other_format());
    table(&is_combining_mark);
    table(&|c| word.contains(&c));
    table(&|c| letter.contains(&c));
    check("unicode.bin", &made);
}

fn leb128(column: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        column.push(number as u8 | 0x80);
        number >>= 7;
    }
    column.push(number as u8);
}

#[test]
fn normalization_forms() {
    let mut columns: [Vec<u8>; 4] = Default::default();
    let [codes, kinds, firsts, others] = &mut columns;
    let (mut count, mut code, mut first) = (0, 0, 0);
    for c in all() {
        let one = [c];
        let canonical: Vec<char> = one.iter().copied().nfd().map(|(c, _)| c).collect();
        let compatible: Vec<char> = one.iter().copied().nfkd().map(|(c, _)| c).collect();
        let (kind, parts) = if canonical != one {
            let again: Vec<char> = canonical.iter().copied().nfc().map(|(c, _)| c).collect();
            (u32::from(again != one || canonical.len() == 1), canonical)
        } else if compatible != one {
            (2, compatible)
        } else {
            continue;
        };
        count += 1;
        leb128(codes, u32::from(c) - code);
        code = u32::from(c);
        leb128(kinds, (parts.len() as u32) << 2 | kind);
        let difference = u32::from(parts[0]) as i32 - first;
        first = u32::from(parts[0]) as i32;
        leb128(firsts, (difference << 1 ^ difference >> 31) as u32);
        parts[1..].iter().for_each(|part| leb128(others, u32::from(*part)));
    }
    let mut ranges: Vec<(u32, u32, u8)> = Vec::new();
    for (c, class) in all().map(|c| (u32::from(c), canonical_combining_class(c))).filter(|(_, class)| *class != 0) {
        match ranges.last_mut() {
            Some(last) if last.1 + 1 == c && last.2 == class => last.1 = c,
            _ => ranges.push((c, c, class)),
        }
    }
    let mut made = Vec::new();
    leb128(&mut made, count);
    columns.iter().for_each(|column| made.extend(column));
    leb128(&mut made, ranges.len() as u32);
    let mut end = 0;
    for (start, last, class) in ranges {
        leb128(&mut made, start - end);
        leb128(&mut made, last - start);
        leb128(&mut made, class.into());
        end = last;
    }
    check("forms/forms.bin", &made);
}

/// What the reference's tables do not know and later ones do something with: what decomposes, what combines, and what
/// composes with the character before it.
#[test]
fn younger_characters() {
    let decomposed = |c: char| {
        let mut parts = Vec::new();
        newer::decompose_compatible(c, |part| parts.push(part));
        parts
    };
    let is_old = |c: &char| canonical_combining_class(*c) != 0 || [*c].into_iter().nfkd().map(|(c, _)| c).ne([*c]);
    let mut younger: BTreeSet<u32> = BTreeSet::new();
    for c in all().filter(|c| !is_old(c)) {
        let parts = decomposed(c);
        if newer::canonical_combining_class(c) != 0 || parts != [c] {
            younger.insert(c.into());
        }
        if let [first, .., last] = parts[..]
            && !is_old(&last)
            && parts.len() == 2
            && newer::compose(first, last) == Some(c)
        {
            younger.insert(last.into());
        }
    }
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for c in younger {
        match ranges.last_mut() {
            Some(last) if last.1 + 1 == c => last.1 = c,
            _ => ranges.push((c, c)),
        }
    }
    let (mut made, mut end) = (Vec::new(), 0);
    for (start, last) in ranges {
        leb128(&mut made, start - end);
        leb128(&mut made, last - start);
        end = last;
    }
    check("forms/younger.bin", &made);
}
