//! Finds the best points of a segment for some typed words.
//!
//! Ordinals are gone through in windows. In each, the shapes of blocks say what every word may add at most. Words which
//! together cannot lift a point to the worst hit so far do not bring points up; they are only asked about points that
//! others brought (MaxScore: Turtle and Flood, 1995; its block-max form: Ding and Suel, SIGIR 2011). Where words are
//! demanded, the rarest of them brings points up and all others are asked. A window in which all together cannot make a
//! hit is passed over. Points stand in clusters of like ones, so words come in bunches, and many windows are. A typed
//! word may stand for a hundred forms, most of them rare: a list that has nothing in a window adds nothing there, and a
//! word that has little is gone through instead of being asked about each point.
//!
//! Of the words that bring points up the one that adds most is first: a point without it needs more of those that are
//! left, and rows and blocks that add less are passed over.
//!
//! What words add that stand together, or are a whole text, is known only when positions are read. They are read for
//! points that would be hits if all their words stood together (`bounds`); of a window those first that can have most,
//! so that the others need not be looked at.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::bounds::{Bounds, Least, Words, bit, without};
use super::cursor::{Cursor, WeightedList};
use super::evidence::{Asked, Demand, Evidence};
use super::view::TextIndex;
use super::window::{Sum, WINDOW, Window};
use super::word::{Points, Word};
use crate::bitmap::Bitmap;
use crate::ids::Ordinal;
use crate::meter::Meter;
use crate::order::{Key, sort_keys};

/// So many rows of a list are gone through in the time in which one is looked for.
const ASKED_ROWS: u64 = 8;

/// The lists of a query in one segment.
#[derive(Debug, Default)]
pub struct Lists<'a> {
    /// Those of a typed word, field after field.
    pub words: Vec<Vec<WeightedList<'a>>>,
    /// For each asked field its index, which has the list of the ends of its texts.
    pub fields: Vec<TextIndex<'a>>,
}

/// What a search did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Blocks that were read.
    pub read: u32,
    /// Blocks of all lists.
    pub blocks: u32,
    /// Points whose score was computed.
    pub scored: u32,
}

/// What is gone through.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// Points of the segment.
    pub points: u32,
    /// Those that count; none: all.
    pub mask: Option<&'a Bitmap>,
    /// The sum below which nothing counts.
    pub least: u32,
    /// Whether scores matter; else points that match are told with any score.
    pub scored: bool,
    pub meter: &'a Meter<'a>,
}

/// The most memory that a search of so many lists of so many words takes beside the segment, in bytes: a cursor for
/// each list, and the window.
pub const fn scratch_bytes(words: usize, lists: usize) -> u32 {
    let bytes = lists * (size_of::<Cursor<'_>>() + size_of::<WeightedList<'_>>() + 64) + Window::bytes(words);
    if bytes > u32::MAX as usize { u32::MAX } else { bytes as u32 }
}

