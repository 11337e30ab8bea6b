//! What a publisher does before it is killed, and what the world may be like then.
//!
//! Owns: the steps of each story, and an account of points and versions that knows nothing of segments. Does not own:
//! who performs the steps, a child or its parent.

use std::collections::BTreeMap;
use std::time::Duration;

use headwater_core::embed::pack;
use headwater_core::manifest::BlobRef;
use headwater_origin::collection::Retention;
use serde_json::{Value, json};

use crate::api::{Api, SCHEMA, ids, point};

pub(super) const BASE: &str = "/v1/collections/c";
const MODEL: &str = "tiny";

/// What need not be kept goes at once.
pub(super) const SHORT: Retention = Retention { versions: 2, age: Duration::ZERO, grace: Duration::ZERO };

/// One request.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Upsert(Vec<Value>),
    Delete(Vec<String>),
    Publish,
    /// A publish that writes everything anew.
    Compact,
    RollBack(usize),
    Collect,
}

/// Steps over a collection that has been published a few times.
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) retention: Retention,
    pub(super) steps: Vec<Step>,
    /// How many there are at its end: whether it folded what it is told for.
    pub(super) segments: u64,
}

/// Points by id, each as it was given.
pub(super) type Points = BTreeMap<String, Value>;

/// What is there, and what each version holds, the first one first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct World {
    pub(super) points: Points,
    pub(super) versions: Vec<Points>,
}

pub(super) fn stories() -> Vec<Story> {
    use Step::{Collect, Compact, Publish, RollBack};
    let keeping = Retention::default();
    let changes = || vec![upsert(35..45, 500), delete(0..5)];
    let after = |steps: Vec<Step>, last: Step| [steps, vec![last]].concat();
    let story = |name, retention, steps, segments| Story { name, retention, steps, segments };
    // As few as leave the version that is gone back to.
    let three = Retention { versions: 3, ..SHORT };
    let day = vec![upsert(30..60, 700), Compact, delete(10..40), RollBack(4), Collect];
    vec![
        story("first", keeping, vec![Publish], 1),
        story("publish", keeping, after(changes(), Publish), 3),
        story("fold", keeping, after(vec![upsert(70..91, 0)], Publish), 2),
        story("compact", keeping, after(changes(), Compact), 1),
        story("deletes", keeping, after(vec![delete(5..40)], Publish), 2),
        story("rollback", keeping, after(changes(), RollBack(1)), 2),
        story("collect", SHORT, vec![Collect], 2),
        story("publish and collect", SHORT, after(changes(), Publish), 3),
        story("a day", three, day, 1),
    ]
}

pub(super) fn story(name: &str) -> Story {
    stories().into_iter().find(|story| story.name == name).unwrap()
}

/// What has happened before any story.
pub(super) async fn prepare(api: &Api, name: &str) -> World {
    if name == "first" {
        return prepare_unpublished(api).await;
    }
    api.put(BASE, SCHEMA).await.ok();
    let mut world = World::default();
    let first = [upsert(0..40, 0), Step::Publish, upsert(38..50, 300), delete(7..9), Step::Publish];
    let second = [delete(2..4), Step::Compact, upsert(50..70, 0), delete(6..7), Step::Publish];
    for step in first.into_iter().chain(second) {
        step.run(api).await;
        world = world.after(&step).pop().unwrap();
    }
    world
}

/// Points with texts, whose model has to become a blob of the collection.
async fn prepare_unpublished(api: &Api) -> World {
    let packed = tiny_model();
    assert!(api.put(&format!("/v1/models/{MODEL}"), packed).await.status.is_success());
    let schema = json!({ "vectors": { "meaning": { "dim": 4, "embed": { "model": MODEL, "from": ["word"] } } } });
    api.put(BASE, schema.to_string()).await.ok();
    let word = |n: u32| if n.is_multiple_of(2) { "cat" } else { "dog" };
    let point = |n: u32| json!({ "id": format!("t{n}"), "payload": { "word": word(n), "n": n } });
    api.upsert(&(0..20).map(point).collect::<Vec<_>>()).await;
    // What the embedder makes of the texts is not for this account to know.
    World { points: contents(api).await, versions: Vec::new() }
}

