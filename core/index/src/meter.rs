//! How much a search may still do, and how long its stages take.
//!
//! There is no clock in here: a host hands one in, or there are neither deadlines nor times.

use core::cell::Cell;

use crate::model::Ended;

/// Microseconds since whenever.
pub type Clock<'a> = &'a dyn Fn() -> u64;

/// Counts down while a search goes on.
pub struct Meter<'a> {
    clock: Option<Clock<'a>>,
    /// On the clock.
    deadline: Option<u64>,
    /// Points that may still be looked at.
    left: Cell<Option<u32>>,
    /// Points since the last look at the clock, which costs as much as comparing some.
    unseen: Cell<u32>,
    ended: Cell<Option<Ended>>,
}

/// Points between two looks at the clock.
const LOOK_AFTER: u32 = 256;

impl<'a> Meter<'a> {
    /// A meter that starts now.
    pub fn new(clock: Option<Clock<'a>>, timeout_ms: Option<u32>, budget: Option<u32>) -> Self {
        let deadline = clock.zip(timeout_ms).map(|(clock, ms)| clock().saturating_add(u64::from(ms) * 1000));
        Self { clock, deadline, left: Cell::new(budget), unseen: Cell::new(LOOK_AFTER), ended: Cell::new(None) }
    }

    /// A meter that never ends anything.
    pub const fn unlimited() -> Self {
        Self { clock: None, deadline: None, left: Cell::new(None), unseen: Cell::new(0), ended: Cell::new(None) }
    }

    /// Microseconds; 0 where there is no clock.
    pub fn now(&self) -> u64 {
        self.clock.map_or(0, |clock| clock())
    }

    /// Whether there is a clock.
    pub const fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// Counts points that were looked at; whether to go on. Counting none looks at the clock.
    #[inline]
    pub fn spend(&self, points: u32) -> bool {
        if self.deadline.is_none() && self.left.get().is_none() {
            return true;
        }
        self.count(points)
    }

    #[inline(never)]
    fn count(&self, points: u32) -> bool {
        let left = self.left.get().map(|left| left.saturating_sub(points));
        self.left.set(left);
        let unseen = self.unseen.get().saturating_add(points);
        let looks = unseen >= LOOK_AFTER || points == 0;
        self.unseen.set(if looks { 0 } else { unseen });
        if self.ended.get().is_none() {
            let is_late = looks && self.deadline.is_some_and(|deadline| self.now() >= deadline);
            let ended = if is_late { Some(Ended::Timeout) } else { left.filter(|&l| l == 0).map(|_| Ended::Budget) };
            self.ended.set(ended);
        }
        self.ended.get().is_none()
    }

    /// What ended the search, if anything did.
    pub const fn ended(&self) -> Option<Ended> {
        self.ended.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_first_ends_it() {
        let time = Cell::new(10);
        let clock = || time.get();
        let meter = Meter::new(Some(&clock), Some(1), Some(100));
        assert!(meter.spend(60));
        assert!(!meter.spend(40));
        assert_eq!(meter.ended(), Some(Ended::Budget));
        let meter = Meter::new(Some(&clock), Some(1), Some(100));
        assert!(meter.spend(1));
        time.set(1010);
        assert!(meter.spend(1), "the clock is not looked at for every point");
        assert!(!meter.spend(0) && !meter.spend(1));
        assert_eq!(meter.ended(), Some(Ended::Timeout));
        let meter = Meter::new(None, Some(1), None);
        assert!(meter.spend(u32::MAX) && meter.spend(u32::MAX));
    }
}
