//! How far a connection is with its request, so that it is known which one can be closed when there are too many.
//!
//! ```text
//! new ──> arriving ──> at work ──> idle ──┐
//!            └────────────────────────────┘
//! ```
//!
//! A request has arrived when its head and all of its body have. What has been answered is at work until the socket
//! has taken the answer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Nothing has been sent yet.
const NEW: u8 = 0;
const ARRIVING: u8 = 1;
const AT_WORK: u8 = 2;
/// All that was asked has been answered.
const IDLE: u8 = 3;

/// The stage of one connection.
#[derive(Debug, Default)]
pub(super) struct Stage {
    now: AtomicU8,
    /// The socket takes no more of an answer for now.
    is_stuck: AtomicBool,
}

impl Stage {
    /// The lower, the sooner it is closed for others. A new connection is no better than one that has sent a part: it
    /// may never send more.
    pub(super) fn rank(&self) -> u8 {
        match self.now.load(Ordering::Relaxed) {
            _ if self.is_at_work() => 2,
            IDLE => 0,
            _ => 1,
        }
    }

    /// Whether a request has arrived that is not answered yet.
    pub(super) fn is_at_work(&self) -> bool {
        self.is_stuck.load(Ordering::Relaxed) || self.now.load(Ordering::Relaxed) == AT_WORK
    }

    /// Whether a part of a request has arrived.
    pub(super) fn is_arriving(&self) -> bool {
        self.now.load(Ordering::Relaxed) == ARRIVING
    }

    fn set(&self, stage: u8) {
        self.now.store(stage, Ordering::Relaxed);
    }

    /// Bytes have come.
    fn hear(&self) {
        if matches!(self.now.load(Ordering::Relaxed), NEW | IDLE) {
            self.set(ARRIVING);
        }
    }

    /// A request whose head has arrived.
    pub(super) fn request<B: HttpBody>(self: &Arc<Self>, body: B) -> Arriving<B> {
        self.set(if body.is_end_stream() { AT_WORK } else { ARRIVING });
        Arriving { body: Box::pin(body), stage: Arc::clone(self) }
    }

    /// The answer to it.
    pub(super) fn answer(self: &Arc<Self>, body: Body) -> Leaving {
        self.set(AT_WORK);
        Leaving { body, stage: Arc::clone(self) }
    }
}

/// The body of a request.
pub(super) struct Arriving<B> {
    body: Pin<Box<B>>,
    stage: Arc<Stage>,
}

impl<B: HttpBody> HttpBody for Arriving<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = ready!(self.body.as_mut().poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.stage.set(AT_WORK);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer.
pub(super) struct Leaving {
    body: Body,
    stage: Arc<Stage>,
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.stage.set(IDLE);
    }
}

/// A socket that has its stage known.
pub(super) struct Watched<S> {
    socket: S,
    stage: Arc<Stage>,
}

impl<S> Watched<S> {
    pub(super) const fn new(socket: S, stage: Arc<Stage>) -> Self {
        Self { socket, stage }
    }

    fn wrote<T>(&self, outcome: Poll<T>) -> Poll<T> {
        self.stage.is_stuck.store(outcome.is_pending(), Ordering::Relaxed);
        outcome
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let outcome = Pin::new(&mut self.socket).poll_read(context, into);
        if into.filled().len() > before {
            self.stage.hear();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.wrote(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write_vectored(context, bytes);
        self.wrote(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
