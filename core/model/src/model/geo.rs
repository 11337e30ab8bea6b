//! Places on the globe, and areas that filters ask for.
//!
//! A place is kept in steps of 1e-7 degrees, 11 mm at most, as whole numbers: every runtime sees the same place. It has
//! one name: the meridian opposite of Greenwich is 180, not -180, and a pole has longitude 0.

use alloc::format;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields};

/// Steps of a degree.
const STEPS: f64 = 1e7;
/// Mean radius in metres (IUGG R1, Moritz 2000).
const EARTH_RADIUS: f64 = 6_371_008.8;
/// Half around the globe: no distance is longer.
const FARTHEST: f64 = 20_015_114.8;
/// Steps around the globe.
const AROUND: i64 = 3_600_000_000;
/// Steps from the equator to a pole.
const POLE: u32 = 900_000_000;

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeoPoint {
    /// Degrees north, in steps of 1e-7.
    pub lat: i32,
    /// Degrees east, in steps of 1e-7.
    pub lon: i32,
}

impl GeoPoint {
    /// A place in degrees; none when they are not on the globe.
    #[must_use]
    pub fn new(lat: f64, lon: f64) -> Option<Self> {
        Self::within(lat, lon, 180.0)
    }

    /// The same, with degrees east up to `most`: whoever moves a map around the globe comes to 182, which is -178.
    fn within(lat: f64, lon: f64, most: f64) -> Option<Self> {
        let is_on = libm::fabs(lat) <= 90.0 && libm::fabs(lon) <= most;
        is_on.then(|| Self::of_steps(libm::round(lat * STEPS) as i32, libm::round(lon * STEPS) as i64))
    }

    /// A place in steps; of all names that it has, the one that all others are taken for.
    #[must_use]
    pub fn of_steps(lat: i32, lon: i64) -> Self {
        let half = AROUND / 2;
        // Above -180, up to 180.
        let lon = half - (half - lon).rem_euclid(AROUND);
        Self { lat, lon: if lat.unsigned_abs() == POLE { 0 } else { lon as i32 } }
    }

    /// Reads `{"lat": …, "lon": …}` of a point.
    fn read(value: &Value, document: Document) -> Result<Self> {
        let (lat, lon) = Self::degrees(document.object(value)?.only(&["lat", "lon"])?)?;
        Self::new(lat, lon).ok_or_else(|| document.error(Self::ADVICE))
    }

    /// Reads the same of a query.
    pub(crate) fn asked(value: &Value, document: Document) -> Result<Self> {
        let (lat, lon) = Self::degrees(document.object(value)?.only(&["lat", "lon"])?)?;
        Self::of_query(lat, lon, document)
    }

    fn degrees(fields: Fields<'_>) -> Result<(f64, f64)> {
        Ok((fields.required("lat", |f, n| f.number(n))?, fields.required("lon", |f, n| f.number(n))?))
    }

    fn of_query(lat: f64, lon: f64, document: Document) -> Result<Self> {
        let wrong = || document.error("a place is {\"lat\": -90 to 90, \"lon\": -360 to 360}");
        Self::within(lat, lon, 360.0).ok_or_else(wrong)
    }

    /// What a place of a point looks like.
    const ADVICE: &str = "a place is {\"lat\": -90 to 90, \"lon\": -180 to 180}";

    fn radians(self) -> (f64, f64) {
        let radians = |steps: i32| f64::from(steps) / STEPS * (core::f64::consts::PI / 180.0);
        (radians(self.lat), radians(self.lon))
    }

    /// Metres along the great circle, on a globe of the mean radius: at most 0.6 % off (haversine formula).
    #[must_use]
    pub fn meters_to(self, other: Self) -> f64 {
        let ((lat, lon), (other_lat, other_lon)) = (self.radians(), other.radians());
        let (half_lat, half_lon) = (libm::sin((other_lat - lat) / 2.0), libm::sin((other_lon - lon) / 2.0));
        let square = half_lat * half_lat + libm::cos(lat) * libm::cos(other_lat) * half_lon * half_lon;
        2.0 * EARTH_RADIUS * libm::asin(libm::sqrt(square.min(1.0)))
    }
}

/// What a filter asks of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GeoArea {
    /// At most so many metres from the centre.
    Circle {
        /// The centre.
        center: GeoPoint,
        /// Metres.
        radius: f64,
        /// What lies outside is too far, so that few distances are computed.
        bounds: GeoBox,
    },
    /// Inside the box, its edges included.
    Box(GeoBox),
}

/// From south to north, and from a meridian so far eastwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeoBox {
    south: i32,
    north: i32,
    west: i64,
    /// Steps eastwards, up to once around.
    width: i64,
}

impl GeoBox {
    fn contains(&self, place: GeoPoint) -> bool {
        let is_east = || (i64::from(place.lon) - self.west).rem_euclid(AROUND) <= self.width;
        // All meridians meet in a pole.
        (self.south..=self.north).contains(&place.lat) && (place.lat.unsigned_abs() == POLE || is_east())
    }

