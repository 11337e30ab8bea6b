//! What SlateDB leaves behind in a local folder, and that it goes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use headwater_core::model::Point;
use headwater_origin::objects::Objects;
use headwater_origin::store::{Op, PointStore as _, Points as _, SlateStore, Upkeep};

use crate::process::files;

fn manifests(folder: &Path) -> Vec<String> {
    files(&folder.join("db/manifest"))
}

#[tokio::test(flavor = "multi_thread")]
async fn old_manifests_go_and_what_they_led_to_stays() {
    let folder = tempfile::tempdir().unwrap();
    let usual = Upkeep::flushing(Duration::from_millis(1));
    let open = async |upkeep| {
        let objects = Objects::open(folder.path().to_str().unwrap()).unwrap();
        SlateStore::with(objects.store(), "db", upkeep).await.unwrap()
    };
    let point = |id: String| Op::Upsert(Point { id, ..Point::default() });
    // Each start and each end writes manifests.
    for round in 0..4u64 {
        let store = open(usual).await;
        store.append("c", round + 1, &[point(format!("p{round}"))], &[]).await.unwrap();
        store.close().await.unwrap();
    }
    let before = manifests(folder.path());
    assert!(before.len() >= 4, "{before:?}");
    let moment = Duration::from_millis(20);
    let store = open(Upkeep { every: moment, manifests_age: moment, data_age: moment, ..usual }).await;
    let deadline = Instant::now() + Duration::from_secs(60);
    while manifests(folder.path()).iter().any(|name| before.contains(name)) {
        assert!(Instant::now() < deadline, "{:?}", manifests(folder.path()));
        tokio::time::sleep(moment).await;
    }
    store.append("c", 5, &[point("p4".to_owned())], &[]).await.unwrap();
    store.close().await.unwrap();
    let store = Arc::new(open(usual).await);
    let ids: Vec<String> = (0..5).map(|n| format!("p{n}")).collect();
    let found = store.get_many("c", &ids).await.unwrap();
    assert!(found.iter().all(Option::is_some), "{found:?}");
    assert_eq!(store.log("c", 0, 100).await.unwrap().len(), 5);
}