/// Goes through all points that match, pass the mask and may be hits. `offer` is told their sums, and says below which
/// sum nothing counts any more.
pub fn search(lists: &Lists<'_>, asked: &Asked, scan: Pass<'_>, offer: &mut dyn FnMut(u32, Ordinal) -> u32) -> Work {
    let mut words = Word::all(lists, asked);
    let blocks =
        words.iter().flat_map(|w| &w.cursors).fold(0, |blocks: u32, c| blocks.saturating_add(c.of.list.len() as u32));
    let mut work = Work { blocks, ..Work::default() };
    let needed = match asked.demand {
        Demand::Any => asked.least,
        Demand::All | Demand::Phrase => words.iter().filter(|w| w.required).count() as u32,
    };
    let driver = (0..words.len())
        .filter(|&i| words.get(i).is_some_and(|w| w.required))
        .min_by_key(|&i| words.get(i).map(Word::points));
    let counting = words.iter().filter(|word| word.counts).fold(0, |all, word| all | word.bit);
    let mut judge = Judge {
        probe: Probe::new(lists),
        bounds: Bounds::new(asked),
        counting,
        asked,
        scan,
        least: scan.least,
        needed,
        kept: Vec::new(),
        kept_points: Vec::new(),
        offer,
    };
    let (mut window, mut least) = (Window::new(asked), Least::default());
    let mut here: Vec<Key> = Vec::with_capacity(words.len());
    let mut spent = 0;
    while window.start < scan.points && scan.meter.spend(work.scored - spent) {
        spent = work.scored;
        let end = scan.points.min(window.start.saturating_add(WINDOW));
        judge.bounds.begin(words.iter_mut().map(|word| word.bound(window.start, end)));
        let adds = words.iter().zip(judge.bounds.most()).map(|(word, &most)| word.times(most)).zip(0..);
        here.clear();
        here.extend(adds.filter(|(most, _)| *most > 0));
        if judge.can_have_hits(&words, &here) {
            let (words, here, window) = (&mut words, &mut here, &mut window);
            let mut at = AtWindow { words, here, window, least: &mut least, driver };
            work.scored += at.search(end, &mut judge);
        }
        window.start = end;
    }
    work.read = words.iter().flat_map(|w| &w.cursors).map(|c| c.read).sum();
    work
}

/// The sums of some points, ascending, whatever else would be a hit; none where a point does not match.
pub fn sums_of(lists: &Lists<'_>, asked: &Asked, ordinals: &[Ordinal]) -> Vec<Option<u32>> {
    let (mut words, mut probe) = (Word::all(lists, asked), Probe::new(lists));
    ordinals
        .iter()
        .map(|&ordinal| probe.total(asked, &mut words, Kept { ordinal, met: Words::MAX, placed: Words::MAX }))
        .collect()
}

/// A point whose positions have to be read.
#[derive(Clone, Copy)]
struct Kept {
    ordinal: Ordinal,
    /// It has none but these words.
    met: Words,
    /// Of these, only the positions of such can add anything.
    placed: Words,
}

/// Decides on points that have been brought up.
struct Judge<'s, 'a> {
    probe: Probe<'a>,
    bounds: Bounds,
    /// Words that count.
    counting: Words,
    asked: &'s Asked,
    scan: Pass<'s>,
    least: u32,
    /// How many words a point must have, of those that count.
    needed: u32,
    /// Points of a window whose positions have to be read: the most that each can have, and which it is.
    kept: Vec<Key>,
    kept_points: Vec<Kept>,
    offer: &'s mut dyn FnMut(u32, Ordinal) -> u32,
}

