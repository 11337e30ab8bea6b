//! The part of a query that is words: docs/ranking.md, "Words".
//!
//! ```text
//! query's text ── typed ──> typed words by field ── weigh ──> forms and terms with weights ──┬─ lists ── search ──> hits of segments
//!                                                                                           └─ unpublished ──────> hits among changes
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `typed` | the query's text as the analyzer of each field sees it |
//! | `known` | which typed words some point has, so that they are right |
//! | `weigh` | what stands for each typed word, and how much it counts |
//! | `lookup` | from a token of a text to what it stands for |
//! | `synonyms` | further texts that the query's text stands for |
//! | `simple` | quotes and minus in the query's text |
//! | `enough` | fewer words, or misspelt ones, where too few points match |
//! | `unpublished` | points that are in no segment |
//! | `highlight` | where the words stand in a hit |
//! | `fragment` | the fragments of a text in which they stand best |

mod enough;
mod fragment;
mod highlight;
mod known;
mod lookup;
mod simple;
mod synonyms;
mod typed;
mod unpublished;
mod weigh;

use alloc::borrow::Cow;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;

pub(super) use self::fragment::{Cut, TextPlace};
use self::known::settle_known;
use self::lookup::Lookup;
use self::simple::Demands;
pub(super) use self::synonyms::Synonyms;
use self::typed::{Field, typed_words};
use self::unpublished::Scratch;
pub(super) use self::weigh::Spelling;
use self::weigh::{Weights, want, weigh};
use super::ranked::{Place, Ranked};
use super::scope::Scope;
use super::scored::in_order_of_scores;
use crate::bm25::{self, Asked, Demand, Lists, WeightedList, score_of};
use crate::capabilities::{HasChanges, HasWords};
use crate::columns::Bitmap;
use crate::error::{Code, Error, Result};
use crate::ids::Ordinal;
use crate::ingest::PreparedPoint;
use crate::json::listed;
use crate::model::{Match, Schema, SegmentPlan, Strategy, Typos};
use crate::order::{Key, sort_by_rank, sort_keys};
use crate::parts::Gaps;
use crate::segment::FoundPoint;
use crate::text::Analyzer;
use crate::top_k::{TopK, ordered, unordered};

/// Lists that are looked up only to count points.
const FEW_LISTS: usize = 64;

/// A query's words, weighed by what all segments say of them.
pub(super) struct WordSearch {
    fields: Vec<Field>,
    asked: Asked,
    weights: Weights,
    lookup: Lookup,
    scratch: Scratch,
    demands: Option<Rc<Demands>>,
    /// Where the text says each word, by the byte at which that begins.
    said: Vec<(usize, u32)>,
    /// What other texts ask that the query's text stands for. A point has the score of the best of them.
    alternatives: Vec<Self>,
    _has: HasWords,
}

impl WordSearch {
    fn asking(scope: &Scope<'_>, query: &Match, typos: Option<&Typos>) -> Result<Self> {
        let _has = HasWords::check()?;
        let (mut fields, asked, said) = typed_words(&scope.snapshot.schema, query, typos)?;
        want(scope, &fields, &asked)?;
        if typos.is_some_and(|typos| typos.only_unknown) {
            settle_known(scope, &mut fields, asked.words.len())?;
        }
        let weights = weigh(scope, query, &fields, &asked)?;
        let lookup = Lookup::new(&weights, fields.len());
        let (scratch, alternatives) = (Scratch::default(), Vec::new());
        Ok(Self { fields, asked, weights, lookup, scratch, demands: None, said, alternatives, _has })
    }

    /// Whether the text stands for others, by synonyms.
    pub(super) const fn has_alternatives(&self) -> bool {
        !self.alternatives.is_empty()
    }

    /// How the text is spelt, as it is typed.
    pub(super) const fn spelling(&self) -> Spelling {
        self.weights.spelling
    }

    /// The text as it is typed, then all others for which it stands.
    fn each(&self) -> impl Iterator<Item = &Self> {
        core::iter::once(self).chain(&self.alternatives)
    }

