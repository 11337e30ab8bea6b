//! Sending points to a server that takes no more of them for now: it says `pending_full` until something is published,
//! and `not_ready` until its store takes writes, or it has room for what is sent.

use std::time::Duration;

use axum::body::Bytes;
use headwater_core::error::{Code, Error};
use headwater_core::model::{Problem, PublishProgress, WriteReceipt};
use reqwest::Method;
use tokio::time::Instant;

use super::meter::Meter;
use crate::client::{Client, Refusal};

/// For how long, and how often.
pub(super) struct Patience {
    try_every: Duration,
    /// How often it is said that this waits.
    say_every: Duration,
    /// The import ends when for so long there was no room, and nothing is being published.
    ends_after: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let (try_every, say_every) = (Duration::from_secs(2), Duration::from_secs(30));
        Self { try_every, say_every, ends_after: Duration::from_secs(300) }
    }
}

/// Sends lines of points to the collection at `path`, and once there is room again what was left of them. A refusal
/// counts lines from the first of these, and so does the receipt.
pub(super) async fn send(
    client: &Client,
    path: &str,
    lines: Bytes,
    meter: &Meter,
    patience: &Patience,
) -> Result<WriteReceipt, Refusal> {
    let (mut rest, mut lines_done) = (lines, 0);
    let (mut whole, mut said) = (WriteReceipt::default(), None);
    let mut stuck_since: Option<Instant> = None;
    loop {
        let request =
            client.request(Method::PUT, &format!("{path}/points")).header("content-type", "application/x-ndjson");
        let Refusal { error, line, committed } = match client.attempt(request.body(rest.clone())).await {
            Ok(response) => {
                let receipt: WriteReceipt = client.read(response).await?;
                return Ok(WriteReceipt { count: whole.count + receipt.count, lsn: receipt.lsn.max(whole.lsn) });
            }
            Err(refusal) => refusal,
        };
        whole.count += committed;
        let refused = |error| Refusal { error, line: line.map(|line| line + lines_done), committed: whole.count };
        if committed > 0 {
            stuck_since = None;
        }
        let is_over = stuck_since.get_or_insert_with(Instant::now).elapsed() >= patience.ends_after;
        let waiting = match error.code() {
            Code::PendingFull => {
                let full = Full::new(error.message(), path, client.flag());
                if is_over {
                    let progress: PublishProgress =
                        client.json(client.request(Method::GET, &format!("{path}/publish"))).await?;
                    if !progress.publishing {
                        return Err(refused(full.ended(progress.last_error.as_ref())));
                    }
                    stuck_since = None;
                }
                full.waiting()
            }
            Code::NotReady if !is_over => unready(error.message()),
            _ => return Err(refused(error)),
        };
        let done = line.map_or(0, |line| line.saturating_sub(1));
        lines_done += done;
        rest = without_lines(&rest, done);
        if said.is_none_or(|said: Instant| said.elapsed() >= patience.say_every) {
            said = Some(Instant::now());
            meter.say(&waiting);
        }
        tokio::time::sleep(patience.try_every).await;
    }
}

/// What is said while the server is not ready for more.
fn unready(message: &str) -> String {
    let why = reason(message).split(". ").next().unwrap_or_default();
    format!("waiting: {why}; the import goes on by itself once the server takes writes")
}

/// A server's reason, without the line at which it stopped.
fn reason(message: &str) -> &str {
    message.split_once("): ").map_or(message, |(_, message)| message)
}

/// How a refusal begins that is not about one collection.
const OF_ALL: &str = "the collections of this server";

/// Why there is no room.
struct Full<'a> {
    /// The server's reason, without what to do about it.
    why: &'a str,
    /// Whether the server publishes by itself.
    is_automatic: bool,
    collection: &'a str,
    /// What a command needs behind it to ask the same server.
    flag: String,
}

impl<'a> Full<'a> {
    fn new(message: &'a str, path: &'a str, flag: String) -> Self {
        let (why, remedy) = reason(message).split_once(';').unwrap_or((message, ""));
        let collection = path.rsplit('/').next().unwrap_or_default();
        Self { why, is_automatic: remedy.contains("being published"), collection, flag }
    }

    /// What is said while there is none.
    fn waiting(&self) -> String {
        let Self { why, is_automatic, collection, flag } = self;
        if why.starts_with(OF_ALL) {
            return format!(
                "waiting: {why}; the import goes on once the largest collection is published, by `headwater publish --collection NAME{flag}` or by the server \
                 itself, unless it runs with --publish-at off"
            );
        }
        if *is_automatic {
            return format!(
                "waiting: {why}; the import goes on once the server has published some of them, as `headwater publish --collection \
                 {collection}{flag}` makes it do at once"
            );
        }
        format!(
            "waiting: {why}, and this server publishes only when it is asked: run `headwater publish --collection {collection}{flag}` in \
             another terminal, and the import goes on"
        )
    }

    /// What is said when there has been none for too long.
    fn ended(&self, last_error: Option<&Problem>) -> Error {
        let failed =
            last_error.map_or_else(String::new, |e| format!(", which failed when the server tried it: {}", e.detail));
        let Self { why, collection, flag, .. } = self;
        let (collection, of) = match why.starts_with(OF_ALL) {
            true => ("NAME", " (of the largest collection)"),
            false => (*collection, ""),
        };
        Error::new(
            Code::PendingFull,
            format!("{why}; publish first: headwater publish --collection {collection}{flag}{of}{failed}"),
        )
    }
}

