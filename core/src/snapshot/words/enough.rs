//! Fewer words, or misspelt ones, where too few points match: docs/ranking.md, "Until enough match".

use alloc::vec::Vec;

use super::WordSearch;
use super::simple::{Demands, Simple};
use crate::bm25;
use crate::error::Result;
use crate::model::{DropOrder, DropWords, Match, MatchSyntax};
use crate::order::sort_by_rank;
use crate::snapshot::scope::Scope;

impl WordSearch {
    /// What a query asks, misspelt words and dropped ones included where that is needed.
    pub(in crate::snapshot) fn new(scope: &Scope<'_>, query: &Match) -> Result<Self> {
        let simple = (query.syntax == MatchSyntax::Simple).then(|| Simple::parse(&query.query));
        let demands = simple.as_ref().map(|simple| Demands::new(scope, query, simple)).transpose()?.flatten();
        let query = &match simple {
            Some(simple) => Match { query: simple.words, ..query.clone() },
            None => query.clone(),
        };
        let typos = query.fuzzy.as_ref();
        let strictly = Self::asking(scope, query, typos.filter(|typos| typos.fewer_than.is_none()))?;
        let mut search = Self { demands, ..strictly };
        if let Some(enough) = typos.and_then(|typos| typos.fewer_than)
            && !search.finds_enough(scope, enough)?
        {
            search = Self { demands: search.demands, ..Self::asking(scope, query, typos)? };
        }
        if let Some(drop) = query.drop_words {
            search.drop_words(scope, drop)?;
        }
        Ok(search)
    }

    /// Drops words until enough points match, as few as that takes. Fewer words match no fewer points, so their number is searched for
    /// by halves.
    fn drop_words(&mut self, scope: &Scope<'_>, drop: DropWords) -> Result<()> {
        let required = (0..).zip(&self.asked.words).filter(|(_, word)| word.required);
        let mut order: Vec<u32> = required.map(|(index, _)| index).collect();
        // The first word stays last.
        order.reverse();
        if drop.order == DropOrder::Frequent {
            let points = |word: u32| self.weights.points.get(word as usize).copied().unwrap_or(0);
            sort_by_rank(&mut order, |&word| !points(word));
        }
        let (mut least, mut most) = (0, order.len().saturating_sub(1));
        while least < most {
            let middle = (least + most) / 2;
            self.require_all_but(&order, middle);
            if self.finds_enough(scope, drop.until)? { most = middle } else { least = middle + 1 }
        }
        self.require_all_but(&order, least);
        Ok(())
    }

    fn require_all_but(&mut self, order: &[u32], dropped: usize) {
        for (at, &word) in order.iter().enumerate() {
            self.asked.words.get_mut(word as usize).into_iter().for_each(|word| word.required = at >= dropped);
        }
    }

    /// Whether so many points match.
    #[inline(never)]
    fn finds_enough(&self, scope: &Scope<'_>, enough: u32) -> Result<bool> {
        let mut found = 0;
        for (index, open) in scope.snapshot.segments.iter().enumerate() {
            let (points, mask) = (open.segment.points(), self.mask(scope.mask(index), index));
            let mask = mask.as_deref();
            let scan = bm25::Scan { points, mask, least: 0, scored: false, meter: &scope.meter };
            bm25::search(&self.lists(scope, index)?, &self.asked, scan, &mut |_, ordinal| {
                found += u32::from(scope.is_current(index, ordinal));
                // Above all sums: the rest need not be looked at.
                if found >= enough { u32::MAX } else { 0 }
            });
        }
        let fresh = scope.fresh.iter().filter(|point| self.sum_of(point).is_some());
        Ok(found >= enough || fresh.take((enough - found) as usize).count() as u32 >= enough - found)
    }
}
