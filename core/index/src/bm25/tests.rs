//! The whole room against a naive twin that looks at every point.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::score::length_code;
use super::*;
use crate::bitmap::Bitmap;
use crate::meter::Meter;
use crate::model::Language;
use crate::text::{Analyzer, Words};

/// The texts of each point, of few different words, so that lists are long and phrases occur; three words are so rare
/// that windows lie between those who have them. `most` texts a point.
fn texts(count: usize, seed: u64, most: usize) -> Vec<Vec<String>> {
    let hash = |i: usize, j: usize| crate::mix::splitmix64(seed ^ (i * 1000 + j) as u64);
    let text = |i: usize, t: usize| {
        let words = 1 + hash(i, 999 - t) as usize % 12;
        // Squared, so that some words are in most texts and others in few; near points are alike.
        let word = |j: usize| {
            let j = j + t * 20;
            if hash(i, j + 500).is_multiple_of(2000) {
                return format!("w{}", 62 + j % 3);
            }
            let uniform = (hash(i, j) >> 40) as f64 / (1u64 << 24) as f64;
            format!("w{}", (uniform * uniform * 60.0) as usize + i / 700 % 3)
        };
        (0..words).map(word).collect::<Vec<_>>().join(" ")
    };
    (0..count).map(|i| (0..hash(i, 998) as usize % most + 1).map(|t| text(i, t)).collect()).collect()
}

struct Built {
    parts: TextParts,
    texts: Vec<Vec<Vec<String>>>,
}

fn build(texts: &[Vec<String>]) -> Built {
    let analyzer = Analyzer::new(Language::Unstemmed, false);
    let mut builder = TextBuilder::default();
    texts.iter().for_each(|t| builder.push(&Words::of(&analyzer, t.iter().map(String::as_str))));
    let words = |text: &String| text.split(' ').map(String::from).collect();
    Built { parts: builder.finish(), texts: texts.iter().map(|t| t.iter().map(words).collect()).collect() }
}

fn sections(parts: &TextParts) -> TextSections<'_> {
    TextSections {
        header: parts.header,
        term_blocks: &parts.terms.blocks,
        term_bytes: (&*parts.terms.bytes).into(),
        term_samples: &parts.term_samples,
        form_blocks: &parts.forms.blocks,
        form_bytes: (&*parts.forms.bytes).into(),
        form_samples: &parts.form_samples,
        form_lists: (&*parts.form_lists).into(),
        lists: (&*parts.postings.lists).into(),
        blocks: (&*parts.postings.blocks).into(),
        postings: (&*parts.postings.postings).into(),
        positions: (&*parts.postings.positions).into(),
        lengths: (&*parts.lengths).into(),
    }
}

#[test]
fn samples_of_another_dictionary_are_refused() {
    let built = build(&texts(40, 1, 2));
    assert!(TextIndex::new(sections(&built.parts), 40).is_ok());
    assert!(TextIndex::new(TextSections { term_samples: &[], ..sections(&built.parts) }, 40).is_err());
    assert!(TextIndex::new(TextSections { form_samples: &[1, b'x'], ..sections(&built.parts) }, 40).is_err());
}

#[test]
fn forms_of_one_term_have_lists_of_their_own_and_the_term_has_all() {
    let analyzer = Analyzer::new(Language::English, false);
    let mut builder = TextBuilder::default();
    for text in ["cat", "cats", "cats and a cat", "dog"] {
        builder.push(&Words::of(&analyzer, core::iter::once(text)));
    }
    let parts = builder.finish();
    let index = TextIndex::new(sections(&parts), 4).unwrap();
    let points = |list: Option<List<'_>>| list.map_or(0, |list| list.points());
    assert_eq!([points(index.term("cat")), points(index.form("cat")), points(index.form("cats"))], [3, 2, 2]);
    assert!(index.form("dog").unwrap().is_same(&index.term("dog").unwrap()), "one list is enough");
    assert_eq!(points(index.form("dogs")), 0);
    assert_eq!(points(Some(index.ends())), 4);
}

/// A query: each word stands for some of the index's, and is said so often.
#[derive(Debug, Clone)]
struct Query {
    words: Vec<(Vec<String>, u32)>,
    asked: Asked,
}

impl Query {
    fn new(words: &[Vec<usize>], demand: Demand) -> Self {
        let named = |word: &Vec<usize>| (word.iter().map(|w| format!("w{w}")).collect(), 1);
        let sequence = (0..words.len() as u32).map(|i| (i, i)).collect();
        let asked = Asked {
            words: words.iter().map(|_| AskedWord { said: 1, required: true }).collect(),
            fields: Vec::from([AskedField { sequence }]),
            demand,
            least: 0,
            places: words.len() as u32,
        };
        Self { words: words.iter().map(named).collect(), asked }
    }

