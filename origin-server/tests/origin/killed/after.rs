//! What must hold after a kill, wherever it struck.
//!
//! ```text
//! as it was left      a reader of the folder finds a whole version behind the head
//! started again       every acknowledged write is there, and nothing half-way; every kept version is whole
//! garbage collected   nothing is left that no kept version names
//! publishing goes on
//! ```

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use headwater_core::manifest::{BlobRef, Manifest, PageList};
use headwater_origin::Access;
use headwater_origin::collection::{Retention, Shared};
use headwater_origin::keys::Signer;
use headwater_origin::location::Location;
use headwater_origin::objects::Objects;
use headwater_origin::store::{PointStore as _, SlateStore};
use object_store::local::LocalFileSystem;
use serde_json::{Value, json};

use super::child::Fate;
use super::story::{BASE, SHORT, Step, Story, World, contents};
use crate::api::{Api, ids, point};
use crate::process::{awaited, files, headwater, succeeds};
use crate::replica;

/// A server over the folder, and what its log keeps.
pub(super) struct Started {
    pub(super) api: Api,
    log: Arc<SlateStore>,
}

/// As `headwater serve` starts, over a folder that nobody else has open.
pub(super) async fn start(data: &Path, retention: Retention) -> Started {
    let data = data.to_string_lossy().into_owned();
    let objects = Objects::open(&data).unwrap();
    // The log is left to a store that does not wait for the disk: it is processes that die here, not machines.
    let unsynced = Arc::new(LocalFileSystem::new_with_prefix(&data).unwrap());
    let log = awaited("opening the log", SlateStore::open(unsynced, "db", Duration::from_millis(1))).await.unwrap();
    let log = Arc::new(log);
    let key = Location { data, ..Location::default() }.signing_key().unwrap();
    let signer = Arc::new(Signer::new(key, None));
    let shared = Shared { store: log.clone(), objects, signer, retention, pending: Arc::default() };
    Started { api: Api::of(shared, &Access::default()).await, log }
}

/// Judges what a publisher has left that was to live through `story` from `base`.
pub(super) async fn judge(data: &Path, story: &Story, base: &World, fate: &Fate, context: &str) {
    readers_find_a_whole_version(data, context);
    let mut before = base.clone();
    for step in &story.steps[..fate.done] {
        before = before.after(step).pop().unwrap();
    }
    let step = story.steps.get(fate.done).filter(|_| fate.under_way);
    let mut possible = vec![before.clone()];
    possible.extend(step.into_iter().flat_map(|step| before.after(step)));

    if let Some(Step::RollBack(version)) = step {
        let Started { api, .. } = start(data, Retention::default()).await;
        let mut world = found(&api, &possible, context).await;
        // A second call does the rest, if there is any; where there is none, the version may have gone already.
        if Some(&world) != possible.last() {
            let then = world.versions[version - 1].clone();
            Step::RollBack(*version).run(&api).await;
            let kept = before.after(step.unwrap()).swap_remove(0);
            world = if world.versions == kept.versions && world.points != kept.points {
                // Half of the way back never becomes a version.
                World { points: then.clone(), versions: [kept.versions, vec![then.clone()]].concat() }
            } else {
                world.after(&Step::RollBack(*version)).pop().unwrap()
            };
            assert_eq!((contents(&api).await, &world.points), (then.clone(), &then), "{context}");
        }
        possible = vec![world];
        awaited("a stop", api.origin.close()).await.unwrap();
    }
    let started = start(data, SHORT).await;
    let api = &started.api;
    let world = found(api, &possible, context).await;
    if fate.struck.is_none() {
        assert_eq!(api.status().await["segments"], story.segments, "{context}");
    }
    versions_are_whole(data, api, &world, context).await;
    nothing_is_left_over(data, &started, context).await;
    goes_on(api, world, context).await;
    nothing_is_left_over(data, &started, context).await;
    awaited("a stop", api.origin.close()).await.unwrap();
}

/// As whoever follows the folder, without any server, would find it.
fn readers_find_a_whole_version(data: &Path, context: &str) {
    let folder = data.join("collections/c");
    if folder.join("head").exists() {
        let report = headwater(&["verify", &folder.to_string_lossy()], &[], None);
        assert!(report.status.success(), "{context}: {}", String::from_utf8_lossy(&report.stdout));
        assert!(succeeds(&report).contains("0 errors"), "{context}");
    }
}

