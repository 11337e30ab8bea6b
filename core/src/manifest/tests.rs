use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::model::{Metric, VectorField};

fn schema() -> Schema {
    let vector = VectorField { dim: 4, metric: Metric::Cosine, ..VectorField::default() };
    Schema { text: BTreeMap::new(), vectors: BTreeMap::from([("v".to_string(), vector)]), fields: BTreeMap::new() }
}

fn manifest() -> Manifest {
    let segment = |text: &[u8]| SegmentRef { blob: BlobRef::of(text), points: 10, tombstones: None, deleted: 0 };
    Manifest {
        format_version: MANIFEST_FORMAT_VERSION,
        collection: "words".into(),
        version: 3,
        parent: Some(Hash::of(b"parent")),
        lsn: 99,
        created_ms: 1,
        schema: schema(),
        segments: vec![segment(b"one"), segment(b"two")],
        models: vec![],
    }
}

fn head_of(bytes: &[u8]) -> Head {
    Head {
        collection: "words".into(),
        version: 3,
        lsn: 99,
        manifest: BlobRef::of(bytes),
        issued_ms: 5,
        expires_ms: Some(1000),
    }
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed([n; 32])
}

fn trust(key: &SigningKey) -> Trust {
    Trust::parse([key.public().to_string().as_str()]).unwrap()
}

fn accept(signed: &SignedHead, trust: &Trust, highest_version: Version, now_ms: u64) -> Result<Head> {
    signed.clone().accept(&Acceptance { trust, collection: Some("words"), highest_version, now_ms })
}

#[test]
fn a_signed_head_leads_to_its_manifest() {
    let bytes = manifest().encode().unwrap();
    let signed = head_of(&bytes).sign(&key(1));
    let sent = SignedHead::from_json(&signed.to_json().unwrap()).unwrap();
    let head = accept(&sent, &trust(&key(1)), 3, 10).unwrap();
    assert_eq!(Manifest::decode(&bytes, &head).unwrap(), manifest());
}

#[test]
fn a_head_is_refused_for_each_reason_by_its_own_code() {
    let signed = head_of(b"m").sign(&key(1));
    let code =
        |signed: &SignedHead, trust: &Trust, highest, now| accept(signed, trust, highest, now).unwrap_err().code();
    let ours = trust(&key(1));
    assert_eq!(code(&signed, &trust(&key(2)), 0, 0), Code::KeyUntrusted);
    assert_eq!(code(&signed, &ours, 4, 0), Code::HeadRolledBack);
    assert_eq!(code(&signed, &ours, 0, 1000), Code::HeadExpired);
    let mut other = signed.clone();
    other.head.version = 4;
    assert_eq!(code(&other, &ours, 0, 0), Code::SignatureInvalid);
    let mut posing = head_of(b"m").sign(&key(2));
    posing.key = key(1).public().to_string();
    assert_eq!(code(&posing, &ours, 0, 0), Code::SignatureInvalid);
    let mut foreign = head_of(b"m");
    foreign.collection = "others".into();
    assert_eq!(code(&foreign.sign(&key(1)), &ours, 0, 0), Code::ManifestMismatch);
}

#[test]
fn a_manifest_must_be_the_one_the_head_names() {
    let bytes = manifest().encode().unwrap();
    assert_eq!(Manifest::decode(&bytes, &head_of(b"another")).unwrap_err().code(), Code::HashMismatch);
    let mut head = head_of(&bytes);
    head.version = 4;
    assert_eq!(Manifest::decode(&bytes, &head).unwrap_err().code(), Code::ManifestMismatch);
}

#[test]
fn a_manifest_that_contradicts_itself_is_not_written() {
    let mut twice = manifest();
    twice.segments = vec![twice.segments[0], twice.segments[0]];
    assert_eq!(twice.encode().unwrap_err().code(), Code::Corrupt);
    let mut deleted = manifest();
    deleted.segments[0].deleted = 1;
    assert_eq!(deleted.encode().unwrap_err().code(), Code::Corrupt);
    let mut newer = manifest();
    newer.format_version = 2;
    let bytes = newer.encode().unwrap();
    assert_eq!(Manifest::decode_unlinked(&bytes).unwrap_err().code(), Code::FormatUnsupported);
}

#[test]
fn keys_travel_as_text_and_secrets_stay_out_of_debug() {
    let key = key(7);
    let again = SigningKey::from_secret_text(&key.to_secret_text()).unwrap();
    assert_eq!(again.public(), key.public());
    assert!(!format!("{key:?}").contains(&key.to_secret_text()));
    assert!("ed25519:zz".parse::<PublicKey>().is_err());
    assert!(Trust::parse([]).is_err());
}

proptest! {
    #[test]
    fn tombstones_survive_the_trip(ordinals in prop::collection::vec(0u32..500, 0..80)) {
        let tombstones = Tombstones::new(ordinals);
        prop_assert_eq!(Tombstones::decode(&tombstones.encode(), 500).unwrap(), tombstones);
    }

    #[test]
    fn damaged_tombstones_never_panic(ordinals in prop::collection::vec(0u32..500, 0..20), cut in 0usize..120, at in 0usize..120, to: u8) {
        let mut bytes = Tombstones::new(ordinals).encode();
        bytes.truncate(cut);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = to;
        }
        if let Ok(found) = Tombstones::decode(&bytes, 500) {
            prop_assert!(found.ordinals().iter().all(|&o| o < 500));
        }
    }

    #[test]
    fn a_flipped_bit_of_a_head_is_never_accepted(at in 0usize..2000, bit in 0u8..8) {
        let signed = head_of(b"m").sign(&key(1));
        let mut json = signed.to_json().unwrap();
        let at = at % json.len();
        json[at] ^= 1 << bit;
        if let Ok(other) = SignedHead::from_json(&json) {
            // JSON may be written in several ways; what is accepted must say the same.
            if let Ok(head) = accept(&other, &trust(&key(1)), 0, 0) {
                prop_assert_eq!(head, head_of(b"m"));
            }
        }
    }
}
