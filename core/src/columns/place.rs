//! Places: sections and view of a column of points on the globe.
//!
//! ```text
//! places  n times two i32   degrees north and east in steps of 1e-7; both the least i32 where the field is missing
//! ```

use super::Bitmap;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::model::{GeoArea, GeoPoint};

/// What stands for a missing place.
const MISSING: [i32; 2] = [i32::MIN; 2];
/// Points that say how many lie in an area.
const SAMPLE: usize = 256;

/// A place as it is stored.
pub(crate) fn stored(place: Option<GeoPoint>) -> [i32; 2] {
    place.map_or(MISSING, |place| [place.lat, place.lon])
}

/// A view of a stored column of places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaceColumn<'a>(pub(crate) &'a [[i32; 2]]);

impl PlaceColumn<'_> {
    /// Checks the column of `points` points.
    pub(crate) fn check(&self, points: usize) -> Result<()> {
        if self.0.len() == points { Ok(()) } else { Err(Error::corrupt("places: not one a point")) }
    }

    /// The point's place.
    #[inline]
    pub(crate) fn place(&self, ordinal: Ordinal) -> Option<GeoPoint> {
        self.0.get(ordinal as usize).filter(|p| **p != MISSING).map(|&[lat, lon]| GeoPoint::of_steps(lat, lon.into()))
    }

    /// Whether the point's place lies in the area; without one, whether it has a place.
    #[inline]
    pub(crate) fn passes(&self, area: Option<&GeoArea>, ordinal: Ordinal) -> bool {
        self.place(ordinal).is_some_and(|place| area.is_none_or(|area| area.contains(place)))
    }

    /// About how many points pass, from a sample at equal distances.
    pub(crate) fn estimate(&self, area: Option<&GeoArea>) -> u32 {
        let (points, step) = (self.0.len(), self.0.len().div_ceil(SAMPLE).max(1));
        let sample = (0..points).step_by(step);
        let (of, passing) = (sample.len().max(1), sample.filter(|&o| self.passes(area, o as Ordinal)).count());
        (passing * points / of) as u32
    }

    /// The points that pass.
    pub(crate) fn bitmap(&self, area: Option<&GeoArea>) -> Bitmap {
        Bitmap::from_fn(self.0.len() as u32, |ordinal| self.passes(area, ordinal))
    }
}