    fn weight(&self, index: &TextIndex<'_>, variant: &str, rank: usize) -> Weight {
        let points = index.form(variant).map_or(0, |list| u64::from(list.points()));
        let weight = Weight::new(idf(10_000, points), 1.0 / (1 + rank) as f32);
        if self.asked.has_neighbours() { weight } else { weight.of_single_word() }
    }

    fn lists<'a>(&self, index: &TextIndex<'a>, table: &'a [f32]) -> Lists<'a> {
        let list = |(rank, variant): (usize, &String)| {
            let (weight, lengths) = (self.weight(index, variant, rank), index.lengths.whole().unwrap());
            Some(WeightedList { list: index.form(variant)?, lengths, table, weight, field: 0 })
        };
        let words = self.words.iter().map(|(variants, _)| variants.iter().enumerate().filter_map(list).collect());
        Lists { words: words.collect(), fields: Vec::from([*index]) }
    }

    /// What a point gets by the definition: every word of every text looked at.
    fn naive(&self, index: &TextIndex<'_>, table: &[f32], texts: &[Vec<String>]) -> Option<u32> {
        let stands = |word: usize, token: &String| self.words[word].0.contains(token);
        let score = |word: usize| {
            let variants = self.words[word].0.iter().enumerate();
            let adds = variants.filter_map(|(rank, variant)| {
                let having = || texts.iter().filter(|text| text.contains(variant));
                let shortest = having().map(Vec::len).min()?;
                let count = |text: &Vec<String>| text.iter().filter(|token| *token == variant).count();
                let tf = having().filter(|text| text.len() == shortest).map(count).max()?;
                Some(self.weight(index, variant, rank).adds(tf as u32, length_code(shortest as u32), table))
            });
            adds.max().unwrap_or(0)
        };
        let words = 0..self.words.len();
        let scores: Vec<u32> = words.clone().map(score).collect();
        let begins = |text: &[String], at: usize| words.clone().all(|w| text.get(at + w).is_some_and(|t| stands(w, t)));
        let matches = match self.asked.demand {
            Demand::Any => scores.iter().any(|&s| s > 0),
            Demand::All => scores.iter().all(|&s| s > 0),
            Demand::Phrase => texts.iter().any(|text| (0..text.len()).any(|at| begins(text, at))),
        };
        let sum: u32 = scores.iter().sum();
        let together =
            |w: usize| texts.iter().any(|text| text.windows(2).any(|t| stands(w, &t[0]) && stands(w + 1, &t[1])));
        let pairs = (1..self.words.len()).filter(|w| together(w - 1)).map(|w| scores[w - 1].min(scores[w]) / 2);
        let is_whole = texts.iter().any(|text| text.len() == self.words.len() && begins(text, 0));
        let whole = if is_whole && self.words.len() > 1 { sum / 2 } else { 0 };
        matches.then(|| sum + pairs.sum::<u32>() + whole)
    }
}

/// The best by the search: higher sum, then lower ordinal.
fn best(lists: &Lists<'_>, asked: &Asked, points: u32, mask: Option<&Bitmap>, k: usize) -> Vec<(u32, u32)> {
    let mut kept: Vec<(u32, u32)> = Vec::new();
    let scan = Pass { points, mask, least: 0, scored: true, meter: &Meter::unlimited() };
    search(lists, asked, scan, &mut |sum, ordinal| {
        kept.push((sum, ordinal));
        kept.sort_unstable_by_key(|&(sum, ordinal)| (core::cmp::Reverse(sum), ordinal));
        kept.truncate(k);
        if kept.len() < k { 0 } else { kept.last().map_or(0, |l| l.0) }
    });
    kept
}

fn demands() -> impl Strategy<Value = Demand> {
    prop_oneof![Just(Demand::Any), Just(Demand::All), Just(Demand::Phrase)]
}

/// Words of a query: each with what stands for it.
fn asked_words() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let variant = prop_oneof![4 => 0usize..62, 1 => 62usize..65];
    let word = prop_oneof![3 => variant.clone().prop_map(|w| Vec::from([w])), 1 => prop::collection::btree_set(variant, 1..5).prop_map(Vec::from_iter)];
    prop::collection::vec(word, 1..6)
}

