//! A search by words that fetches dictionary blocks, then lists.
//!
//! All postings of a word are fetched. A reader that passes over blocks, as the engine does, fetches less of frequent
//! words.

use std::collections::BTreeSet;
use std::ops::Range;

use headwater_core::bytes::cast;
use headwater_core::model::Schema;
use headwater_core::text::Analyzer;

use super::fetched::Fetched;
use super::sections::Sections;
use crate::Outcome;

/// Words of a dictionary block, and points of a list's block.
const WORDS: usize = 16;
const POINTS: u32 = 128;
/// A block of a list has at most 17 bits of gap and 8 of occurrences a point here, and its shape before them.
const MOST_BLOCK_BYTES: usize = 4 + 25 * POINTS as usize / 8;
/// Blocks of a dictionary that a sample stands for.
const SAMPLED: usize = 32;

/// A text field.
struct Field<'a> {
    analyzer: Analyzer,
    dictionary_blocks: &'a [u32],
    dictionary: &'a [u8],
    dictionary_at: usize,
    /// The first word of every so many blocks.
    samples: Vec<Vec<u8>>,
    lists: &'a [[u32; 3]],
    lists_at: usize,
    list_blocks: &'a [[u32; 4]],
    list_blocks_at: usize,
    postings: Range<usize>,
    lengths: Range<usize>,
}

/// The text fields of a segment.
pub(super) struct ByWords<'a>(Vec<Field<'a>>);

impl<'a> ByWords<'a> {
    pub(super) fn of(sections: &Sections<'a>, schema: &Schema) -> Outcome<Self> {
        let field = |(position, text): (u32, &headwater_core::model::TextField)| -> Outcome<Field<'a>> {
            Ok(Field {
                analyzer: Analyzer::new(text.language, text.stop_words),
                dictionary_blocks: sections.u32s(81, position)?,
                dictionary: sections.bytes(82, position)?,
                dictionary_at: sections.place(82, position)?.start,
                samples: words(sections.bytes(91, position)?),
                lists: cast(sections.bytes(86, position)?, "term lists")?,
                lists_at: sections.place(86, position)?.start,
                list_blocks: cast(sections.bytes(87, position)?, "list blocks")?,
                list_blocks_at: sections.place(87, position)?.start,
                postings: sections.place(88, position)?,
                lengths: sections.place(90, position)?,
            })
        };
        Ok(Self((0..).zip(schema.text.values()).map(field).collect::<Outcome<_>>()?))
    }

    /// The first words of a text that are no stop words.
    pub(super) fn first_words(&self, text: &str, most: usize) -> String {
        let mut words = Vec::new();
        if let Some(field) = self.0.first() {
            field.analyzer.analyze(text, |token| {
                if !token.is_stop {
                    words.push(token.form.to_owned());
                }
            });
        }
        words.truncate(most);
        words.join(" ")
    }

    /// Fetches all that tells which points have one of the words, and how well.
    pub(super) fn fetch(&self, words: &str, fetched: &mut Fetched) {
        let lookups: Vec<(&Field<'a>, String)> =
            self.0.iter().flat_map(|field| field.terms(words).into_iter().map(move |term| (field, term))).collect();
        let runs = lookups.iter().map(|(field, term)| field.run_bytes(&field.run(term)));
        fetched.round("dictionaries", &runs.collect::<Vec<_>>());
        // Every point that has a word needs its length: one byte each, so whole.
        let lengths: Vec<Range<usize>> = self.0.iter().map(|field| field.lengths.clone()).collect();
        fetched.beside("text lengths", &lengths);
        let terms: Vec<(&Field<'a>, usize)> =
            lookups.iter().filter_map(|(field, term)| Some((*field, field.find(term)?))).collect();
        let row = |&(field, term): &(&Field<'_>, usize)| field.lists_at + 12 * term..field.lists_at + 12 * (term + 1);
        fetched.round("term lists", &terms.iter().map(row).collect::<Vec<_>>());
        let lists = || terms.iter().filter_map(|(field, term)| Some((*field, *field.lists.get(*term)?)));
        let rows = lists().filter(|(_, [points, _, _])| *points > POINTS).map(|(field, list)| {
            let rows = field.rows(list);
            field.list_blocks_at + 16 * rows.start..field.list_blocks_at + 16 * rows.end
        });
        fetched.round("list blocks", &rows.collect::<Vec<_>>());
        let postings = lists().map(|(field, list)| field.postings_of(list));
        fetched.round("postings", &postings.collect::<Vec<_>>());
    }
}

impl<'a> Field<'a> {
    fn terms(&self, words: &str) -> BTreeSet<String> {
        let mut terms = BTreeSet::new();
        self.analyzer.analyze(words, |token| {
            terms.insert(token.term.to_owned());
        });
        terms
    }

    /// The blocks of the dictionary that have a word, if any has.
    fn run(&self, word: &str) -> Range<usize> {
        let sample = self.samples.partition_point(|sample| sample.as_slice() <= word.as_bytes()).saturating_sub(1);
        let blocks = self.dictionary_blocks.len().saturating_sub(1);
        (sample * SAMPLED).min(blocks)..((sample + 1) * SAMPLED).min(blocks)
    }

    /// Where these are.
    fn run_bytes(&self, blocks: &Range<usize>) -> Range<usize> {
        self.dictionary_at + self.block_at(blocks.start)..self.dictionary_at + self.block_at(blocks.end)
    }

    fn block_at(&self, block: usize) -> usize {
        self.dictionary_blocks.get(block).map_or(0, |&at| at as usize)
    }

    /// The position of a word.
    fn find(&self, word: &str) -> Option<usize> {
        let run = self.run(word);
        let bytes = self.dictionary.get(self.block_at(run.start)..self.block_at(run.end))?;
        Some(run.start * WORDS + words(bytes).iter().position(|other| other == word.as_bytes())?)
    }

    /// The rows of a list of several blocks.
    const fn rows(&self, [points, at, _]: [u32; 3]) -> Range<usize> {
        at as usize..(at + points.div_ceil(POINTS)) as usize
    }

    /// Where the postings of a list are. How long its last block is, is only known from inside.
    fn postings_of(&self, list: [u32; 3]) -> Range<usize> {
        let [points, at, _] = list;
        let at_of = |row: usize| self.list_blocks.get(row).map_or(0, |&[_, at, _, _]| at as usize);
        let (first, last) = if points > POINTS {
            let rows = self.rows(list);
            (at_of(rows.start), at_of(rows.end.saturating_sub(1)))
        } else {
            (at as usize, at as usize)
        };
        let end = (self.postings.start + last + MOST_BLOCK_BYTES).min(self.postings.end);
        self.postings.start + first..end
    }
}

/// The words of a dictionary from the beginning of a block on.
fn words(mut rest: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::<Vec<u8>>::new();
    loop {
        let shared = if let (Some(before), false) = (words.last(), words.len().is_multiple_of(WORDS)) {
            let Some((&shared, after)) = rest.split_first() else { break };
            rest = after;
            before.get(..usize::from(shared)).unwrap_or_default()
        } else {
            &[]
        };
        let Some((&further, after)) = rest.split_first() else { break };
        let Some((further, after)) = after.split_at_checked(usize::from(further)) else { break };
        let word = [shared, further].concat();
        rest = after;
        words.push(word);
    }
    words
}
