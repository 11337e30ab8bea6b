//! Counts of field values over what a query finds.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::histogram::{Bucket, Histogram};
use super::vector_field::choice;
use super::{ByName, Scalar, datetime};
use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields, Reader};
use crate::limits::{MAX_FACET_RANGES, MAX_FACET_VALUES, MAX_FACETS, MAX_KEYWORD_BYTES};

/// What to count of one field.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Facet {
    /// How many values to name; 10 when absent.
    pub top: Option<u32>,
    /// Which of the values are named, and in which order; those that most points have when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<FacetOrder>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub order: FacetOrder,
    /// Of a keyword field: only values that begin with this, whatever the case.
    pub prefix: Option<String>,
    /// Of a keyword field: only values that have this in them, whatever the case.
    pub contains: Option<String>,
    /// Of a number or datetime field: ranges to count instead of values.
    pub ranges: Option<Vec<FacetRange>>,
    /// Of a number or datetime field: buckets to count instead of values.
    pub histogram: Option<Histogram>,
    /// Of a number or datetime field: says the least, the greatest, the sum, the mean and how many there are.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub stats: bool,
    /// Counts as if the filter had no condition on this field: of those that all have to hold, which are the filter's
    /// members and, at any depth, those of its `$and`s, the ones that ask about this field alone are left out. So a
    /// list to choose from keeps its counts.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub disjunctive: bool,
}

/// The order of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FacetOrder {
    /// Those that most points have first, then by value.
    #[default]
    Count,
    /// By value, the least first.
    Value,
}

impl FacetOrder {
    const ALL: [Self; 2] = [Self::Count, Self::Value];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Value => "value",
        }
    }
}

/// A range of numbers; of datetimes, milliseconds since 1970, which queries may write as RFC 3339 says.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(remote = "Self")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FacetRange {
    /// The least number in it; no end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "number | string"))]
    pub gte: Option<f64>,
    /// The least number above it; no end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "number | string"))]
    pub lt: Option<f64>,
}

crate::objects_only!(FacetRange);

impl FacetRange {
    /// Whether a number is in it.
    #[must_use]
    pub fn contains(&self, number: f64) -> bool {
        self.gte.is_none_or(|least| number >= least) && self.lt.is_none_or(|end| number < end)
    }
}

/// What was counted of one field.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FacetCounts {
    /// Values with how many points have them.
    pub values: Vec<ValueCount>,
    /// As many counts as the query has ranges, in their order.
    pub ranges: Vec<u32>,
    /// Points without the field.
    pub missing: u32,
    /// Where the query asks for a histogram: the buckets that have points, in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub histogram: Option<Vec<Bucket>>,
    /// Where the query asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub stats: Option<FacetStats>,
}

/// What numbers come to; of datetimes, milliseconds since 1970. Equal values of one point count once.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FacetStats {
    /// How many values there are.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub count: u64,
    /// The least; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The sum, rounded once, so that no order of adding shows; absent where no 64-bit float reaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// The sum by the count; absent where there is no value or no sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
}

/// A value, and how many points have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ValueCount {
    /// The value; of a datetime, milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "Scalar"))]
    pub value: Scalar,
    /// Points that have it.
    pub count: u32,
}

impl FacetRange {
    fn read_all(list: &[Value], document: Document) -> Result<Vec<Self>> {
        list.iter().map(|range| Self::read(document.object(range)?)).collect()
    }

    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["gte", "lt"])?;
        let end = |name: &str| match fields.value(name).and_then(Value::as_str) {
            Some(text) => datetime::parse(text).map(Some).ok_or_else(|| {
                let advice = datetime::ADVICE;
                fields.document().error(format_args!("{name:?} of a range is a number or a datetime; {advice}"))
            }),
            None => fields.number(name),
        };
        Ok(Self { gte: end("gte")?, lt: end("lt")? })
    }
}

impl Facet {
    /// Values when `top` is absent.
    const DEFAULT_TOP: u32 = 10;

    /// How many values to name.
    #[must_use]
    pub fn top(&self) -> usize {
        self.top.unwrap_or(Self::DEFAULT_TOP) as usize
    }

    /// Facets by field: an object, or a list of names.
    #[inline(never)]
    pub(super) fn read_all(value: &Value, document: Document) -> Result<ByName<Self>> {
        let mut all = ByName::new();
        if let Value::Array(names) = value {
            let mut names = names.iter();
            // Past the limit `check` refuses them all.
            while let Some(name) = names.next().filter(|_| all.len() <= MAX_FACETS) {
                let wrong = || document.error("\"facets\" lists names of fields");
                all.insert(name.as_str().ok_or_else(wrong)?.into(), Self::default());
            }
        } else {
            for (name, tree) in document.object(value)?.entries() {
                all.insert(name.clone(), document.within(name, document.object(tree).and_then(Self::read))?);
            }
        }
        Ok(all)
    }

    #[inline(never)]
    fn read(fields: Fields<'_>) -> Result<Self> {
        let keys = ["top", "order", "prefix", "contains", "ranges", "histogram", "stats", "disjunctive"];
        let mut reader = Reader::only(fields, &keys);
        let facet = Self {
            top: reader.small("top", 0..=MAX_FACET_VALUES),
            order: reader.with(|f| choice(&f, "order", FacetOrder::ALL, FacetOrder::as_str)).unwrap_or_default(),
            prefix: reader.text("prefix"),
            contains: reader.text("contains"),
            ranges: reader.list("ranges", FacetRange::read_all),
            histogram: reader.object("histogram", Histogram::read),
            stats: reader.flag("stats"),
            disjunctive: reader.flag("disjunctive"),
        };
        reader.finish(facet)
    }

    pub(super) fn check(all: &ByName<Self>) -> Result<()> {
        let values = all.values().map(Self::top).max().unwrap_or_default();
        let ranges = all.values().filter_map(|facet| facet.ranges.as_ref()).map(Vec::len).max().unwrap_or_default();
        all.values().filter_map(|facet| facet.histogram.as_ref()).try_for_each(Histogram::check)?;
        let mut texts = all.values().flat_map(|facet| facet.prefix.iter().chain(&facet.contains));
        if texts.any(|text| text.len() > MAX_KEYWORD_BYTES) {
            let message =
                alloc::format!("\"prefix\" and \"contains\" of a facet have at most {MAX_KEYWORD_BYTES} bytes");
            return Err(Error::new(Code::LimitExceeded, message));
        }
        if all.len() <= MAX_FACETS && values <= MAX_FACET_VALUES && ranges <= MAX_FACET_RANGES {
            return Ok(());
        }
        Err(Error::new(
            Code::LimitExceeded,
            alloc::format!(
                "\"facets\" has at most {MAX_FACETS} fields, each with at most {MAX_FACET_VALUES} values or {MAX_FACET_RANGES} ranges"
            ),
        ))
    }
}
