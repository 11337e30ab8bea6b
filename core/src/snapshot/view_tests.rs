use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;
use serde_json::{Value, json};

use super::*;
use crate::ingest::prepare;
use crate::manifest::BlobRef;
use crate::memtable::Memtable;
use crate::model::{Answer, AnsweredBy, Query};
use crate::publish::{Draft, Publication};

/// A view as a host keeps it.
struct Kept {
    view: View,
    blobs: HashMap<BlobRef, Vec<u8>>,
    lsn: u64,
}

impl Kept {
    fn new() -> Self {
        let schema = json!({ "text": { "body": { "language": "en" } }, "fields": { "n": "integer" } });
        let schema = Schema::from_json(serde_json::to_string(&schema).unwrap().as_bytes()).unwrap();
        let snapshot = Snapshot::empty("view".into(), schema, Models::default());
        Self { view: View::new(Arc::new(snapshot)), blobs: HashMap::new(), lsn: 0 }
    }

    fn put(&mut self, id: &str, body: &str) {
        self.lsn += 1;
        let point = json!({ "id": id, "payload": { "body": body, "n": self.lsn } });
        let point = prepare(serde_json::from_value(point).unwrap(), self.view.published().schema(), &Models::default());
        self.view.apply(self.lsn, id, Some(Arc::new(point.unwrap())));
    }

    fn put_many(&mut self, ids: core::ops::Range<usize>, body: &str) {
        ids.for_each(|id| self.put(&format!("p{id}"), body));
    }

    fn delete(&mut self, id: &str) {
        self.lsn += 1;
        self.view.apply(self.lsn, id, None);
    }

    fn seal(&mut self) {
        let sealed = self.view.plan_seal().unwrap().build().unwrap();
        assert!(self.view.take(sealed));
    }

    fn plan(&mut self) -> (Publication, Memtable) {
        self.view.freeze();
        let memtable = self.view.memtable().clone();
        let draft = Draft::plan(self.view.published(), &memtable).unwrap().unwrap();
        assert!(draft.wanted().is_empty());
        let publication = draft.finish(self.view.published(), &memtable, Vec::new(), 1_000, &mut |_, _, _| ()).unwrap();
        (publication, memtable)
    }

    fn publish(&mut self, publication: Publication) {
        self.blobs.extend(publication.new_blobs);
        let mut source = |blob: &BlobRef| blob.verify_copy(&self.blobs[blob]);
        let next = Snapshot::open_after(self.view.published(), publication.manifest, &mut source).unwrap();
        let changed = self.view.since(next.lsn());
        self.view.switch(Next::new(Arc::new(next), changed));
    }

    fn ask(&self, query: &Value) -> Answer {
        let query = Query::from_json(serde_json::to_string(query).unwrap().as_bytes()).unwrap();
        self.view.search(&query, AnsweredBy::Origin).unwrap()
    }

    fn ids(&self, query: &Value) -> Vec<String> {
        self.ask(query).hits.into_iter().map(|hit| hit.id).collect()
    }

    fn count(&self, words: &str) -> u64 {
        let answer = self.ask(&json!({ "match": words, "total": true }));
        assert!(answer.total.is_exact());
        answer.total.value
    }
}

#[test]
fn segments_that_are_not_larger_are_merged_and_plans_tell_what_is_not_published() {
    let mut kept = Kept::new();
    kept.put_many(0..40, "cat");
    kept.seal();
    kept.put_many(40..50, "cat");
    kept.seal();
    assert_eq!((kept.view.sealed(), kept.view.unsealed()), (2, 0));
    let segments = kept.view.pending_bytes() - kept.view.memtable().bytes();
    assert!(segments > 1_000, "{segments}: segments count as well");
    kept.put_many(50..55, "cat");
    kept.seal();
    assert_eq!(kept.view.sealed(), 3);
    kept.put_many(55..60, "cat");
    kept.seal();
    assert_eq!(kept.view.sealed(), 2, "5, 5 and 10 become 20");
    kept.put_many(60..63, "cat");
    let plan = kept.ask(&json!({ "match": "cat" })).plan;
    let told: Vec<_> = plan.iter().map(|plan| (plan.points, plan.unpublished)).collect();
    assert_eq!(told, [(40, true), (20, true), (3, true)]);
    assert_eq!(kept.count("cat"), 63);
    let (publication, _) = kept.plan();
    kept.publish(publication);
    assert_eq!((kept.view.sealed(), kept.view.unsealed(), kept.view.pending_bytes()), (0, 0, 0));
    let plan = kept.ask(&json!({ "match": "cat" })).plan;
    assert_eq!(plan.iter().map(|plan| (plan.points, plan.unpublished)).collect::<Vec<_>>(), [(63, false)]);
}

