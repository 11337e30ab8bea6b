//! Typed words that are right because some point has them: docs/ranking.md, "What may be misspelt".

use super::super::scope::Scope;
use super::typed::Field;
use crate::bm25::{List, TypedWord};
use crate::error::Result;

/// Nothing that is misspelt stands for words that are known.
#[inline(never)]
pub(super) fn settle_known(scope: &Scope<'_>, fields: &mut [Field], words: usize) -> Result<()> {
    for word in 0..words {
        let misses = scope.snapshot.misses();
        let mut is_known = false;
        for field in &*fields {
            if let Some(Some(typed)) = field.words.get(word) {
                is_known = is_known || is_anywhere(scope, field.position, typed)?;
            }
        }
        // Where what says so is not here yet, nothing speaks for looking further.
        if is_known || scope.snapshot.misses() != misses {
            let typed = fields.iter_mut().filter_map(|field| field.words.get_mut(word)?.as_mut());
            typed.for_each(|typed| (typed.edits, typed.term_edits) = (0, 0));
        }
    }
    Ok(())
}

/// Whether a counted or published point has a word, its stem, or, if it is unfinished, a form that it begins.
fn is_anywhere(scope: &Scope<'_>, position: usize, typed: &TypedWord) -> Result<bool> {
    let published = scope.snapshot.by_origin().0.len();
    for (at, open) in scope.snapshot.segments().iter().enumerate() {
        let live = open.live.as_ref().filter(|_| at >= published);
        let counts = |list: List<'_>| live.is_none_or(|live| list.count_in(live) > 0);
        if open.segment.text(position)?.any_list(typed, counts) {
            return Ok(true);
        }
    }
    // Where there are no changes nothing else says so to the compiler.
    if !cfg!(feature = "changes") {
        return Ok(false);
    }
    let has = |word: crate::text::Word<'_>| {
        word.term == typed.term || typed.unfinished && word.form.starts_with(&*typed.form)
    };
    let mut texts = scope.memtable().into_iter().flat_map(|m| m.points()).filter_map(|p| p.texts.get(position));
    Ok(texts.any(|words| words.iter().any(has)))
}
