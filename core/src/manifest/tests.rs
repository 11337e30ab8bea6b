use alloc::string::ToString;
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::model::{ByName, Metric, VectorField};

fn schema() -> Schema {
    let vector = VectorField { dim: 4, metric: Metric::Cosine, ..VectorField::default() };
    Schema { vectors: ByName::from([("v".to_string(), vector)]), ..Schema::default() }
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

fn accept(signed: &SignedHead, trust: &Trust, version: Version, now_ms: u64) -> Result<Head> {
    accept_after(signed, trust, Seen { version, key_list: 0 }, now_ms).map(|accepted| accepted.head)
}

fn accept_after(signed: &SignedHead, trust: &Trust, seen: Seen, now_ms: u64) -> Result<Accepted> {
    signed.clone().accept(&Acceptance { trust, collection: Some("words"), seen, now_ms })
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
    let refused = |text: &str| text.parse::<PublicKey>().unwrap_err();
    assert!(refused("ed25519:zz").message().contains("64 lower-case hex digits"));
    // Of half of all numbers no point of the curve has them: 2 is one.
    let digits = format!("02{}", "0".repeat(62));
    let error = refused(&format!("ed25519:{digits}"));
    assert_eq!(error.code(), Code::KeyUntrusted);
    assert!(error.message().contains("no public key") && error.message().contains("private key"), "{error}");
    assert!(!error.message().contains(&digits), "{error}");
    assert!(Trust::parse([]).is_err());
}

#[test]
fn a_private_key_is_taken_for_no_public_one_and_not_repeated() {
    for n in 0..20 {
        let key = key(n);
        let secret = key.to_secret_text();
        let digits = &secret[secret.len() - 64..];
        let error = secret.parse::<PublicKey>().unwrap_err();
        assert!(error.code() == Code::KeyUntrusted && !error.message().contains(digits), "{error}");
        assert_eq!(Trust::parse([key.public().to_string().as_str(), &secret]).unwrap_err(), error);
        let mut list = list(1, &[2], &[]).list;
        list.revoked.push(secret.clone());
        assert!(!list.sign(&key).unwrap_err().message().contains(digits));
        // What the first servers wrote is read by them only.
        let first = alloc::format!("ed25519:{digits}");
        assert_eq!(SigningKey::from_secret_text(&first).unwrap().public(), key.public());
        assert!(SigningKey::is_ambiguous(&first) && !SigningKey::is_ambiguous(&secret));
        if let Err(error) = first.parse::<PublicKey>() {
            assert!(!error.message().contains(digits), "{error}");
        }
    }
    assert!(!SigningKey::from_secret_text("ed25519-secret:abc").unwrap_err().message().contains("abc"));
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

fn list(version: u64, online: &[u8], revoked: &[u8]) -> SignedKeyList {
    let keys = |numbers: &[u8]| numbers.iter().map(|&n| key(n).public().to_string()).collect();
    let list = KeyList { version, online: keys(online), revoked: keys(revoked), issued_ms: 1, expires_ms: Some(1000) };
    list.sign(&key(9)).unwrap()
}

#[test]
fn a_root_key_vouches_for_the_keys_in_its_list() {
    let root = trust(&key(9));
    let signed = head_of(b"m").sign(&key(1)).with_keys(Some(list(2, &[1, 2], &[3])));
    let sent = SignedHead::from_json(&signed.to_json().unwrap()).unwrap();
    assert_eq!(sent, signed);
    let accepted = accept_after(&sent, &root, Seen::default(), 10).unwrap();
    assert_eq!(accepted.seen(), Seen { version: 3, key_list: 2 });
    assert_eq!(sent.claims(&root), accepted.seen());
    // Whoever trusts the server's key itself needs no list, and one by somebody else has no say.
    let accepted = accept_after(&sent, &trust(&key(1)), Seen::default(), 10).unwrap();
    assert_eq!(accepted.seen(), Seen { version: 3, key_list: 0 });
}

#[test]
fn a_list_is_refused_for_each_reason_by_its_own_code() {
    let root = trust(&key(9));
    let both = Trust::parse([key(9).public().to_string().as_str(), key(3).public().to_string().as_str()]).unwrap();
    let code = |by: u8, keys: Option<SignedKeyList>, trust: &Trust, key_list, now_ms| {
        let signed = head_of(b"m").sign(&key(by)).with_keys(keys);
        accept_after(&signed, trust, Seen { version: 0, key_list }, now_ms).unwrap_err().code()
    };
    assert_eq!(code(4, Some(list(2, &[1], &[])), &root, 0, 0), Code::KeyUntrusted, "not listed");
    assert_eq!(code(1, None, &root, 0, 0), Code::KeyUntrusted, "no list");
    assert_eq!(code(3, Some(list(2, &[1], &[3])), &root, 0, 0), Code::KeyRevoked);
    assert_eq!(code(3, Some(list(2, &[1], &[3])), &both, 0, 0), Code::KeyRevoked, "trusted itself, and revoked");
    assert_eq!(code(3, None, &both, 2, 0), Code::HeadRolledBack, "the list that revokes it was left out");
    assert_eq!(code(1, Some(list(2, &[1], &[])), &root, 3, 0), Code::HeadRolledBack, "an older list");
    assert_eq!(code(1, Some(list(2, &[1], &[])), &root, 2, 1000), Code::HeadExpired);
    let mut forged = list(2, &[1], &[]);
    forged.list.online.push(key(4).public().to_string());
    assert_eq!(code(4, Some(forged), &root, 0, 0), Code::SignatureInvalid);
}

#[test]
fn a_list_that_contradicts_itself_is_neither_signed_nor_read() {
    let good = list(1, &[1], &[2]);
    let changed = |change: &dyn Fn(&mut KeyList)| {
        let mut list = good.list.clone();
        change(&mut list);
        assert_eq!(list.clone().sign(&key(9)).unwrap_err().code(), Code::Corrupt);
        let sent = SignedKeyList { list, ..good.clone() }.to_json().unwrap();
        assert_eq!(SignedKeyList::from_json(&sent).unwrap_err().code(), Code::Corrupt);
    };
    changed(&|list| list.version = 0);
    changed(&|list| list.online.clear());
    changed(&|list| list.revoked.push(list.online[0].clone()));
    changed(&|list| list.online.push("ed25519:zz".into()));
    changed(&|list| list.online.push(alloc::format!(" {}", key(3).public())));
    changed(&|list| list.revoked = vec![key(3).public().to_string(); 64]);
    let sent = good.to_json().unwrap();
    assert_eq!(SignedKeyList::from_json(&sent).unwrap(), good);
}