/// Which of the possible worlds this is. That it is one of them means: all that was acknowledged is there, and of what
/// was not, all or nothing.
async fn found(api: &Api, possible: &[World], context: &str) -> World {
    let points = contents(api).await;
    let status = api.status().await;
    assert_eq!(status["points"], points.len(), "{context}");
    let version = status["version"].as_u64().unwrap();
    let same = |world: &&World| world.points == points && world.versions.len() as u64 == version;
    let Some(world) = possible.iter().find(same) else {
        let all: Vec<_> = possible.iter().map(|world| (world.points.len(), world.versions.len())).collect();
        panic!("{context}: {} points in version {version} are none of {all:?}", points.len());
    };
    if version > 0 {
        let (head, manifest, snapshot) = replica::fetch(api).await;
        assert_eq!(head.version, version, "{context}");
        let published = world.versions.last().unwrap().len() as u64;
        assert_eq!((manifest.live_points(), snapshot.live_points()), (published, published), "{context}");
    }
    world.clone()
}

/// Every version that is kept leads to objects that are there and have the right hashes, and finds the points that it
/// held.
async fn versions_are_whole(data: &Path, api: &Api, world: &World, context: &str) {
    named(data, context);
    for (version, _) in kept(api).await {
        let query = json!({ "vector": [1, 0, 0, 0], "topK": 10_000, "exact": true, "fields": [], "asOf": version });
        let then: BTreeSet<String> = ids(&api.search(&query).await).into_iter().collect();
        let held = &world.versions[usize::try_from(version).unwrap() - 1];
        assert_eq!(then, held.keys().cloned().collect(), "{context}: version {version}");
    }
}

/// Number and last operation of each version, newest first.
async fn kept(api: &Api) -> Vec<(u64, u64)> {
    let versions = api.get(&format!("{BASE}/versions")).await.ok();
    let number = |version: &Value, name: &str| version[name].as_u64().unwrap();
    versions.as_array().unwrap().iter().map(|v| (number(v, "version"), number(v, "lsn"))).collect()
}

/// Collects garbage, and sees that nothing is left of it, in the folder as it is on disk and in the log.
async fn nothing_is_left_over(data: &Path, Started { api, log }: &Started, context: &str) {
    api.post(&format!("{BASE}/gc"), "").await.ok();
    let kept = kept(api).await;
    assert!(kept.len() <= SHORT.versions, "{context}: {kept:?}");
    let oldest = kept.last().map_or(0, |(_, lsn)| *lsn);
    let earlier = log.earlier("c", 0).await.unwrap();
    assert!(earlier.iter().all(|e| e.lsn > oldest), "{context}: what points were before {oldest} is still there");
    assert_eq!(there(data), named(data, context), "{context}");
    let again = api.post(&format!("{BASE}/gc"), "").await.ok();
    assert_eq!(again, json!({ "versions": 0, "objects": 0, "bytes": 0 }), "{context}");
}

/// All files of the collection; it has no folder before anything is published.
fn there(data: &Path) -> BTreeSet<String> {
    let folder = data.join("collections/c");
    if folder.exists() { files(&folder).into_iter().collect() } else { BTreeSet::new() }
}

/// The files of all versions that are there, each checked by its hash, and the head.
fn named(data: &Path, context: &str) -> BTreeSet<String> {
    let folder = data.join("collections/c");
    let read = |path: &str| std::fs::read(folder.join(path)).unwrap_or_else(|e| panic!("{context}: {path}: {e}"));
    let mut named = BTreeSet::new();
    // A half-written one is none.
    for version in there(data).into_iter().filter(|path| path.starts_with("versions/") && !path.contains('#')) {
        let hash = String::from_utf8(read(&version)).unwrap();
        let manifest_path = format!("manifests/{}", hash.trim());
        let bytes = read(&manifest_path);
        assert_eq!(BlobRef::of(&bytes).hash.to_string(), hash.trim(), "{context}");
        for blob in Manifest::decode_unlinked(&bytes).unwrap().blobs() {
            let path = format!("blobs/{}", blob.hash);
            let bytes = read(&path);
            blob.check(&bytes).unwrap_or_else(|e| panic!("{context}: {path}: {e}"));
            let pages = PageList::encode_of(&bytes);
            if !pages.is_empty() {
                let path = format!("pages/{}", blob.hash);
                assert_eq!(read(&path), pages, "{context}: {path}");
                named.insert(path);
            }
            named.insert(path);
        }
        named.extend([version, manifest_path, "head".to_owned()]);
    }
    named
}

/// Writing and publishing succeed, twice.
async fn goes_on(api: &Api, mut world: World, context: &str) {
    for step in [Step::Publish, Step::Upsert(vec![point("after", 1)]), Step::Publish] {
        step.run(api).await;
        world = world.after(&step).pop().unwrap();
        found(api, &[world.clone()], context).await;
    }
}
