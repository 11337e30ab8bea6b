//! From a point as it arrives to a point that can be indexed: checked against schema and limits,
//! vectors derived and normalised. Nothing that fails here has left a trace.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde_json::Value;

use crate::columns::{FieldValue, Unpublished};
use crate::error::{Code, Error, Result};
use crate::ids::check_point_id;
use crate::json::listed;
use crate::kernel::dot_f32;
use crate::limits::{MAX_COMPONENT, MAX_F16, MAX_PAYLOAD_BYTES};
use crate::manifest::{BlobRef, ModelRef};
use crate::model::{
    ByName, Embed, Metric, Payload, PayloadText, Point, Precision, Schema, TextField, VectorField, values_at,
};
use crate::parts::Blob;
use crate::text::{Analyzer, Words};

/// Text to vector. [`crate::embed::StaticModel`] is one; another embedder plugs in here.
pub trait Embedder: Send + Sync {
    /// Dimensions of its vectors.
    fn dim(&self) -> usize;
    /// The vector of a text: the same for the same text, on every target.
    fn embed(&self, text: &str) -> Vec<f32>;
    /// Bytes it keeps in memory.
    fn resident_bytes(&self) -> u64;

    /// Its bytes, where they may come in parts.
    fn blob(&self) -> Option<&Blob> {
        None
    }

    /// The same with a part more, which has been proved, where its bytes come in parts.
    fn with_part(&self, _start: usize, _bytes: &[u8]) -> Option<Arc<dyn Embedder>> {
        None
    }
}

#[cfg(feature = "embed")]
impl Embedder for crate::embed::StaticModel {
    fn dim(&self) -> usize {
        self.dim()
    }

    fn embed(&self, text: &str) -> Vec<f32> {
        self.embed(text)
    }

    fn resident_bytes(&self) -> u64 {
        self.resident_bytes()
    }

    fn blob(&self) -> Option<&Blob> {
        Some(self.blob())
    }

    fn with_part(&self, start: usize, bytes: &[u8]) -> Option<Arc<dyn Embedder>> {
        Some(Arc::new(self.with_part(start, bytes)))
    }
}

/// The models of a collection, by name.
#[derive(Clone, Default)]
pub struct Models(ByName<(BlobRef, Option<Arc<dyn Embedder>>)>);

impl Models {
    /// Adds a model.
    pub fn insert(&mut self, name: String, blob: BlobRef, model: Arc<dyn Embedder>) {
        self.0.insert(name, (blob, Some(model)));
    }

    /// Forgets a model.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Names a model that this build cannot run, so that only queries which need it fail.
    pub fn insert_absent(&mut self, name: String, blob: BlobRef) {
        self.0.insert(name, (blob, None));
    }

    /// The model of this name.
    pub fn get(&self, name: &str) -> Result<&Arc<dyn Embedder>> {
        match self.0.get(name) {
            Some((_, Some(model))) => Ok(model),
            Some((_, None)) => Err(Error::new(
                Code::ModelUnsupported,
                format!("this build cannot run model {name:?}; query with \"vector\" instead of \"text\""),
            )),
            None => {
                Err(Error::new(Code::ModelNotFound, format!("no model {name:?}; add it first: PUT /v1/models/{name}")))
            }
        }
    }

    /// Whether the model in this blob is loaded.
    #[must_use]
    pub fn holds(&self, blob: &BlobRef) -> bool {
        self.0.values().any(|(held, model)| held == blob && model.is_some())
    }

    /// The loaded model that this blob holds.
    #[cfg(feature = "embed")]
    pub(crate) fn by_blob(&self, blob: &BlobRef) -> Option<&Arc<dyn Embedder>> {
        self.0.values().find(|(held, _)| held == blob).and_then(|(_, model)| model.as_ref())
    }

    /// Those of these models that are loaded, whatever their names.
    #[must_use]
    pub(crate) fn among(&self, wanted: &[ModelRef]) -> Self {
        let mut found = Self::default();
        for (name, (blob, model)) in self.0.iter() {
            if let Some(model) = model.as_ref().filter(|_| wanted.iter().any(|w| w.blob == *blob)) {
                found.insert(name.clone(), *blob, Arc::clone(model));
            }
        }
        found
    }

    /// Has the models in this blob take a part of it, which has been proved.
    pub(crate) fn add_part(&mut self, blob: &BlobRef, start: usize, bytes: &[u8]) {
        for (name, (held, model)) in self.clone().0.iter() {
            let more = model.as_ref().filter(|_| held == blob).and_then(|model| model.with_part(start, bytes));
            more.into_iter().for_each(|model| self.insert(name.clone(), *held, model));
        }
    }

