//! The part of a query that is words.
//!
//! ```text
//! query ── analyzer of each field ──> words ── all segments ──> terms with weights ── each segment ──> clauses ── search
//! ```

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::ranked::{Place, Ranked};
use super::scope::Scope;
use super::words::{FieldWords, QueryWord, words_of};
use crate::bm25::{self, Clause, Demand, FieldStatistics, Variants, Weight, length_code, score_of};
use crate::columns::Bitmap;
use crate::error::Result;
use crate::ids::Ordinal;
use crate::ingest::PreparedPoint;
use crate::limits::MAX_LISTS;
use crate::model::{Match, MatchMode, SegmentPlan, Strategy};
use crate::order::{Key, sort_by_rank, sort_keys};
use crate::text::Fuzzy;
use crate::top_k::TopK;

/// A query's words, weighed by what all segments say of them.
pub(super) struct Matching {
    pub(super) fields: Vec<FieldWords>,
    /// For each of the fields what lengths stand for.
    lengths: Vec<Vec<f32>>,
    /// By token.
    terms: Vec<Weighed>,
    mode: MatchMode,
    /// For each token its place in the query.
    places: Vec<u32>,
}

/// A term of one of the fields.
struct Weighed {
    field: usize,
    token: u32,
    term: String,
    weight: Weight,
}

impl Matching {
    pub(super) fn new(scope: &Scope<'_>, query: &Match) -> Result<Self> {
        let schema = &scope.snapshot.schema;
        let fields = words_of(schema, query)?;
        // Boosts of the query are relative to one another, those of the schema to all of the schema.
        let all =
            schema.text.values().map(|t| t.boost).filter(|_| query.fields.iter().flatten().all(|f| f.1.is_none()));
        let boosts = fields.iter().map(|field| field.boost).chain(all);
        let most = boosts.fold(f32::MIN_POSITIVE, |a, b| if b > a { b } else { a });
        let mut matching =
            Self { lengths: Vec::new(), terms: Vec::new(), mode: query.mode, places: required(&fields), fields };
        let mut frequency: Vec<u64> = alloc::vec![0; matching.places.len()];
        let mut terms = Vec::new();
        for (index, field) in matching.fields.iter().enumerate() {
            let statistics = statistics(scope, field.position)?;
            matching.lengths.push(statistics.lengths());
            for word in &field.words {
                let token = matching.places.iter().position(|&place| place == word.place);
                let token = match (token, query.mode) {
                    (Some(token), _) => token as u32,
                    (None, MatchMode::Any) => 0,
                    (None, MatchMode::All | MatchMode::Phrase) => continue,
                };
                let variants = variants(scope, field, word)?;
                // What stands for a word is as rare as the word: a misspelling is rarer, and would count more.
                let itself = variants.iter().find(|(_, v)| v.factor >= 1.0 && v.points > 0).map(|(_, v)| v.points);
                let with = itself.or_else(|| variants.iter().map(|(_, v)| v.points).max()).unwrap_or_default();
                let idf = statistics.idf(with);
                if let Some(all) = frequency.get_mut(token as usize) {
                    *all += variants.iter().map(|(_, v)| v.points).sum::<u64>();
                }
                for (term, variant) in variants {
                    if variant.factor < 1.0 && terms.len() >= MAX_LISTS {
                        continue;
                    }
                    let factor = variant.factor * field.boost / most * word.count as f32;
                    terms.push(Weighed { field: index, token, term, weight: Weight::new(idf, factor) });
                }
            }
        }
        if query.mode == MatchMode::All {
            rarest_first(&frequency, &mut terms);
        }
        sort_by_rank(&mut terms, |t| u64::from(t.token) << 32 | t.field as u64);
        matching.terms = terms;
        Ok(matching)
    }

