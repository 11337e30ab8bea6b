//! Clients that are slow, silent or many, over real sockets: each limit ends what it is there for, and nobody honest
//! waits for them.

use std::time::Duration;

use headwater_origin::{Access, Limits, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::api::{Api, point};

const COLLECTION: &str = "/v1/collections/c";
/// Longer than any test takes: a limit that is not what a test is about.
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(200);

struct Listening {
    address: std::net::SocketAddr,
    stop: watch::Sender<bool>,
    ended: JoinHandle<()>,
}

async fn listen(limits: Limits) -> Listening {
    let access = Access { limits: limits.clone(), ..Access::default() };
    let api = Api::with(std::sync::Arc::new(object_store::memory::InMemory::new()), &access).await;
    api.put(COLLECTION, crate::api::SCHEMA).await.ok();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let ended = tokio::spawn(async move { serve(listener, api.router.clone(), &limits, stopped).await });
    Listening { address, stop, ended }
}

fn patient() -> Limits {
    Limits { head: LONG, piece: LONG, body: LONG, answer: LONG, room: LONG, ..Limits::default() }
}

/// A request's head, for a body of so many bytes.
fn head(method: &str, path: &str, kind: &str, bytes: usize) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\ncontent-length: {bytes}\r\n\r\n")
}

fn batch() -> String {
    let body = json!({ "points": [point("honest", 1)] }).to_string();
    head("PUT", &format!("{COLLECTION}/points"), "application/json", body.len()) + &body
}

impl Listening {
    async fn connect(&self, first: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(first.as_bytes()).await.unwrap();
        stream
    }

    /// What comes back for a request that closes its connection.
    async fn ask(&self, request: &str) -> (u16, Value) {
        answer(&mut self.connect(&request.replace("\r\nhost", "\r\nconnection: close\r\nhost")).await).await
    }
}

/// What comes before the server closes the connection.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end as well: the server has closed while there was more to read.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

