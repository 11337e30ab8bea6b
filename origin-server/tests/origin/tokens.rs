//! Who gets a token, and who does not.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::api::{SCHEMA, points};
use crate::process::{Server, fails, headwater, succeeds};

/// A server that somebody else runs: it notes which tokens reach it, and answers as it was told.
struct Stranger {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Stranger {
    async fn answering(answer: impl Fn(&str) -> Response + Clone + Send + Sync + 'static) -> Self {
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let note = move |State(seen): State<Arc<Mutex<Vec<String>>>>, headers: HeaderMap, request: Request| {
            let answer = answer.clone();
            async move {
                let sent = headers.get(header::AUTHORIZATION).map_or("none", |token| token.to_str().unwrap());
                seen.lock().unwrap().push(sent.to_owned());
                answer(request.uri().path())
            }
        };
        let router = Router::new().fallback(note).with_state(Arc::clone(&seen));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    fn tokens(&self) -> Vec<String> {
        let mut seen = self.seen.lock().unwrap().clone();
        seen.sort();
        seen.dedup();
        seen
    }
}

async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> std::process::Output {
    let own = |text: &&str| (*text).to_owned();
    let arguments: Vec<String> = arguments.iter().map(own).collect();
    let environment: Vec<(String, String)> = environment.iter().map(|(n, v)| (own(n), own(v))).collect();
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let environment: Vec<(&str, &str)> = environment.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        headwater(&arguments, &environment, None)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

const SECRET: &str = "Bearer secret";

#[tokio::test(flavor = "multi_thread")]
async fn the_origins_token_goes_to_the_origin_alone() {
    let stranger = Stranger::answering(|_| StatusCode::NOT_FOUND.into_response()).await;
    let origin = ("HEADWATER_URL", "https://origin.example");
    let token = ("HEADWATER_TOKEN", "secret");
    let source = format!("{}/v1/collections/c", stranger.url);
    fails(&run(&["verify", &source], &[origin, token]).await);
    fails(&run(&["verify", &source], &[token]).await);
    fails(&run(&["diff", &source, &source], &[origin, token]).await);
    assert_eq!(stranger.tokens(), ["none"]);

    // The same host at another port is another server.
    let (host, port) = stranger.url.rsplit_once(':').unwrap();
    let beside = format!("{host}:{}", port.parse::<u16>().unwrap() ^ 1);
    fails(&run(&["verify", &source], &[("HEADWATER_URL", &beside), token]).await);
    assert_eq!(stranger.tokens(), ["none"]);

    // A token that was given for this very source, or for the server that it is at, is sent.
    fails(&run(&["verify", &source, "--token", "secret"], &[]).await);
    assert_eq!(stranger.tokens(), [SECRET, "none"]);
    stranger.seen.lock().unwrap().clear();
    fails(&run(&["verify", &source], &[("HEADWATER_URL", &stranger.url), token]).await);
    assert_eq!(stranger.tokens(), [SECRET]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_each_gets_its_own_token() {
    let old = Stranger::answering(|_| StatusCode::NOT_FOUND.into_response()).await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data")).await;
    server.put("/v1/collections/c", SCHEMA).await;
    server.post("/v1/collections/c/publish", "").await;
    let at_home = server.at("/v1/collections/c");
    let at_others = format!("{}/v1/collections/c", old.url);
    fails(&run(&["diff", &at_home, &at_others, "--token", "secret"], &[]).await);
    assert_eq!(old.tokens(), ["none"], "the token of the first is not for the second");
    fails(&run(&["diff", &at_home, &at_others, "--after-token", "other"], &[]).await);
    assert_eq!(old.tokens(), ["Bearer other", "none"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_takes_neither_token_nor_points_elsewhere() {
    let stranger = Stranger::answering(|_| StatusCode::OK.into_response()).await;
    let away = stranger.url.clone();
    let origin = Stranger::answering(move |path| {
        (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, format!("{away}{path}"))]).into_response()
    })
    .await;
    let source = format!("{}/v1/collections/c", origin.url);
    for arguments in [
        vec!["verify", &source, "--token", "secret"],
        vec!["publish", "-c", "c", "--url", &origin.url, "--token", "secret"],
        vec!["search", "cat", "-c", "c", "--url", &origin.url, "--token", "secret"],
        vec!["model", "list", "--url", &origin.url],
    ] {
        let said = run(&arguments, &[]).await;
        let said = format!("{}{}", String::from_utf8_lossy(&said.stdout), fails(&said));
        assert!(
            said.contains(&format!("leads to {}", stranger.url)) && said.contains("nothing was sent there"),
            "{said}"
        );
    }
    assert!(stranger.tokens().is_empty(), "nothing was asked for there");
    // What is public and asked for without a token may be elsewhere.
    fails(&run(&["verify", &source], &[]).await);
    assert_eq!(stranger.tokens(), ["none"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_does_not_get_the_origins_token() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server =
        Server::with(data.to_str().unwrap(), &folder.path().join("log"), &[], &[("HEADWATER_TOKEN", "secret")]).await;
    let http = |request: reqwest::RequestBuilder| server.json(request.bearer_auth("secret"));
    let json = ("content-type", "application/json");
    http(server.http.put(server.at("/v1/collections/c")).header(json.0, json.1).body(SCHEMA)).await;
    let batch = json!({ "points": points(0..10) }).to_string();
    http(server.http.put(server.at("/v1/collections/c/points")).header(json.0, json.1).body(batch)).await;
    let edge = Stranger::answering(|_| StatusCode::NO_CONTENT.into_response()).await;
    let publish = ["publish", "-c", "c", "--to", &edge.url, "--url", &server.url];
    succeeds(&run(&publish, &[("HEADWATER_TOKEN", "secret")]).await);
    assert_eq!(edge.tokens(), ["none"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_secret_is_not_repeated() {
    let closed = "http://me:password@127.0.0.1:1/words?sig=signature";
    for arguments in [
        vec!["verify", closed],
        vec!["diff", closed, closed],
        vec!["search", "cat", "-c", "c", "--url", "http://me:password@127.0.0.1:1"],
        vec!["search", "cat", "-c", "c", "--url", closed],
        vec!["search", "cat", "-c", "c", "--url", "http://me:password@127.0.0.1:1", "--token", "signature"],
        vec!["search", "cat", "-c", "c", "--url", "http://127.0.0.1:1", "--token", "signature→"],
        vec!["publish", "-c", "c", "--to", "ftp://me:password@h?sig=signature", "--url", "http://127.0.0.1:1"],
    ] {
        let said = run(&arguments, &[]).await;
        let said = format!("{}{}", String::from_utf8_lossy(&said.stdout), fails(&said));
        assert!(!said.contains("password") && !said.contains("signature"), "{said}");
    }
}
