//! A host in miniature for tests: what was written, a log position, stored blobs.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use hashbrown::HashMap;
use serde_json::Value;

use super::*;
use crate::error::{Code, Result};
use crate::ingest::{Embedder, PreparedPoint, prepare};
use crate::manifest::{BlobRef, PageList};
use crate::memtable::Memtable;
use crate::model::{Answer, AnsweredBy, Query};
use crate::publish::Draft;

pub(super) struct Host {
    pub(super) snapshot: Snapshot,
    pub(super) memtable: Memtable,
    truth: BTreeMap<String, Arc<PreparedPoint>>,
    pub(super) blobs: HashMap<BlobRef, Vec<u8>>,
    /// Their page lists.
    lists: RefCell<HashMap<BlobRef, Vec<u8>>>,
    lsn: u64,
}

impl Host {
    pub(super) fn new(schema: &Value) -> Self {
        Self::with_models(schema, Models::default())
    }

    pub(super) fn with_models(schema: &Value, models: Models) -> Self {
        let schema = Schema::from_json(serde_json::to_string(schema).unwrap().as_bytes()).unwrap();
        let snapshot = Snapshot::empty("tests".into(), schema, models);
        Self {
            snapshot,
            memtable: Memtable::new(),
            truth: BTreeMap::new(),
            blobs: HashMap::new(),
            lists: RefCell::default(),
            lsn: 0,
        }
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
        let host = host.into();
        let answer = self.snapshot.search(&query, Some(&self.memtable), host);
        // Synonyms may be newer than what is published.
        let is_published = self.snapshot.manifest.as_ref().is_some_and(|m| m.schema == self.snapshot.schema);
        if self.memtable.is_empty() && is_published && host.clock.is_none() {
            assert_same(&self.ask_in_parts(&query, host).0, &answer);
        }
        answer
    }

    /// The answer of a version of which nothing is here at first, and in how many rounds what it wanted arrived.
    pub(super) fn ask_in_parts(&self, query: &Query, host: super::Host<'_>) -> (Result<Answer>, Vec<Vec<Want>>) {
        let manifest = self.snapshot.manifest.clone().unwrap();
        let models = Snapshot::empty("tests".into(), manifest.schema.clone(), self.snapshot.models.clone());
        // Small segments, as nearly all of tests are, come in parts as well.
        let mut arriving = Arriving::behind(Some(models.shared_with(&manifest)), manifest, 0).unwrap();
        self.ask_arriving(&mut arriving, query, host)
    }

    /// The same of a version of which perhaps something is here.
    pub(super) fn ask_arriving(
        &self,
        arriving: &mut Arriving,
        query: &Query,
        host: super::Host<'_>,
    ) -> (Result<Answer>, Vec<Vec<Want>>) {
        let mut rounds = Vec::new();
        loop {
            let answer = arriving.search(query, host);
            if !answer.as_ref().is_err_and(|error| error.code() == Code::PartsMissing) {
                return (answer, rounds);
            }
            let wants = arriving.wants().unwrap();
            assert!(
                !wants.is_empty() && rounds.len() < 40,
                "round {}: wanted {wants:?}, answered {answer:?}",
                rounds.len()
            );
            self.bring(arriving, &wants);
            rounds.push(wants);
        }
    }

    /// Has what is wanted arrive.
    pub(super) fn bring(&self, arriving: &mut Arriving, wants: &[Want]) {
        for want in wants {
            let (bytes, groups) = self.arrived(want);
            arriving.take(want, &bytes, &groups).unwrap();
        }
    }

    /// The bytes of something wanted, and the groups that prove them.
    pub(super) fn arrived(&self, want: &Want) -> (Vec<u8>, Vec<u8>) {
        let blob = &self.blobs[&want.blob];
        let mut lists = self.lists.borrow_mut();
        let list = lists.entry(want.blob).or_insert_with(|| PageList::encode_of(blob));
        let part = |of: &[u8], range: &core::ops::Range<u64>| of[range.start as usize..range.end as usize].to_vec();
        match &want.proof {
            Proof::Pages => (part(list, &want.range), Vec::new()),
            Proof::Name | Proof::Itself => (part(blob, &want.range), Vec::new()),
            Proof::Groups(groups) => (part(blob, &want.range), part(list, groups)),
        }
    }

    pub(super) fn ids(&self, query: &Value) -> Vec<String> {
        self.ask(query).unwrap().hits.into_iter().map(|hit| hit.id).collect()
    }
}

/// Hits, scores to the bit, totals, facets, plans, or the same error.
#[track_caller]
fn assert_same(in_parts: &Result<Answer>, whole: &Result<Answer>) {
    let text = |answer: &Result<Answer>| match answer {
        Ok(answer) => serde_json::to_string(answer).unwrap(),
        Err(error) => alloc::format!("{error}"),
    };
    assert_eq!(text(in_parts), text(whole), "in parts, and whole");
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