/// The words of a text of a few, each behind another one that counts more.
fn words_of(texts: &[Vec<Vec<String>>], of: prop::sample::Index) -> Vec<Vec<usize>> {
    let few: Vec<&Vec<String>> = texts.iter().flatten().filter(|text| (2..5).contains(&text.len())).collect();
    let Some(text) = (!few.is_empty()).then(|| few[of.index(few.len())]) else { return Vec::from([Vec::from([0])]) };
    let number = |word: &String| word[1..].parse::<usize>().unwrap();
    text.iter().map(|word| Vec::from([(number(word) + of.index(7)) % 60, number(word)])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn finds_what_looking_at_every_point_finds(
        count in prop_oneof![1usize..300, 4000usize..9000], seed: u64, most in 1usize..4,
        words in asked_words(), of_text: Option<prop::sample::Index>, k in 1usize..30, demand in demands(), every in 1u32..4,
    ) {
        let built = build(&texts(count, seed, most));
        let words = of_text.map_or(words, |of| words_of(&built.texts, of));
        let index = TextIndex::new(sections(&built.parts), count).unwrap();
        let table = FieldStatistics { texts: index.texts, words: index.words }.lengths();
        let query = Query::new(&words, demand);
        let lists = query.lists(&index, &table);
        let all: Vec<Option<u32>> = built.texts.iter().map(|texts| query.naive(&index, &table, texts)).collect();
        let every_point: Vec<u32> = (0..count as u32).collect();
        prop_assert_eq!(&sums_of(&lists, &query.asked, &every_point), &all);
        let mut expected: Vec<(u32, u32)> = (0..).zip(&all).filter_map(|(o, sum)| Some(((*sum)?, o))).collect();
        let matching: BTreeSet<u32> = expected.iter().map(|e| e.1).filter(|o| o % every == 0).collect();
        expected.retain(|(_, o)| o % every == 0);
        expected.sort_unstable_by_key(|&(sum, ordinal)| (core::cmp::Reverse(sum), ordinal));
        expected.truncate(k);
        let mask = (every > 1).then(|| Bitmap::from_fn(count as u32, |o| o % every == 0));
        prop_assert_eq!(best(&lists, &query.asked, count as u32, mask.as_ref(), k), expected);
        let mut found = BTreeSet::new();
        let scan = Pass { points: count as u32, mask: mask.as_ref(), least: 0, scored: false, meter: &Meter::unlimited() };
        search(&lists, &query.asked, scan, &mut |_, ordinal| { found.insert(ordinal); 0 });
        prop_assert_eq!(found, matching);
    }

    #[test]
    fn damaged_sections_are_refused_or_searched_without_harm(section in 0usize..7, at: prop::sample::Index, to: u32, most in 1usize..3) {
        let built = build(&texts(600, 3, most));
        let mut parts = built.parts;
        let words = |bytes: &mut [u8], at: prop::sample::Index| {
            if !bytes.is_empty() { let at = at.index(bytes.len()); bytes[at] = to as u8; }
        };
        match section {
            0 => words(&mut parts.terms.bytes, at),
            1 => words(bytemuck::cast_slice_mut(&mut parts.terms.blocks), at),
            2 => words(bytemuck::cast_slice_mut(&mut parts.postings.lists), at),
            3 => words(bytemuck::cast_slice_mut(&mut parts.postings.blocks), at),
            4 => words(&mut parts.postings.postings, at),
            5 => words(&mut parts.postings.positions, at),
            _ => words(&mut parts.lengths, at),
        }
        let Ok(index) = TextIndex::new(sections(&parts), 600) else { return Ok(()) };
        let table = FieldStatistics { texts: 600, words: 3000 }.lengths();
        for demand in [Demand::Any, Demand::All, Demand::Phrase] {
            let query = Query::new(&[Vec::from_iter(0..7), Vec::from_iter(7..14), Vec::from_iter(14..20)], demand);
            let found = best(&query.lists(&index, &table), &query.asked, 600, None, 10);
            prop_assert!(found.iter().all(|(_, o)| *o < 600));
        }
    }
}

#[test]
fn most_of_a_large_index_is_passed_over() {
    let built = build(&texts(9000, 5, 1));
    let index = TextIndex::new(sections(&built.parts), 9000).unwrap();
    let table = FieldStatistics { texts: index.texts, words: index.words }.lengths();
    let worked = |words: &[usize], demand| {
        let words: Vec<Vec<usize>> = words.iter().map(|&word| Vec::from([word])).collect();
        let query = Query::new(&words, demand);
        let mut kept: Vec<u32> = Vec::new();
        let scan = Pass { points: 9000, mask: None, least: 0, scored: true, meter: &Meter::unlimited() };
        search(&query.lists(&index, &table), &query.asked, scan, &mut |sum, _| {
            kept.push(sum);
            kept.sort_unstable_by(|a, b| b.cmp(a));
            kept.truncate(3);
            if kept.len() < 3 { 0 } else { kept[2] }
        })
    };
    let any = worked(&[0, 1, 55], Demand::Any);
    assert!(any.scored < 9000 / 4, "{any:?}");
    // Of the frequent word only the blocks that have points of the rare one.
    let all = worked(&[0, 62], Demand::All);
    assert!(all.scored < 100 && all.read < all.blocks, "{all:?}");
}
