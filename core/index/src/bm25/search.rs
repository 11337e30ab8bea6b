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
//! What words add that stand together is known only when positions are read. They are read for points that would be
//! hits if all their words stood together.

use alloc::vec::Vec;

use super::cursor::{Cursor, WeightedList};
use super::evidence::{Asked, Demand, Evidence};
use super::postings::List;
use super::score::{most_of, over_fields};
use super::window::{WINDOW, Window};
use crate::bitmap::Bitmap;
use crate::ids::Ordinal;
use crate::meter::Meter;
use crate::order::{Key, sort_keys};

/// The lists of a query in one segment.
#[derive(Debug, Default)]
pub struct Lists<'a> {
    /// Those of a typed word, field after field.
    pub words: Vec<Vec<WeightedList<'a>>>,
    /// For each asked field, the list of the ends of its texts.
    pub ends: Vec<List<'a>>,
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

/// The most memory that a search of so many lists takes beside the segment, in bytes: two cursors for each, and the
/// window.
pub const fn scratch_bytes(lists: usize) -> u32 {
    let bytes = lists * (2 * (size_of::<Cursor<'_>>() + size_of::<WeightedList<'_>>()) + 64) + Window::bytes();
    if bytes > u32::MAX as usize { u32::MAX } else { bytes as u32 }
}

/// A typed word with a cursor for each of its lists.
struct Word<'a> {
    cursors: Vec<Cursor<'a>>,
    said: u32,
    /// Whether a point must have it.
    required: bool,
    /// Whether it is one of those of which a point must have so many.
    counts: bool,
    /// Whether all fields ask for it: what lacks it is no whole text.
    is_everywhere: bool,
}

impl<'a> Word<'a> {
    fn all(lists: &Lists<'a>, asked: &Asked) -> Vec<Self> {
        let all = lists.words.iter().zip(&asked.words).zip(0u32..);
        all.map(|((lists, word), index)| Self {
            cursors: lists.iter().copied().map(Cursor::new).collect(),
            said: word.said,
            required: word.required && asked.demand != Demand::Any,
            counts: word.required || asked.demand == Demand::Any,
            is_everywhere: asked.fields.iter().all(|field| field.sequence.iter().any(|&(word, _)| word == index)),
        })
        .collect()
    }

    fn points(&self) -> u64 {
        self.cursors.iter().map(|cursor| u64::from(cursor.of.list.points())).sum()
    }