/// The lines that come after the first `count`.
fn without_lines(lines: &Bytes, count: u64) -> Bytes {
    let mut ends = lines.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place + 1);
    match count.checked_sub(1).and_then(|last| usize::try_from(last).ok()) {
        None => lines.clone(),
        Some(last) => ends.nth(last).map_or_else(Bytes::new, |end| lines.slice(end..)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::http::StatusCode;
    use axum::routing::{get, put};
    use axum::{Json, Router};
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_begins_after_the_lines_that_were_taken() {
        let lines = Bytes::from_static(b"a\n\nb\nc");
        let rest = |count| without_lines(&lines, count);
        assert_eq!([rest(0), rest(1), rest(3), rest(4)], ["a\n\nb\nc", "\nb\nc", "c", ""].map(Bytes::from));
    }

    #[test]
    fn it_says_why_it_waits_in_commands() {
        let said = |remedy: &str| {
            let why = "line 7 (6 points before it are committed): collection \"c\" has 9 B of unpublished changes";
            Full::new(&format!("{why}; {remedy}"), "/v1/collections/c", " --url http://h".into()).waiting()
        };
        let on = said("they are being published: wait a few seconds, or publish it (POST /…)");
        assert!(on.starts_with("waiting: collection \"c\" has 9 B of unpublished changes; the import goes on"), "{on}");
        let off = said("publish it (POST /…), or start the server with --publish-at");
        assert!(off.contains("publishes only when it is asked"), "{off}");
        let all = "line 1 (0 points before it are committed): the collections of this server have 9 B; publish the largest ones (GET /v1/…)";
        let all = Full::new(all, "/v1/collections/c", " --url http://h".into());
        assert!(all.waiting().contains("once the largest collection is published"), "{}", all.waiting());
        assert!(
            all.ended(None)
                .message()
                .ends_with("headwater publish --collection NAME --url http://h (of the largest collection)")
        );
        for said in [on, off] {
            assert!(
                said.contains("`headwater publish --collection c --url http://h`") && !said.contains("POST"),
                "{said}"
            );
        }
    }

    /// A server that takes one line and is not ready for the next ones; then, asked again, it takes all.
    async fn unready_server(refusals: usize) -> (String, Arc<Mutex<Vec<String>>>) {
        let problem = json!({
            "type": "x", "title": "x", "status": 503, "code": "not_ready", "retryable": true, "line": 2, "committed": 1,
            "detail": "line 2 (1 point before it is committed): the store has taken no write for 31 s: its disk may be full. Writes are tried"
        });
        let seen = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&seen);
        let points = put(move |body: String| async move {
            let mut heard = heard.lock().unwrap();
            heard.push(body);
            let receipt = json!({ "lsn": 3, "count": heard.last().unwrap().lines().count() });
            if heard.len() > refusals {
                (StatusCode::OK, receipt.to_string())
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, problem.to_string())
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/collections/c/points", points);
        tokio::spawn(async move { axum::serve(listener, router).await });
        (url, seen)
    }

    #[tokio::test]
    async fn an_import_waits_for_a_server_that_is_not_ready() {
        let at_once = |ends_after| Patience { try_every: Duration::ZERO, say_every: Duration::ZERO, ends_after };
        let (lines, meter) = (Bytes::from_static(b"{1}\n{2}\n{3}\n"), Meter::new("points", 0));
        let (url, seen) = unready_server(1).await;
        let client = Client::new(&url, None).unwrap();
        let patience = at_once(Duration::from_secs(99));
        let whole = send(&client, "/v1/collections/c", lines.clone(), &meter, &patience).await.ok().unwrap();
        assert_eq!(whole, WriteReceipt { lsn: 3, count: 3 });
        assert_eq!(*seen.lock().unwrap(), ["{1}\n{2}\n{3}\n", "{2}\n{3}\n"], "what was taken is not sent again");
        let (url, _) = unready_server(usize::MAX).await;
        let client = Client::new(&url, None).unwrap();
        let refusal = send(&client, "/v1/collections/c", lines, &meter, &at_once(Duration::ZERO)).await.err().unwrap();
        assert_eq!((refusal.error.code(), refusal.line, refusal.committed), (Code::NotReady, Some(2), 1));
        let said = unready(
            "line 2 (1 point before it is committed): the store has taken no write: its disk may be full. Writes are tried",
        );
        assert_eq!(
            said,
            "waiting: the store has taken no write: its disk may be full; the import goes on by itself once the server takes writes"
        );
    }

    /// A server that has room for one line, and nobody publishes.
    async fn full_server() -> String {
        let problem = json!({
            "type": "x", "title": "x", "status": 429, "code": "pending_full", "retryable": true, "line": 2, "committed": 1,
            "detail": "line 2 (1 point before it is committed): collection \"c\" is full; publish it (POST /…)"
        });
        let progress = json!({ "publishing": false, "phase": null, "done": 0, "total": 0, "lastError": null });
        let points = put(move || async move { (StatusCode::TOO_MANY_REQUESTS, problem.to_string()) });
        let router = Router::new()
            .route("/v1/collections/c/points", points)
            .route("/v1/collections/c/publish", get(move || async move { Json(progress) }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    #[tokio::test]
    async fn an_import_ends_when_nobody_publishes() {
        let url = full_server().await;
        let client = Client::new(&url, None).unwrap();
        let patience =
            Patience { try_every: Duration::ZERO, say_every: Duration::from_secs(99), ends_after: Duration::ZERO };
        let (lines, meter) = (Bytes::from_static(b"{}\n{}\n{}\n"), Meter::new("points", 0));
        let refusal = send(&client, "/v1/collections/c", lines, &meter, &patience).await.err().unwrap();
        assert_eq!((refusal.error.code(), refusal.line, refusal.committed), (Code::PendingFull, Some(2), 1));
        let said = format!("collection \"c\" is full; publish first: headwater publish --collection c --url {url}");
        assert_eq!(refusal.error.message(), said);
    }
}