fn tiny_model() -> Vec<u8> {
    let tokenizer = json!({ "version": "1.0", "added_tokens": [], "normalizer": null,
        "pre_tokenizer": { "type": "WhitespaceSplit" },
        "model": { "type": "WordLevel", "vocab": { "[UNK]": 0, "cat": 1, "dog": 2 }, "unk_token": "[UNK]" } });
    let header = r#"{"embeddings":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}}"#;
    let rows: Vec<u8> = (1u8..=12).flat_map(|n| (f32::from(n) * 0.25).to_le_bytes()).collect();
    let table = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &rows].concat();
    pack(br#"{"normalize": true}"#, tokenizer.to_string().as_bytes(), &table).unwrap()
}

/// Points of which the first two have so long and so mixed payloads that the segment that they get into has several
/// pages.
fn upsert(range: std::ops::Range<u32>, shift: u32) -> Step {
    let mut points: Vec<Value> = range.clone().map(|n| point(&format!("p{n}"), n + shift)).collect();
    for (n, point) in points.iter_mut().enumerate().take(2) {
        let hash = |part: u32| BlobRef::of(format!("{range:?} {shift} {n} {part}").as_bytes()).hash.to_string();
        point["payload"]["noise"] = (0..600).map(hash).collect::<String>().into();
    }
    Step::Upsert(points)
}

fn delete(range: std::ops::Range<u32>) -> Step {
    Step::Delete(range.map(|n| format!("p{n}")).collect())
}

impl Step {
    pub(super) async fn run(&self, api: &Api) {
        let post = async |path: &str, body: String| drop(api.post(&format!("{BASE}/{path}"), body).await.ok());
        match self {
            Self::Upsert(points) => drop(api.upsert(points).await),
            Self::Delete(ids) => post("points/delete", json!({ "ids": ids }).to_string()).await,
            Self::Publish => post("publish", String::new()).await,
            Self::Compact => post("publish?compact=true", String::new()).await,
            Self::RollBack(version) => post("rollback", json!({ "version": version }).to_string()).await,
            Self::Collect => post("gc", String::new()).await,
        }
    }
}

impl World {
    /// All that can be found if the process ends within this step, or at its end, which comes last.
    pub(super) fn after(&self, step: &Step) -> Vec<Self> {
        let mut now = self.clone();
        match step {
            Step::Upsert(points) => {
                let by_id = |point: &Value| (point["id"].as_str().unwrap().to_owned(), point.clone());
                now.points.extend(points.iter().map(by_id));
                vec![now]
            }
            Step::Delete(ids) => {
                now.points.retain(|id, _| !ids.contains(id));
                vec![now]
            }
            Step::Publish | Step::Compact => vec![now.published()],
            Step::RollBack(version) => {
                let then = self.versions[version - 1].clone();
                let kept = now.published();
                let mut fewer = kept.clone();
                fewer.points.retain(|id, _| then.contains_key(id));
                let back = Self { points: then, ..fewer.clone() };
                vec![kept, fewer, back.clone(), back.published()]
            }
            Step::Collect => vec![now],
        }
    }

    /// No story compacts when nothing has changed.
    fn published(mut self) -> Self {
        if self.is_pending() {
            self.versions.push(self.points.clone());
        }
        self
    }

    fn is_pending(&self) -> bool {
        self.versions.last() != Some(&self.points)
    }
}

/// Every point as it was given, vectors included.
pub(super) async fn contents(api: &Api) -> Points {
    let found = api.search(&json!({ "vector": [1, 0, 0, 0], "topK": 10_000, "exact": true, "fields": [] })).await;
    let mut all = Points::new();
    for id in ids(&found) {
        all.insert(id.clone(), api.get(&format!("{BASE}/points/{id}")).await.ok());
    }
    assert_eq!(all.len(), found["hits"].as_array().unwrap().len(), "a point is found twice");
    all
}
