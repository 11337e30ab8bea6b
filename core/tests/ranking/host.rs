//! A host in miniature, which also keeps as plain points what it handed to the engine.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use headwater_core::compaction::Extent;
use headwater_core::error::Error;
use headwater_core::ingest::{Models, PreparedPoint, prepare};
use headwater_core::manifest::BlobRef;
use headwater_core::model::{Answer, AnsweredBy, Query, Schema};
use headwater_core::publish::Draft;
use headwater_core::snapshot::{Next, Snapshot, View};
use serde_json::Value;

use super::twin::Twin;

pub(crate) struct Host {
    schema: Value,
    view: View,
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
            view: View::new(Arc::new(Snapshot::empty("ranking".into(), parsed, Models::default()))),
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
        let id = point["id"].as_str().unwrap();
        let lived = self.view.apply(self.lsn, id, Some(self.prepared(point)));
        assert_eq!(lived, self.points.contains_key(id));
        self.points.insert(id.into(), point.clone());
        self.unpublished.insert(id.into(), point.clone());
    }

    pub(crate) fn delete(&mut self, id: &str) {
        self.lsn += 1;
        let lived = self.view.apply(self.lsn, id, None);
        assert_eq!(lived, self.points.remove(id).is_some());
        self.unpublished.remove(id);
    }

    /// Publishes; segments are folded as the tiers ask for, or all of them.
    pub(crate) fn publish(&mut self, extent: Extent) {
        let (published, memtable) = (Arc::clone(self.view.published()), self.view.memtable().clone());
        let Some(draft) = Draft::plan_compacting(&published, &memtable, extent).unwrap() else { return };
        let mut written: Vec<Value> = draft.wanted().iter().map(|id| self.points[id].clone()).collect();
        let folded = written.iter().map(|point| self.prepared(point)).collect();
        written.extend(self.unpublished.values().cloned());
        let publication = draft.finish(&published, &memtable, folded, 1_000, &mut |_, _, _| ()).unwrap();
        for segment in &publication.manifest.segments {
            self.segments.entry(segment.blob).or_insert_with(|| written.clone());
        }
        self.blobs.extend(publication.new_blobs);
        let mut source = |blob: &BlobRef| blob.verify_copy(&self.blobs[blob]);
        let next = Arc::new(Snapshot::open_after(&published, publication.manifest, &mut source).unwrap());
        let changed = self.view.since(next.lsn());
        self.view.switch(Next::new(next, changed));
        self.published = self.points.clone();
        self.unpublished.clear();
    }

    /// Seals what is not published, as far as it is not sealed; `meanwhile` changes what it likes before searches see
    /// that.
    pub(crate) fn seal(&mut self, meanwhile: impl FnOnce(&mut Self)) {
        let planned = self.view.plan_seal();
        meanwhile(self);
        if let Some(seal) = planned {
            assert!(self.view.take(seal.build().unwrap()));
        }
    }

    fn prepared(&self, point: &Value) -> Arc<PreparedPoint> {
        let point = serde_json::from_value(point.clone()).unwrap();
        Arc::new(prepare(point, self.view.published().schema(), &Models::default()).unwrap())
    }

    pub(crate) fn version(&self) -> u64 {
        self.view.published().version()
    }

    pub(crate) fn segments(&self) -> usize {
        self.view.published().manifest().map_or(0, |manifest| manifest.segments.len())
    }

    pub(crate) fn ask(&self, query: &Value) -> Answer {
        self.try_to_ask(query).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    pub(crate) fn try_to_ask(&self, query: &Value) -> Result<Answer, Error> {
        let parsed = Query::from_json(query.to_string().as_bytes()).unwrap();
        self.view.search(&parsed, AnsweredBy::Origin)
    }

    /// The twin of the collection as it is, or as it was published.
    pub(crate) fn twin(&self, as_published: bool) -> Twin<'_> {
        let manifest = self.view.published().manifest().into_iter();
        let published: Vec<&Value> = manifest.flat_map(|m| &m.segments).flat_map(|s| &self.segments[&s.blob]).collect();
        if as_published {
            let counted: Vec<&Value> = self.published.values().collect();
            return Twin::new(&self.schema, &counted, &published, &[]);
        }
        let unpublished: Vec<&Value> = self.unpublished.values().collect();
        Twin::new(&self.schema, &self.points.values().collect::<Vec<_>>(), &published, &unpublished)
    }
}