    fn demand(&self) -> Demand<'_> {
        match self.mode {
            MatchMode::Any => Demand::Any,
            MatchMode::All => Demand::All(self.places.len() as u32),
            MatchMode::Phrase => Demand::Phrase(&self.places),
        }
    }

    /// The best points.
    pub(super) fn find<'a>(
        &self,
        scope: &'a Scope<'a>,
        top_k: usize,
        plan: &mut Vec<SegmentPlan>,
    ) -> Result<Vec<Ranked<'a>>> {
        let mut ranked = TopK::new(top_k);
        for index in 0..scope.snapshot.segments.len() {
            plan.push(self.search_segment(scope, index, &mut ranked)?);
        }
        for &point in &scope.fresh {
            if let Some(sum) = self.sum_of(point) {
                ranked.push(Ranked::new(score_of(sum), &point.id, Place::Memtable(Arc::clone(point))));
            }
        }
        plan.extend(scope.fresh_plan());
        Ok(ranked.into_greatest_first())
    }

    #[inline(never)]
    fn clauses<'s>(&'s self, scope: &Scope<'s>, index: usize) -> Result<Vec<Clause<'s>>> {
        let Some(open) = scope.snapshot.segments.get(index) else { return Ok(Vec::new()) };
        let indexes = self.fields.iter().map(|f| open.segment.text(f.position)).collect::<Result<Vec<_>>>()?;
        let clause = |term: &'s Weighed| {
            let (index, table) = (indexes.get(term.field)?, self.lengths.get(term.field)?);
            let list = index.postings.list(index.terms.find(&term.term)?);
            let (weight, token) = (term.weight, term.token);
            Some(Clause { list, lengths: index.lengths, table, weight, token, field: term.field as u32 })
        };
        Ok(self.terms.iter().filter_map(clause).collect())
    }

    fn search_segment<'a>(
        &self,
        scope: &'a Scope<'a>,
        index: usize,
        ranked: &mut TopK<Ranked<'a>>,
    ) -> Result<SegmentPlan> {
        let plan = scope.plan(index, Strategy::Postings);
        let Some(open) = scope.snapshot.segments.get(index).filter(|_| plan.matches > 0) else { return Ok(plan) };
        let (segment, mask) = (&open.segment, scope.mask(index));
        let ids = segment.ids()?;
        let clauses = self.clauses(scope, index)?;
        let least = least_sum(ranked);
        let scan = bm25::Scan { points: segment.points(), mask, least, meter: &scope.meter };
        let work = bm25::search(&clauses, self.demand(), scan, &mut |sum, ordinal| {
            if let Some(id) = ids.get(ordinal) {
                let found = Ranked::new(score_of(sum), id, Place::Segment(index, ordinal));
                if ranked.admits(&found) && scope.is_current(index, ordinal) {
                    ranked.push(found);
                }
            }
            least_sum(ranked)
        });
        Ok(SegmentPlan {
            compared: work.scored,
            blocks: work.blocks,
            blocks_read: work.read,
            scratch_bytes: bm25::scratch_bytes(clauses.len()),
            ..plan
        })
    }

    /// Adds all points of a segment that meet the demand, pass the mask and get at least this score.
    pub(super) fn add_all_in(&self, scope: &Scope<'_>, index: usize, least: f32, found: &mut Bitmap) -> Result<()> {
        let points = scope.snapshot.segments.get(index).map_or(0, |open| open.segment.points());
        let least = bm25::least_sum_of(least);
        let scan = bm25::Scan { points, mask: scope.mask(index), least, meter: &scope.meter };
        bm25::search(&self.clauses(scope, index)?, self.demand(), scan, &mut |_, ordinal| {
            found.insert(ordinal);
            least
        });
        Ok(())
    }

    /// Whether an unpublished point meets the demand and gets at least this score.
    pub(super) fn finds(&self, point: &PreparedPoint, least: f32) -> bool {
        self.sum_of(point).is_some_and(|sum| sum >= bm25::least_sum_of(least))
    }

    /// What an unpublished point gets; none when it does not meet the demand.
    #[inline(never)]
    fn sum_of(&self, point: &PreparedPoint) -> Option<u32> {
        let (mut sum, mut met) = (None, alloc::vec![false; self.places.len().max(1)]);
        let mut begins: Vec<Vec<(usize, u32)>> = alloc::vec![Vec::new(); self.places.len()];
        for weighed in &self.terms {
            let words = self.fields.get(weighed.field).and_then(|f| point.texts.get(f.position))?;
            let here = words.iter().filter(|w| w.term == weighed.term);
            let positions: Vec<u32> = here.map(|w| w.position).collect();
            if positions.is_empty() {
                continue;
            }
            let length = self.lengths.get(weighed.field)?.get(usize::from(length_code(words.len() as u32)))?;
            let adds = weighed.weight.adds(bm25::counted(positions.len()), *length);
            sum = Some(sum.unwrap_or(0u32).saturating_add(adds));
            let token = weighed.token as usize;
            met.get_mut(token).into_iter().for_each(|m| *m = true);
            if let (Some(begins), Some(&place)) = (begins.get_mut(token), self.places.get(token)) {
                let begin = |&p: &u32| p.checked_sub(place).map(|b| (weighed.field, b));
                begins.extend(positions.iter().take(bm25::counted(usize::MAX) as usize).filter_map(begin));
            }
        }
        let all = met.iter().all(|m| *m) && !self.places.is_empty();
        match self.mode {
            MatchMode::Any => sum,
            MatchMode::All => sum.filter(|_| all),
            MatchMode::Phrase => {
                let first = begins.first()?;
                let follows = first.iter().any(|begin| begins.iter().all(|others| others.contains(begin)));
                sum.filter(|_| all && follows)
            }
        }
    }

    /// What the words give points that something else found.
    pub(super) fn scores(&self, scope: &Scope<'_>, places: &[&Place]) -> Result<Vec<Option<f32>>> {
        let mut scores = alloc::vec![None; places.len()];
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
            let sums = bm25::sums_of(&self.clauses(scope, index)?, self.demand(), &ordinals);
            for ((_, at), sum) in here.into_iter().zip(sums) {
                scores.get_mut(at as usize).into_iter().for_each(|score| *score = sum.map(score_of));
            }
        }
        for (score, place) in scores.iter_mut().zip(places) {
            if let Place::Memtable(point) = place {
                *score = self.sum_of(point).map(score_of);
            }
        }
        Ok(scores)
    }
}

