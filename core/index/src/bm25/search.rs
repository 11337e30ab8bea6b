//! Finds the best points of a segment for some words.
//!
//! Ordinals are gone through in windows. In each, the shapes of blocks say what every word may add at most. Words which
//! together cannot lift a point to the worst hit so far do not bring points up; they are only asked about points that others
//! brought (MaxScore: Turtle and Flood, 1995; its block-max form: Ding and Suel, SIGIR 2011). A window in which all together
//! cannot is passed over. Points stand in clusters of like ones, so words come in bunches, and many windows are. An unfinished
//! word stands for a hundred, most of them rare: a list that has nothing in a window adds nothing there, and one that has
//! little is gone through instead of being asked about each point.

use alloc::vec::Vec;

use super::cursor::{Clause, Cursor};
use crate::bitmap::Bitmap;
use crate::ids::Ordinal;
use crate::meter::Meter;
use crate::order::{Key, sort_keys};

/// Ordinals of a window: the sums fit the first cache.
const WINDOW: u32 = 4096;

/// Which points count.
#[derive(Debug, Clone, Copy)]
pub enum Demand<'a> {
    /// One word is enough.
    Any,
    /// Every one of so many words, in whatever field.
    All(u32),
    /// The words in one field in their order: where each stands relative to the first, by token.
    Phrase(&'a [u32]),
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

/// Sums of the points of a window.
struct Window {
    sums: Vec<u32>,
    /// For `Demand::All`: words met so far.
    met: Vec<u32>,
    touched: Vec<u64>,
}

impl Window {
    fn new() -> Self {
        let size = WINDOW as usize;
        Self { sums: alloc::vec![0; size], met: alloc::vec![0; size], touched: alloc::vec![0; size / 64] }
    }

    #[inline]
    fn add(&mut self, place: u32, adds: u32) {
        if let (Some(sum), Some(word)) = (self.sums.get_mut(place as usize), self.touched.get_mut(place as usize / 64))
        {
            *sum = sum.saturating_add(adds);
            *word |= 1 << (place % 64);
        }
    }

    /// The same if the point has had another word.
    #[inline]
    fn add_if_touched(&mut self, place: u32, adds: u32) {
        if self.touched.get(place as usize / 64).is_some_and(|word| word >> (place % 64) & 1 == 1) {
            self.add(place, adds);
        }
    }

    /// The same if the point has had every word before this one.
    #[inline]
    fn add_if_met(&mut self, place: u32, adds: u32, token: u32) {
        let Some(met) = self.met.get_mut(place as usize).filter(|met| **met >= token) else { return };
        *met = token + 1;
        self.add(place, adds);
    }

    /// Takes out what was summed up, in ascending order, as place, sum and words met.
    fn drain(&mut self, mut with: impl FnMut(u32, u32, u32)) {
        for (index, word) in (0u32..).zip(&mut self.touched) {
            while *word != 0 {
                let place = index * 64 + word.trailing_zeros();
                *word &= *word - 1;
                let sum = self.sums.get_mut(place as usize).map_or(0, core::mem::take);
                let met = self.met.get_mut(place as usize).map_or(0, core::mem::take);
                with(place, sum, met);
            }
        }
    }
}

/// The most memory that a search of so many lists takes beside the segment, in bytes: two cursors for each, and the window.
pub const fn scratch_bytes(lists: usize) -> u32 {
    let bytes = lists * (2 * (size_of::<Cursor<'_>>() + size_of::<Clause<'_>>()) + 64) + 3 * 4 * WINDOW as usize;
    if bytes > u32::MAX as usize { u32::MAX } else { bytes as u32 }
}

/// What is gone through.
#[derive(Clone, Copy)]
pub struct Scan<'a> {
    /// Points of the segment.
    pub points: u32,
    /// Those that count; none: all.
    pub mask: Option<&'a Bitmap>,
    /// The sum below which nothing counts.
    pub least: u32,
    pub meter: &'a Meter<'a>,
}