    /// The blobs that may come in parts, and what of them is here.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = (&BlobRef, &Blob)> {
        self.0.values().filter_map(|(blob, model)| Some((blob, model.as_ref()?.blob()?)))
    }

    /// Names and blobs, by name.
    #[must_use]
    pub fn refs(&self) -> Vec<ModelRef> {
        self.0.iter().map(|(name, (blob, _))| ModelRef { name: name.clone(), blob: *blob }).collect()
    }

    /// Bytes that the models keep in memory.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.0.values().filter_map(|(_, model)| model.as_ref()).map(|m| m.resident_bytes()).sum()
    }

    /// Fails unless every model that the schema names is here and has the declared dimension.
    pub fn check(&self, schema: &Schema) -> Result<()> {
        for (name, field) in &schema.vectors {
            let Some(embed) = &field.embed else { continue };
            let dim = self.get(&embed.model)?.dim();
            if dim != field.dim as usize {
                return Err(Error::new(
                    Code::InvalidSchema,
                    format!("vector {name:?} declares dim {}, its model {:?} gives {dim}", field.dim, embed.model),
                ));
            }
        }
        Ok(())
    }
}

impl core::fmt::Debug for Models {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// A point that can be indexed.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedPoint {
    /// Its id.
    pub id: String,
    /// Its vectors in the schema's order, of unit length for cosine; empty where it has none.
    pub vectors: Vec<Vec<f32>>,
    /// The words of its text fields, in the schema's order.
    pub texts: Vec<Words>,
    /// Its payload, for filters.
    pub payload: Payload,
    /// The same as text, for hits and segments.
    pub payload_text: PayloadText,
}

impl PreparedPoint {
    /// What filters see of it.
    pub(crate) fn unpublished(&self) -> Unpublished<'_> {
        Unpublished { id: &self.id, payload: &self.payload, texts: &self.texts }
    }
}

/// Checks of a point that arrives what is not asked again of points that are stored: they passed what was asked when
/// they came.
#[cfg(any(test, feature = "std"))]
pub fn check_arriving(point: &Point, schema: &Schema) -> Result<()> {
    let of_point = |e: Error| e.context(format_args!("point {:?}", point.id));
    point.payload.check().map_err(of_point)?;
    if !schema.fields.values().any(|field| field.kind == crate::model::FieldType::Integer) {
        return Ok(());
    }
    let payload = point.payload.to_tree().map_err(of_point)?;
    schema.fields.iter().try_for_each(|(name, f)| FieldValue::check_exact(&payload, name, f.kind)).map_err(of_point)
}

/// Checks a point against the schema and limits, derives the vectors it leaves to a model, and
/// normalises.
pub fn prepare(mut point: Point, schema: &Schema, models: &Models) -> Result<PreparedPoint> {
    check_point_id(&point.id)?;
    let of_point = |e: Error| e.context(format_args!("point {:?}", point.id));
    let payload_text = core::mem::take(&mut point.payload);
    let bytes = payload_text.as_str().len();
    if bytes > MAX_PAYLOAD_BYTES {
        let message = format!(
            "the payload has {bytes} bytes as JSON, the limit is {MAX_PAYLOAD_BYTES}; keep large texts elsewhere"
        );
        return Err(of_point(Error::new(Code::LimitExceeded, message)));
    }
    let payload = payload_text.to_tree().map_err(of_point)?;
    for (name, &field) in &schema.fields {
        FieldValue::extract(&payload, name, field).map_err(of_point)?;
    }
    if let Some(unknown) = point.vectors.keys().find(|name| !schema.vectors.contains_key(*name)) {
        let known: Vec<&str> = schema.vectors.keys().map(String::as_str).collect();
        return Err(of_point(Error::new(
            Code::UnknownField,
            format!("no vector {unknown:?} is declared; this collection has {}", listed(&known)),
        )));
    }
    let mut given = core::mem::take(&mut point.vectors);
    let mut vectors = Vec::with_capacity(schema.vectors.len());
    for (name, field) in &schema.vectors {
        let vector = match (given.remove(name), &field.embed) {
            (Some(vector), _) => Ok(Some(vector)),
            (None, Some(embed)) => {
                models.get(&embed.model).map(|model| Some(embedded(&**model, &text_of(embed, &payload))))
            }
            (None, None) => Ok(None),
        };
        let prepared = vector.and_then(|v| v.map_or(Ok(Vec::new()), |v| prepare_vector(v, name, field)));
        let mut prepared = prepared.map_err(of_point)?;
        if field.zeros_are_none() && prepared.iter().all(|x| *x == 0.0) {
            prepared = Vec::new();
        }
        vectors.push(prepared);
    }
    let words = |(name, field): (&String, &TextField)| {
        let analyzer = Analyzer::new(field.language, field.stop_words);
        Ok(Words::of(&analyzer, texts_of(&payload, name)?.into_iter()))
    };
    let texts = schema.text.iter().map(words).collect::<Result<_>>().map_err(of_point)?;
    Ok(PreparedPoint { id: point.id, vectors, texts, payload, payload_text })
}

