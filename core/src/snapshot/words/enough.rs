//! Fewer words, or misspelt ones, where too few points match: docs/ranking.md, "Until enough match".

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::WordSearch;
use super::simple::{Demands, Simple};
use super::synonyms::{Alternative, alternatives};
use crate::bm25;
use crate::error::Result;
use crate::model::{DropOrder, DropWords, Match, MatchSyntax, Typos};
use crate::order::sort_by_rank;
use crate::parts::Gaps;
use crate::snapshot::scope::Scope;

impl WordSearch {
    /// What a query asks, misspelt words and dropped ones included where that is needed.
    pub(in crate::snapshot) fn new(scope: &Scope<'_>, query: &Match) -> Result<Self> {
        let simple = (query.syntax == MatchSyntax::Simple).then(|| Simple::parse(&query.query));
        let demands = simple.as_ref().map(|simple| Demands::new(scope, query, simple)).transpose()?.flatten();
        let demands = demands.map(Rc::new);
        let query = &match simple {
            Some(simple) => query.clone().with_query(simple.words),
            None => query.clone(),
        };
        let typos = query.fuzzy.as_ref();
        let alternatives = alternatives(scope, query)?;
        let asking = |typos: Option<&Typos>| -> Result<Self> {
            let mut search = Self { demands: demands.clone(), ..Self::asking(scope, query, typos)? };
            for Alternative { text, replaced } in &alternatives {
                let query = query.clone().with_query(text.as_str());
                let mut other = Self { demands: demands.clone(), ..Self::asking(scope, &query, typos)? };
                other.count_less(scope, &search, replaced);
                search.alternatives.push(other);
            }
            Ok(search)
        };
        let mut search = asking(typos.filter(|typos| typos.fewer_than.is_none()))?;
        if let Some(enough) = typos.and_then(|typos| typos.fewer_than)
            && !search.some_finds_enough(scope, enough)?
        {
            search = asking(typos)?;
        }
        if let Some(drop) = query.drop_words
            && !(search.has_alternatives() && search.some_finds_enough(scope, drop.until)?)
        {
            search.drop_words(scope, drop)?;
            search.alternatives.iter_mut().try_for_each(|search| search.drop_words(scope, drop))?;
        }
        Ok(search)
    }

    /// Whether so many points match one of the alternatives alone.
    fn some_finds_enough(&self, scope: &Scope<'_>, enough: u32) -> Result<bool> {
        for search in self.each() {
            if search.finds_enough(scope, enough)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Drops words until enough points match, as few as that takes. Fewer words match no fewer points, so their number
    /// is searched for by halves.
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

    /// Whether so many points match this one alone.
    #[inline(never)]
    fn finds_enough(&self, scope: &Scope<'_>, enough: u32) -> Result<bool> {
        let (mut found, mut gaps) = (0, Gaps::default());
        for (index, open) in scope.snapshot.segments.iter().enumerate() {
            let (points, mask) = (open.segment.points(), self.mask(scope.mask(index), index));
            let mask = mask.as_deref();
            let scan = bm25::Pass { points, mask, least: 0, scored: false, meter: &scope.meter };
            let Some(lists) = gaps.pass(self.lists(scope, index))? else { continue };
            bm25::search(&lists, &self.asked, scan, &mut |_, ordinal| {
                found += u32::from(scope.is_current(index, ordinal));
                // Above all sums: the rest need not be looked at.
                if found >= enough { u32::MAX } else { 0 }
            });
        }
        gaps.close()?;
        let fresh = scope.fresh().iter().filter(|point| self.sum_alone(point).is_some());
        Ok(found >= enough || fresh.take((enough - found) as usize).count() as u32 >= enough - found)
    }
}
