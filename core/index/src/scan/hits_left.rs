//! How many hits a scan under a mask has still to expect, by how scores lie around the centroids that it has seen.

use super::kept::Kept;

/// Points that say how scores lie around centroids.
const SAMPLE: u32 = 1024;

/// What a scan under a mask has met, so that it knows when to end.
pub(super) struct Met {
    lift: Lift,
    /// As many of the best as hits are wanted: the whole of what is kept would have to be gone through again and again.
    pub(super) hits: Kept,
}

impl Met {
    pub(super) fn new(hits: usize) -> Self {
        Self { lift: Lift::default(), hits: Kept::new(hits) }
    }

    /// Where to add points, as long as more of them say more.
    pub(super) fn sampled(&mut self) -> Option<&mut Lift> {
        Some(&mut self.lift).filter(|lift| lift.points < SAMPLE)
    }

    /// How many of `left` points are expected to be hits, if none of their centroids scores more than this one.
    pub(super) fn hits_left(&mut self, centroid: f32, left: u64) -> f64 {
        let bar = self.hits.nth(self.hits.wanted);
        self.lift.hits_left(centroid, bar, left)
    }
}

/// How much points score above their clusters' centroids.
#[derive(Debug, Default)]
pub(super) struct Lift {
    points: u32,
    sum: f64,
    squares: f64,
}

impl Lift {
    pub(super) fn add(&mut self, lift: f32) {
        self.points += 1;
        self.sum += f64::from(lift);
        self.squares += f64::from(lift) * f64::from(lift);
    }

    /// How many of `left` points are expected to reach `bar`, if none of their centroids scores more than this one: as
    /// if lifts were normally distributed.
    fn hits_left(&self, centroid: f32, bar: Option<f32>, left: u64) -> f64 {
        let Some(bar) = bar.filter(|_| self.points > 0) else { return left as f64 };
        let points = f64::from(self.points);
        let mean = self.sum / points;
        let deviation = libm::sqrt((self.squares / points - mean * mean).max(0.0)).max(f64::MIN_POSITIVE);
        let wanted = (f64::from(bar) - f64::from(centroid) - mean) / deviation;
        left as f64 * 0.5 * libm::erfc(wanted * core::f64::consts::FRAC_1_SQRT_2)
    }
}
