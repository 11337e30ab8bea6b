//! Connections: how many there may be, and how long one may stand idle, take to ask, or take its answer.
//!
//! Owns: every connection of a listener, until it has ended. `axum::serve` has no limits of this kind.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Router;
use headwater_core::error::{Code, Error};
use headwater_http::Refusal;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use super::limits::Limits;
use super::stage::{Stage, Watched};

/// How long an old connection has to end before the next one is asked to.
const TURN: Duration = Duration::from_millis(100);
/// After an error that is not of one connection (no more files): as long as `axum::serve` waits. A last answer may
/// take as long.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// Serves until `stop` holds true and every request under way has been answered.
pub async fn serve(listener: TcpListener, app: Router, limits: &Limits, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut standing = Standing::default();
    loop {
        let next = async {
            let stream = accept(&listener).await;
            (stream, standing.place(&places).await)
        };
        let (stream, place) = tokio::select! {
            (stream, place) = next => (stream, place),
            _ = stop.wait_for(|&stop| stop) => break,
        };
        let connection = Connection { stream, limits: limits.clone(), stop: stop.clone(), place };
        tokio::spawn(connection.attend(app.clone(), standing.enter()));
    }
    drop(listener);
    // All places are free when all connections have ended.
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let _ = places.acquire_many(all).await;
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_one(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection could be accepted");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// Whether only the one connection is gone.
fn is_of_one(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// One connection, as the others are told of it.
#[derive(Default)]
struct Ticket {
    end: Notify,
    stage: Arc<Stage>,
}

/// Connections in the order in which they came, so that the oldest can be asked to end.
#[derive(Default)]
struct Standing(VecDeque<Weak<Ticket>>);

impl Standing {
    fn enter(&mut self) -> Arc<Ticket> {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|ticket| ticket.strong_count() > 0);
        }
        let ticket = Arc::default();
        self.0.push_back(Arc::downgrade(&ticket));
        ticket
    }

    /// Who ends for one more: idle ones, then those whose request has not arrived whole, then those that wait for
    /// their answer; of each kind the oldest first.
    fn next_to_end(&mut self) -> Option<Arc<Ticket>> {
        let ranks = self.0.iter().enumerate();
        let ranks = ranks.filter_map(|(place, ticket)| Some((ticket.upgrade()?.stage.rank(), place)));
        let (_, place) = ranks.min()?;
        self.0.remove(place)?.upgrade()
    }

    /// A place for one more. When there is none, connections are asked to end: one with a request at work when that
    /// is answered, another one at once.
    async fn place(&mut self, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Some(place);
        }
        loop {
            if let Some(ticket) = self.next_to_end() {
                ticket.end.notify_one();
            }
            if let Ok(place) = tokio::time::timeout(TURN, Arc::clone(places).acquire_owned()).await {
                return place.ok();
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    limits: Limits,
    stop: watch::Receiver<bool>,
    place: Option<OwnedSemaphorePermit>,
}

/// Why a connection ends.
enum End {
    Over(hyper::Result<()>),
    /// Whoever waits for an answer gets it first.
    Asked,
    /// Others wait, and nobody waits for an answer here.
    Crowded,
}

impl Connection {
    async fn attend(self, app: Router, ticket: Arc<Ticket>) {
        let Self { stream, limits, mut stop, place } = self;
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.answer));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.head);
        let stage = &ticket.stage;
        let stream = TokioIo::new(Watched::new(Box::pin(stream), Arc::clone(stage)));
        let app = TowerToHyperService::new(app);
        let app = service_fn(|request: Request<Incoming>| {
            let answer = app.call(request.map(|body| stage.request(body)));
            async { answer.await.map(|answer| answer.map(|body| stage.answer(body))) }
        });
        let mut connection = http.serve_connection(stream, app);
        let end = tokio::select! {
            ended = &mut connection => End::Over(ended),
            _ = stop.wait_for(|&stop| stop) => End::Asked,
            () = ticket.end.notified() => if stage.is_at_work() { End::Asked } else { End::Crowded },
        };
        let ended = match end {
            End::Over(ended) => ended,
            End::Asked => {
                std::pin::Pin::new(&mut connection).graceful_shutdown();
                (&mut connection).await
            }
            End::Crowded => {
                // Who sent nothing is not spoken to: the answer would be taken for that of the next request.
                let is_spoken_to = stage.is_arriving();
                let stream = connection.into_parts().io.into_inner();
                drop(place);
                if is_spoken_to {
                    refuse(stream, crowded()).await;
                }
                return;
            }
        };
        let Err(error) = ended else { return };
        tracing::debug!(%error, "a connection ended");
        if !error.is_timeout() {
            return;
        }
        let parts = connection.into_parts();
        // As above.
        if !parts.read_buf.is_empty() {
            refuse(parts.io.into_inner(), too_slow(&limits)).await;
        }
    }
}

/// Why a head of a request that does not end is not waited for.
fn too_slow(limits: &Limits) -> Error {
    let message =
        format!("the head of the request did not arrive within {} s; send it again", limits.head.as_secs_f32());
    Error::new(Code::RequestIncomplete, message)
}

/// Why a request that had not arrived whole is not waited for.
fn crowded() -> Error {
    let message = "the server has as many connections as it takes, and others wait: this request had not arrived \
        whole, and is given up; send it again";
    Error::new(Code::NotReady, message)
}

/// Ends a connection with an answer, where its socket takes one.
async fn refuse(mut stream: impl AsyncWrite + Unpin, error: Error) {
    let answer = answer_to(error);
    let told = async {
        stream.write_all(&answer).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(AFTER_ERROR, told).await;
}

fn answer_to(error: Error) -> Vec<u8> {
    let (status, headers, body) = Refusal::from(error).into_parts();
    let mut answer =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for (name, value) in &headers {
        answer.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    answer.extend([b"\r\n", &body[..]].concat());
    answer
}
