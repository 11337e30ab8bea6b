//! The whole room against a naive twin that looks at every point.

use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::bitmap::Bitmap;
use crate::meter::Meter;
use crate::text::{Analyzer, Language, Words};

/// Texts of few different words, so that lists are long and phrases occur; three words are so rare that windows lie between
/// those who have them.
fn texts(count: usize, seed: u64) -> Vec<String> {
    let hash = |i: usize, j: usize| crate::mix::splitmix64(seed ^ (i * 1000 + j) as u64);
    (0..count)
        .map(|i| {
            let words = 1 + hash(i, 999) as usize % 12;
            // Squared, so that some words are in most texts and others in few; near points are alike.
            let word = |j| {
                if hash(i, j + 500).is_multiple_of(2000) {
                    return format!("w{}", 62 + j % 3);
                }
                let uniform = (hash(i, j) >> 40) as f64 / (1u64 << 24) as f64;
                format!("w{}", (uniform * uniform * 60.0) as usize + i / 700 % 3)
            };
            (0..words).map(word).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

use alloc::format;

struct Built {
    parts: TextParts,
    words: Vec<Words>,
}

fn build(texts: &[String]) -> Built {
    let analyzer = Analyzer::new(Language::Unstemmed, false);
    let words: Vec<Words> = texts.iter().map(|t| Words::of(&analyzer, core::iter::once(t.as_str()))).collect();
    let mut builder = TextBuilder::default();
    words.iter().for_each(|w| builder.push(w));
    Built { parts: builder.finish(), words }
}

fn sections(parts: &TextParts) -> TextSections<'_> {
    TextSections {
        header: parts.header,
        term_blocks: &parts.terms.blocks,
        term_bytes: &parts.terms.bytes,
        term_samples: &parts.term_samples,
        form_blocks: &parts.forms.blocks,
        form_bytes: &parts.forms.bytes,
        form_samples: &parts.form_samples,
        form_terms: &parts.form_terms,
        lists: &parts.postings.terms,
        blocks: &parts.postings.blocks,
        postings: &parts.postings.postings,
        positions: &parts.postings.positions,
        lengths: &parts.lengths,
    }
}

#[test]
fn samples_of_another_dictionary_are_refused() {
    let built = build(&texts(40, 1));
    assert!(TextIndex::new(sections(&built.parts), 40).is_ok());
    assert!(TextIndex::new(TextSections { term_samples: &[], ..sections(&built.parts) }, 40).is_err());
    assert!(TextIndex::new(TextSections { form_samples: &[1, b'x'], ..sections(&built.parts) }, 40).is_err());
}

/// Sums by the definition: every word of every text looked at.
fn naive(built: &Built, wanted: &[&str], weights: &[Weight], table: &[f32], demand: Demand<'_>) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    for (ordinal, words) in (0u32..).zip(&built.words) {
        let length = table[usize::from(length_code(words.len() as u32))];
        let all: Vec<&str> = words.iter().map(|w| w.term).collect();
        let counts: Vec<u32> = wanted.iter().map(|w| all.iter().filter(|a| a == &w).count() as u32).collect();
        let passes = match demand {
            Demand::Any => counts.iter().any(|&c| c > 0),
            Demand::All(_) => counts.iter().all(|&c| c > 0),
            Demand::Phrase(_) => all.windows(wanted.len()).any(|w| w == wanted),
        };
        if passes {
            let sum = counts.iter().zip(weights).filter(|(c, _)| **c > 0).map(|(&c, w)| w.adds(c, length)).sum();
            found.push((sum, ordinal));
        }
    }
    found.sort_unstable_by_key(|&(sum, ordinal)| (core::cmp::Reverse(sum), ordinal));
    found
}

/// The best by the search: higher sum, then lower ordinal.
fn best(clauses: &[Clause<'_>], demand: Demand<'_>, points: u32, mask: Option<&Bitmap>, k: usize) -> Vec<(u32, u32)> {
    let mut kept: Vec<(u32, u32)> = Vec::new();
    let scan = Scan { points, mask, least: 0, meter: &Meter::unlimited() };
    search(clauses, demand, scan, &mut |sum, ordinal| {
        kept.push((sum, ordinal));
        kept.sort_unstable_by_key(|&(sum, ordinal)| (core::cmp::Reverse(sum), ordinal));
        kept.truncate(k);
        if kept.len() < k { 0 } else { kept.last().map_or(0, |l| l.0) }
    });
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn finds_what_looking_at_every_point_finds(
        count in prop_oneof![1usize..300, 4000usize..9000], seed: u64,
        asked in prop::collection::btree_set(prop_oneof![0usize..62, 62usize..65], 1..8), k in 1usize..30, which in 0usize..3, every in 1u32..4,
    ) {
        let built = build(&texts(count, seed));
        let index = TextIndex::new(sections(&built.parts), count).unwrap();
        let names: Vec<String> = asked.iter().map(|w| format!("w{w}")).collect();
        let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        let statistics = FieldStatistics { points: count as u64, words: index.words };
        let table = statistics.lengths();
        let points = |w: &str| index.terms.find(w).map_or(0, |t| index.postings.points(t));
        let weights: Vec<Weight> = wanted.iter().map(|w| Weight::new(statistics.idf(u64::from(points(w))), 1.0)).collect();
        let clauses: Vec<Clause<'_>> = wanted.iter().zip(&weights).enumerate().filter_map(|(token, (w, &weight))| {
            let list = index.postings.list(index.terms.find(w)?);
            Some(Clause { list, lengths: index.lengths, table: &table, weight, token: token as u32, field: 0 })
        }).collect();
        let places: Vec<u32> = (0..wanted.len() as u32).collect();
        let demand = [Demand::Any, Demand::All(wanted.len() as u32), Demand::Phrase(&places)][which];
        let mask = (every > 1).then(|| Bitmap::from_fn(count as u32, |o| o % every == 0));
        let mut expected = naive(&built, &wanted, &weights, &table, demand);
        expected.retain(|(_, o)| o % every == 0);
        expected.truncate(k);
        prop_assert_eq!(best(&clauses, demand, count as u32, mask.as_ref(), k), expected);
    }

    #[test]
    fn damaged_sections_are_refused_or_searched_without_harm(section in 0usize..7, at: prop::sample::Index, to: u32) {
        let built = build(&texts(600, 3));
        let mut parts = built.parts;
        let words = |bytes: &mut [u8], at: prop::sample::Index| {
            if !bytes.is_empty() { let at = at.index(bytes.len()); bytes[at] = to as u8; }
        };
        match section {
            0 => words(&mut parts.terms.bytes, at),
            1 => words(bytemuck::cast_slice_mut(&mut parts.terms.blocks), at),
            2 => words(bytemuck::cast_slice_mut(&mut parts.postings.terms), at),
            3 => words(bytemuck::cast_slice_mut(&mut parts.postings.blocks), at),
            4 => words(&mut parts.postings.postings, at),
            5 => words(&mut parts.postings.positions, at),
            _ => words(&mut parts.lengths, at),
        }
        let Ok(index) = TextIndex::new(sections(&parts), 600) else { return Ok(()) };
        let table = FieldStatistics { points: 600, words: 3000 }.lengths();
        let clauses: Vec<Clause<'_>> = (0..20.min(index.terms.len())).map(|term| {
            let list = index.postings.list(term);
            Clause { list, lengths: index.lengths, table: &table, weight: Weight::new(2.0, 1.0), token: term % 3, field: 0 }
        }).collect();
        for demand in [Demand::Any, Demand::All(3), Demand::Phrase(&[0, 1, 2])] {
            let found = best(&clauses, demand, 600, None, 10);
            prop_assert!(found.iter().all(|(_, o)| *o < 600));
        }
    }
}

#[test]
fn most_of_a_large_index_is_passed_over() {
    let built = build(&texts(9000, 5));
    let index = TextIndex::new(sections(&built.parts), 9000).unwrap();
    let statistics = FieldStatistics { points: 9000, words: index.words };
    let table = statistics.lengths();
    let clause = |word: &str, token| {
        let term = index.terms.find(word).unwrap();
        let weight = Weight::new(statistics.idf(u64::from(index.postings.points(term))), 1.0);
        Clause { list: index.postings.list(term), lengths: index.lengths, table: &table, weight, token, field: 0 }
    };
    let clauses = [clause("w0", 0), clause("w1", 1), clause("w55", 2)];
    let mut kept: Vec<u32> = Vec::new();
    let scan = Scan { points: 9000, mask: None, least: 0, meter: &Meter::unlimited() };
    let work = search(&clauses, Demand::Any, scan, &mut |sum, _| {
        kept.push(sum);
        kept.sort_unstable_by(|a, b| b.cmp(a));
        kept.truncate(3);
        if kept.len() < 3 { 0 } else { kept[2] }
    });
    assert!(work.read < work.blocks, "{work:?}");
    assert!(work.scored < 9000 / 2, "{work:?}");
}
