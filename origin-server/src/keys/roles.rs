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

/// Who finds another list than the one it has read begins anew, so often.
const ATTEMPTS: usize = 5;

/// Signs the next key list and keeps it. What somebody else has put into the list meanwhile stays in it.
pub(crate) async fn change(
    objects: &Objects,
    root: &SigningKey,
    change: Change,
    now_ms: u64,
    expires_ms: Option<u64>,
) -> Result<SignedKeyList> {
    for _ in 0..ATTEMPTS {
        let held = objects.held(PATH).await?;
        let known = held.as_ref().map(|held| SignedKeyList::from_json(held.bytes())).transpose()?;
        let signed = next(known.as_ref(), root, change, now_ms, expires_ms)?.sign(root)?;
        if objects.replace(PATH, held.as_ref(), signed.to_json()?).await? {
            return Ok(signed);
        }
    }
    Err(Error::new(
        Code::Conflict,
        "others change the key list at the same time; look at it with `headwater keys list`",
    ))
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
            if ![&list.online, &list.revoked].into_iter().any(|keys| keys.contains(&key)) {
                return Err(Error::new(Code::NotFound, unknown(&key, &list)));
            }
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

/// What is said of a key that is not in a list.
fn unknown(key: &str, list: &KeyList) -> String {
    if list.online.is_empty() {
        return format!("{key} may not sign: there is no key list yet; `headwater keys sign` begins it");
    }
    let revoked = match list.revoked.as_slice() {
        [] => String::new(),
        revoked => format!("; revoked are {}", revoked.join(", ")),
    };
    format!(
        "the key list does not name {key}, so nothing was revoked; those that may sign: {}{revoked}",
        list.online.join(", ")
    )
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

    #[tokio::test(flavor = "multi_thread")]
    async fn changes_at_the_same_time_are_all_in_the_list() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::open(&folder.path().to_string_lossy()).unwrap();
        let changes = (1..=4).map(|n| {
            let (objects, allow) = (objects.clone(), Change::Allow { key: key(n).public() });
            tokio::spawn(async move { change(&objects, &key(9), allow, 5, None).await.unwrap() })
        });
        for task in changes.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let list = stored(&objects).await.unwrap().unwrap().list;
        assert_eq!((list.version, list.online.len()), (4, 4), "{list:?}");
    }

    #[test]
    fn what_would_lock_replicas_out_is_refused() {
        let (a, b) = (key(1).public(), key(2).public());
        let first = follow(None, 9, Change::Allow { key: a }).unwrap();
        let code = |held: &SignedKeyList, root, change| follow(Some(held), root, change).unwrap_err().code();
        assert_eq!(code(&first, 9, Change::Revoke { key: a }), Code::Conflict, "the last one");
        let unknown = follow(Some(&first), 9, Change::Revoke { key: b }).unwrap_err();
        assert!(unknown.code() == Code::NotFound && unknown.message().contains(&a.to_string()), "{unknown}");
        assert_eq!(follow(None, 9, Change::Revoke { key: b }).unwrap_err().code(), Code::NotFound);
        assert_eq!(code(&first, 8, Change::Allow { key: a }), Code::KeyUntrusted, "another root");
        let both = follow(Some(&first), 9, Change::Allow { key: b }).unwrap();
        let last = follow(Some(&both), 9, Change::Revoke { key: a }).unwrap();
        assert_eq!(code(&last, 9, Change::Allow { key: a }), Code::KeyRevoked);
        let mut forged = first;
        forged.list.online.push(b.to_string());
        assert_eq!(code(&forged, 9, Change::Allow { key: a }), Code::SignatureInvalid);
    }
}
