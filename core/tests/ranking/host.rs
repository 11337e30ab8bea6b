//! A host in miniature, which also keeps as plain points what it handed to the engine.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use headwater_core::compaction::Extent;
use headwater_core::error::Error;
use headwater_core::ingest::{Models, PreparedPoint, prepare};
use headwater_core::manifest::BlobRef;
use headwater_core::memtable::Memtable;
use headwater_core::model::{Answer, AnsweredBy, Query, Schema};
use headwater_core::publish::Draft;
use headwater_core::snapshot::Snapshot;
use serde_json::Value;

use super::twin::Twin;

pub(crate) struct Host {
    schema: Value,
    snapshot: Snapshot,
    memtable: Memtable,
    blobs: HashMap<BlobRef, Vec<u8>>,
    lsn: u64,
    /// Each point in its newest state.
    points: BTreeMap<String, Value>,
    /// The same as of the last publish.
    published: BTreeMap<String, Value>,
    /// What was put since then and is there.
    unpublished: BTreeMap<String, Value>,
    /// The points of each segment, as they were written.
    segments: HashMap<BlobRef, Vec<Value>>,
}

impl Host {
    pub(crate) fn new(schema: &Value) -> Self {
        let parsed = Schema::from_json(schema.to_string().as_bytes()).unwrap();
        Self {
            schema: schema.clone(),
            snapshot: Snapshot::empty("ranking".into(), parsed, Models::default()),
            memtable: Memtable::new(),
            blobs: HashMap::new(),
            lsn: 0,
            points: BTreeMap::new(),
            published: BTreeMap::new(),
            unpublished: BTreeMap::new(),
            segments: HashMap::new(),
        }
    }

    pub(crate) fn put(&mut self, point: &Value) {
        self.lsn += 1;
        self.memtable.upsert(self.lsn, self.prepared(point));
        let id = point["id"].as_str().unwrap();
        self.points.insert(id.into(), point.clone());
        self.unpublished.insert(id.into(), point.clone());
    }

    pub(crate) fn delete(&mut self, id: &str) {
        self.lsn += 1;
        self.memtable.delete(self.lsn, id);
        self.points.remove(id);
        self.unpublished.remove(id);
    }

    /// Publishes; segments are folded as the tiers ask for, or all of them.
    pub(crate) fn publish(&mut self, extent: Extent) {
        let Some(draft) = Draft::plan_compacting(&self.snapshot, &self.memtable, extent).unwrap() else { return };
        let mut written: Vec<Value> = draft.wanted().iter().map(|id| self.points[id].clone()).collect();
        let folded = written.iter().map(|point| self.prepared(point)).collect();
        written.extend(self.unpublished.values().cloned());
        let publication = draft.finish(&self.snapshot, &self.memtable, folded, 1_000, &mut |_, _, _| ()).unwrap();
        for segment in &publication.manifest.segments {
            self.segments.entry(segment.blob).or_insert_with(|| written.clone());
        }
        self.blobs.extend(publication.new_blobs);
        let mut source = |blob: &BlobRef| blob.verify_copy(&self.blobs[blob]);
        self.snapshot = Snapshot::open_after(&self.snapshot, publication.manifest, &mut source).unwrap();
        self.memtable.clear_through(self.lsn);
        self.published = self.points.clone();
        self.unpublished.clear();
    }

    fn prepared(&self, point: &Value) -> Arc<PreparedPoint> {
        let point = serde_json::from_value(point.clone()).unwrap();
        Arc::new(prepare(point, self.snapshot.schema(), &Models::default()).unwrap())
    }

    pub(crate) fn version(&self) -> u64 {
        self.snapshot.version()
    }

    pub(crate) fn segments(&self) -> usize {
        self.snapshot.manifest().map_or(0, |manifest| manifest.segments.len())
    }

    pub(crate) fn ask(&self, query: &Value) -> Answer {
        self.try_to_ask(query).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    pub(crate) fn try_to_ask(&self, query: &Value) -> Result<Answer, Error> {
        let parsed = Query::from_json(query.to_string().as_bytes()).unwrap();
        self.snapshot.search(&parsed, Some(&self.memtable), AnsweredBy::Origin)
    }

    /// The twin of the collection as it is, or as it was published.
    pub(crate) fn twin(&self, as_published: bool) -> Twin<'_> {
        let manifest = self.snapshot.manifest().into_iter();
        let published: Vec<&Value> = manifest.flat_map(|m| &m.segments).flat_map(|s| &self.segments[&s.blob]).collect();
        if as_published {
            let counted: Vec<&Value> = self.published.values().collect();
            return Twin::new(&self.schema, &counted, &published, &[]);
        }
        let unpublished: Vec<&Value> = self.unpublished.values().collect();
        Twin::new(&self.schema, &self.points.values().collect::<Vec<_>>(), &published, &unpublished)
    }
}
