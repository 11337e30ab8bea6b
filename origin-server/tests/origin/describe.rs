//! The OpenAPI document and the service routes.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};

use crate::api::Api;

/// Every route there is. A route that is added must be described, and stands here.
const ROUTES: [&str; 31] = [
    "DELETE /v1/collections/{collection}",
    "DELETE /v1/collections/{collection}/versions/{version}/pin",
    "DELETE /v1/models/{name}",
    "GET /docs",
    "GET /healthz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /readyz",
    "GET /v1/collections",
    "GET /v1/collections/{collection}",
    "GET /v1/collections/{collection}/blobs/{hash}",
    "GET /v1/collections/{collection}/boot",
    "GET /v1/collections/{collection}/head",
    "GET /v1/collections/{collection}/manifests/{hash}",
    "GET /v1/collections/{collection}/pages/{hash}",
    "GET /v1/collections/{collection}/points/{id}",
    "GET /v1/collections/{collection}/publish",
    "GET /v1/collections/{collection}/versions",
    "GET /v1/models",
    "POST /v1/collections/{collection}/gc",
    "POST /v1/collections/{collection}/points/delete",
    "POST /v1/collections/{collection}/publish",
    "POST /v1/collections/{collection}/rollback",
    "POST /v1/collections/{collection}/search",
    "POST /v1/collections/{collection}/search/batch",
    "POST /v1/collections/{collection}/suggest",
    "POST /v1/search",
    "PUT /v1/collections/{collection}",
    "PUT /v1/collections/{collection}/points",
    "PUT /v1/collections/{collection}/versions/{version}/pin",
    "PUT /v1/models/{name}",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_document_names_every_route_and_no_other() {
    let api = Api::with_collection().await;
    let document = api.get("/openapi.json").await.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            described.insert(format!("{} {path}", method.to_uppercase()));
            let text = operation["summary"].as_str().or(operation["description"].as_str());
            assert!(text.is_some_and(|t| !t.is_empty()), "{method} {path} is not described");
            // The route exists: what it says of an unknown thing is not that there is no route.
            let concrete =
                path.replace("{collection}", "c").replace("{hash}", &"0".repeat(64)).replace("{version}", "1");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            if method != Method::DELETE {
                let reply = api.call(method, &concrete, None, "").await;
                let text = String::from_utf8_lossy(&reply.body);
                assert!(
                    !text.contains("nothing is at") && reply.status != StatusCode::METHOD_NOT_ALLOWED,
                    "{path}: {text}"
                );
            }
        }
    }
    assert_eq!(described, ROUTES.iter().map(|r| (*r).to_owned()).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn types_are_described_and_every_reference_leads_somewhere() {
    let api = Api::new().await;
    let document = api.get("/openapi.json").await.ok();
    let text = document.to_string();
    let names: BTreeSet<&str> =
        text.split("#/components/schemas/").skip(1).filter_map(|t| t.split('"').next()).collect();
    let held = document["components"]["schemas"].as_object().unwrap();
    for name in &names {
        assert!(held.contains_key(*name), "{name} is referred to, and missing");
    }
    for name in ["Answer", "CollectionStatus", "Point", "Problem", "PublishReceipt", "Query", "Schema", "WriteReceipt"]
    {
        assert!(names.contains(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_routes_answer() {
    let api = Api::with_collection().await;
    for path in ["/healthz", "/readyz", "/docs"] {
        assert_eq!(api.get(path).await.status, StatusCode::OK, "{path}");
    }
    let docs = api.get("/docs").await;
    let page = String::from_utf8(docs.body.clone()).unwrap();
    assert!(docs.header("content-type").unwrap().starts_with("text/html"));
    assert!(!page.contains("https://") && !page.contains("http://"), "the page needs nothing but this server");
    api.origin.close().await.unwrap();
    api.get("/readyz").await.problem("not_ready");
    assert_eq!(api.get("/healthz").await.status, StatusCode::OK);
}
