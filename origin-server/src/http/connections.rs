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
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use super::limits::Limits;

/// How long an old connection has to end before the next one is asked to.
const TURN: Duration = Duration::from_millis(100);
/// After an error that is not of one connection (no more files): as long as `axum::serve` waits.
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
        let connection = Connection { stream, limits: limits.clone(), stop: stop.clone(), _place: place };
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

/// Connections in the order in which they came, so that the oldest can be asked to end.
#[derive(Default)]
struct Standing(VecDeque<Weak<Notify>>);

impl Standing {
    fn enter(&mut self) -> Arc<Notify> {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|end| end.strong_count() > 0);
        }
        let end = Arc::new(Notify::new());
        self.0.push_back(Arc::downgrade(&end));
        end
    }

    /// A place for one more. When there is none, connections are asked to end, the oldest first: an idle one does so at once, one with a
    /// request under way when that is answered.
    async fn place(&mut self, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Some(place);
        }
        loop {
            while let Some(oldest) = self.0.pop_front() {
                if let Some(end) = oldest.upgrade() {
                    end.notify_one();
                    break;
                }
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
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    async fn attend(self, app: Router, end: Arc<Notify>) {
        let Self { stream, limits, mut stop, _place } = self;
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.answer));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.head);
        let mut connection = http.serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(app));
        let ended = tokio::select! {
            ended = &mut connection => Some(ended),
            _ = stop.wait_for(|&stop| stop) => None,
            () = end.notified() => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                std::pin::Pin::new(&mut connection).graceful_shutdown();
                (&mut connection).await
            }
        };
        let Err(error) = ended else { return };
        tracing::debug!(%error, "a connection ended");
        if !error.is_timeout() {
            return;
        }
        let parts = connection.into_parts();
        // Who sent nothing is not spoken to: the answer would be taken for that of the next request.
        if !parts.read_buf.is_empty() {
            let mut stream = parts.io.into_inner();
            let _ = stream.write_all(&too_slow(&limits)).await;
            let _ = stream.shutdown().await;
        }
    }
}

/// The answer to a head of a request that does not end.
fn too_slow(limits: &Limits) -> Vec<u8> {
    let message =
        format!("the head of the request did not arrive within {} s; send it again", limits.head.as_secs_f32());
    let (status, headers, body) = Refusal::from(Error::new(Code::RequestIncomplete, message)).into_parts();
    let mut answer =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for (name, value) in &headers {
        answer.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    answer.extend([b"\r\n", &body[..]].concat());
    answer
}
