//! Places on the globe, and areas that filters ask for.
//!
//! A place is kept in steps of 1e-7 degrees, 11 mm at most, as whole numbers: every runtime sees the same place.

use alloc::format;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json::Document;

/// Steps of a degree.
const STEPS: f64 = 1e7;
/// Mean radius in metres (IUGG R1, Moritz 2000).
const EARTH_RADIUS: f64 = 6_371_008.8;
/// Half around the globe: no distance is longer.
const FARTHEST: f64 = 20_015_114.8;

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
        let is_on = libm::fabs(lat) <= 90.0 && libm::fabs(lon) <= 180.0;
        is_on.then(|| Self { lat: libm::round(lat * STEPS) as i32, lon: libm::round(lon * STEPS) as i32 })
    }

    /// Reads `{"lat": …, "lon": …}`.
    pub(crate) fn read(value: &Value, document: Document) -> Result<Self> {
        let fields = document.object(value)?.only(&["lat", "lon"])?;
        let (lat, lon) = (fields.number("lat")?, fields.number("lon")?);
        lat.zip(lon).and_then(|(lat, lon)| Self::new(lat, lon)).ok_or_else(|| document.error(Self::ADVICE))
    }

    /// What a place looks like.
    pub(crate) const ADVICE: &str = "a place is {\"lat\": -90 to 90, \"lon\": -180 to 180}";

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

/// From south to north, and from west eastwards to east: past the 180th meridian where west is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeoBox {
    south_west: GeoPoint,
    north_east: GeoPoint,
}

impl GeoBox {
    fn contains(&self, place: GeoPoint) -> bool {
        let (west, east) = (self.south_west.lon, self.north_east.lon);
        let is_between =
            if west <= east { (west..=east).contains(&place.lon) } else { place.lon >= west || place.lon <= east };
        is_between && (self.south_west.lat..=self.north_east.lat).contains(&place.lat)
    }

    /// A box around a circle.
    fn around(center: GeoPoint, radius: f64) -> Self {
        const ALL: i32 = 1_800_000_000;
        let (lat, _) = center.radians();
        let angle = radius / EARTH_RADIUS;
        // A step more on each side, for what rounding takes.
        let steps = |radians: f64| libm::ceil(radians * (180.0 / core::f64::consts::PI) * STEPS) as i32 + 1;
        let height = steps(angle);
        let (south, north) = (center.lat.saturating_sub(height), center.lat.saturating_add(height));
        let reach = libm::sin(angle) / libm::cos(lat);
        // Past a pole every meridian is near.
        let has_pole = angle >= core::f64::consts::FRAC_PI_2 || south < -ALL / 2 || north > ALL / 2;
        let (west, east) = if has_pole || reach >= 1.0 {
            (-ALL, ALL)
        } else {
            let width = steps(libm::asin(reach));
            (wrapped(i64::from(center.lon) - i64::from(width)), wrapped(i64::from(center.lon) + i64::from(width)))
        };
        Self { south_west: GeoPoint { lat: south, lon: west }, north_east: GeoPoint { lat: north, lon: east } }
    }
}

/// A longitude past the 180th meridian, seen from the other side.
const fn wrapped(lon: i64) -> i32 {
    const AROUND: i64 = 3_600_000_000;
    (if lon > AROUND / 2 {
        lon - AROUND
    } else if lon < -AROUND / 2 {
        lon + AROUND
    } else {
        lon
    }) as i32
}

impl GeoArea {
    /// Reads what `$geoRadius` takes: `{"lat", "lon", "radius"}` in metres.
    pub(crate) fn read_circle(value: &Value, document: Document) -> Result<Self> {
        let fields = document.object(value)?.only(&["lat", "lon", "radius"])?;
        let (lat, lon) = (fields.required("lat", |f, n| f.number(n))?, fields.required("lon", |f, n| f.number(n))?);
        let center = GeoPoint::new(lat, lon).ok_or_else(|| document.error(GeoPoint::ADVICE))?;
        let radius = fields.required("radius", |f, n| f.number(n))?;
        if !(0.0..=f64::MAX).contains(&radius) {
            return Err(document.error("\"radius\" is metres, from 0 on"));
        }
        let radius = radius.min(FARTHEST);
        Ok(Self::Circle { center, radius, bounds: GeoBox::around(center, radius) })
    }

    /// Reads what `$geoBox` takes: `{"topLeft": place, "bottomRight": place}`.
    pub(crate) fn read_box(value: &Value, document: Document) -> Result<Self> {
        let fields = document.object(value)?.only(&["topLeft", "bottomRight"])?;
        let corner = |name: &str| match fields.value(name) {
            Some(place) => GeoPoint::read(place, document),
            None => Err(document.error(format_args!("{name:?} is missing"))),
        };
        let (north_west, south_east) = (corner("topLeft")?, corner("bottomRight")?);
        if north_west.lat < south_east.lat {
            return Err(document.error("\"topLeft\" lies south of \"bottomRight\""));
        }
        Ok(Self::Box(GeoBox {
            south_west: GeoPoint { lat: south_east.lat, lon: north_west.lon },
            north_east: GeoPoint { lat: north_west.lat, lon: south_east.lon },
        }))
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

    proptest! {
        /// The bounds of a circle hide nothing that is near enough.
        #[test]
        fn bounds_hold_the_circle(lat in -90.0..90.0f64, lon in -180.0..180.0f64, far in 0.0..1.0f64, to in -90.0..90.0f64, at in -180.0..180.0f64) {
            let radius = far * far * far * FARTHEST;
            let (center, other) = (place(lat, lon), place(to, at));
            prop_assert_eq!(circle(lat, lon, radius).contains(other), center.meters_to(other) <= radius);
        }
    }
}