impl<'a> Judge<'_, 'a> {
    /// Whether there can be a hit where these words are, each of which adds at most so much.
    fn can_have_hits(&self, words: &[Word<'_>], here: &[Key]) -> bool {
        let mut required = words.iter().filter(|word| word.required).count();
        let (mut sum, mut all, mut met) = (0, 0, 0);
        for word in here {
            let Some(of) = words.get(word.1 as usize) else { continue };
            (sum, all, met) = (sum + word.0, all | of.bit, met + u32::from(of.counts));
            required -= usize::from(of.required);
        }
        sum > 0 && required == 0 && met >= self.needed && self.bounds.reach(self.least, sum, all)
    }

    fn passes(&self, ordinal: Ordinal) -> bool {
        // Of damaged bytes an ordinal may be any.
        ordinal < self.scan.points && self.scan.mask.is_none_or(|mask| mask.contains(ordinal))
    }

    /// Takes the point at hand, with the sum of its words. One whose positions have to be read is kept for later.
    fn take(&mut self, ordinal: Ordinal, sum: u32, (met, whole): (Words, Words), most: u64) {
        // Where words share a bit, only the point itself says how many it has.
        let is_counted = self.asked.words.len() < Words::BITS as usize;
        if is_counted && (met & self.counting).count_ones() < self.needed {
            return;
        }
        // Where nothing can be added to what its words give, positions say nothing more.
        let can_have_more = self.scan.scored && most > u64::from(sum);
        let needs_places = self.asked.has_neighbours() && (can_have_more || self.asked.demand == Demand::Phrase);
        if !is_counted || needs_places {
            let is_any = !is_counted || self.asked.demand == Demand::Phrase;
            let placed = if is_any { Words::MAX } else { self.bounds.placed(whole) };
            self.kept.push((most, self.kept_points.len() as u32));
            self.kept_points.push(Kept { ordinal, met, placed });
        } else if sum >= self.least {
            self.least = (self.offer)(sum, ordinal);
        }
    }

    /// Takes the points that were kept, those first that can have most.
    fn take_kept(&mut self, words: &mut [Word<'a>]) {
        // Mostly few of them are looked at, so they need not be in order.
        let mut kept = BinaryHeap::from(core::mem::take(&mut self.kept));
        while let Some((most, at)) = kept.pop() {
            if most < u64::from(self.least) {
                break;
            }
            let Some(&kept) = self.kept_points.get(at as usize) else { continue };
            let Some(total) = self.probe.total(self.asked, words, kept) else { continue };
            if total >= self.least {
                self.least = (self.offer)(total, kept.ordinal);
            }
        }
        self.kept = kept.into_vec();
        self.kept.clear();
        self.kept_points.clear();
    }
}

/// A window in which there may be hits.
struct AtWindow<'s, 'a> {
    words: &'s mut [Word<'a>],
    /// Those that are here, with the most that each adds.
    here: &'s mut Vec<Key>,
    window: &'s mut Window,
    least: &'s mut Least,
    /// The rarest word that is demanded.
    driver: Option<usize>,
}

impl<'a> AtWindow<'_, 'a> {
    /// Searches it; returns how many points were scored.
    fn search(&mut self, end: Ordinal, judge: &mut Judge<'_, 'a>) -> u32 {
        let asked = self.part(judge);
        let (words, window) = (&mut *self.words, &mut *self.window);
        let mut rest: u64 = self.here.iter().map(|&(most, _)| most).sum();
        let mut left: Words = self.here.iter().fold(0, |all, &(_, index)| all | bit(index));
        let mut adds_to = Points::First;
        // Those first that add most: then a point that none of them has needs more of what is left.
        for (most, index) in self.here.drain(asked..).rev() {
            let Some(word) = words.get_mut(index as usize) else { continue };
            rest -= most;
            let least = judge.bounds.least_sum(judge.least, left).saturating_sub(rest);
            let least = least.div_ceil(u64::from(word.said.said.max(1))) as u32;
            word.go_through(window, end, adds_to, least);
            left = without(left, index);
            adds_to = Points::Further;
        }
        let asked_most: u64 = self.here.iter().map(|&(most, _)| most).sum();
        let asked_words: Words = self.here.iter().fold(0, |all, &(_, index)| all | bit(index));
        let points = if self.here.is_empty() {
            0
        } else {
            self.least.begin(&judge.bounds, judge.least, asked_most, asked_words);
            window.retain(self.least)
        };
        // Of those that are asked, the ones with little here are quicker gone through than asked about each point.
        self.here.retain(|&(_, index)| {
            let Some(word) = words.get_mut(index as usize) else { return false };
            let has_little = word.rows_until(end) <= ASKED_ROWS * u64::from(points) * word.cursors.len() as u64;
            if has_little {
                word.go_through(window, end, Points::Known, 0);
            }
            !has_little
        });
        let (asked, mut scored) = (&*self.here, 0);
        let asked_most: u64 = asked.iter().map(|&(most, _)| most).sum();
        let asked_words: Words = asked.iter().fold(0, |all, &(_, index)| all | bit(index));
        self.least.begin(&judge.bounds, judge.least, asked_most, asked_words);
        window.drain(self.least, |ordinal, Sum { mut sum, met, whole }, adds| {
            let (mut rest, mut may_have) = (asked_most, asked_words);
            if !judge.passes(ordinal) {
                return;
            }
            scored += 1;
            judge.bounds.point(met, adds, may_have);
            let mut most = judge.bounds.most_of_point(u64::from(sum) + rest, whole | may_have);
            for &(bound, index) in asked.iter().rev() {
                if most < u64::from(judge.least) {
                    return;
                }
                rest -= bound;
                let Some(word) = words.get_mut(index as usize) else { continue };
                let adds = word.ask(ordinal);
                judge.bounds.know(index, adds);
                if adds == 0 {
                    if word.required {
                        return;
                    }
                    may_have = without(may_have, index);
                }
                sum = sum.saturating_add(adds.saturating_mul(word.said.said));
                most = judge.bounds.most_of_point(u64::from(sum) + rest, whole | may_have);
            }
            if most >= u64::from(judge.least) {
                judge.take(ordinal, sum, (met | may_have, whole | may_have), most);
            }
        });
        judge.take_kept(words);
        scored
    }

    /// Puts the words first that are only asked, and says how many they are: those that add little, as many as together
    /// cannot make a hit, or all but the rarest that is demanded; never all, because a point is brought up by one that
    /// is gone through.
    fn part(&mut self, judge: &Judge<'_, '_>) -> usize {
        if let Some(driver) = self.driver {
            self.here.iter_mut().for_each(|b| b.0 |= u64::from(b.1 as usize == driver) << 63);
            sort_keys(self.here);
            self.here.iter_mut().for_each(|b| b.0 &= u64::MAX >> 1);
            return self.here.len().saturating_sub(1);
        }
        sort_keys(self.here);
        let (mut sum, mut together) = (0, 0);
        let cannot_be_hits = self.here.iter().take_while(|&&(most, index)| {
            (sum, together) = (sum + most, together | bit(index));
            !judge.bounds.reach(judge.least, sum, together)
        });
        cannot_be_hits.count().min(self.here.len().saturating_sub(1))
    }
}

