//! A query's text as people write it, with phrases in quotes and words after a minus: docs/ranking.md, "The simple
//! syntax".

use alloc::string::String;
use alloc::vec::Vec;

use super::WordSearch;
use crate::columns::Bitmap;
use crate::error::Result;
use crate::ingest::PreparedPoint;
use crate::limits::MAX_PHRASES;
use crate::model::{Match, MatchMode};
use crate::promised::Promised as _;
use crate::snapshot::scope::Scope;

/// A text, taken apart.
pub(super) struct Simple<'q> {
    /// The words that are searched for, those of phrases included: the text with spaces for what is excluded.
    pub(super) words: String,
    phrases: Vec<&'q str>,
    excluded: Vec<&'q str>,
}

impl<'q> Simple<'q> {
    pub(super) fn parse(text: &'q str) -> Self {
        let mut simple = Self { words: String::with_capacity(text.len()), phrases: Vec::new(), excluded: Vec::new() };
        let (mut rest, mut before) = (text, ' ');
        while let Some(next) = rest.chars().next() {
            let minus = if next == '-' && before.is_whitespace() { 1 } else { 0 };
            let (from, inner, to) = group(rest, minus);
            let is_group = !inner.is_empty();
            let length = if to > 0 { to } else { next.len_utf8() };
            let (head, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
            if is_group && minus > 0 {
                simple.excluded.push(inner);
                simple.words.extend(core::iter::repeat_n(' ', length));
            } else {
                if is_group && from > 0 {
                    simple.phrases.push(inner);
                }
                simple.words.push_str(head);
            }
            before = head.chars().next_back().unwrap_or(' ');
            rest = tail;
        }
        simple
    }
}

/// What stands at the beginning of a text behind so many bytes, in quotes or, behind a minus, up to a space: where it
/// begins, itself, and where the text goes on. Nothing where a quote is not closed: it is a sign like any other.
fn group(text: &str, minus: usize) -> (usize, &str, usize) {
    let rest = text.get(minus..).promised();
    if let Some(quoted) = rest.strip_prefix('"')
        && let Some(end) = quoted.find('"')
    {
        return (minus + 1, quoted.get(..end).promised(), minus + end + 2);
    }
    let end = if minus > 0 { rest.find(char::is_whitespace).unwrap_or(rest.len()) } else { 0 };
    (0, rest.get(..end).promised(), minus + end)
}

/// What a point must have, and must not have, besides what ranks it.
pub(super) struct Demands {
    phrases: Vec<WordSearch>,
    excluded: Vec<WordSearch>,
    /// By segment, the points that comply.
    allowed: Vec<Bitmap>,
}

impl Demands {
    /// None where the text demands nothing.
    pub(super) fn new(scope: &Scope<'_>, query: &Match, simple: &Simple<'_>) -> Result<Option<Self>> {
        let searches = |texts: &[&str]| {
            let phrases = texts.iter().take(MAX_PHRASES).map(|&text| {
                let fields = query.fields.clone();
                let mut phrase = Match::any_of(text);
                (phrase.fields, phrase.mode) = (fields, MatchMode::Phrase);
                phrase
            });
            let searches = phrases.map(|phrase| WordSearch::asking(scope, &phrase, None));
            // What has no words says nothing.
            searches.filter(|s| s.as_ref().map_or(true, |s| !s.asked.words.is_empty())).collect::<Result<Vec<_>>>()
        };
        let (phrases, excluded) = (searches(&simple.phrases)?, searches(&simple.excluded)?);
        if phrases.is_empty() && excluded.is_empty() {
            return Ok(None);
        }
        let mut demands = Self { phrases, excluded, allowed: Vec::new() };
        for (index, open) in scope.snapshot.segments.iter().enumerate() {
            let mut allowed = Bitmap::all(open.segment.points());
            for (search, is_wanted) in demands.all() {
                let mut found = Bitmap::none(open.segment.points());
                search.add_alone(scope, index, None, 0.0, &mut found)?;
                allowed.retain(|ordinal| found.contains(ordinal) == is_wanted);
            }
            demands.allowed.push(allowed);
        }
        Ok(Some(demands))
    }

    fn all(&self) -> impl Iterator<Item = (&WordSearch, bool)> {
        let wanted = self.phrases.iter().map(|search| (search, true));
        wanted.chain(self.excluded.iter().map(|search| (search, false)))
    }

    /// Those of a segment's points that comply and are in this set.
    pub(super) fn mask(&self, index: usize, mask: Option<&Bitmap>) -> Option<Bitmap> {
        let mut allowed = self.allowed.get(index).cloned()?;
        mask.into_iter().for_each(|mask| allowed.intersect(mask));
        Some(allowed)
    }

    /// Whether a point of a segment complies.
    pub(super) fn allows(&self, index: usize, ordinal: u32) -> bool {
        self.allowed.get(index).is_some_and(|allowed| allowed.contains(ordinal))
    }

    /// Whether an unpublished point complies.
    pub(super) fn allows_unpublished(&self, point: &PreparedPoint) -> bool {
        self.all().all(|(search, is_wanted)| search.sum_alone(point).is_some() == is_wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart_and_none_is_an_error() {
        for (text, words, phrases, excluded) in [
            ("wild cat", "wild cat", &[][..], &[][..]),
            ("\"wild cat\" big", "\"wild cat\" big", &["wild cat"], &[]),
            ("cat -dog", "cat     ", &[], &["dog"]),
            ("-dog cat", "     cat", &[], &["dog"]),
            ("cat -\"hot dog\" x", "cat            x", &[], &["hot dog"]),
            ("wi-fi - x", "wi-fi - x", &[], &[]),
            ("\"wild cat", "\"wild cat", &[], &[]),
            ("-\"wild cat", "       cat", &[], &["\"wild"]),
            ("\"\" a \"b\"c\"", "\"\" a \"b\"c\"", &["b"], &[]),
            ("--x -", "    -", &[], &["-x"]),
            ("\u{3000}-犬 猫", "\u{3000}     猫", &[], &["犬"]),
            ("", "", &[], &[]),
        ] {
            let simple = Simple::parse(text);
            let got = (simple.words.as_str(), simple.phrases.as_slice(), simple.excluded.as_slice());
            assert_eq!(got, (words, phrases, excluded), "{text:?}");
        }
    }
}