/// Goes through all points that meet the demand, pass the mask and may be hits. `offer` is told their sums, and says below which
/// sum nothing counts any more.
pub fn search(
    clauses: &[Clause<'_>],
    demand: Demand<'_>,
    scan: Scan<'_>,
    offer: &mut dyn FnMut(u32, Ordinal) -> u32,
) -> Work {
    let Scan { points, mask, mut least, meter } = scan;
    let mut cursors: Vec<Cursor<'_>> = clauses.iter().copied().map(Cursor::new).collect();
    let mut phrase = match demand {
        Demand::Phrase(places) => Some(Phrase::new(clauses, places)),
        _ => None,
    };
    let blocks = clauses.iter().map(|c| c.list.len() as u32).sum();
    let (mut window, mut work) = (Window::new(), Work { blocks, ..Work::default() });
    let mut bounds: Vec<Key> = Vec::with_capacity(cursors.len());
    let (mut start, mut spent) = (0, 0);
    while start < points && meter.spend(work.scored - spent) {
        spent = work.scored;
        let end = points.min(start.saturating_add(WINDOW));
        bounds.clear();
        for (index, cursor) in (0..).zip(&mut cursors) {
            bounds.push((u64::from(cursor.bound(start, end)), index));
        }
        let total: u64 = bounds.iter().map(|b| b.0).sum();
        if total > 0 && total >= u64::from(least) {
            let passes = |o| mask.is_none_or(|mask| mask.contains(o));
            match demand {
                Demand::Any => {
                    let mut at = Any { cursors: &mut cursors, bounds: &mut bounds, window: &mut window };
                    work.scored += at.search(start..end, &mut least, passes, offer);
                }
                Demand::All(tokens) => {
                    all(&mut cursors, tokens, &mut window, start..end);
                    window.drain(|place, sum, met| {
                        if met == tokens && sum >= least && passes(start + place) {
                            work.scored += 1;
                            least = offer(sum, start + place);
                        }
                    });
                }
                Demand::Phrase(places) => {
                    let tokens = places.len() as u32;
                    all(&mut cursors, tokens, &mut window, start..end);
                    window.drain(|place, sum, met| {
                        let ordinal = start + place;
                        let found = met == tokens && sum >= least && passes(ordinal);
                        if found && phrase.as_mut().is_some_and(|p| p.is_in(ordinal)) {
                            work.scored += 1;
                            least = offer(sum, ordinal);
                        }
                    });
                }
            }
        }
        start = end;
    }
    work.read = cursors.iter().map(|cursor| cursor.read).sum();
    work
}

/// The sums of some points, ascending, whatever else would be a hit; none where the demand is not met. (Phrases are not looked
/// for: who is asked about one has looked already.)
pub fn sums_of(clauses: &[Clause<'_>], demand: Demand<'_>, ordinals: &[Ordinal]) -> Vec<Option<u32>> {
    let mut cursors: Vec<Cursor<'_>> = clauses.iter().copied().map(Cursor::new).collect();
    let sum = |&ordinal: &Ordinal| {
        let (mut sum, mut met) = (None, 0);
        for cursor in &mut cursors {
            if cursor.find(ordinal) {
                sum = Some(sum.unwrap_or(0u32).saturating_add(cursor.adds_at(ordinal)));
                met = if cursor.clause.token == met { met + 1 } else { met };
            }
        }
        match demand {
            Demand::Any => sum,
            Demand::All(tokens) => sum.filter(|_| met == tokens),
            Demand::Phrase(_) => None,
        }
    };
    ordinals.iter().map(sum).collect()
}

/// Sums up a window, word after word: what lacks one is not looked at any more.
fn all(cursors: &mut [Cursor<'_>], tokens: u32, window: &mut Window, range: core::ops::Range<u32>) {
    for token in 0..tokens {
        for cursor in cursors.iter_mut().filter(|cursor| cursor.clause.token == token) {
            cursor.each(range.start, range.end, |o, adds| window.add_if_met(o - range.start, adds, token));
        }
    }
}

/// A window for `Demand::Any`.
struct Any<'s, 'a> {
    cursors: &'s mut [Cursor<'a>],
    /// The most that each cursor adds.
    bounds: &'s mut Vec<Key>,
    window: &'s mut Window,
}

impl Any<'_, '_> {
    fn search(
        &mut self,
        range: core::ops::Range<u32>,
        least: &mut u32,
        passes: impl Fn(Ordinal) -> bool,
        offer: &mut dyn FnMut(u32, Ordinal) -> u32,
    ) -> u32 {
        // Those that add little first: as many of them as together cannot make a hit are only asked.
        sort_keys(self.bounds);
        let mut asked_most = 0u64;
        let mut asked = 0;
        for (bound, _) in self.bounds.iter() {
            if asked_most + bound >= u64::from(*least) {
                break;
            }
            asked_most += bound;
            asked += 1;
        }
        let (cursors, window) = (&mut *self.cursors, &mut *self.window);
        for (bound, index) in self.bounds.drain(asked..) {
            let Some(cursor) = cursors.get_mut(index as usize).filter(|_| bound > 0) else { continue };
            cursor.each(range.start, range.end, |o, adds| window.add(o - range.start, adds));
        }
        // Of those that are asked, the ones with little here are quicker gone through than asked about each point.
        self.bounds.retain(|&(bound, index)| {
            let Some(cursor) = cursors.get_mut(index as usize).filter(|_| bound > 0) else { return false };
            let has_little = cursor.ends_in_block(range.end);
            if has_little {
                cursor.each(range.start, range.end, |o, adds| window.add_if_touched(o - range.start, adds));
            }
            !has_little
        });
        let (asked, mut scored) = (&*self.bounds, 0);
        let asked_most: u64 = asked.iter().map(|&(bound, _)| bound).sum();
        window.drain(|place, mut sum, _| {
            let ordinal = range.start + place;
            let mut rest = asked_most;
            if u64::from(sum) + rest < u64::from(*least) || !passes(ordinal) {
                return;
            }
            scored += 1;
            for &(bound, index) in asked.iter().rev() {
                if u64::from(sum) + rest < u64::from(*least) {
                    return;
                }
                rest -= bound;
                if let Some(cursor) = cursors.get_mut(index as usize)
                    && cursor.find(ordinal)
                {
                    sum = sum.saturating_add(cursor.adds_at(ordinal));
                }
            }
            if sum >= *least {
                *least = offer(sum, ordinal);
            }
        });
        scored
    }
}

/// Looks whether words follow one another.
struct Phrase<'a> {
    cursors: Vec<Cursor<'a>>,
    places: Vec<u32>,
    fields: Vec<u32>,
}

impl<'a> Phrase<'a> {
    fn new(clauses: &[Clause<'a>], places: &[u32]) -> Self {
        let mut fields: Vec<u32> = clauses.iter().map(|clause| clause.field).collect();
        fields.dedup();
        Self { cursors: clauses.iter().copied().map(Cursor::new).collect(), places: places.to_vec(), fields }
    }

    /// Ordinals are asked in ascending order.
    #[inline(never)]
    fn is_in(&mut self, ordinal: Ordinal) -> bool {
        for cursor in &mut self.cursors {
            cursor.find(ordinal);
        }
        let (cursors, places) = (&self.cursors, &self.places);
        self.fields.iter().any(|&field| {
            // Where the phrase would begin, by each word.
            let begins = |token: usize, place: u32| -> Vec<u32> {
                let of_token = |c: &&Cursor<'_>| c.clause.field == field && c.clause.token as usize == token;
                let here = cursors.iter().filter(of_token).filter(|c| {
                    c.row < c.data.len && c.held == Some(c.block) && c.data.ordinals.get(c.row) == Some(&ordinal)
                });
                here.flat_map(|c| c.clause.list.positions_of(c.block, c.row, &c.data))
                    .filter_map(|position| position.checked_sub(place))
                    .collect()
            };
            let mut words = places.iter().enumerate();
            let mut possible = words.next().map(|(token, &place)| begins(token, place)).unwrap_or_default();
            for (token, &place) in words {
                if possible.is_empty() {
                    return false;
                }
                let others = begins(token, place);
                possible.retain(|begin| others.contains(begin));
            }
            !possible.is_empty()
        })
    }
}