    /// The best points, of those behind one, if that is given.
    pub(super) fn find<'a>(
        &self,
        scope: &'a Scope<'a>,
        (top_k, behind): (usize, Option<&Ranked<'a>>),
        plan: &mut Vec<SegmentPlan>,
    ) -> Result<Vec<Ranked<'a>>> {
        // Behind a page goes on only what has no alternatives.
        let mut best = self.find_alone(scope, (top_k, behind), 0, plan)?;
        for other in &self.alternatives {
            // Nothing behind the last of those that are found already can be a hit.
            let least = best.get(top_k.wrapping_sub(1)).map_or(0, |last| bm25::least_sum_of(last.score));
            best.extend(other.find_alone(scope, (top_k, None), least, plan)?);
            sort_by_rank(&mut best, |ranked| ranked.place.key());
            best.dedup_by(|next, kept| {
                let is_same = next.place.key() == kept.place.key();
                if is_same && next.score > kept.score {
                    kept.score = next.score;
                }
                is_same
            });
            best = in_order_of_scores(best, top_k);
        }
        Ok(best)
    }

    /// The best points of this one alone, of those with such a sum at least.
    fn find_alone<'a>(
        &self,
        scope: &'a Scope<'a>,
        (top_k, behind): (usize, Option<&Ranked<'a>>),
        least: u32,
        plan: &mut Vec<SegmentPlan>,
    ) -> Result<Vec<Ranked<'a>>> {
        let (mut ranked, mut gaps) = (TopK::new(top_k), Gaps::default());
        for index in 0..scope.snapshot.segments.len() {
            plan.extend(gaps.pass(self.search_segment(scope, index, (least, behind), &mut ranked))?);
        }
        gaps.close()?;
        for &point in scope.fresh() {
            if !scope.meter.spend(1) {
                break;
            }
            if let Some(sum) = self.sum_alone(point) {
                ranked.push(Ranked::new(
                    score_of(sum),
                    &point.id,
                    Place::Memtable(Arc::clone(point), HasChanges::check()?),
                ));
            }
        }
        plan.extend(scope.fresh_plan());
        Ok(ranked.into_greatest_first())
    }

    /// The lists of a segment.
    #[inline(never)]
    fn lists<'s>(&'s self, scope: &Scope<'s>, index: usize) -> Result<Lists<'s>> {
        let Some(open) = scope.snapshot.segments.get(index) else { return Ok(Lists::default()) };
        let misses = open.segment.misses();
        let indexes = self.fields.iter().map(|f| open.segment.text(f.position)).collect::<Result<Vec<_>>>()?;
        let mut words: Vec<Vec<WeightedList<'s>>> = Vec::new();
        words.resize_with(self.asked.words.len(), Vec::new);
        for weighed in &self.weights.all {
            let field = weighed.field as usize;
            let (Some(index), Some(table)) = (indexes.get(field), self.weights.lengths.get(field)) else { continue };
            let list = if weighed.is_term { index.term(&weighed.text) } else { index.form(&weighed.text) };
            let (Some(list), Some(lists)) = (list, words.get_mut(weighed.word as usize)) else { continue };
            let (weight, lengths) = (weighed.weight, index.lengths.whole().unwrap_or_default());
            // A term that is written in one way only has the list of its form.
            match lists.iter_mut().find(|other| other.field == weighed.field && other.list.is_same(&list)) {
                Some(other) => other.weight = other.weight.max(weight),
                None => lists.push(WeightedList { list, lengths, table, weight, field: weighed.field }),
            }
        }
        if !open.segment.is_whole() {
            self.want(&words);
        }
        words.iter().flatten().for_each(|list| list.list.need());
        open.segment.none_missing_since(misses)?;
        Ok(Lists { words, fields: indexes })
    }

    /// Notes what the lists of the typed words themselves will be asked; of many variants most add nothing to the best.
    fn want(&self, words: &[Vec<WeightedList<'_>>]) {
        if self.asked.has_neighbours() && words.iter().map(Vec::len).sum::<usize>() <= FEW_LISTS {
            words.iter().flatten().for_each(|list| list.list.want());
        }
    }

    /// How many points of a segment its longest list has, all of which match; and whether there is no other list. 0
    /// where that says nothing of what matches, or would take long to say.
    pub(super) fn longest_list(&self, scope: &Scope<'_>, index: usize) -> Result<(u32, bool)> {
        let (mut longest, is_only) = self.longest_alone(scope, index)?;
        for other in &self.alternatives {
            longest = longest.max(other.longest_alone(scope, index)?.0);
        }
        Ok((longest, is_only && !self.has_alternatives()))
    }

    fn longest_alone(&self, scope: &Scope<'_>, index: usize) -> Result<(u32, bool)> {
        let is_any = self.asked.demand == Demand::Any || !self.asked.has_neighbours();
        let one_is_enough = is_any && self.asked.least <= 1 && self.demands.is_none();
        if !one_is_enough || self.weights.all.len() > FEW_LISTS {
            return Ok((0, false));
        }
        let lists = self.lists(scope, index)?;
        let all = || lists.words.iter().flatten().map(|list| list.list.points());
        Ok((all().max().unwrap_or_default(), all().count() <= 1))
    }

    fn search_segment<'a>(
        &self,
        scope: &'a Scope<'a>,
        index: usize,
        (floor, behind): (u32, Option<&Ranked<'a>>),
        ranked: &mut TopK<Ranked<'a>>,
    ) -> Result<SegmentPlan> {
        let plan = scope.plan(index, Strategy::Postings);
        let Some(open) = scope.snapshot.segments.get(index).filter(|_| plan.matches > 0) else { return Ok(plan) };
        let (segment, mask) = (&open.segment, self.mask(scope.mask(index), index));
        let ids = segment.ids()?;
        let lists = self.lists(scope, index)?;
        let misses = segment.misses();
        let least = least_sum(ranked).max(floor);
        // Which of two with the same score is better, ids say; those of all that is offered are too many to read.
        let mut best = TopK::new(ranked.k());
        let mut scores = TopK::new(ranked.k());
        ranked.iter().for_each(|ranked| scores.push(ordered(ranked.score)));
        let (points, mask) = (segment.points(), mask.as_deref());
        let scan = bm25::Pass { points, mask, least, scored: true, meter: &scope.meter };
        let work = bm25::search(&lists, &self.asked, scan, &mut |sum, ordinal| {
            let found = FoundPoint::new(score_of(sum), ordinal, ids);
            let is_behind = || {
                behind.is_none_or(|last| match found.score.total_cmp(&last.score) {
                    Ordering::Equal => last.is_before((index, ordinal), &ids),
                    order => order == Ordering::Less,
                })
            };
            if best.admits(&found) && is_behind() && scope.is_current(index, ordinal) {
                best.push(found);
                scores.push(ordered(found.score));
            }
            scores.least_when_full().map_or(0, |&last| bm25::least_sum_of(unordered(last))).max(least)
        });
        for FoundPoint { score, ordinal, .. } in best.into_greatest_first() {
            if let Some(id) = ids.get(ordinal) {
                ranked.push(Ranked::new(score, id, Place::Segment(index, ordinal)));
            }
        }
        segment.none_missing_since(misses)?;
        Ok(SegmentPlan {
            compared: work.scored,
            blocks: work.blocks,
            blocks_read: work.read,
            scratch_bytes: bm25::scratch_bytes(lists.words.len(), lists.words.iter().map(Vec::len).sum()),
            ..plan
        })
    }

    /// Those of a set of a segment's points that the text's quotes and minuses allow.
    fn mask<'m>(&self, mask: Option<&'m Bitmap>, index: usize) -> Option<Cow<'m, Bitmap>> {
        match &self.demands {
            None => mask.map(Cow::Borrowed),
            Some(demands) => demands.mask(index, mask).map(Cow::Owned),
        }
    }

    /// Adds all points of a segment that match, pass the filter and get at least this score.
    pub(super) fn add_all_in(&self, scope: &Scope<'_>, index: usize, least: f32, found: &mut Bitmap) -> Result<()> {
        self.each().try_for_each(|search| search.add_alone(scope, index, scope.mask(index), least, found))
    }

    /// The same of a set of points, by this one alone.
    fn add_alone(
        &self,
        scope: &Scope<'_>,
        index: usize,
        mask: Option<&Bitmap>,
        least: f32,
        found: &mut Bitmap,
    ) -> Result<()> {
        let points = scope.snapshot.segments.get(index).map_or(0, |open| open.segment.points());
        let (least, mask) = (bm25::least_sum_of(least), self.mask(mask, index));
        let scan = bm25::Pass { points, mask: mask.as_deref(), least, scored: least > 0, meter: &scope.meter };
        bm25::search(&self.lists(scope, index)?, &self.asked, scan, &mut |_, ordinal| {
            found.insert(ordinal);
            least
        });
        Ok(())
    }

    /// Whether an unpublished point matches and gets at least this score.
    pub(super) fn finds(&self, point: &PreparedPoint, least: f32) -> bool {
        self.sum_of(point).is_some_and(|sum| sum >= bm25::least_sum_of(least))
    }

    /// What the words give points that something else found.
    pub(super) fn scores(&self, scope: &Scope<'_>, places: &[&Place]) -> Result<Vec<Option<f32>>> {
        let mut scores = alloc::vec![None; places.len()];
        self.each().try_for_each(|search| search.score_alone(scope, places, &mut scores))?;
        for (score, place) in scores.iter_mut().zip(places) {
            if let Place::Memtable(point, _) = place {
                *score = self.sum_of(point).map(score_of);
            }
        }
        Ok(scores)
    }

    /// What it gives those that are published by this one alone, where that is more.
    fn score_alone(&self, scope: &Scope<'_>, places: &[&Place], scores: &mut [Option<f32>]) -> Result<()> {
        for index in 0..scope.snapshot.segments.len() {
            let here = (0..).zip(places).filter_map(|(at, place)| match place {
                Place::Segment(segment, ordinal) if *segment == index => Some((u64::from(*ordinal), at)),
                _ => None,
            });
            let mut here: Vec<Key> = here.collect();
            if here.is_empty() {
                continue;
            }
            sort_keys(&mut here);
            let ordinals: Vec<Ordinal> = here.iter().map(|key| key.0 as Ordinal).collect();
            let (lists, misses) = (self.lists(scope, index)?, scope.snapshot.misses());
            let sums = bm25::sums_of(&lists, &self.asked, &ordinals);
            scope.snapshot.none_missing_since(misses)?;
            for ((ordinal, at), sum) in here.into_iter().zip(sums) {
                let allowed = |_: &u32| self.demands.as_ref().is_none_or(|d| d.allows(index, ordinal as Ordinal));
                let sum = sum.filter(allowed).map(score_of);
                // None is less than any.
                scores.get_mut(at as usize).filter(|s| **s < sum).into_iter().for_each(|score| *score = sum);
            }
        }
        Ok(())
    }
}

/// The analyzer of a text field.
pub(super) fn text_field(schema: &Schema, name: &str) -> Result<Analyzer> {
    let unknown = || {
        let known: Vec<&str> = schema.text.keys().map(String::as_str).collect();
        Error::new(Code::UnknownField, format!("no text field {name:?}; this collection has {}", listed(&known)))
    };
    let field = schema.text.get(name).ok_or_else(unknown)?;
    Ok(Analyzer::new(field.language, field.stop_words))
}

/// Below which sum nothing can be a hit any more.
fn least_sum(ranked: &TopK<Ranked<'_>>) -> u32 {
    ranked.least_when_full().map_or(0, |least| bm25::least_sum_of(least.score))
}
