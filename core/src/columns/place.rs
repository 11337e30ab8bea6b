//! Places: sections and view of a column of points on the globe.
//!
//! ```text
//! offsets  n + 1 u32   into the places; only where a point has several
//! places   two i32     degrees north and east in steps of 1e-7, those of each point ascending; without offsets one a point,
//!                      both the least i32 where the field is missing
//! ```

use super::Bitmap;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::model::{GeoArea, GeoPoint};

/// A place as it is stored.
pub(crate) type StoredPlace = [i32; 2];

/// What stands for a missing place.
pub(crate) const MISSING: StoredPlace = [i32::MIN; 2];
/// Points that say how many lie in an area.
const SAMPLE: usize = 256;

/// A place as it is stored.
pub(crate) const fn stored(place: GeoPoint) -> StoredPlace {
    [place.lat, place.lon]
}

/// A number of the same order: by latitude, then by longitude.
pub(super) fn rank(place: GeoPoint) -> u64 {
    let bits = |steps: i32| u64::from(steps.cast_unsigned() ^ 1 << 31);
    bits(place.lat) << 32 | bits(place.lon)
}

/// The places among stored ones.
pub(crate) fn given(places: &[StoredPlace]) -> impl Iterator<Item = GeoPoint> {
    places.iter().filter_map(one)
}

#[inline]
fn one(place: &StoredPlace) -> Option<GeoPoint> {
    let [lat, lon] = *place;
    (*place != MISSING).then(|| GeoPoint::of_steps(lat, lon.into()))
}

/// Metres to the nearest of some places; none where there is none.
#[inline]
pub(crate) fn meters_to_nearest(places: &[StoredPlace], from: GeoPoint) -> Option<f64> {
    if let [only] = places {
        return one(only).map(|place| from.meters_to(place));
    }
    given(places).map(|place| from.meters_to(place)).reduce(|a, b| if b < a { b } else { a })
}

/// A view of a stored column of places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaceColumn<'a> {
    pub(crate) rows: Rows<'a>,
    pub(crate) places: &'a [StoredPlace],
}

impl<'a> PlaceColumn<'a> {
    /// Checks the column of `points` points.
    pub(crate) fn check(&self, points: usize) -> Result<()> {
        if self.rows.are_sound(self.places.len(), points) {
            return Ok(());
        }
        Err(Error::corrupt("places: offsets do not cover the values"))
    }

    /// The point's places, or the one that stands for none.
    #[inline]
    pub(crate) fn row(&self, ordinal: Ordinal) -> &'a [StoredPlace] {
        self.places.get(self.rows.of(ordinal)).unwrap_or_default()
    }

    /// Whether one of the point's places lies in the area; without one, whether it has a place.
    #[inline]
    pub(crate) fn passes(&self, area: Option<&GeoArea>, ordinal: Ordinal) -> bool {
        let is_inside = |place: GeoPoint| area.is_none_or(|area| area.contains(place));
        match self.rows.0 {
            None => self.places.get(ordinal as usize).and_then(one).is_some_and(is_inside),
            Some(_) => given(self.row(ordinal)).any(is_inside),
        }
    }

    /// About how many points pass, from a sample at equal distances.
    pub(crate) fn estimate(&self, area: Option<&GeoArea>) -> u32 {
        let points = self.rows.points(self.places.len());
        let step = points.div_ceil(SAMPLE).max(1);
        let sample = (0..points).step_by(step);
        let (of, passing) = (sample.len().max(1), sample.filter(|&o| self.passes(area, o as Ordinal)).count());
        (passing * points / of) as u32
    }

    /// The points that pass.
    pub(crate) fn bitmap(&self, area: Option<&GeoArea>) -> Bitmap {
        Bitmap::from_fn(self.rows.points(self.places.len()) as u32, |ordinal| self.passes(area, ordinal))
    }
}