async fn answer(stream: &mut TcpStream) -> (u16, Value) {
    let text = until_closed(stream).await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer, but {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_end_is_answered_and_a_silent_connection_closed() {
    let server = listen(Limits { head: SHORT, ..patient() }).await;
    for start in ["G", "GET /healthz", "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-a: b\r\n"] {
        let mut stream = server.connect(start).await;
        let (status, problem) = answer(&mut stream).await;
        assert_eq!((status, &problem["code"]), (408, &json!("request_incomplete")), "{start:?}");
    }
    assert_eq!(until_closed(&mut server.connect("").await).await, "", "nothing was asked");
    let idle = until_closed(&mut server.connect("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await).await;
    assert!(idle.starts_with("HTTP/1.1 200") && idle.matches("HTTP/1.1").count() == 1, "{idle}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_too_slowly_is_answered_wherever_one_is_taken() {
    let routes = [
        ("PUT", "/points", "application/json"),
        ("PUT", "/points", "application/x-ndjson"),
        ("POST", "/points/delete", "application/json"),
        ("POST", "/search", "application/json"),
        ("POST", "/rollback", "application/json"),
        ("PUT", "", "application/json"),
    ];
    let routes: Vec<_> =
        routes.into_iter().map(|(method, path, kind)| (method, format!("{COLLECTION}{path}"), kind)).collect();
    let model = ("PUT", "/v1/models/m".to_owned(), "application/octet-stream");
    // Silence, and a byte now and then, which no limit between pieces ends.
    let (silent, slow) = (Limits { piece: SHORT, ..patient() }, Limits { body: SHORT, ..patient() });
    for (limits, trickles) in [(silent, false), (slow, true)] {
        let server = listen(limits).await;
        for (method, path, kind) in routes.iter().chain([&model]) {
            let stream = server.connect(&(head(method, path, kind, 100_000) + "  ")).await;
            let (mut reader, mut writer) = stream.into_split();
            let trickle = tokio::spawn(async move {
                while trickles && writer.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(SHORT / 10).await;
                }
                writer
            });
            let mut text = String::new();
            // Of what is sent after the answer, the connection may be reset.
            let _ = reader.read_to_string(&mut text).await;
            trickle.abort();
            assert!(
                text.starts_with("HTTP/1.1 408") && text.contains("request_incomplete"),
                "{method} {path}: {text:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_sent_batches_take_no_places() {
    let server = listen(patient()).await;
    let start = head("PUT", &format!("{COLLECTION}/points"), "application/json", 100_000) + "{\"points\":[";
    let mut half = Vec::new();
    for _ in 0..100 {
        half.push(server.connect(&start).await);
    }
    assert_eq!(server.ask(&batch()).await.0, 200);
    drop(half);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_finds_no_room_is_refused_and_may_come_again() {
    let server = listen(Limits { batch_bytes: 64 * 1024, room: SHORT, ..patient() }).await;
    let most = head("PUT", &format!("{COLLECTION}/points"), "application/json", 70_000) + &" ".repeat(64 * 1024 - 100);
    let large = server.connect(&most).await;
    let honest = batch();
    // The large one is read at its own pace.
    let (mut status, mut problem) = server.ask(&honest).await;
    while status == 200 {
        (status, problem) = server.ask(&honest).await;
    }
    assert_eq!((status, &problem["code"], &problem["retryable"]), (503, &json!("not_ready"), &json!(true)));
    // Searches have room of their own.
    let query = json!({ "vector": [1, 0, 0, 0] }).to_string();
    let search = head("POST", &format!("{COLLECTION}/search"), "application/json", query.len()) + &query;
    assert_eq!(server.ask(&search).await.0, 200);
    drop(large);
    while server.ask(&honest).await.0 != 200 {}
}

#[tokio::test(flavor = "multi_thread")]
async fn when_there_are_too_many_connections_the_oldest_idle_ones_end() {
    let server = listen(Limits { connections: 3, ..patient() }).await;
    let mut idle = Vec::new();
    for _ in 0..3 {
        idle.push(server.connect("").await);
    }
    for _ in 0..4 {
        assert_eq!(server.ask("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.0, 200);
    }
    assert_eq!(until_closed(&mut idle[0]).await, "");
}

/// A request that is half sent: its head, and a part of its body, which the server has begun to read.
async fn half_sent(server: &Listening) -> TcpStream {
    let batch = batch().replace("\r\nhost", "\r\nexpect: 100-continue\r\nhost");
    let mut stream = server.connect(&batch[..batch.len() - LEFT]).await;
    let mut go_on = [0u8; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

/// Bytes of [`batch`] that [`half_sent`] leaves for later.
const LEFT: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn half_sent_requests_make_room_for_whole_ones_the_oldest_first() {
    let server = listen(Limits { connections: 3, ..patient() }).await;
    let mut oldest = half_sent(&server).await;
    let _head = server.connect("GET /healthz HTTP/1.1\r\nhost: loc").await;
    let mut youngest = half_sent(&server).await;
    assert_eq!(server.ask("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.0, 200);
    let (status, problem) = answer(&mut oldest).await;
    assert_eq!((status, &problem["code"]), (503, &json!("not_ready")));
    assert!(problem["detail"].as_str().unwrap().contains("had not arrived whole"), "{problem}");
    // There was no need to end another one.
    let batch = batch().replace("\r\nhost", "\r\nconnection: close\r\nhost");
    youngest.write_all(&batch.as_bytes()[batch.len() - LEFT..]).await.unwrap();
    let mut first = [0u8; 12];
    youngest.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_whose_requests_were_answered_end_before_half_sent_ones() {
    let server = listen(Limits { connections: 2, ..patient() }).await;
    let mut older = half_sent(&server).await;
    let mut idle = server.connect("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let mut first = [0u8; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    for _ in 0..3 {
        assert_eq!(server.ask("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.0, 200);
    }
    until_closed(&mut idle).await;
    older.write_all(&batch().as_bytes()[batch().len() - LEFT..]).await.unwrap();
    older.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_half_sent_requests_locks_nobody_out() {
    let server = listen(Limits { connections: 16, ..patient() }).await;
    let starts = [
        "P",
        "PUT /v1/collections/c/points HTTP/1.1\r\nhost: localhost\r\nx-a: b\r\n",
        &batch()[..batch().len() - LEFT],
    ];
    let mut half = Vec::new();
    for round in 0..20 {
        for start in starts {
            half.push(server.connect(start).await);
        }
        assert_eq!(server.ask(&batch()).await.0, 200, "{round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_take_an_answer_is_given_up() {
    // With one place, the next one is served when the first has gone.
    let server = listen(Limits { answer: SHORT, connections: 1, ..patient() }).await;
    let shown = "x".repeat(60_000);
    let points: Vec<Value> = (0..250)
        .map(
            |n| json!({ "id": format!("p{n}"), "vectors": { "meaning": [1, 0, 0, n] }, "payload": { "shown": shown } }),
        )
        .collect();
    let body = json!({ "points": points }).to_string();
    assert_eq!(
        server.ask(&(head("PUT", &format!("{COLLECTION}/points"), "application/json", body.len()) + &body)).await.0,
        200
    );
    // More than the sockets of both sides hold.
    let query = json!({ "vector": [1, 0, 0, 0], "topK": 250 }).to_string();
    let search = head("POST", &format!("{COLLECTION}/search"), "application/json", query.len()) + &query;
    let mut deaf = server.connect(&search).await;
    let mut first = [0u8; 12];
    deaf.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    assert_eq!(server.ask("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.0, 200);
    assert!(until_closed(&mut deaf).await.len() < 250 * 60_000, "the answer was cut off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_requests_under_way_and_for_nothing_else() {
    let server = listen(patient()).await;
    let mut idle = server.connect("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let mut first = [0u8; 12];
    idle.read_exact(&mut first).await.unwrap();
    let batch = batch().replace("\r\nhost", "\r\nexpect: 100-continue\r\nhost");
    let (start, rest) = batch.split_at(batch.len() - 10);
    let mut under_way = server.connect(start).await;
    // The body is read.
    let mut go_on = [0u8; 25];
    under_way.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.stop.send(true).unwrap();
    until_closed(&mut idle).await;
    under_way.write_all(rest.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut under_way).await.0, 200);
    server.ended.await.unwrap();
}
