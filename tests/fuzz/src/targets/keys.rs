//! Key lists: read, signed anew by the root key, and heard.

use headwater_core::manifest::{SignedKeyList, SigningKey, Trust};

use crate::memory;

/// See the module.
pub fn run(data: &[u8]) {
    let Ok(signed) = memory::limited(|| SignedKeyList::from_json(data)) else { return };
    let root = SigningKey::from_seed([9; 32]);
    let trust = Trust::parse([root.public().to_string().as_str()]).expect("a public key");
    // Whoever else has signed it has no say; the root key's own signature is not among what is made up here.
    assert!(!matches!(signed.vouched(&trust), Ok(Some(_))), "a list counts that the root key has not signed");
    let list = signed.list.clone();
    let again = list.clone().sign(&root).expect("what was read can be signed");
    let again =
        SignedKeyList::from_json(&again.to_json().expect("a list is JSON")).expect("what was written can be read");
    assert_eq!(again.vouched(&trust), Ok(Some(&list)), "a sound signature counts, of all that the list says");
}
