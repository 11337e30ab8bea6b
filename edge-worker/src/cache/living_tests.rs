//! What is alive while one version follows another: bytes of blobs that somebody holds, not what the budget says of
//! them.

use std::sync::Weak;

use headwater_core::bytes::AlignedBytes;
use headwater_core::ingest::{Models, prepare};
use headwater_core::manifest::{BlobRef, MANIFEST_FORMAT_VERSION, Manifest, SegmentRef};
use headwater_core::model::Schema;
use headwater_core::segment::SegmentBuilder;
use headwater_core::snapshot::Snapshot;

use super::*;

const NAME: &str = "c";
const POINTS: usize = 100;

/// Segments, and every blob that was handed out, as long as anybody has it.
#[derive(Default)]
struct Bucket {
    segments: BTreeMap<Hash, Vec<u8>>,
    given: Vec<Weak<AlignedBytes>>,
}

impl Bucket {
    fn schema() -> Schema {
        Schema::from_json(br#"{"text": {"kind": {}}}"#).unwrap()
    }

    /// A segment of its own points.
    fn segment(&mut self, name: &str) -> SegmentRef {
        let schema = Self::schema();
        let mut builder = SegmentBuilder::new(&schema);
        for n in 0..POINTS {
            let point = serde_json::json!({ "id": format!("{name}/{n}"), "payload": { "kind": name } });
            let point = serde_json::from_value(point).unwrap();
            builder.push(Arc::new(prepare(point, &schema, &Models::default()).unwrap())).unwrap();
        }
        let bytes = builder.finish(&mut |_, _, _| ()).unwrap();
        let blob = BlobRef::of(&bytes);
        self.segments.insert(blob.hash, bytes);
        SegmentRef { blob, points: POINTS as u32, tombstones: None, deleted: 0 }
    }

    fn manifest(version: u64, segments: &[SegmentRef]) -> Manifest {
        Manifest {
            format_version: MANIFEST_FORMAT_VERSION,
            collection: NAME.into(),
            version,
            parent: None,
            lsn: version,
            created_ms: 0,
            schema: Self::schema(),
            segments: segments.to_vec(),
            models: Vec::new(),
        }
    }

    fn give(&mut self, blob: &BlobRef) -> VerifiedBlob {
        let given = blob.verify_copy(&self.segments[&blob.hash]).unwrap();
        self.given.push(Arc::downgrade(given.bytes()));
        given
    }

    /// Bytes of all blobs that somebody holds.
    fn living_bytes(&self) -> u64 {
        self.given.iter().filter_map(Weak::upgrade).map(|bytes| bytes.len() as u64).sum()
    }
}

fn followed(manifest: &Manifest) -> Followed {
    let reference = BlobRef::of(&manifest.encode().unwrap());
    let (version, lsn) = (manifest.version, manifest.lsn);
    let head = Head { collection: NAME.into(), version, lsn, manifest: reference, issued_ms: 0, expires_ms: None };
    Followed { head, key: "ed25519:…".into() }
}

fn ticket(cache: &mut Cache<Snapshot>, now_ms: u64) -> Ticket {
    match cache.look(NAME, now_ms, 1000) {
        Look::Check(ticket) => ticket,
        other => panic!("a ticket was expected, not {other:?}"),
    }
}

/// Loads a version as the loader does; the most bytes of blobs that were alive from the first one on.
fn load(
    cache: &mut Cache<Snapshot>,
    bucket: &mut Bucket,
    ticket: Ticket,
    manifest: &Manifest,
) -> (Loaded<Snapshot>, u64) {
    let wanted = cache.prepare(NAME, ticket, manifest, 0).unwrap();
    let mut most = bucket.living_bytes();
    for blob in &wanted {
        let given = bucket.give(blob);
        assert!(cache.land(NAME, ticket, given));
        most = most.max(bucket.living_bytes());
    }
    let snapshot = cache.open(NAME, ticket, manifest.clone()).unwrap();
    let bytes = snapshot.resident_bytes();
    (Loaded { snapshot: Arc::new(snapshot), followed: followed(manifest), bytes }, most)
}

fn total(segments: &[SegmentRef]) -> u64 {
    segments.iter().map(|s| s.blob.bytes).sum()
}

/// A cache that holds version 1 of two segments, and a version 2 that shares one of them.
struct Renewal {
    bucket: Bucket,
    cache: Cache<Snapshot>,
    first: [SegmentRef; 2],
    second: [SegmentRef; 2],
}

impl Renewal {
    /// With room for so many bytes beside the first version.
    fn new(beside_bytes: u64) -> Self {
        let mut bucket = Bucket::default();
        let [old, shared, new] = ["old", "shared", "new"].map(|name| bucket.segment(name));
        let mut cache = Cache::new();
        cache.set_budget(total(&[old, shared]) + beside_bytes);
        let mut renewal = Self { bucket, cache, first: [old, shared], second: [shared, new] };
        let check = ticket(&mut renewal.cache, 0);
        let (loaded, _) = renewal.load(check, &Bucket::manifest(1, &renewal.first));
        renewal.cache.settle(NAME, check, 0, Outcome::Loaded(loaded)).unwrap().unwrap();
        renewal
    }

