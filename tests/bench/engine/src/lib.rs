//! The engine as peers offer theirs: a module that builds an index from vectors, keeps it as bytes and searches
//! it in the thread that calls. The npm package adds a worker, a cache and verification; benchmarks of those are
//! apart from this.
//!
//! The same code is measured natively (`headwater-bench engine`) and in WebAssembly.

mod proof;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ingest::{Models, prepare};
use headwater_core::manifest::{BlobRef, Manifest};
use headwater_core::memtable::Memtable;
use headwater_core::model::{
    Answer, AnsweredBy, ByName, Match, Payload, PayloadText, Point, Query, Schema, SegmentPlan, TextField, Typos,
    VectorField,
};
use headwater_core::publish::Draft;
use headwater_core::snapshot::Snapshot;
use wasm_bindgen::prelude::wasm_bindgen;

pub use proof::Proof;

/// The one vector of the schema.
const VECTOR: &str = "v";
/// The one text field.
const TEXT: &str = "t";
const COLLECTION: &str = "bench";

/// A collection of one vector or text field whose points are called by their positions.
#[wasm_bindgen]
pub struct Engine {
    snapshot: Snapshot,
    schema: Schema,
    plan: Vec<SegmentPlan>,
}

/// The bytes of an index.
#[derive(Debug)]
pub struct Built {
    manifest: Manifest,
    segment: (BlobRef, Vec<u8>),
}

impl Built {
    /// Builds an index of vectors of `field.dim` components, one behind the other.
    pub fn new(vectors: &[f32], field: VectorField) -> Result<Self> {
        let dim = field.dim as usize;
        let schema = Schema { vectors: ByName::from([(VECTOR.to_owned(), field)]), ..Schema::default() };
        let vector = |v: &[f32]| (ByName::from([(VECTOR.to_owned(), v.to_vec())]), Payload::default());
        Self::of(schema, vectors.chunks(dim).map(vector))
    }

    /// Builds an index of texts, with this declaration of their field.
    pub fn of_texts<'t>(texts: impl Iterator<Item = &'t str>, field: TextField) -> Result<Self> {
        let schema = Schema { text: ByName::from([(TEXT.to_owned(), field)]), ..Schema::default() };
        let payload = |text: &str| Payload::from_iter([(TEXT.to_owned(), text.into())]);
        Self::of(schema, texts.map(|text| (ByName::new(), payload(text))))
    }

    /// Builds an index of points with vectors and payloads, of a schema without a model.
    pub fn of(schema: Schema, points: impl Iterator<Item = (ByName<Vec<f32>>, Payload)>) -> Result<Self> {
        let empty = Snapshot::empty(COLLECTION.to_owned(), schema.clone(), Models::default());
        let mut memtable = Memtable::new();
        for (lsn, (position, (vectors, payload))) in (1..).zip(points.enumerate()) {
            let raw = Point { id: position.to_string(), vectors, payload: PayloadText::of(&payload)? };
            memtable.upsert(lsn, prepare(raw, &schema, &Models::default()).map(Arc::new)?);
        }
        let nothing = || Error::new(Code::Internal, "nothing to build");
        let draft = Draft::plan(&empty, &memtable)?.ok_or_else(nothing)?;
        let publication = draft.finish(&empty, &memtable, Vec::new(), 0, &mut |_, _, _| ())?;
        let segment = publication.new_blobs.into_iter().next().ok_or_else(nothing)?;
        Ok(Self { manifest: publication.manifest, segment })
    }

    /// Keeps it in a folder.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let failed = |e: std::io::Error| Error::new(Code::StorageFailed, e.to_string());
        fs::create_dir_all(folder).map_err(failed)?;
        fs::write(folder.join("manifest"), self.manifest.encode()?).map_err(failed)?;
        fs::write(folder.join("segment"), &self.segment.1).map_err(failed)
    }

    /// Reads what [`Self::write`] kept.
    pub fn read(folder: &Path) -> Result<Self> {
        let failed = |e: std::io::Error| Error::new(Code::StorageFailed, e.to_string());
        let manifest = fs::read(folder.join("manifest")).map_err(failed)?;
        let manifest = Manifest::decode_unlinked(&manifest)?;
        let segment = fs::read(folder.join("segment")).map_err(failed)?;
        let reference = manifest.segments.first().ok_or_else(|| Error::corrupt("no segment"))?.blob;
        Ok(Self { manifest, segment: (reference, segment) })
    }

    /// Bytes of the index.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.segment.1.len()
    }

    /// Opens it as a reader would: hash checked, all sections validated.
    pub fn open(self) -> Result<Engine> {
        let schema = self.manifest.schema.clone();
        let snapshot = Snapshot::open(self.manifest, &mut |blob| blob.verify_copy(&self.segment.1))?;
        Ok(Engine { snapshot, schema, plan: Vec::new() })
    }
}

