//! What a schema says of one named vector.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::ids::check_path_name;
use crate::json::{Fields, Reader, listed};
use crate::limits::{MAX_DIM, MAX_EF_CONSTRUCTION, MAX_FIELDS, MAX_M, MAX_NAME_BYTES};

/// Bytes of a name that is none of those that there are, as its error shows it.
const MOST_SHOWN: usize = 40;

/// How two vectors are compared. Scores are always "higher is better".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Metric {
    /// Cosine of the angle, in [-1, 1]; a vector of zeros has no direction: it is near to nothing.
    #[default]
    Cosine,
    /// Inner product.
    Dot,
    /// The negated squared Euclidean distance.
    L2,
}

impl Metric {
    pub(super) const ALL: [Self; 3] = [Self::Cosine, Self::Dot, Self::L2];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Dot => "dot",
            Self::L2 => "l2",
        }
    }
}

/// Text to vector inside Headwater: which model reads which payload fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(remote = "Self")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Embed {
    /// Name of a model that the origin holds.
    pub model: String,
    /// Payload fields, 1 to 64, in order; names with dots are paths. Arrays of strings are joined by ", ", the fields
    /// by ": ". Where that makes no text, or one of which the model knows nothing, the point has no such vector.
    pub from: Vec<String>,
}

impl Embed {
    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["model", "from"])?;
        Ok(Self {
            model: fields.required("model", Fields::text)?.into(),
            from: fields.required("from", Fields::texts)?,
        })
    }
}

/// Parameters of the HNSW graph (Malkov and Yashunin, arXiv 1603.09320).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[serde(remote = "Self")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GraphOptions {
    /// Neighbours of a node on the upper levels; the ground level has twice as many.
    pub m: u16,
    /// Candidates considered when a node is linked.
    pub ef_construction: u16,
    /// Points of a segment from which on it has a graph. When absent, the builder measures whether one pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub min_points: Option<u32>,
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self { m: 16, ef_construction: 128, min_points: None }
    }
}

impl GraphOptions {
    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["m", "efConstruction", "minPoints"])?;
        let whole = |name, most, otherwise| -> Result<u16> {
            let value = fields.small(name, 2..=most)?.unwrap_or(u32::from(otherwise));
            u16::try_from(value).map_err(|_| fields.document().error(format_args!("{name:?} is at most {most}")))
        };
        let default = Self::default();
        Ok(Self {
            m: whole("m", MAX_M, default.m)?,
            ef_construction: whole("efConstruction", MAX_EF_CONSTRUCTION, default.ef_construction)?,
            min_points: fields.count("minPoints")?,
        })
    }
}

/// What a segment finds candidates with, before codes of more bits are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Coarse {
    /// Codes of one or two bits, by `layout`, where the builder finds on a sample that they suit the data.
    #[default]
    Auto,
    /// Nothing: the codes that rank are compared all, or along a graph.
    None,
}

impl Coarse {
    pub(super) const ALL: [Self; 2] = [Self::Auto, Self::None];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::None => "none",
        }
    }
}

/// The codes that segments rank points by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Tier {
    /// A byte a component.
    #[default]
    U8,
    /// Half a byte: half the memory, and a little recall less.
    U4,
}

impl Tier {
    pub(super) const ALL: [Self; 2] = [Self::U8, Self::U4];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U4 => "u4",
        }
    }
}

/// A precision in which segments keep whole vectors beside their codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Precision {
    /// Four bytes a component: scores are exact.
    F32,
    /// Two bytes a component, each within ±65,504.
    F16,
}

impl Precision {
    pub(super) const ALL: [Self; 2] = [Self::F32, Self::F16];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
        }
    }
}

/// How the codes of a vector lie in segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Layout {
    /// For replicas that hold whole segments: the fewest bytes, and the fastest searches.
    #[default]
    Whole,
    /// For readers that fetch ranges: small clusters, each point in up to three of them, codes of two bits, and
    /// codes, ids and payloads of 32 points together. A search needs 16 ranges in two rounds instead of 50 in four,
    /// segments are two fifths larger (BENCHMARKS.md).
    Ranges,
}

