//! Heads: read, judged by what a replica accepts, signed anew and accepted.

use headwater_core::manifest::{Acceptance, Seen, SignedHead, SigningKey, Trust};

use crate::memory;

/// See the module.
pub fn run(data: &[u8]) {
    let Ok(signed) = memory::limited(|| SignedHead::from_json(data)) else { return };
    let key = SigningKey::from_seed([7; 32]);
    let trust = Trust::parse([key.public().to_string().as_str()]).expect("a public key");
    let seen = Seen { version: 1, key_list: 0 };
    let acceptance = |collection| Acceptance { trust: &trust, collection, seen, now_ms: 4_000 };
    let head = signed.head.clone();
    let accepted = memory::limited(|| signed.accept(&acceptance(Some("golden"))));
    assert!(accepted.is_err() || head.collection == "golden", "another collection than asked for");
    let again = SignedHead::from_json(&head.clone().sign(&key).to_json().expect("a head is JSON"));
    // Names may be longer than a head may be, once they are escaped.
    let Ok(again) = again else { return };
    assert_eq!(again.head, head, "a head changes when it is written");
    let expired = head.expires_ms.is_some_and(|end| end <= 4_000);
    assert_eq!(again.accept(&acceptance(None)).is_ok(), head.version > 0 && !expired, "a sound signature counts");
}