/// The places of words that all fields have kept: a stop word of one of them cannot be demanded.
#[inline(never)]
fn required(fields: &[FieldWords]) -> Vec<u32> {
    let mut places: Vec<u32> = fields.iter().flat_map(|f| f.words.iter().map(|w| w.place)).collect();
    sort_by_rank(&mut places, |&place| u64::from(place));
    places.dedup();
    places.retain(|&place| fields.iter().all(|f| f.words.iter().any(|w| w.place == place)));
    places
}

/// Below which sum nothing can be a hit any more.
fn least_sum(ranked: &TopK<Ranked<'_>>) -> u32 {
    ranked.least_when_full().map_or(0, |least| bm25::least_sum_of(least.score))
}

/// What all segments say of a field; before the first publish, what waits for it.
#[inline(never)]
fn statistics(scope: &Scope<'_>, position: usize) -> Result<FieldStatistics> {
    let mut statistics = FieldStatistics::default();
    for open in &scope.snapshot.segments {
        statistics.points += u64::from(open.segment.points());
        statistics.words += open.segment.text(position)?.words;
    }
    if statistics.points == 0 {
        for point in scope.memtable.iter().flat_map(|m| m.points()) {
            statistics.points += 1;
            statistics.words += point.texts.get(position).map_or(0, |words| words.len() as u64);
        }
    }
    Ok(statistics)
}

/// The terms that a word stands for.
#[inline(never)]
fn variants(scope: &Scope<'_>, field: &FieldWords, word: &QueryWord) -> Result<Vec<(String, bm25::Variant)>> {
    let mut variants = Variants::new(&word.expansion);
    for open in &scope.snapshot.segments {
        variants.gather(&open.segment.text(field.position)?, &word.expansion);
    }
    let mut fuzzy = Fuzzy::new(&word.expansion.form, word.expansion.edits);
    let is_first = scope.snapshot.segments.is_empty();
    for point in scope.memtable.iter().flat_map(|m| m.points()) {
        if let Some(words) = point.texts.get(field.position) {
            variants.gather_words(words, &word.expansion, &mut fuzzy, is_first);
        }
    }
    Ok(variants.chosen())
}

/// Numbers tokens anew, so that those that fewest points have are looked for first.
fn rarest_first(frequency: &[u64], terms: &mut [Weighed]) {
    let mut order: Vec<usize> = (0..frequency.len()).collect();
    sort_by_rank(&mut order, |&token| frequency.get(token).copied().unwrap_or_default());
    for term in terms {
        let place = order.iter().position(|&token| token == term.token as usize);
        term.token = place.unwrap_or_default() as u32;
    }
}