    fn load(&mut self, ticket: Ticket, manifest: &Manifest) -> (Loaded<Snapshot>, u64) {
        load(&mut self.cache, &mut self.bucket, ticket, manifest)
    }
}

#[test]
fn without_room_for_two_the_old_version_is_gone_before_the_new_one_arrives() {
    let mut renewal = Renewal::new(100);
    let second = Bucket::manifest(2, &renewal.second);
    // Somebody is answering from the first version, and holds it as long as that takes.
    let Look::Serve(answering) = renewal.cache.look(NAME, 1, 1000) else { panic!("nothing to answer from") };
    let check = ticket(&mut renewal.cache, 2000);
    let wanted = renewal.cache.prepare(NAME, check, &second, 2000).unwrap();
    assert_eq!(wanted, [renewal.second[1].blob], "what both share is not fetched again");
    assert_eq!(renewal.bucket.living_bytes(), total(&renewal.first));
    drop(answering);
    assert_eq!(renewal.bucket.living_bytes(), renewal.first[1].blob.bytes, "what both share");
    let (loaded, most) = renewal.load(check, &second);
    assert_eq!(most, total(&renewal.second), "never more than the new version");
    let served = renewal.cache.settle(NAME, check, 2000, Outcome::Loaded(loaded)).unwrap().unwrap();
    assert!(served.snapshot.contains("new/7") && served.snapshot.contains("shared/7"));
    assert!(!served.snapshot.contains("old/7"));
    assert_eq!(renewal.bucket.living_bytes(), total(&renewal.second));
}

#[test]
fn with_room_for_two_the_old_version_answers_meanwhile() {
    let mut renewal = Renewal::new(1_000_000);
    let second = Bucket::manifest(2, &renewal.second);
    let check = ticket(&mut renewal.cache, 2000);
    let (loaded, most) = renewal.load(check, &second);
    assert_eq!(most, total(&renewal.first) + renewal.second[1].blob.bytes, "what both share is there once");
    let Look::Serve(served) = renewal.cache.look(NAME, 2001, 1000) else { panic!("nothing to answer from") };
    assert_eq!(served.snapshot.version(), 1);
    drop(served);
    renewal.cache.settle(NAME, check, 2001, Outcome::Loaded(loaded)).unwrap().unwrap();
    assert_eq!(renewal.bucket.living_bytes(), total(&renewal.second));
}

#[test]
fn going_back_to_the_last_good_version_frees_what_the_bad_one_left() {
    let mut renewal = Renewal::new(100);
    let (first, second) = (Bucket::manifest(1, &renewal.first), Bucket::manifest(2, &renewal.second));
    let check = ticket(&mut renewal.cache, 2000);
    let wanted = renewal.cache.prepare(NAME, check, &second, 2000).unwrap();
    let landed = renewal.bucket.give(&wanted[0]);
    renewal.cache.land(NAME, check, landed);
    // It was found to be damaged: the first one is loaded again.
    let (loaded, most) = renewal.load(check, &first);
    assert_eq!(most, total(&renewal.first));
    let error = Error::new(Code::HashMismatch, "damaged");
    let outcome = Outcome::FellBack { manifest: Some(Hash::of(b"second")), error, loaded };
    let served = renewal.cache.settle(NAME, check, 2000, outcome).unwrap().unwrap();
    assert!(served.snapshot.contains("old/7") && served.snapshot.contains("shared/7"));
    drop(served);
    assert_eq!(renewal.bucket.living_bytes(), total(&renewal.first));
}

#[test]
fn a_request_that_takes_over_loads_the_same_and_nothing_else_stays() {
    let mut renewal = Renewal::new(100);
    let second = Bucket::manifest(2, &renewal.second);
    let gone = ticket(&mut renewal.cache, 2000);
    let wanted = renewal.cache.prepare(NAME, gone, &second, 2000).unwrap();
    let landed = renewal.bucket.give(&wanted[0]);
    renewal.cache.land(NAME, gone, landed);
    let check = ticket(&mut renewal.cache, 2000 + STALLED_MS);
    assert!(renewal.cache.has_landed(NAME, check, &wanted[0].hash));
    // Meanwhile a third version replaces the second.
    let third = Bucket::manifest(3, &[renewal.bucket.segment("third")]);
    let (loaded, most) = renewal.load(check, &third);
    let shared_bytes = renewal.first[1].blob.bytes;
    assert!(most <= shared_bytes + third.total_bytes(), "{most} of {shared_bytes} and {}", third.total_bytes());
    renewal.cache.settle(NAME, check, 9000, Outcome::Loaded(loaded)).unwrap().unwrap();
    assert_eq!(renewal.bucket.living_bytes(), third.total_bytes());
}
