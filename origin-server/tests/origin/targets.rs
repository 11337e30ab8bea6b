//! Publishing to folders and buckets from more than one place: none sets back what another has published.

use std::path::Path;

use serde_json::{Value, json};

use crate::api::{SCHEMA, point, points};
use crate::killed::copy_folder;
use crate::process::{Server, fails, headwater, succeeds};

const C: &str = "/v1/collections/c";

async fn write_and_publish(server: &Server, id: &str, n: u32) -> Value {
    server.put(&format!("{C}/points"), json!({ "points": [point(id, n)] }).to_string()).await;
    server.post(&format!("{C}/publish"), "").await
}

/// What two origins with the same key do to one target, of which one has fallen behind. `head` reads what is
/// published there.
pub(crate) async fn never_goes_back(
    folder: &Path,
    to: &str,
    environment: &[(&str, &str)],
    head: impl AsyncFn() -> Value,
) {
    let (data, behind) = (folder.join("data"), folder.join("behind"));
    let server = Server::start(&data).await;
    server.put(C, SCHEMA).await;
    server.put(&format!("{C}/points"), json!({ "points": points(0..20) }).to_string()).await;
    server.post(&format!("{C}/publish"), "").await;
    assert!(server.stop().success());
    copy_folder(&data, &behind);

    let send = |server: &Server, collection: &str| {
        headwater(&["publish", "-c", collection, "--url", &server.url, "--to", to], environment, None)
    };
    let server = Server::start(&data).await;
    assert!(succeeds(&send(&server, "c")).contains("copied version 1"));
    for n in 0..2 {
        write_and_publish(&server, "ahead", n).await;
    }
    assert!(succeeds(&send(&server, "c")).contains("copied version 3"));
    let published = head().await;
    assert_eq!(published["head"]["version"], 3);
    succeeds(&send(&server, "c"));
    assert_eq!(head().await, published, "nothing has changed");

    let other = Server::start(&behind).await;
    let refused = fails(&send(&other, "c"));
    for told in ["head_rolled_back", "version 3 is published there, this one is version 1"] {
        assert!(refused.contains(told), "{told}: {refused}");
    }
    for n in 0..2 {
        write_and_publish(&other, "elsewhere", n).await;
    }
    let refused = fails(&send(&other, "c"));
    assert!(refused.contains("conflict") && refused.contains("version 3 is published there"), "{refused}");
    assert_eq!(head().await, published);
    write_and_publish(&other, "elsewhere", 9).await;
    assert!(succeeds(&send(&other, "c")).contains("copied version 4"));
    assert!(fails(&send(&server, "c")).contains("version 4 is published there, this one is version 3"));
    assert_eq!(head().await["head"]["version"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_never_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("public");
    let head = async || serde_json::from_slice(&std::fs::read(to.join("c/head")).unwrap()).unwrap();
    never_goes_back(folder.path(), &to.to_string_lossy(), &[], head).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_collection_is_not_exported_over_one() {
    let folder = tempfile::tempdir().unwrap();
    let (data, to) = (folder.path().join("data"), folder.path().join("export"));
    let (server, to) = (Server::start(&data).await, to.to_string_lossy().into_owned());
    for name in ["c", "other"] {
        let path = format!("/v1/collections/{name}");
        server.put(&path, SCHEMA).await;
        server.put(&format!("{path}/points"), json!({ "points": points(0..3) }).to_string()).await;
        server.post(&format!("{path}/publish"), "").await;
    }
    let export = |name: &str| headwater(&["export", &to, "-c", name, "--url", &server.url], &[], None);
    succeeds(&export("c"));
    let refused = fails(&export("other"));
    assert!(refused.contains("manifest_mismatch") && refused.contains("\"c\" is published there"), "{refused}");
    succeeds(&export("c"));
}

/// The folder of a server has its private key: who serves it to replicas would serve that as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_servers_own_folder_is_no_target() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data).await;
    server.put(C, SCHEMA).await;
    write_and_publish(&server, "a", 1).await;
    let to = data.to_string_lossy().into_owned();
    let before = std::fs::read_dir(&data).unwrap().count();
    for arguments in [
        &["export", &to, "-c", "c", "--url", &server.url][..],
        &["publish", "-c", "c", "--url", &server.url, "--to", &to],
    ] {
        let said = fails(&headwater(arguments, &[], None));
        assert!(said.contains("private key") && said.contains("another folder"), "{said}");
    }
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), before);
    let public = data.join("public").to_string_lossy().into_owned();
    succeeds(&headwater(&["export", &public, "-c", "c", "--url", &server.url], &[], None));
}