impl Engine {
    /// The positions of the `top_k` nearest vectors, best first. `ef_search` 0 compares all.
    pub fn nearest(&mut self, vector: &[f32], top_k: u32, ef_search: u32) -> Result<Vec<u32>> {
        let mut query = Query::default().with_vector(vector).with_top_k(top_k).with_fields([""; 0]);
        query.exact = ef_search == 0;
        query.ef_search = Some(ef_search).filter(|&ef| ef > 0);
        self.positions(&query)
    }

    /// The positions of the `top_k` best texts for some words.
    pub fn matching(&mut self, words: Match, top_k: u32) -> Result<Vec<u32>> {
        self.positions(&Query::default().with_match(words).with_top_k(top_k).with_fields([""; 0]))
    }

    /// The whole answer to a query as JSON says it, with the vector apart.
    pub fn ask(&self, query: &str, vector: Option<Vec<f32>>) -> Result<Answer> {
        let query = Query::from_json_and_vector(query.as_bytes(), vector)?;
        self.snapshot.search(&query, None, AnsweredBy::Browser)
    }

    fn positions(&mut self, query: &Query) -> Result<Vec<u32>> {
        let answer = self.snapshot.search(query, None, AnsweredBy::Browser)?;
        self.plan = answer.plan;
        Ok(answer.hits.iter().filter_map(|hit| hit.id.parse().ok()).collect())
    }

    /// How the last query was answered.
    #[must_use]
    pub fn plan(&self) -> &[SegmentPlan] {
        &self.plan
    }
}

#[wasm_bindgen]
impl Engine {
    /// Builds and opens an index of unit vectors compared by cosine.
    #[wasm_bindgen(js_name = build)]
    pub fn build_js(vectors: &[f32], dim: usize) -> std::result::Result<Engine, js_sys::Error> {
        let field = VectorField { dim: dim as u32, ..VectorField::default() };
        Built::new(vectors, field).and_then(Built::open).map_err(|e| js_sys::Error::new(e.message()))
    }

    /// Builds and opens an index of texts.
    #[wasm_bindgen(js_name = buildTexts)]
    pub fn build_texts_js(texts: Vec<String>) -> std::result::Result<Engine, js_sys::Error> {
        let built = Built::of_texts(texts.iter().map(String::as_str), TextField::default());
        built.and_then(Built::open).map_err(|e| js_sys::Error::new(e.message()))
    }

    /// Opens an index that was built and kept elsewhere.
    #[wasm_bindgen(js_name = load)]
    pub fn load_js(manifest: &[u8], segment: &[u8]) -> std::result::Result<Engine, js_sys::Error> {
        let built = Manifest::decode_unlinked(manifest).and_then(|manifest| {
            let reference = manifest.segments.first().ok_or_else(|| Error::corrupt("no segment"))?.blob;
            Ok(Built { manifest, segment: (reference, segment.to_vec()) })
        });
        built.and_then(Built::open).map_err(|e| js_sys::Error::new(e.message()))
    }

    /// The positions of the best texts for some words, of which the last may be unfinished.
    #[wasm_bindgen(js_name = matching)]
    pub fn matching_js(
        &mut self,
        query: &str,
        top_k: u32,
        prefix: bool,
        fuzzy: bool,
    ) -> std::result::Result<Vec<u32>, js_sys::Error> {
        let mut words = Match::any_of(query);
        words.prefix = prefix;
        words.fuzzy = fuzzy.then(Typos::default);
        self.matching(words, top_k).map_err(|e| js_sys::Error::new(e.message()))
    }

    /// The answer to a query, both as JSON, with the vector apart.
    #[wasm_bindgen(js_name = ask)]
    pub fn ask_js(&self, query: &str, vector: Option<Vec<f32>>) -> std::result::Result<String, js_sys::Error> {
        let answer = self.ask(query, vector).map_err(|e| js_sys::Error::new(e.message()))?;
        serde_json::to_string(&answer).map_err(|e| js_sys::Error::new(&e.to_string()))
    }

    /// Bytes of the index.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> f64 {
        self.snapshot.resident_bytes() as f64
    }

    /// The positions of the nearest vectors.
    #[wasm_bindgen(js_name = search)]
    pub fn search_js(
        &mut self,
        vector: &[f32],
        top_k: u32,
        ef_search: u32,
    ) -> std::result::Result<Vec<u32>, js_sys::Error> {
        self.nearest(vector, top_k, ef_search).map_err(|e| js_sys::Error::new(e.message()))
    }

    /// Components of a vector.
    #[wasm_bindgen(getter)]
    pub fn dim(&self) -> u32 {
        self.schema.vectors.values().next().map_or(0, |field| field.dim)
    }
}
