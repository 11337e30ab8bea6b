//! Completions of what is being typed: docs/query.md, "Suggestions".
//!
//! ```text
//! typed text ── spelt ──> words by field ─┬─ all but the last ──> points that have them ── forms that begin so ──> completions
//!                                         └─ those found nowhere ── forms a few edits away ──> what was meant
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::slice;

use super::Snapshot;
use super::scope::{Scope, Unpublished};
use super::spelt::{Points, Searched, Spelt, spelt};
use crate::bm25::{TypedWord, Variants};
use crate::edits::Edits;
use crate::error::Result;
use crate::limits::{MAX_COMPLETIONS, MAX_FUZZY_WORDS};
use crate::memtable::Memtable;
use crate::model::{AnsweredBy, Query, Suggest, Suggestion, Suggestions, Typos};
use crate::order::sort_by_rank;
use crate::promised::Promised as _;
use crate::text::{Kind, may_be_misspelt};

/// Spellings of a word that are tried: of the nearest some may be of points that the filter leaves out.
const MOST_TRIED: usize = 16;

impl Snapshot {
    /// What completes a text. Points of `memtable` count with their state there. `took_us` of the answer is the host's
    /// to fill.
    pub fn suggest(
        &self,
        request: &Suggest,
        memtable: Option<&Memtable>,
        answered_by: AnsweredBy,
    ) -> Result<Suggestions> {
        #[cfg(feature = "changes")]
        if let Some(memtable) = memtable {
            let unpublished = Unpublished { all: memtable, recent: memtable };
            return self.without(memtable).suggestions(request, Some(unpublished), answered_by);
        }
        let _ = memtable;
        self.suggestions(request, None, answered_by)
    }

    /// The same of a snapshot in which what is not published is not live any more.
    pub(super) fn suggestions(
        &self,
        request: &Suggest,
        unpublished: Option<Unpublished<'_>>,
        answered_by: AnsweredBy,
    ) -> Result<Suggestions> {
        request.check()?;
        self.if_all_here(self.suggestions_of_what_is_here(request, unpublished, answered_by))
    }

    fn suggestions_of_what_is_here(
        &self,
        request: &Suggest,
        unpublished: Option<Unpublished<'_>>,
        answered_by: AnsweredBy,
    ) -> Result<Suggestions> {
        let mut query = Query::default();
        query.filter.clone_from(&request.filter);
        let scope = Scope::new(self, &query, unpublished, answered_by.into())?;
        let searched = Searched::new(&scope, request)?;
        let words = spelt(&searched, &request.query);
        let all = searched.all();
        let mut suggestions = Vec::new();
        let (before, typed) = match words.split_last() {
            Some((last, before)) if last.range.end == request.query.len() && last.kind != Kind::Symbol => {
                (before, Some(last))
            }
            _ => (words.as_slice(), None),
        };
        let with_those_before = searched.with_words(&all, before)?;
        if let Some(typed) = typed {
            for (form, points) in completions(&searched, typed, &with_those_before, request.top_k())? {
                let word = searched.spelling(&form, &points)?;
                let mut text = String::from(request.query.get(..typed.range.start).promised());
                text.push_str(&word);
                if suggestions.iter().all(|known: &Suggestion| known.text != text) {
                    suggestions.push(Suggestion { text, count: points.count() });
                }
            }
        }
        let finds = !suggestions.is_empty()
            || !searched.with_words(&with_those_before, typed.map_or(&[][..], slice::from_ref))?.is_empty();
        let did_you_mean = if finds || words.is_empty() {
            None
        } else {
            meant(&searched, &all, &words, typed.is_some(), &request.query)?
        };
        Ok(Suggestions { suggestions, did_you_mean, version: self.version(), lsn: scope.lsn, took_us: 0, answered_by })
    }
}