    /// A box around a circle.
    fn around(center: GeoPoint, radius: f64) -> Self {
        let (lat, _) = center.radians();
        let angle = radius / EARTH_RADIUS;
        // A step more on each side, for what rounding takes.
        let steps = |radians: f64| libm::ceil(radians * (180.0 / core::f64::consts::PI) * STEPS) as i32 + 1;
        let height = steps(angle);
        let (south, north) = (center.lat.saturating_sub(height), center.lat.saturating_add(height));
        let reach = libm::sin(angle) / libm::cos(lat);
        // Past a pole every meridian is near.
        let has_pole = angle >= core::f64::consts::FRAC_PI_2 || south < -(POLE as i32) || north > POLE as i32;
        if has_pole || reach >= 1.0 {
            return Self { south, north, west: 0, width: AROUND };
        }
        let half = i64::from(steps(libm::asin(reach)));
        Self { south, north, west: i64::from(center.lon) - half, width: half * 2 }
    }
}

impl GeoArea {
    /// Reads what `$geoRadius` takes: `{"lat", "lon", "radius"}` in metres.
    pub(crate) fn read_circle(value: &Value, document: Document) -> Result<Self> {
        let fields = document.object(value)?.only(&["lat", "lon", "radius"])?;
        let (lat, lon) = GeoPoint::degrees(fields)?;
        let center = GeoPoint::of_query(lat, lon, document)?;
        let radius = fields.required("radius", |f, n| f.number(n))?;
        if !(0.0..=f64::MAX).contains(&radius) {
            return Err(document.error("\"radius\" is metres, from 0 on"));
        }
        let radius = radius.min(FARTHEST);
        Ok(Self::Circle { center, radius, bounds: GeoBox::around(center, radius) })
    }

    /// Reads what `$geoBox` takes: `{"topLeft": place, "bottomRight": place}`. From west to east it goes eastwards,
    /// past the 180th meridian where west is greater; 360 degrees further east is once around.
    pub(crate) fn read_box(value: &Value, document: Document) -> Result<Self> {
        let fields = document.object(value)?.only(&["topLeft", "bottomRight"])?;
        let corner = |name: &str| -> Result<(GeoPoint, i64)> {
            let value = fields.required(name, |f, n| Ok(f.value(n)))?;
            let (_, lon) = GeoPoint::degrees(document.object(value)?)?;
            Ok((GeoPoint::asked(value, document)?, libm::round(lon * STEPS) as i64))
        };
        let ((north, west), (south, east)) = (corner("topLeft")?, corner("bottomRight")?);
        if north.lat < south.lat {
            return Err(document.error("\"topLeft\" lies south of \"bottomRight\""));
        }
        let width = if east - west >= AROUND { AROUND } else { (east - west).rem_euclid(AROUND) };
        Ok(Self::Box(GeoBox { south: south.lat, north: north.lat, west, width }))
    }

    /// Whether a place lies in it.
    #[must_use]
    pub fn contains(&self, place: GeoPoint) -> bool {
        match self {
            Self::Circle { center, radius, bounds } => bounds.contains(place) && center.meters_to(place) <= *radius,
            Self::Box(bounds) => bounds.contains(place),
        }
    }
}

