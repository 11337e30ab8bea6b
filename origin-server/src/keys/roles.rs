//! Making the key list.

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{KeyList, PublicKey, SignedKeyList, SigningKey, Trust};

use crate::objects::Objects;

/// The object that holds the key list. It is public.
const PATH: &str = "keys";

/// What shall be different in the next list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// This key may sign; where it may already, the list is only signed anew.
    Allow { key: PublicKey },
    /// A key may not sign any more, whoever trusts it.
    Revoke { key: PublicKey },
}

/// The key list of a store, if there is one.
pub(crate) async fn stored(objects: &Objects) -> Result<Option<SignedKeyList>> {
    let bytes = objects.read(PATH).await?;
    bytes.map(|bytes| SignedKeyList::from_json(&bytes)).transpose()
}

/// Signs the next key list and keeps it.
pub(crate) async fn change(
    objects: &Objects,
    root: &SigningKey,
    change: Change,
    now_ms: u64,
    expires_ms: Option<u64>,
) -> Result<SignedKeyList> {
    let held = stored(objects).await?;
    let list = next(held.as_ref(), root, change, now_ms, expires_ms)?;
    let signed = list.sign(root)?;
    objects.overwrite(PATH, signed.to_json()?).await?;
    Ok(signed)
}

fn next(
    held: Option<&SignedKeyList>,
    root: &SigningKey,
    change: Change,
    issued_ms: u64,
    expires_ms: Option<u64>,
) -> Result<KeyList> {
    let name = root.public().to_string();
    if let Some(other) = held.filter(|held| held.root != name) {
        let message =
            format!("the key list is signed by {}, this root key is {name}; replicas trust the first", other.root);
        return Err(Error::new(Code::KeyUntrusted, message));
    }
    if let Some(held) = held {
        held.vouched(&Trust::parse([name.as_str()])?)?;
    }
    let mut list = held.map_or_else(
        || KeyList { version: 0, online: Vec::new(), revoked: Vec::new(), issued_ms, expires_ms },
        |held| held.list.clone(),
    );
    list.version += 1;
    list.issued_ms = issued_ms.max(list.issued_ms);
    list.expires_ms = expires_ms;
    match change {
        Change::Allow { key } => {
            let online = key.to_string();
            if list.revoked.contains(&online) {
                let message = format!("{online} was revoked; make another with `headwater keys rotate`");
                return Err(Error::new(Code::KeyRevoked, message));
            }
            if !list.online.contains(&online) {
                list.online.push(online);
            }
        }
        Change::Revoke { key } => {
            let key = key.to_string();
            list.online.retain(|online| *online != key);
            if list.online.is_empty() {
                let message = format!("{key} is the last key that may sign; run `headwater keys rotate` first");
                return Err(Error::new(Code::Conflict, message));
            }
            if !list.revoked.contains(&key) {
                list.revoked.push(key);
            }
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> SigningKey {
        SigningKey::from_seed([n; 32])
    }

    fn follow(held: Option<&SignedKeyList>, root: u8, change: Change) -> Result<SignedKeyList> {
        next(held, &key(root), change, 5, None)?.sign(&key(root))
    }

    #[test]
    fn a_list_begins_is_added_to_and_revokes() {
        let (a, b) = (key(1).public(), key(2).public());
        let first = follow(None, 9, Change::Allow { key: a }).unwrap();
        let both = follow(Some(&first), 9, Change::Allow { key: b }).unwrap();
        let last = follow(Some(&both), 9, Change::Revoke { key: a }).unwrap();
        assert_eq!(
            (last.list.version, last.list.online, last.list.revoked),
            (3, vec![b.to_string()], vec![a.to_string()])
        );
    }

    #[test]
    fn what_would_lock_replicas_out_is_refused() {
        let (a, b) = (key(1).public(), key(2).public());
        let first = follow(None, 9, Change::Allow { key: a }).unwrap();
        let code = |held: &SignedKeyList, root, change| follow(Some(held), root, change).unwrap_err().code();
        assert_eq!(code(&first, 9, Change::Revoke { key: a }), Code::Conflict, "the last one");
        assert_eq!(code(&first, 8, Change::Allow { key: a }), Code::KeyUntrusted, "another root");
        let both = follow(Some(&first), 9, Change::Allow { key: b }).unwrap();
        let last = follow(Some(&both), 9, Change::Revoke { key: a }).unwrap();
        assert_eq!(code(&last, 9, Change::Allow { key: a }), Code::KeyRevoked);
        let mut forged = first;
        forged.list.online.push(b.to_string());
        assert_eq!(code(&forged, 9, Change::Allow { key: a }), Code::SignatureInvalid);
    }
}
