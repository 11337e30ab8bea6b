//! Which hits are given: docs/ranking.md, "Pages and rings" and "Cursors".
//!
//! What is one order goes on behind a page's last hit, which is found by its id, so a page far down costs what the
//! first one does. What is made in rings, or depends on what stands before, is made anew down to the page, which has a
//! limit.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::clauses::{Clause, Clauses};
use super::ranked::Ranked;
use super::scope::Scope;
use super::sorting::Sorting;
use super::words::WordSearch;
use crate::error::{Code, Error, Result};
use crate::limits::MAX_DEEP_HITS;
use crate::model::{Cursor, Query};

/// A piece of the order of hits.
pub(super) struct Page<'a> {
    /// Hits to leave out, of those behind `behind`.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Hits of pages before.
    before: u64,
    /// The last hit of the page before, where the order goes on there.
    pub(super) behind: Option<Ranked<'a>>,
}

impl<'a> Page<'a> {
    pub(super) fn new(scope: &Scope<'a>, clauses: &Clauses, sorting: &Sorting<'_>) -> Result<Self> {
        let query = scope.query;
        let Some(cursor) = query.page_before() else {
            let from = query.offset();
            return Ok(Self { from, to: from + query.top_k(), before: from as u64, behind: None });
        };
        // Of several texts that one stands for each has an order of its own.
        let has_orders = sorting.is_empty() && clauses.words().any(WordSearch::has_alternatives);
        let (before, depends) = (cursor.hits, has_orders || depends_on_pages_before(query));
        if is_one_order(clauses, sorting) && !depends {
            let place = scope.find(&cursor.id).ok_or_else(no_page)?;
            let behind = Some(Ranked::new(0.0, &cursor.id, place));
            return Ok(Self { from: 0, to: query.top_k(), before, behind });
        }
        let from = usize::try_from(before).ok().filter(|&from| from <= MAX_DEEP_HITS - query.top_k());
        let Some(from) = from else {
            let message = format!(
                "pages by vectors, with synonyms, \"collapse\", \"diversity\" or \"pins\" reach down to {MAX_DEEP_HITS} hits; further \
                 down reach those of one \"match\", and those that \"sort\" orders without vectors"
            );
            return Err(Error::new(Code::LimitExceeded, message));
        };
        Ok(Self { from, to: from + query.top_k(), before, behind: None })
    }

    /// Hits of this order that are not looked at again.
    pub(super) fn passed(&self) -> u64 {
        if self.behind.is_some() { self.before } else { 0 }
    }

    /// Hits to find beyond the page, to know whether there are any.
    pub(super) fn more(scope: &Scope<'_>) -> usize {
        usize::from(scope.query.after.is_some())
    }

    /// What the page behind this one goes on after: its last hit, of so many.
    pub(super) fn next(&self, scope: &Scope<'_>, hits: usize, last: &Ranked<'_>) -> Option<String> {
        let manifest = scope.snapshot.manifest()?;
        let (version, created_ms) = (manifest.version, manifest.created_ms);
        let cursor = Cursor { version, created_ms, hits: self.before + hits as u64, id: last.id.into() };
        Some(cursor.to_string())
    }
}

/// Whether hits have one order from the first to the last, instead of rings.
pub(super) fn is_one_order(clauses: &Clauses, sorting: &Sorting<'_>) -> bool {
    matches!(clauses.all(), [] | [Clause::Words(_)]) || (!sorting.is_empty() && !clauses.has_vector())
}

/// Whether what stands on a page depends on more than what stands before it.
fn depends_on_pages_before(query: &Query) -> bool {
    query.collapse.is_some() || query.diversity.is_some() || query.pins.as_ref().is_some_and(|pins| !pins.is_empty())
}

pub(super) fn no_page() -> Error {
    let message = "\"after\" names a hit that this query does not find, so it is of another query; give the \"next\" of this query's answer, or \"start\"";
    Error::new(Code::InvalidQuery, message)
}
