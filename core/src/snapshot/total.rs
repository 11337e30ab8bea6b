//! How many points a query finds: docs/ranking.md, "The total".
//!
//! Sets of points tell it, which a sorted answer, facets and groups make anyway. What a threshold leaves out of several
//! parts, or of a vector, only scores tell: then it is known when all rings have been seen. Where neither is at hand,
//! the lengths of lists and the sizes of masks say how many there are at least, and often exactly.

use super::clauses::{Clause, Clauses};
use super::nearest::Nearest;
use super::scope::Scope;
use super::words::WordSearch;
use crate::error::Result;
use crate::model::Total;
use crate::parts::Gaps;

/// Whether what is found is told by [`Clauses::found_in`] and [`Clauses::finds`], so that no score leaves any of it
/// out.
pub(super) fn are_told_by_sets(scope: &Scope<'_>, clauses: &Clauses) -> bool {
    match clauses.all() {
        _ if scope.query.has_boosts() => scope.query.score_threshold.is_none(),
        [] => scope.query.admits(0.0),
        [Clause::Words(_)] => true,
        _ => scope.query.score_threshold.is_none(),
    }
}

/// All points that are found, where sets tell them. Complexity: a search by words without a limit.
pub(super) fn counted(scope: &Scope<'_>, clauses: &Clauses) -> Result<Total> {
    let (mut all, mut gaps) = (0, Gaps::default());
    for index in 0..scope.snapshot.segments.len() {
        let found = gaps.pass(clauses.found_in(scope, index))?;
        all += u64::from(found.map_or(0, |found| found.count()));
    }
    gaps.close()?;
    all += scope.fresh().iter().filter(|point| clauses.finds(scope, point)).count() as u64;
    Ok(Total::exact(all))
}

/// What is known without a look at any point of a segment.
pub(super) fn known(scope: &Scope<'_>, clauses: &Clauses) -> Result<Total> {
    let mut best = Total::at_least(0);
    if scope.query.score_threshold.is_some() {
        return Ok(best);
    }
    let is_alone = clauses.all().len() == 1;
    for clause in clauses.all() {
        let of_clause = match clause {
            Clause::Vector(nearest) => with_vector(scope, nearest, is_alone)?,
            Clause::Words(words) => with_words(scope, words, is_alone)?,
        };
        if of_clause.is_exact() {
            return Ok(of_clause);
        }
        best.value = best.value.max(of_clause.value);
    }
    Ok(best)
}

/// Points that a vector finds; exact where it finds all that pass, or nothing else finds any.
fn with_vector(scope: &Scope<'_>, nearest: &Nearest, is_alone: bool) -> Result<Total> {
    let fresh = scope.fresh().iter().filter(|point| nearest.finds(point)).count();
    let (mut all, mut is_exact) = (fresh as u64, is_alone || fresh == scope.fresh().len());
    for (index, open) in scope.snapshot.segments.iter().enumerate() {
        let passing = scope.count_in(index);
        let without = nearest.without_vector(&open.segment);
        // Which of them pass, masks do not say, and other parts may find them.
        is_exact &= without == 0 || passing == 0 || (is_alone && passing == open.segment.points());
        all += u64::from(passing.saturating_sub(without));
    }
    Ok(Total { value: all, ..if is_exact { Total::exact(0) } else { Total::at_least(0) } })
}

/// Points that a text finds: as many at least as its longest list has, where one word is enough.
fn with_words(scope: &Scope<'_>, words: &WordSearch, is_alone: bool) -> Result<Total> {
    let (mut all, mut is_exact) = (0, is_alone && scope.fresh().is_empty());
    for (index, open) in scope.snapshot.segments.iter().enumerate() {
        let (longest, is_only) = words.longest_list(scope, index)?;
        let outside = open.segment.points().saturating_sub(scope.count_in(index));
        is_exact &= is_only && outside == 0;
        all += u64::from(longest.saturating_sub(outside));
    }
    Ok(Total { value: all, ..if is_exact { Total::exact(0) } else { Total::at_least(0) } })
}