#[test]
fn what_was_replaced_before_it_was_published_says_nothing_of_words() {
    // A form that only a replaced point has would take the room of one of 128 that are further.
    let mut kept = Kept::new();
    let mut plain = Kept::new();
    for host in [&mut kept, &mut plain] {
        (0..128).for_each(|n| host.put(&format!("p{n}"), &format!("tele{n:03}x")));
    }
    kept.put("q", "telea");
    kept.seal();
    kept.put("q", "dog");
    plain.put("q", "dog");
    let query = json!({ "match": { "query": "tele", "prefix": true }, "topK": 200 });
    let wanted = plain.ask(&query).hits;
    assert_eq!(wanted.len(), 128);
    assert_eq!(kept.ask(&query).hits, wanted, "it was replaced since it was sealed");
    kept.seal();
    assert_eq!(kept.ask(&query).hits, wanted);
}

#[test]
fn a_version_takes_what_it_holds_and_leaves_what_came_after() {
    let mut kept = Kept::new();
    kept.put_many(0..10, "cat");
    kept.seal();
    kept.put_many(10..14, "cat");
    let (publication, _) = kept.plan();
    // What the version takes up is sealed apart from what comes after it.
    kept.put_many(8..12, "dog");
    kept.put_many(20..30, "cat");
    kept.delete("p0");
    kept.delete("p21");
    kept.seal();
    kept.seal();
    kept.put("p22", "dog");
    kept.seal();
    kept.put("p1", "dog");
    let before = (kept.count("cat"), kept.count("dog"));
    kept.publish(publication);
    assert_eq!((kept.count("cat"), kept.count("dog")), before);
    assert!(kept.view.sealed() > 0, "what came after the version stays sealed");
    assert_eq!(kept.view.unsealed(), 1);
    let ids = kept.ids(&json!({ "filter": { "n": { "$gte": 0 } }, "topK": 100 }));
    assert!(!ids.contains(&"p0".into()) && !ids.contains(&"p21".into()));
    assert_eq!(ids.len(), 14 - 1 + 10 - 1);
    let as_of = kept.ask(&json!({ "match": "cat", "asOf": 1, "total": true }));
    assert_eq!((as_of.total.value, as_of.plan.len()), (14, 1));
    let page = kept.ask(&json!({ "match": "dog", "after": "start" }));
    assert_eq!((page.hits.len(), page.version), (0, 1));
}

#[test]
fn what_was_sealed_across_a_version_is_looked_through_again() {
    let mut kept = Kept::new();
    kept.put_many(0..5, "cat");
    let (publication, _) = kept.plan();
    // As if nobody had said that a version is made.
    kept.view.frozen = 0;
    kept.put_many(5..9, "cat");
    kept.put("p0", "dog");
    kept.seal();
    assert_eq!(kept.view.sealed(), 1);
    kept.publish(publication);
    assert_eq!((kept.view.sealed(), kept.view.unsealed()), (0, 5));
    assert_eq!((kept.count("cat"), kept.count("dog")), (8, 1));
    kept.seal();
    assert_eq!((kept.view.sealed(), kept.count("cat"), kept.count("dog")), (1, 8, 1));
}

#[test]
fn what_was_built_for_an_earlier_state_is_not_taken() {
    let mut kept = Kept::new();
    kept.put_many(0..5, "cat");
    let late = kept.view.plan_seal().unwrap().build().unwrap();
    let (publication, _) = kept.plan();
    kept.publish(publication);
    assert!(!kept.view.take(late));
    kept.put_many(5..9, "cat");
    let [one, other] = [(); 2].map(|()| kept.view.plan_seal().unwrap().build().unwrap());
    assert!(kept.view.take(one));
    assert!(!kept.view.take(other), "it is there already");
    assert_eq!(kept.count("cat"), 9);
}

#[test]
fn deletes_alone_need_no_segment_and_nothing_dead_stays() {
    let mut kept = Kept::new();
    kept.put_many(0..5, "cat");
    kept.seal();
    (0..5).for_each(|n| kept.delete(&format!("p{n}")));
    kept.seal();
    assert_eq!((kept.view.sealed(), kept.view.unsealed(), kept.count("cat")), (0, 0, 0));
    kept.put("p3", "cat");
    kept.seal();
    assert_eq!((kept.view.sealed(), kept.count("cat")), (1, 1));
    assert_eq!(kept.view.lsn(), kept.lsn);
}