/// The forms that begin as a word does which most of these points have, with the points.
#[inline(never)]
fn completions<'a>(
    searched: &Searched<'a>,
    typed: &Spelt,
    among: &Points<'a>,
    most: usize,
) -> Result<Vec<(String, Points<'a>)>> {
    let mut best: Vec<(String, Points<'a>)> = Vec::new();
    if among.is_empty() || typed.is_unspaced() {
        return Ok(best);
    }
    for (form, at_most) in searched.forms_beginning(typed, MAX_COMPLETIONS)? {
        // They come by how many points may have them, so no further one has more.
        if best.len() >= most && best.last().is_some_and(|(_, points)| points.count() > at_most) {
            break;
        }
        if searched.is_stop(&form) {
            continue;
        }
        let points = searched.with_form(among, &form)?;
        if !points.is_empty() {
            let at = best.partition_point(|(other, of_other)| {
                (u32::MAX - of_other.count(), other.as_str()) < (u32::MAX - points.count(), form.as_str())
            });
            best.insert(at, (form, points));
            best.truncate(most);
        }
    }
    Ok(best)
}

/// The text with the nearest word that some point has in the place of each that none has, if some point has all of
/// these.
#[inline(never)]
fn meant<'a>(
    searched: &Searched<'a>,
    all: &Points<'a>,
    words: &[Spelt],
    is_typed: bool,
    query: &str,
) -> Result<Option<Suggestion>> {
    let (mut text, mut end) = (String::new(), 0);
    let mut points = all.clone();
    let mut changed = 0;
    for (index, word) in words.iter().enumerate() {
        let narrowed = searched.with_words(&points, slice::from_ref(word))?;
        if !narrowed.is_empty() || word.is_ignored() || !searched.with_words(all, slice::from_ref(word))?.is_empty() {
            points = narrowed;
            continue;
        }
        if changed == MAX_FUZZY_WORDS {
            return Ok(None);
        }
        let is_unfinished = is_typed && index + 1 == words.len();
        let Some(form) = nearest(searched, all, word, is_unfinished)? else { return Ok(None) };
        let with = searched.with_form(all, &form)?;
        text.push_str(query.get(end..word.range.start).promised());
        text.push_str(&searched.spelling(&form, &with)?);
        (end, changed) = (word.range.end, changed + 1);
        points = searched.with_form(&points, &form)?;
    }
    text.push_str(query.get(end..).promised());
    Ok((changed > 0 && !points.is_empty()).then(|| Suggestion { text, count: points.count() }))
}

/// How many edits lie between a typed word and a form, or a beginning of it, where the word is unfinished.
fn edits_to(form: &str, typed: &TypedWord) -> u64 {
    let mut edits = Edits::new(&typed.form, typed.edits);
    let _all = form.chars().all(|character| edits.push(character));
    let whole = edits.distance().unwrap_or(u8::MAX);
    let beginning = edits.beginning().filter(|_| typed.unfinished).unwrap_or(u8::MAX);
    u64::from(whole.min(beginning))
}

/// The nearest form to a misspelt word that some of these points have; of several the one that most points have.
#[inline(never)]
fn nearest<'a>(searched: &Searched<'a>, among: &Points<'a>, word: &Spelt, unfinished: bool) -> Result<Option<String>> {
    let mut near: Vec<(u64, String)> = Vec::new();
    for (number, (form, term)) in word.by_field.iter().enumerate() {
        if word.kind != Kind::Word || form.is_empty() || !may_be_misspelt(form) {
            continue;
        }
        let edits = Typos::default().edits(form.chars().count());
        // Only forms can be written in place of the word.
        let (form, term) = (form.clone(), term.clone());
        let typed = TypedWord { form, term, unfinished, edits, term_edits: 0, first_letters: None };
        let mut variants = Variants::default();
        searched.gather(number, &typed, &mut variants)?;
        for variant in variants.chosen(usize::MAX) {
            let points = variant.points.min(u64::from(u32::MAX)) as u32;
            near.push((edits_to(&variant.text, &typed) << 32 | u64::from(!points), variant.text));
        }
    }
    sort_by_rank(&mut near, |(rank, _)| *rank);
    for (_, form) in near.into_iter().take(MOST_TRIED) {
        if !searched.with_form(among, &form)?.is_empty() {
            return Ok(Some(form));
        }
    }
    Ok(None)
}
