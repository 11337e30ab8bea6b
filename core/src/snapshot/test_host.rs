//! A host in miniature for tests: what was written, a log position, stored blobs.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use hashbrown::HashMap;
use serde_json::Value;

use super::*;
use crate::error::Result;
use crate::ingest::{Embedder, PreparedPoint, prepare};
use crate::manifest::BlobRef;
use crate::memtable::Memtable;
use crate::model::{Answer, AnsweredBy, Query};
use crate::publish::Draft;

pub(super) struct Host {
    pub(super) snapshot: Snapshot,
    pub(super) memtable: Memtable,
    truth: BTreeMap<String, Arc<PreparedPoint>>,
    pub(super) blobs: HashMap<BlobRef, Vec<u8>>,
    lsn: u64,
}

impl Host {
    pub(super) fn new(schema: &Value) -> Self {
        Self::with_models(schema, Models::default())
    }

    pub(super) fn with_models(schema: &Value, models: Models) -> Self {
        let schema = Schema::from_json(serde_json::to_string(schema).unwrap().as_bytes()).unwrap();
        let snapshot = Snapshot::empty("tests".into(), schema, models);
        Self { snapshot, memtable: Memtable::new(), truth: BTreeMap::new(), blobs: HashMap::new(), lsn: 0 }
    }

    pub(super) fn put(&mut self, point: Value) {
        self.put_text(&serde_json::to_string(&point).unwrap());
    }

    pub(super) fn put_text(&mut self, point: &str) {
        self.lsn += 1;
        let point = serde_json::from_str(point).unwrap();
        let point = Arc::new(prepare(point, &self.snapshot.schema, &self.snapshot.models).unwrap());
        self.truth.insert(point.id.clone(), Arc::clone(&point));
        self.memtable.upsert(self.lsn, point);
    }

    pub(super) fn delete(&mut self, id: &str) {
        self.lsn += 1;
        self.truth.remove(id);
        self.memtable.delete(self.lsn, id);
    }

    pub(super) fn publish(&mut self) {
        let Some(draft) = Draft::plan(&self.snapshot, &self.memtable).unwrap() else { return };
        let folded = draft.wanted().iter().map(|id| Arc::clone(&self.truth[id])).collect();
        let publication = draft.finish(&self.snapshot, &self.memtable, folded, 1000, &mut |_, _, _| ()).unwrap();
        self.blobs.extend(publication.new_blobs);
        let mut source = |blob: &BlobRef| blob.verify_copy(&self.blobs[blob]);
        self.snapshot = Snapshot::open_after(&self.snapshot, publication.manifest, &mut source).unwrap();
        self.memtable.clear_through(self.lsn);
    }

    pub(super) fn ask(&self, query: &Value) -> Result<Answer> {
        self.ask_as(query, AnsweredBy::Origin)
    }

    pub(super) fn ask_as<'h>(&'h self, query: &Value, host: impl Into<super::Host<'h>>) -> Result<Answer> {
        let query = Query::from_json(serde_json::to_string(query).unwrap().as_bytes())?;
        self.snapshot.search(&query, Some(&self.memtable), host.into())
    }

    pub(super) fn ids(&self, query: &Value) -> Vec<String> {
        self.ask(query).unwrap().hits.into_iter().map(|hit| hit.id).collect()
    }
}

/// A model that knows two words.
struct TwoWords;

impl Embedder for TwoWords {
    fn dim(&self) -> usize {
        2
    }

    fn embed(&self, text: &str) -> Vec<f32> {
        // Full stops have a vector as well, as in real models.
        vec![text.matches("cat").count() as f32, (text.matches("car").count() + text.matches('.').count()) as f32]
    }

    fn resident_bytes(&self) -> u64 {
        0
    }
}

/// The model "two".
pub(super) fn models() -> Models {
    let mut models = Models::default();
    models.insert("two".into(), BlobRef::of(b"two"), Arc::new(TwoWords));
    models
}