impl Layout {
    pub(super) const ALL: [Self; 2] = [Self::Whole, Self::Ranges];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Ranges => "ranges",
        }
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// One named vector of every point.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(remote = "Self")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VectorField {
    /// Number of dimensions, 1 to 4,096.
    pub dim: u32,
    /// How vectors are compared; cosine when absent.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Metric>"))]
    pub metric: Metric,
    /// Derives the vector from the payload; without it every point brings its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embed: Option<Embed>,
    /// What finds candidates; codes of a few bits where they suit the data when absent.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Coarse>"))]
    pub coarse: Coarse,
    /// How codes lie in segments: for replicas that hold whole segments when absent.
    #[serde(default, skip_serializing_if = "Layout::is_default")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Layout>"))]
    pub layout: Layout,
    /// What ranks the hits, and what is stored of every vector; u8 codes when absent.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Tier>"))]
    pub codes: Tier,
    /// Keeps whole vectors in segments, which then rank the hits instead of codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Precision>,
    /// Parameters of the graph.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<GraphOptions>"))]
    pub graph: GraphOptions,
}

crate::objects_only!(Embed, GraphOptions, VectorField);

impl VectorField {
    pub(super) fn read(fields: Fields<'_>) -> Result<Self> {
        let mut reader =
            Reader::only(fields, &["dim", "metric", "embed", "coarse", "layout", "codes", "keep", "graph"]);
        let field = Self {
            dim: reader.required_small("dim", 1..=MAX_DIM),
            metric: reader.with(|f| choice(&f, "metric", Metric::ALL, Metric::as_str)).unwrap_or_default(),
            embed: reader.object("embed", Embed::read),
            coarse: reader.with(|f| choice(&f, "coarse", Coarse::ALL, Coarse::as_str)).unwrap_or_default(),
            layout: reader.with(|f| choice(&f, "layout", Layout::ALL, Layout::as_str)).unwrap_or_default(),
            codes: reader.with(|f| choice(&f, "codes", Tier::ALL, Tier::as_str)).unwrap_or_default(),
            keep: reader.with(|f| choice(&f, "keep", Precision::ALL, Precision::as_str)),
            graph: reader.object("graph", GraphOptions::read).unwrap_or_default(),
        };
        reader.finish(field)
    }

    /// Whether zeros stand for no vector: they have no direction, and a model gives them to a text of which it knows
    /// nothing. A point with such a vector has none, and nothing is near to such a query. Given vectors of other
    /// metrics may well be zeros.
    #[must_use]
    pub fn zeros_are_none(&self) -> bool {
        self.metric == Metric::Cosine || self.embed.is_some()
    }

    pub(super) fn check(&self, name: &str) -> Result<()> {
        let dim = self.dim as usize;
        if dim == 0 || dim > MAX_DIM {
            return Err(invalid(format!("vector {name:?}: dim is 1 to {MAX_DIM}, not {dim}")));
        }
        let GraphOptions { m, ef_construction, .. } = self.graph;
        if !(2..=MAX_M).contains(&usize::from(m)) {
            return Err(invalid(format!("vector {name:?}: graph.m is 2 to {MAX_M}, not {m}")));
        }
        if !(usize::from(m)..=MAX_EF_CONSTRUCTION).contains(&usize::from(ef_construction)) {
            return Err(invalid(format!(
                "vector {name:?}: graph.efConstruction is m to {MAX_EF_CONSTRUCTION}, not {ef_construction}"
            )));
        }
        if let Some(embed) = &self.embed {
            check_path_name(&embed.model, "model")?;
            let fits = |from: &String| from.len() <= MAX_NAME_BYTES;
            if embed.from.is_empty() || embed.from.len() > MAX_FIELDS || !embed.from.iter().all(fits) {
                return Err(invalid(format!(
                    "vector {name:?}: embed.from names 1 to {MAX_FIELDS} payload fields of at most {MAX_NAME_BYTES} bytes"
                )));
            }
        }
        Ok(())
    }
}

/// One of a few names.
pub(super) fn choice<T: Copy, const N: usize>(
    fields: &Fields<'_>,
    key: &str,
    all: [T; N],
    name: impl Fn(T) -> &'static str,
) -> Result<Option<T>> {
    Ok(place_of(fields, key, &all.map(name))?.and_then(|place| all.get(place).copied()))
}

/// Which of these names a field has. One copy of it for all kinds of choices.
#[inline(never)]
fn place_of(fields: &Fields<'_>, key: &str, names: &[&str]) -> Result<Option<usize>> {
    let Some(text) = fields.text(key)? else { return Ok(None) };
    let place = names.iter().position(|&name| name == text);
    place.map(Some).ok_or_else(|| {
        let found = text.get(..text.floor_char_boundary(MOST_SHOWN)).unwrap_or_default();
        fields.document().error(format_args!("{key:?} is one of {}, not {found:?}", listed(names)))
    })
}

pub(super) fn invalid(message: String) -> Error {
    Error::new(Code::InvalidSchema, message)
}
