//! What replicas fetch: signed head, manifest, blobs by hash, with ranges and caching.

use std::collections::{HashMap, HashSet};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use headwater_core::ids::Hash;
use headwater_core::manifest::{Acceptance, BlobRef, Head, Manifest, Seen, SignedHead, Trust};
use headwater_core::model::{Answer, AnsweredBy, Query};
use headwater_core::snapshot::Snapshot;
use serde_json::{Value, json};

use crate::api::{Api, Reply, point, points};

const BASE: &str = "/v1/collections/c";

/// Follows head, manifest and blobs as a replica does, verifying each.
pub(crate) async fn fetch(api: &Api) -> (Head, Manifest, Snapshot) {
    let status = api.status().await;
    let trust = Trust::parse([status["trust"][0].as_str().unwrap()]).unwrap();
    let head = api.get(&format!("{BASE}/head")).await;
    assert_eq!(head.header("cache-control"), Some("no-cache"));
    let acceptance = Acceptance { trust: &trust, collection: Some("c"), seen: Seen::default(), now_ms: 0 };
    let head = SignedHead::from_json(&head.body).unwrap().accept(&acceptance).unwrap().head;
    let manifest = api.get(&format!("{BASE}/manifests/{}", head.manifest.hash)).await;
    let manifest = Manifest::decode(&manifest.body, &head).unwrap();
    let mut blobs = HashMap::new();
    for blob in manifest.blobs() {
        let bytes = api.get(&format!("{BASE}/blobs/{}", blob.hash)).await.body;
        blobs.insert(blob, blob.verify_copy(&bytes).unwrap());
    }
    let snapshot = Snapshot::open(manifest.clone(), &mut |blob| Ok(blobs[blob].clone())).unwrap();
    (head, manifest, snapshot)
}

async fn published() -> Api {
    let api = Api::with_collection().await;
    api.upsert(&points(0..300)).await;
    api.publish().await;
    api
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_answers_as_the_origin_does_to_the_bit() {
    let api = published().await;
    for round in 0..3u32 {
        let (head, manifest, replica) = fetch(&api).await;
        assert_eq!((head.version, manifest.lsn), (u64::from(round) + 1, head.lsn));
        for query in [
            json!({ "vector": [0.1, 0.9, -0.3, 0.2], "topK": 25 }),
            json!({ "vector": [0.1, 0.9, -0.3, 0.2], "topK": 7, "filter": { "kind": "even", "rank": { "$gte": 40 } } }),
        ] {
            let mut ours: Answer = serde_json::from_value(api.search(&query).await).unwrap();
            let query = Query::from_json(query.to_string().as_bytes()).unwrap();
            let theirs = replica.search(&query, None, AnsweredBy::Origin).unwrap();
            ours.took_us = 0;
            assert_eq!(ours, theirs);
            let bits = |answer: &Answer| answer.hits.iter().map(|h| h.score.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&ours), bits(&theirs));
        }
        api.upsert(&[point("p7", 5000 + round), point(&format!("new{round}"), 6000 + round)]).await;
        api.publish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_has_a_new_name() {
    let api = published().await;
    let (_, before, _) = fetch(&api).await;
    api.upsert(&[point("p7", 5000)]).await;
    api.publish().await;
    let (_, after, _) = fetch(&api).await;
    let held: HashSet<Hash> = before.blobs().iter().map(|b| b.hash).collect();
    let new: Vec<BlobRef> = after.blobs().into_iter().filter(|b| !held.contains(&b.hash)).collect();
    assert_eq!(new.len(), 2, "a segment of one point, and the tombstones of the large one");
    assert!(new.iter().map(|b| b.bytes).sum::<u64>() * 5 < before.total_bytes());
    // A replica that still reads the version before finds all of it.
    for blob in before.blobs() {
        assert_eq!(api.get(&format!("{BASE}/blobs/{}", blob.hash)).await.status, StatusCode::OK);
    }
}

async fn ask(api: &Api, method: Method, path: &str, header: (&str, &str)) -> Reply {
    api.send(Request::builder().method(method).uri(path).header(header.0, header.1).body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_come_whole_in_ranges_or_not_again() {
    let api = published().await;
    let (_, manifest, _) = fetch(&api).await;
    let blob = manifest.blobs()[0];
    let path = format!("{BASE}/blobs/{}", blob.hash);
    let whole = api.get(&path).await;
    let etag = format!("\"{}\"", blob.hash);
    assert_eq!(whole.header("etag"), Some(etag.as_str()));
    assert_eq!(whole.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(whole.header("content-length"), Some(blob.bytes.to_string().as_str()));

    let (first, rest) = (
        ask(&api, Method::GET, &path, ("range", "bytes=0-999")).await,
        ask(&api, Method::GET, &path, ("range", "bytes=1000-")).await,
    );
    assert_eq!((first.status, rest.status), (StatusCode::PARTIAL_CONTENT, StatusCode::PARTIAL_CONTENT));
    assert_eq!(first.header("content-range"), Some(format!("bytes 0-999/{}", blob.bytes).as_str()));
    assert_eq!(first.header("content-length"), Some("1000"));
    assert_eq!([first.body, rest.body].concat(), whole.body);
    let tail = ask(&api, Method::GET, &path, ("range", "bytes=-10")).await;
    assert_eq!(tail.body, whole.body[whole.body.len() - 10..]);
    let outside = ask(&api, Method::GET, &path, ("range", &format!("bytes={}-", blob.bytes))).await;
    assert_eq!(outside.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(outside.header("content-range"), Some(format!("bytes */{}", blob.bytes).as_str()));

    let held = ask(&api, Method::GET, &path, ("if-none-match", &etag)).await;
    assert_eq!((held.status, held.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let head = ask(&api, Method::HEAD, &path, ("accept", "*/*")).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-length"), Some(blob.bytes.to_string().as_str()));
    let missing = ask(&api, Method::HEAD, &format!("{BASE}/blobs/{}", "0".repeat(64)), ("accept", "*/*")).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_publish_there_is_no_head() {
    let api = Api::with_collection().await;
    api.get(&format!("{BASE}/head")).await.problem("not_published");
    let published = api.publish().await;
    assert_eq!((&published["version"], &published["points"]), (&json!(1), &json!(0)), "an empty version is a version");
    let (_, manifest, replica) = fetch(&api).await;
    assert_eq!((manifest.segments.len(), replica.live_points()), (0, 0));
    let answer: Value = api.search(&json!({ "vector": [1, 0, 0, 0] })).await;
    assert_eq!(answer["hits"], json!([]));
}