/// The texts of a text field, to which its name is a path: strings, and arrays of strings; none when it is missing or
/// null. `null` in an array is an empty text, so that highlights count as the array does.
pub(crate) fn texts_of<'p>(payload: &'p Payload, name: &str) -> Result<Vec<&'p str>> {
    let mut texts = Vec::new();
    for value in values_at(payload, name) {
        let items = if let Value::Array(items) = value { items } else { core::slice::from_ref(value) };
        for item in items {
            texts.push(match item {
                Value::String(text) => text,
                Value::Null => "",
                _ => {
                    let message = format!("text field {name:?} is not a text or an array of texts");
                    return Err(Error::new(Code::InvalidPoint, message));
                }
            });
        }
    }
    Ok(texts)
}

/// The vector of a text; of one that says nothing, white space and ASCII punctuation alone, zeros: models have vectors
/// of full stops too, and what is near to one is near by accident.
pub(crate) fn embedded(model: &dyn Embedder, text: &str) -> Vec<f32> {
    if text.bytes().all(|byte| byte.is_ascii_punctuation() || byte.is_ascii_whitespace()) {
        return alloc::vec![0.0; model.dim()];
    }
    model.embed(text)
}

/// Checks a vector of a point or a query and normalises it for cosine.
pub(crate) fn prepare_vector(mut vector: Vec<f32>, name: &str, field: &VectorField) -> Result<Vec<f32>> {
    if vector.len() != field.dim as usize {
        return Err(Error::new(
            Code::DimensionMismatch,
            format!("vector {name:?} has {} dimensions, the schema declares {}", vector.len(), field.dim),
        ));
    }
    if let Some(position) = vector.iter().position(|x| !x.is_finite()) {
        return Err(Error::new(
            Code::NonFinite,
            format!("vector {name:?}: component {position} is not a finite number"),
        ));
    }
    if field.metric == Metric::Cosine {
        normalise(&mut vector);
    }
    if let Some(position) = vector.iter().position(|x| x.abs() > MAX_COMPONENT) {
        let message = format!(
            "vector {name:?}: component {position} is not within ±1e15, where scores are numbers; scale vectors"
        );
        return Err(Error::new(Code::LimitExceeded, message));
    }
    let too_large = |x: &f32| field.keep == Some(Precision::F16) && x.abs() > MAX_F16;
    if let Some(position) = vector.iter().position(too_large) {
        let message =
            format!("vector {name:?}: component {position} does not fit f16, which ends at 65,504; keep \"f32\"");
        return Err(Error::new(Code::LimitExceeded, message));
    }
    Ok(vector)
}

/// Scales to length 1. Dividing by the largest component first keeps the squares in range; a zero
/// vector stays zero.
pub(crate) fn normalise(vector: &mut [f32]) {
    let largest = vector.iter().fold(0f32, |max, x| if x.abs() > max { x.abs() } else { max });
    if largest == 0.0 {
        return;
    }
    vector.iter_mut().for_each(|x| *x /= largest);
    let length = libm::sqrtf(dot_f32(vector, vector));
    vector.iter_mut().for_each(|x| *x /= length);
}

/// The text a model reads: strings joined by ", ", fields joined by ": ".
fn text_of(embed: &Embed, payload: &Payload) -> String {
    let mut text = String::new();
    for name in &embed.from {
        let mut parts = Vec::new();
        for value in values_at(payload, name) {
            match value {
                Value::String(s) => parts.push(s.clone()),
                Value::Array(items) => parts.extend(items.iter().filter_map(Value::as_str).map(String::from)),
                Value::Number(n) => parts.push(format!("{n}")),
                _ => {}
            }
        }
        let part = parts.join(", ");
        if !text.is_empty() && !part.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&part);
    }
    text
}

mod footprint;
#[cfg(test)]
mod tests;