/// The place that a payload's value says; `name` is the field's.
pub fn place_of(name: &str, value: &Value) -> Result<GeoPoint> {
    let document = Document::new("place", Code::TypeMismatch);
    GeoPoint::read(value, document)
        .map_err(|_| Error::new(Code::TypeMismatch, format!("field {name:?}: {}", GeoPoint::ADVICE)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const DOCUMENT: Document = Document::new("filter", Code::InvalidFilter);

    fn place(lat: f64, lon: f64) -> GeoPoint {
        GeoPoint::new(lat, lon).unwrap()
    }

    fn circle(lat: f64, lon: f64, radius: f64) -> GeoArea {
        GeoArea::read_circle(&json!({ "lat": lat, "lon": lon, "radius": radius }), DOCUMENT).unwrap()
    }

    #[test]
    fn known_distances() {
        let (berlin, paris) = (place(52.52, 13.405), place(48.8566, 2.3522));
        assert!((berlin.meters_to(paris) - 877_464.6).abs() < 1.0, "{}", berlin.meters_to(paris));
        assert_eq!(berlin.meters_to(berlin), 0.0);
        let half = place(0.0, 0.0).meters_to(place(0.0, 180.0));
        assert!((half - FARTHEST).abs() < 1.0, "{half}");
    }

    #[test]
    fn boxes_go_past_the_meridian() {
        let fiji = json!({ "topLeft": { "lat": -15, "lon": 176 }, "bottomRight": { "lat": -20, "lon": -178 } });
        let area = GeoArea::read_box(&fiji, DOCUMENT).unwrap();
        assert!(area.contains(place(-17.7, 178.0)) && area.contains(place(-17.7, -179.0)));
        assert!(!area.contains(place(-17.7, 0.0)) && !area.contains(place(-21.0, 178.0)));
        assert!(circle(0.0, 179.9, 50_000.0).contains(place(0.0, -179.9)));
        assert!(circle(89.99, 0.0, 5_000.0).contains(place(89.99, 180.0)));
    }

    fn read_box(north: f64, west: f64, south: f64, east: f64) -> Result<GeoArea> {
        let corner = |lat: f64, lon: f64| json!({ "lat": lat, "lon": lon });
        GeoArea::read_box(&json!({ "topLeft": corner(north, west), "bottomRight": corner(south, east) }), DOCUMENT)
    }

    #[test]
    fn the_meridian_and_the_poles_have_one_name() {
        assert_eq!(place(1.0, -180.0), place(1.0, 180.0));
        assert_ne!(place(1.0, -179.999_999_9), place(1.0, 180.0));
        assert_eq!(place(90.0, 17.0), place(90.0, -180.0));
        assert_eq!(place(-90.0, 17.0), place(-90.0, 0.0));
        assert_eq!(place(90.0, 5.0).meters_to(place(90.0, -120.0)), 0.0);
        assert_eq!(GeoPoint::of_steps(0, 1_800_000_001).lon, -1_799_999_999);
        let asked = |lon: f64| GeoPoint::asked(&json!({ "lat": 0, "lon": lon }), DOCUMENT);
        assert_eq!(asked(182.0).unwrap(), place(0.0, -178.0));
        assert_eq!(asked(-360.0).unwrap(), place(0.0, 0.0));
        assert!(asked(361.0).is_err() && GeoPoint::new(0.0, 182.0).is_none() && GeoPoint::new(f64::NAN, 0.0).is_none());
    }

    #[test]
    fn boxes_on_the_meridian() {
        let names = [-180.0, 180.0, 179.9, -179.9, 0.0];
        for (west, east, inside) in [
            (176.0, 180.0, [true, true, true, false, false]),
            (-180.0, -178.0, [true, true, false, true, false]),
            (176.0, -178.0, [true, true, true, true, false]),
            (176.0, 182.0, [true, true, true, true, false]),
            (-184.0, -178.0, [true, true, true, true, false]),
            (180.0, 180.0, [true, true, false, false, false]),
            (-180.0, -180.0, [true, true, false, false, false]),
            (180.0, -180.0, [true, true, false, false, false]),
            (-180.0, 180.0, [true; 5]),
            (0.0, 360.0, [true; 5]),
            (1.0, 359.0, [true, true, true, true, false]),
            (-10.0, 10.0, [false, false, false, false, true]),
        ] {
            let area = read_box(1.0, west, -1.0, east).unwrap();
            assert_eq!(names.map(|lon| area.contains(place(0.0, lon))), inside, "{west} to {east}");
            let has_pole = read_box(90.0, west, 80.0, east).unwrap();
            assert!(
                has_pole.contains(place(90.0, 77.0)) && !has_pole.contains(place(-90.0, west.clamp(-180.0, 180.0)))
            );
        }
        assert!(read_box(1.0, -400.0, -1.0, 0.0).is_err() && read_box(-1.0, 0.0, 1.0, 5.0).is_err());
    }

    proptest! {
        /// Turning the globe changes nothing: a box holds a place when the box, turned, holds the place, turned.
        #[test]
        fn boxes_turn_with_the_globe(west in -180i32..=180, width in 0i32..=360, lon in -180i32..=180, turn in -180i32..=180) {
            let wrap = |lon: i32| f64::from((lon + 180).rem_euclid(360) - 180);
            let holds = |turn: i32| {
                let west = wrap(west + turn);
                // Queries say -360 to 360.
                let (west, east) = match width {
                    360 if west > 0.0 => (west - 360.0, west),
                    360 => (west, west + 360.0),
                    width => (west, wrap(west as i32 + width)),
                };
                read_box(1.0, west, -1.0, east).unwrap().contains(place(0.0, wrap(lon + turn)))
            };
            prop_assert_eq!(holds(0), holds(turn));
            prop_assert_eq!(holds(0), (lon - west).rem_euclid(360) <= width);
        }

        /// The bounds of a circle hide nothing that is near enough.
        #[test]
        fn bounds_hold_the_circle(lat in -90.0..90.0f64, lon in -180.0..180.0f64, far in 0.0..1.0f64, to in -90.0..90.0f64, at in -180.0..180.0f64) {
            let radius = far * far * far * FARTHEST;
            let (center, other) = (place(lat, lon), place(to, at));
            prop_assert_eq!(circle(lat, lon, radius).contains(other), center.meters_to(other) <= radius);
        }
    }
}
