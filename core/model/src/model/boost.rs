//! What multiplies scores, and which points come first whatever their score.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::geo::GeoPoint;
use super::{Filter, datetime};
use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields};
use crate::limits::{MAX_BOOST, MAX_BOOSTS, MAX_ID_BYTES, MAX_PINS, MAX_TOP_K};

/// Multiplies the score of points by a factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Boost {
    /// What the factor depends on.
    pub by: BoostBy,
    /// How much: above 0 and at most 1,000; 1 when absent. Of a filter, the factor itself.
    pub weight: f32,
}

/// What the factor of a boost depends on.
#[derive(Debug, Clone, PartialEq)]
pub enum BoostBy {
    /// Points that pass have it, all others 1.
    Filter(Filter),
    /// 1 + weight · ln(1 + number).
    Log(String),
    /// 1 + weight · number / (number + pivot).
    Saturation(String, f64),
    /// 1 + weight · 2^(-distance / scale), of the distance beyond `offset`.
    Decay(String, Decay),
}

/// How soon a field's value stops to matter with its distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decay {
    /// From where distances count.
    pub from: From,
    /// At which distance half is left: in the field's unit, of datetimes milliseconds, of places metres.
    pub scale: f64,
    /// Up to which distance all of it is left.
    pub offset: f64,
}

/// From where distances count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum From {
    /// A number, or a point in time in milliseconds since 1970.
    Number(f64),
    /// A place.
    Place(GeoPoint),
}

/// The same as TypeScript types; they stand here so that reader and types change together.
#[cfg(feature = "typescript")]
pub const BOOST_TYPESCRIPT: &str = r#"/** Multiplies the score of points by a factor; `weight` is above 0, at most 1,000, and 1 when absent. */
export type Boost =
    /** Of points that pass, `weight`. */
    | { filter: Filter, weight?: number }
    /** 1 + weight · ln(1 + number). */
    | { field: string, log: true, weight?: number }
    /** 1 + weight · number / (number + saturation). */
    | { field: string, saturation: number, weight?: number }
    /** 1 + weight · 2^(-distance / scale), of the distance beyond `offset`; of datetimes in milliseconds, of places in metres. */
    | { field: string, decay: { from: number | string | Place, scale: number, offset?: number }, weight?: number };
"#;

impl Boost {
    #[inline(never)]
    pub(super) fn read_all(list: &[Value], document: Document) -> Result<Vec<Self>> {
        if list.len() > MAX_BOOSTS {
            return Err(Error::new(Code::LimitExceeded, format!("\"boosts\" has at most {MAX_BOOSTS} entries")));
        }
        list.iter().map(|value| Self::read(value, document)).collect()
    }

    fn read(value: &Value, document: Document) -> Result<Self> {
        let fields = document.object(value)?.only(&["filter", "field", "log", "saturation", "decay", "weight"])?;
        let weight = fields.number("weight")?.unwrap_or(1.0);
        if !(weight > 0.0 && weight <= f64::from(MAX_BOOST)) {
            return Err(document.error(format_args!("\"weight\" of a boost is above 0 and at most {MAX_BOOST}")));
        }
        Ok(Self { by: BoostBy::read(fields)?, weight: weight as f32 })
    }
}

impl BoostBy {
    fn read(fields: Fields<'_>) -> Result<Self> {
        let document = fields.document();
        let wrong = || {
            document.error(
                "a boost has a \"filter\", or a \"field\" with one of \"log\": true, \"saturation\": a number above 0, and \"decay\"",
            )
        };
        let kinds = ["filter", "log", "saturation", "decay"];
        if kinds.iter().filter(|&&kind| fields.value(kind).is_some()).count() != 1 {
            return Err(wrong());
        }
        if let Some(filter) = fields.value("filter") {
            return if fields.value("field").is_some() {
                Err(wrong())
            } else {
                Filter::from_value(filter).map(Self::Filter)
            };
        }
        let field: String = fields.required("field", Fields::text)?.into();
        if let Some(decay) = fields.object("decay")? {
            return Ok(Self::Decay(field, Decay::read(decay)?));
        }
        match fields.number("saturation") {
            Ok(None) if fields.flag("log")? == Some(true) => Ok(Self::Log(field)),
            Ok(Some(pivot)) if pivot > 0.0 => Ok(Self::Saturation(field, pivot)),
            _ => Err(wrong()),
        }
    }
}

impl Decay {
    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["from", "scale", "offset"])?;
        let document = fields.document();
        let from = match fields.required("from", |f, n| Ok(f.value(n)))? {
            Value::String(text) => datetime::parse(text).map(From::Number),
            Value::Number(number) => number.as_f64().map(From::Number),
            place => Some(From::Place(GeoPoint::asked(place, document)?)),
        };
        let wrong = || document.error("\"from\" of a decay is a number, a datetime, or a place");
        let decay = Self {
            from: from.ok_or_else(wrong)?,
            scale: fields.required("scale", |f, n| f.number(n))?,
            offset: fields.number("offset")?.unwrap_or(0.0),
        };
        if decay.scale > 0.0 && decay.offset >= 0.0 {
            return Ok(decay);
        }
        Err(document.error("\"scale\" of a decay is above 0, and \"offset\" is not below"))
    }
}

/// A point that stands at a place of the hits, whatever its score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The point's id.
    pub id: String,
    /// Its place among all hits, from 1 on.
    pub at: u32,
}

/// The same as a TypeScript type.
#[cfg(feature = "typescript")]
pub const PIN_TYPESCRIPT: &str = r#"/** A point that comes first, by id; or at a place among the hits, from 1 on. */
export type Pin = string | { id: string, at: number };
"#;

impl Pin {
    #[inline(never)]
    pub(super) fn read_all(list: &[Value], document: Document) -> Result<Vec<Self>> {
        if list.len() > MAX_PINS {
            return Err(Error::new(Code::LimitExceeded, format!("\"pins\" has at most {MAX_PINS} entries")));
        }
        let mut pins: Vec<Self> = Vec::with_capacity(list.len());
        for (value, place) in list.iter().zip(1..) {
            let pin = match value {
                Value::String(id) => Self { id: id.clone(), at: place },
                other => {
                    let fields = document.object(other)?.only(&["id", "at"])?;
                    let at = fields.required("at", |f, n| f.small(n, 1..=MAX_TOP_K))?;
                    Self { id: fields.required("id", Fields::text)?.into(), at }
                }
            };
            let is_taken = pins.iter().any(|other| other.id == pin.id || other.at == pin.at);
            if is_taken || pin.at == 0 || pin.at as usize > MAX_TOP_K || pin.id.len() > MAX_ID_BYTES {
                return Err(document.error(format_args!(
                    "\"pins\" names each point and each place once, places from 1 to {MAX_TOP_K}; {:?} at {} is no such one, or comes twice",
                    pin.id, pin.at
                )));
            }
            pins.push(pin);
        }
        Ok(pins)
    }
}
