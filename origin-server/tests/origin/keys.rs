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
    let unknown = format!("ed25519:{}", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let said = fails(&keys(&["revoke", &unknown, "--root", &root]));
    assert!(said.contains(&unknown) && said.contains(&first) && said.contains("nothing was revoked"), "{said}");
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
    let serve = || headwater(&["serve", "--data", &data, "--listen", "127.0.0.1:0"], &[], None);
    assert!(fails(&serve()).contains("there is no private key"));
    succeeds(&headwater(&["keys", "create", &format!("{data}/signing.key")], &[], None));
    assert!(fails(&serve()).contains("headwater keys sign"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_keys_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (nowhere, other, root) = (path("nowhere"), path("other"), path("root.key"));
    std::fs::create_dir(&other).unwrap();
    std::fs::write(format!("{other}/notes.txt"), "of somebody else").unwrap();
    succeeds(&headwater(&["keys", "create", &root], &[], None));
    for data in [&nowhere, &other] {
        for arguments in [
            &["show"][..],
            &["list"],
            &["sign", "--root", &root],
            &["rotate", "--root", &root],
            &["revoke", "ed25519:00", "--root", &root],
        ] {
            let said = fails(&headwater(&[&["keys"], arguments, &["--data", data]].concat(), &[], None));
            assert!(said.contains("no server's data") && said.contains("--data") && said.contains("--key"), "{said}");
        }
    }
    assert!(!std::path::Path::new(&nowhere).exists());
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1);
    // A key in a file of its own needs no data beside it, but has to be there.
    let signing = path("signing.key");
    let missing = fails(&headwater(&["keys", "show", "--data", &nowhere, "--key", &signing], &[], None));
    assert!(missing.contains("signing.key"), "{missing}");
    let made = succeeds(&headwater(&["keys", "create", &signing], &[], None));
    assert_eq!(succeeds(&headwater(&["keys", "show", "--data", &nowhere, "--key", &signing], &[], None)), made);
    assert!(!std::path::Path::new(&nowhere).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_file_is_misspelt_is_not_made_anew_over_data() {
    let folder = tempfile::tempdir().unwrap();
    let (data, typo) = (folder.path().join("data"), folder.path().join("typo/signing.key"));
    let server = Server::start(&data).await;
    server.put("/v1/collections/c", SCHEMA).await;
    server.post("/v1/collections/c/publish", "").await;
    assert!(server.stop().success());
    let data = data.to_string_lossy().into_owned();
    let serve = ["serve", "--data", &data, "--listen", "127.0.0.1:0", "--key", &typo.to_string_lossy()];
    let said = fails(&headwater(&serve, &[], None));
    assert!(said.contains("there is no private key in") && said.contains("--key") && said.contains(&data), "{said}");
    assert!(!typo.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_key_is_not_taken_for_a_public_one_nor_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = data.join("signing.key");
    let server = Server::start(&data).await;
    server.put("/v1/collections/c", SCHEMA).await;
    server.post("/v1/collections/c/publish", "").await;
    let source = server.at("/v1/collections/c");
    let public = server.get("/v1/collections/c").await["trust"][0].as_str().unwrap().to_owned();
    let secret = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    let digits = secret.strip_prefix("ed25519-secret:").expect("a private key says that it is one");
    assert_ne!(public.strip_prefix("ed25519:"), Some(digits));
    // As the first versions wrote it, which nobody could tell from a public one.
    let first = format!("ed25519:{digits}");
    let data = data.to_string_lossy().into_owned();
    let root = folder.path().join("root.key").to_string_lossy().into_owned();
    succeeds(&headwater(&["keys", "create", &root], &[], None));
    for given in [&secret, &first] {
        let said = |output: &std::process::Output| {
            let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), fails(output));
            assert!(!said.contains(digits), "{said}");
            said
        };
        said(&headwater(&["verify", &source, "--trust", given], &[], None));
        said(&headwater(&["verify", &source], &[("HEADWATER_TRUST", given.as_str())], None));
        let here = said(&headwater(&["verify", &source, "--trust", given], &[("HEADWATER_DATA", &data)], None));
        assert!(here.contains("private"), "{here}");
        let revoked = said(&headwater(&["keys", "revoke", given, "--root", &root, "--data", &data], &[], None));
        assert!(revoked.contains("private"), "{revoked}");
    }
    // A server that was made by the first versions starts, and says what to do.
    assert!(server.stop().success());
    std::fs::write(&file, &first).unwrap();
    let server = Server::start(data.as_ref()).await;
    assert_eq!(server.get("/v1/collections/c").await["trust"][0], *public);
    assert!(server.stop().success());
    let log = std::fs::read_to_string(folder.path().join("data.log")).unwrap();
    assert!(log.contains("ed25519-secret:") && !log.contains(digits), "{log}");
    std::fs::remove_file(&file).unwrap();
    let environment = [("HEADWATER_SIGNING_KEY", first.as_str())];
    assert_eq!(succeeds(&headwater(&["keys", "show", "--data", &data], &environment, None)).trim(), public);
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
