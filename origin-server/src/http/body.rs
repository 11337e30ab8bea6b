//! Bodies of requests on their way in.
//!
//! ```text
//! socket ── Paced (time between pieces, least rate) ── gunzip ── receive (limit, room) ── handler
//!                                                             └─ stream::take (NDJSON)
//! ```

use std::error::Error as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use headwater_core::error::{Code, Error, Result};
use headwater_http::coding::{Coding, Gunzip, coding, too_long};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::AppState;
use super::limits::Limits;
use super::problem::Failure;
use super::room::{Held, Room};

/// Bytes past what a body may have that are read when it is refused for its length: more than a client sends that has
/// counted wrong.
const PAST_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a body that has nothing to say.
const NOTHING_BYTES: usize = 1024;
/// They arrive within this time, or the connection breaks off.
const UNHEARD_WITHIN: Duration = Duration::from_secs(30);

/// A whole body, and the room that it takes for as long as this is held.
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    _held: Held,
}

/// Reads a whole body of at most so many bytes. `what` names it in errors: "a query".
pub(super) async fn receive(room: &Room, body: Body, what: &str, max_bytes: usize) -> Result<Received> {
    let (mut held, mut bytes) = (room.enter(), Vec::new());
    let is_too_long = body.size_hint().lower() > max_bytes as u64;
    let mut pieces = body.into_data_stream();
    if is_too_long {
        hear_out(&mut pieces, max_bytes + PAST_BYTES).await;
        return Err(too_long(what, max_bytes));
    }
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(broken)?;
        if bytes.len() + piece.len() > max_bytes {
            hear_out(&mut pieces, PAST_BYTES).await;
            return Err(too_long(what, max_bytes));
        }
        held.hold(bytes.len() + piece.len()).await?;
        bytes.extend_from_slice(&piece);
    }
    Ok(Received { bytes, _held: held })
}

/// Fails unless a request that says all in its URL has nothing in its body: an option that stands there would be passed
/// over. An empty object, which some clients always send, says nothing.
pub(super) async fn receive_nothing(room: &Room, body: Body) -> Result<()> {
    let received = receive(room, body, "a request that takes no body", NOTHING_BYTES).await?;
    match received.bytes.trim_ascii() {
        b"" | b"{}" | b"null" => Ok(()),
        _ => Err(Error::new(Code::InvalidQuery, "this request takes no body; what can be chosen stands in its URL")),
    }
}

/// Reads on, and keeps nothing, of a body that is refused. Most clients send all they have before they listen, and to
/// them a connection that closes on unread bytes is broken: the answer would not arrive. Not without end: past so many
/// bytes the connection breaks off.
pub(super) async fn hear_out(pieces: &mut BodyDataStream, most_bytes: usize) {
    let mut heard = 0;
    let hear = async {
        while let Some(Ok(piece)) = pieces.next().await
            && heard < most_bytes
        {
            heard += piece.len();
        }
    };
    // The answer is the same however this ends.
    let _ = tokio::time::timeout(UNHEARD_WITHIN, hear).await;
}

/// Why a body ended before its time: our own reason where there is one.
pub(super) fn broken(error: axum::Error) -> Error {
    let mut cause = error.source();
    while let Some(current) = cause {
        if let Some(ours) = current.downcast_ref::<Error>() {
            return ours.clone();
        }
        cause = current.source();
    }
    Error::new(Code::RequestIncomplete, format!("the request's body broke off: {error}"))
}

/// Has bodies arrive in time, and without their coding.
pub(super) async fn arrive(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let coding = match coding(request.headers()) {
        Ok(coding) => coding,
        Err(refusal) => return Failure::from(refusal).into_response(),
    };
    let (mut parts, body) = request.into_parts();
    let body = Body::new(Paced::new(body, &state.limits));
    let body = match coding {
        Coding::Identity => body,
        Coding::Gzip => {
            as_decoded(&mut parts.headers);
            decoded(body)
        }
    };
    next.run(Request::from_parts(parts, body)).await
}

fn as_decoded(headers: &mut HeaderMap) {
    headers.remove(header::CONTENT_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
}

/// The bytes of a gzipped body, a bounded piece at a time.
fn decoded(body: Body) -> Body {
    struct Under {
        body: BodyDataStream,
        decoder: Option<Gunzip>,
        piece: Bytes,
    }
    let under = Under { body: body.into_data_stream(), decoder: Some(Gunzip::default()), piece: Bytes::new() };
    let pieces = stream::try_unfold(under, |mut under| async move {
        loop {
            let Some(decoder) = &mut under.decoder else { return Ok(None) };
            let out = if under.piece.is_empty() {
                match under.body.try_next().await.map_err(broken)? {
                    Some(piece) => {
                        under.piece = piece;
                        continue;
                    }
                    None => under.decoder.take().map_or_else(|| Ok(Vec::new()), Gunzip::finish)?,
                }
            } else {
                let mut rest = &under.piece[..];
                let out = decoder.step(&mut rest)?;
                under.piece = under.piece.slice_ref(rest);
                out
            };
            if !out.is_empty() {
                return Ok::<_, Error>(Some((out, under)));
            }
        }
    });
    Body::from_stream(pieces)
}

/// A body that has to arrive in time.
struct Paced {
    body: Body,
    limits: Limits,
    /// Since when the client is waited for.
    since: Option<Instant>,
    /// How long it was waited for before.
    waited: Duration,
    bytes: u64,
    alarm: Pin<Box<Sleep>>,
}

impl Paced {
    fn new(body: Body, limits: &Limits) -> Self {
        let alarm = Box::pin(tokio::time::sleep(Duration::ZERO));
        Self { body, limits: limits.clone(), since: None, waited: Duration::ZERO, bytes: 0, alarm }
    }

    /// How much longer it may be waited for.
    fn patience(&self) -> Duration {
        let earned = Duration::from_secs(self.bytes / self.limits.body_bytes_per_second.max(1));
        (self.limits.body + earned).saturating_sub(self.waited).min(self.limits.piece)
    }

    fn too_slow(&self) -> Error {
        let Limits { piece, body, body_bytes_per_second: rate, .. } = &self.limits;
        let message = format!(
            "the request's body came too slowly after {} bytes: a piece has to follow within {} s, and all of it within {} s and a second \
             for each {rate} bytes; send it again, in smaller parts over a slow connection",
            self.bytes,
            piece.as_secs_f32(),
            body.as_secs_f32()
        );
        Error::new(Code::RequestIncomplete, message)
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.waited += this.since.take().map_or(Duration::ZERO, |since| since.elapsed());
            if let Some(Ok(frame)) = &frame {
                this.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(broken)));
        }
        if this.since.is_none() {
            let now = Instant::now();
            this.since = Some(now);
            let deadline = now + this.patience();
            this.alarm.as_mut().reset(deadline);
        }
        ready!(this.alarm.as_mut().poll(context));
        Poll::Ready(Some(Err(this.too_slow())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
