//! Who may sign: the server's key, a root key and its list, rotation, revocation, expiry.

use std::sync::Arc;
use std::time::Duration;

use headwater_core::error::Code;
use headwater_core::manifest::{Acceptance, Accepted, Seen, SignedHead, SigningKey, Trust};
use headwater_origin::Access;
use headwater_origin::collection::Shared;
use headwater_origin::keys::Signer;
use object_store::memory::InMemory;

use crate::api::{Api, SCHEMA, points, shared};
use crate::process::{Server, fails, headwater, succeeds};

async fn head(server: &Server) -> SignedHead {
    let response = server.http.get(server.at("/v1/collections/c/head")).send().await.unwrap();
    SignedHead::from_json(&response.bytes().await.unwrap()).unwrap()
}

fn accept(signed: &SignedHead, trust: &str, seen: Seen) -> headwater_core::error::Result<Accepted> {
    let trust = Trust::parse([trust])?;
    signed.clone().accept(&Acceptance { trust: &trust, collection: Some("c"), seen, now_ms: 0 })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_and_revoked_while_replicas_trust_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (data, root) = (path("data"), path("root.key"));
    let keys = |arguments: &[&str]| {
        let place = if arguments[0] == "create" { vec![] } else { vec!["--data", &data] };
        headwater(&[&["keys"], arguments, &place[..]].concat(), &[], None)
    };
    let server = Server::start(data.as_ref()).await;
    server.put("/v1/collections/c", SCHEMA).await;
    server.post("/v1/collections/c/publish", "").await;
    let first = succeeds(&keys(&["show"])).trim().to_owned();
    assert_eq!(server.get("/v1/collections/c").await["trust"][0], *first);
    accept(&head(&server).await, &first, Seen::default()).unwrap();

    // A root key takes over the trust; a publish with nothing new brings the list to the head.
    let trusted = succeeds(&keys(&["create", &root])).trim().to_owned();
    assert!(fails(&keys(&["create", &root])).contains("never written over"));
    succeeds(&keys(&["sign", "--root", &root]));
    assert_eq!(succeeds(&keys(&["show"])).trim(), trusted);
    server.post("/v1/collections/c/publish", "").await;
    assert_eq!(server.get("/v1/collections/c").await["trust"][0], *trusted);
    let before = head(&server).await;
    let seen = accept(&before, &trusted, Seen::default()).unwrap().seen();
    assert_eq!((seen.version, seen.key_list), (1, 1));

    // The server's key is replaced: it goes on signing by the old one until it starts again.
    assert!(fails(&keys(&["revoke", &first, "--root", &root])).contains("rotate"));
    succeeds(&keys(&["rotate", "--root", &root]));
    server.post("/v1/collections/c/publish", "").await;
    assert_eq!(head(&server).await.key, first);
    assert!(server.stop().success());
    let server = Server::start(data.as_ref()).await;
    let rotated = head(&server).await;
    assert_ne!(rotated.key, first);
    accept(&rotated, &trusted, seen).unwrap();
    succeeds(&keys(&["revoke", &first, "--root", &root]));
    server.post("/v1/collections/c/publish", "").await;
    let seen = accept(&head(&server).await, &trusted, seen).unwrap().seen();
    assert_eq!(seen.key_list, 4);
    assert!(succeeds(&keys(&["list"])).contains(&format!("revoked  {first}")));

    // Who stole the old key has no way back.
    assert_eq!(accept(&before, &trusted, seen).unwrap_err().code(), Code::HeadRolledBack);
    let list = head(&server).await.keys;
    let stolen = before.with_keys(list);
    assert_eq!(accept(&stolen, &trusted, Seen::default()).unwrap_err().code(), Code::KeyRevoked);
    assert_eq!(
        accept(&stolen, &first, Seen::default()).map(|a| a.key_list).unwrap(),
        0,
        "who trusts the old key itself is not helped"
    );

    // A server whose key is not in the list says so instead of publishing what everyone refuses.
    assert!(server.stop().success());
    std::fs::remove_file(format!("{data}/signing.key")).unwrap();
    let lost = headwater(&["serve", "--data", &data, "--listen", "127.0.0.1:0"], &[], None);
    assert!(fails(&lost).contains("headwater keys sign"));
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_end_are_signed_anew_in_time() {
    let store = Arc::new(InMemory::new());
    let lifetime = Duration::from_millis(400);
    let signer = Arc::new(Signer::new(SigningKey::from_seed([7; 32]), Some(lifetime)));
    let api = Api::of(Shared { signer, ..shared(store).await }, &Access::default()).await;
    api.put("/v1/collections/c", SCHEMA).await;
    api.upsert(&points(0..10)).await;
    api.publish().await;
    let head = async || SignedHead::from_json(&api.get("/v1/collections/c/head").await.body).unwrap().head;
    let first = head().await;
    assert_eq!(first.expires_ms, Some(first.issued_ms + 400));
    api.origin.renew_heads().await;
    assert!(head().await == first || first.issued_ms + 200 < head().await.issued_ms, "half of its life is left");
    tokio::time::sleep(lifetime).await;
    api.origin.renew_heads().await;
    let next = head().await;
    assert!(next.issued_ms >= first.issued_ms + 200);
    assert_eq!((next.version, next.manifest), (first.version, first.manifest));
}