    /// What `of` says of its lists, as one number: the best of each field, and fields as [`over_fields`] has it.
    fn over_fields(&mut self, mut of: impl FnMut(&mut Cursor<'a>) -> u32) -> u32 {
        let (mut best, mut sum, mut of_field, mut field) = (0, 0u32, 0, 0);
        for cursor in &mut self.cursors {
            if cursor.of.field != field {
                (best, sum) = (best.max(of_field), sum.saturating_add(of_field));
                (field, of_field) = (cursor.of.field, 0);
            }
            of_field = of_field.max(of(cursor));
        }
        over_fields(best.max(of_field), sum.saturating_add(of_field)).saturating_mul(self.said)
    }

    /// The most that it adds to a point of a window.
    #[inline(never)]
    fn bound(&mut self, start: Ordinal, end: Ordinal) -> u32 {
        self.over_fields(|cursor| cursor.bound(start, end))
    }

    /// What it adds to a point; ordinals are asked in ascending order.
    #[inline(never)]
    fn ask(&mut self, ordinal: Ordinal) -> u32 {
        self.over_fields(|cursor| if cursor.find(ordinal) { cursor.adds_at(ordinal) } else { 0 })
    }

    fn ends_in_block(&self, end: Ordinal) -> bool {
        self.cursors.iter().all(|cursor| cursor.ends_in_block(end))
    }

    /// Brings up the points of a window that it is in; with `known`, adds to those only that other words brought.
    fn go_through(&mut self, window: &mut Window, end: Ordinal, known: bool) {
        let (start, said, counts) = (window.start, self.said, self.counts);
        if let [cursor] = self.cursors.as_mut_slice() {
            cursor.each(start, end, |ordinal, adds| {
                if !known || window.has(ordinal) {
                    window.add_single(ordinal, adds, said, counts);
                }
            });
            return;
        }
        let mut field = None;
        for cursor in &mut self.cursors {
            if field.is_some_and(|field| field != cursor.of.field) {
                window.end_field();
            }
            field = Some(cursor.of.field);
            cursor.each(start, end, |ordinal, adds| {
                if !known || window.has(ordinal) {
                    window.add(ordinal, adds);
                }
            });
        }
        window.end_field();
        window.end_word(said, counts);
    }
}

/// Goes through all points that match, pass the mask and may be hits. `offer` is told their sums, and says below which
/// sum nothing counts any more.
pub fn search(lists: &Lists<'_>, asked: &Asked, scan: Pass<'_>, offer: &mut dyn FnMut(u32, Ordinal) -> u32) -> Work {
    let mut words = Word::all(lists, asked);
    let blocks = words.iter().flat_map(|w| &w.cursors).map(|c| c.of.list.len() as u32).sum();
    let mut work = Work { blocks, ..Work::default() };
    let needed = match asked.demand {
        Demand::Any => asked.least,
        Demand::All | Demand::Phrase => words.iter().filter(|w| w.required).count() as u32,
    };
    let driver = (0..words.len())
        .filter(|&i| words.get(i).is_some_and(|w| w.required))
        .min_by_key(|&i| words.get(i).map(Word::points));
    let mut judge = Judge { probe: Probe::new(lists, asked), asked, scan, least: scan.least, needed, offer };
    let mut window = Window::new();
    let mut bounds: Vec<Key> = Vec::with_capacity(words.len());
    let mut spent = 0;
    while window.start < scan.points && scan.meter.spend(work.scored - spent) {
        spent = work.scored;
        let end = scan.points.min(window.start.saturating_add(WINDOW));
        bounds.clear();
        let (mut lacks, mut met) = (false, 0);
        for (index, word) in (0..).zip(&mut words) {
            let bound = word.bound(window.start, end);
            lacks |= word.required && bound == 0;
            if bound > 0 {
                bounds.push((u64::from(bound), index));
                met += u32::from(word.counts);
            }
        }
        let total: u64 = bounds.iter().map(|b| b.0).sum();
        if total > 0 && !lacks && met >= judge.needed && judge.most_of(total, true) >= u64::from(judge.least) {
            let mut at = AtWindow { words: &mut words, bounds: &mut bounds, window: &mut window, driver };
            work.scored += at.search(end, &mut judge);
        }
        window.start = end;
    }
    work.read = words.iter().flat_map(|w| &w.cursors).map(|c| c.read).sum();
    work
}

/// The sums of some points, ascending, whatever else would be a hit; none where a point does not match.
pub fn sums_of(lists: &Lists<'_>, asked: &Asked, ordinals: &[Ordinal]) -> Vec<Option<u32>> {
    let mut probe = Probe::new(lists, asked);
    ordinals.iter().map(|&ordinal| probe.total(asked, ordinal, 0)).collect()
}

/// Decides on points that have been brought up.
struct Judge<'s, 'a> {
    probe: Probe<'a>,
    asked: &'s Asked,
    scan: Pass<'s>,
    least: u32,
    /// How many words a point must have, of those that count.
    needed: u32,
    offer: &'s mut dyn FnMut(u32, Ordinal) -> u32,
}

impl Judge<'_, '_> {
    /// The most that a point can have whose words add so much.
    fn most_of(&self, words: u64, can_be_whole: bool) -> u64 {
        if self.asked.has_neighbours() { most_of(words, can_be_whole) } else { words }
    }

    fn can_be_hit(&self, words: u64) -> bool {
        self.most_of(words, true) >= u64::from(self.least)
    }

    fn passes(&self, ordinal: Ordinal) -> bool {
        self.scan.mask.is_none_or(|mask| mask.contains(ordinal))
    }

    /// Takes a point with the sum of its words and how many it has of those that count.
    fn take(&mut self, ordinal: Ordinal, sum: u32, met: u32) {
        if met < self.needed || !self.can_be_hit(u64::from(sum)) {
            return;
        }
        let is_final = !self.asked.has_neighbours() || (!self.scan.scored && self.asked.demand != Demand::Phrase);
        let total = if is_final { Some(sum) } else { self.probe.total(self.asked, ordinal, self.least) };
        if let Some(total) = total.filter(|&total| total >= self.least) {
            self.least = (self.offer)(total, ordinal);
        }
    }
}

/// A window in which there may be hits.
struct AtWindow<'s, 'a> {
    words: &'s mut [Word<'a>],
    /// The most that each word adds that is here.
    bounds: &'s mut Vec<Key>,
    window: &'s mut Window,
    /// The rarest word that is demanded.
    driver: Option<usize>,
}