/// Scores single points, with what words add that stand together.
struct Probe<'a> {
    /// Of each asked field, and the list of the ends of its texts, once that is asked.
    fields: Vec<(TextIndex<'a>, Option<Cursor<'a>>)>,
    evidence: Evidence,
}

impl<'a> Probe<'a> {
    fn new(lists: &Lists<'a>) -> Self {
        let fields = lists.fields.iter().map(|&index| (index, None)).collect();
        Self { fields, evidence: Evidence::default() }
    }

    /// The sum of a point; none where it does not match.
    #[inline(never)]
    fn total(&mut self, asked: &Asked, words: &mut [Word<'a>], kept: Kept) -> Option<u32> {
        let Kept { ordinal, met, placed } = kept;
        let Self { fields, evidence } = self;
        evidence.begin(asked);
        for (index, word) in (0..).zip(&mut *words).filter(|(_, word)| word.bit & met != 0) {
            for cursor in &mut word.cursors {
                if cursor.find(ordinal) {
                    evidence.add(index, cursor.of.field, cursor.adds_at(ordinal));
                }
            }
        }
        let sum = evidence.words(asked)?;
        if !asked.has_neighbours() {
            return Some(sum);
        }
        for (index, word) in (0..).zip(&mut *words).filter(|(_, word)| word.bit & met & placed != 0) {
            for cursor in word.cursors.iter_mut().filter(|cursor| cursor.is_at(ordinal)) {
                let field = cursor.of.field;
                cursor.each_position(&mut |position| evidence.place(index, field, position));
            }
        }
        evidence.total(asked, &mut |field, texts| {
            let Some((index, ends)) = fields.get_mut(field as usize) else { return };
            let ends = ends.get_or_insert_with(|| Cursor::of_ends(index.ends()));
            if ends.find(ordinal) {
                ends.each_position(&mut |end| texts.push(end));
            }
        })
    }
}