impl AtWindow<'_, '_> {
    /// Searches it; returns how many points were scored.
    fn search(&mut self, end: Ordinal, judge: &mut Judge<'_, '_>) -> u32 {
        let asked = self.part(judge);
        let (words, window) = (&mut *self.words, &mut *self.window);
        for (_, index) in self.bounds.drain(asked..) {
            if let Some(word) = words.get_mut(index as usize) {
                word.go_through(window, end, false);
            }
        }
        // Of those that are asked, the ones with little here are quicker gone through than asked about each point.
        self.bounds.retain(|&(_, index)| {
            let Some(word) = words.get_mut(index as usize) else { return false };
            let has_little = word.ends_in_block(end);
            if has_little {
                word.go_through(window, end, true);
            }
            !has_little
        });
        let (asked, mut scored) = (&*self.bounds, 0);
        let asked_most: u64 = asked.iter().map(|&(bound, _)| bound).sum();
        window.drain(|ordinal, mut sum, mut met| {
            let mut rest = asked_most;
            if !judge.can_be_hit(u64::from(sum) + rest) || !judge.passes(ordinal) {
                return;
            }
            scored += 1;
            for &(bound, index) in asked.iter().rev() {
                if !judge.can_be_hit(u64::from(sum) + rest) {
                    return;
                }
                rest -= bound;
                let Some(word) = words.get_mut(index as usize) else { continue };
                let adds = word.ask(ordinal);
                if word.required && adds == 0 {
                    return;
                }
                sum = sum.saturating_add(adds);
                met += u32::from(word.counts && adds > 0);
            }
            judge.take(ordinal, sum, met);
        });
        scored
    }

    /// Puts the words first that are only asked, and says how many they are: those that add little, as many as together
    /// cannot make a hit, or all but the rarest that is demanded; never all, because a point is brought up by one that
    /// is gone through.
    fn part(&mut self, judge: &Judge<'_, '_>) -> usize {
        if let Some(driver) = self.driver {
            self.bounds.iter_mut().for_each(|b| b.0 |= u64::from(b.1 as usize == driver) << 63);
            sort_keys(self.bounds);
            self.bounds.iter_mut().for_each(|b| b.0 &= u64::MAX >> 1);
            return self.bounds.len().saturating_sub(1);
        }
        sort_keys(self.bounds);
        let Some((&(_, last), others)) = self.bounds.split_last() else { return 0 };
        // A text that lacks the word is not the whole of what was typed. With it there can be hits, or nobody would be
        // here.
        let can_be_whole = self.words.get(last as usize).is_none_or(|word| !word.is_everywhere);
        let mut together = 0;
        for (asked, &(bound, _)) in others.iter().enumerate() {
            together += bound;
            if judge.most_of(together, can_be_whole) >= u64::from(judge.least) {
                return asked;
            }
        }
        others.len()
    }
}

/// Scores single points, with what words add that stand together. Ordinals are asked in ascending order.
struct Probe<'a> {
    words: Vec<Vec<Cursor<'a>>>,
    ends: Vec<Cursor<'a>>,
    evidence: Evidence,
}

impl<'a> Probe<'a> {
    fn new(lists: &Lists<'a>, asked: &Asked) -> Self {
        // Ends are positions like others; what the list would add is not asked.
        let table: &[f32] = &[];
        let weight = super::score::Weight::new(0.0, 0.0);
        let ends =
            lists.ends.iter().map(|&list| Cursor::new(WeightedList { list, lengths: &[], table, weight, field: 0 }));
        let mut evidence = Evidence::default();
        evidence.begin(asked);
        Self {
            words: lists.words.iter().map(|lists| lists.iter().copied().map(Cursor::new).collect()).collect(),
            ends: ends.collect(),
            evidence,
        }
    }

    /// The sum of a point; none where it does not match or stays below `least`.
    #[inline(never)]
    fn total(&mut self, asked: &Asked, ordinal: Ordinal, least: u32) -> Option<u32> {
        let Self { words, ends, evidence } = self;
        evidence.begin(asked);
        let mut here: Vec<(u32, &mut Cursor<'a>)> = Vec::new();
        for (word, cursors) in (0..).zip(words) {
            for cursor in cursors {
                if cursor.find(ordinal) {
                    evidence.add(word, cursor.of.field, cursor.adds_at(ordinal));
                    here.push((word, cursor));
                }
            }
        }
        let sum = evidence.words(asked)?;
        if !asked.has_neighbours() {
            return Some(sum);
        }
        let neighbours = u64::from(evidence.most_of_neighbours(asked));
        if u64::from(super::score::with_whole_text(sum, sum)) + neighbours < u64::from(least) {
            return None;
        }
        for (word, cursor) in here {
            let field = cursor.of.field;
            cursor.each_position(|position| evidence.place(word, field, position));
        }
        evidence.total(asked, &mut |field, texts| {
            if let Some(cursor) = ends.get_mut(field as usize)
                && cursor.find(ordinal)
            {
                cursor.each_position(|end| texts.push(end));
            }
        })
    }
}
