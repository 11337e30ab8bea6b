//! An NDJSON stream of points: a point a line, committed in batches as it arrives.
//!
//! A stream that is refused at a line has committed every line before it and none after, so a client
//! mends the line and goes on there. Lines end with LF, CRLF or CR; a byte order mark is no part of one.

use std::sync::Arc;

use axum::body::{Body, BodyDataStream};
use futures::StreamExt as _;
use headwater_core::error::{Code, Error};
use headwater_core::json::{from_slice, message_of};
use headwater_core::limits::MAX_LINE_BYTES;
use headwater_core::model::{Point, WriteReceipt};

use super::body::{broken, hear_out};
use super::in_time::in_time;
use super::problem::Failure;
use super::room::Held;
use crate::collection::Collection;
use crate::counted::{are, counted};
use crate::lines::Kind;
use crate::store::Stall;

/// Points committed together.
const BATCH_POINTS: usize = 1000;
/// Bytes committed together.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Bytes that are read of a stream after it was refused for want of room: twice what the command line sends in one
/// request.
const UNHEARD_BYTES: usize = 32 * 1024 * 1024;

/// Takes a whole stream and says how far it is durable.
pub(super) async fn take(
    collection: &Arc<Collection>,
    stall: &Stall,
    body: Body,
    room: Held,
) -> Result<WriteReceipt, Failure> {
    let mut chunks = body.into_data_stream();
    let taken = take_lines(collection, stall, &mut chunks, room).await;
    // Who is to send the rest later must hear so.
    let is_for_later =
        |failure: &Failure| matches!(failure.code(), Code::PendingFull | Code::NotReady | Code::StorageFailed);
    if taken.as_ref().is_err_and(is_for_later) {
        hear_out(&mut chunks, UNHEARD_BYTES).await;
    }
    taken
}

async fn take_lines(
    collection: &Arc<Collection>,
    stall: &Stall,
    chunks: &mut BodyDataStream,
    mut room: Held,
) -> Result<WriteReceipt, Failure> {
    let mut intake = Intake {
        collection,
        stall,
        points: Vec::new(),
        bytes: 0,
        line: 0,
        open_line: Vec::new(),
        is_after_return: false,
        receipt: WriteReceipt::default(),
    };
    while let Some(chunk) = chunks.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => return Err(intake.refuse(intake.line + 1, broken(error)).await),
        };
        if let Err(error) = room.hold(intake.bytes + intake.open_line.len() + chunk.len()).await {
            return Err(intake.refuse(intake.line + 1, error).await);
        }
        intake.take(&chunk).await?;
    }
    intake.line().await?;
    intake.commit().await?;
    Ok(intake.receipt)
}

/// The point that a line holds.
fn point_of(line: &[u8]) -> Result<Point, Error> {
    let invalid = |message: String| Error::new(Code::InvalidJson, message);
    from_slice(line).map_err(|error| match message_of(&error) {
        message if line.trim_ascii_start().starts_with(b"[") => invalid(format!(
            "{message}; a line is one point, an object: send a list as {{\"points\": […]}} with content-type application/json"
        )),
        // What is no JSON at all has a name of its own.
        message if message.starts_with("not JSON: ") => match Kind::of(line) {
            Some(kind) => invalid(format!("this is {}; a line is a point", kind.name())),
            None => invalid(format!("{message}; a line is one point")),
        },
        message => invalid(message),
    })
}

/// Points read and not committed yet.
struct Intake<'a> {
    collection: &'a Arc<Collection>,
    stall: &'a Stall,
    /// With the number of the line of each.
    points: Vec<(u64, Point)>,
    bytes: usize,
    /// Lines read.
    line: u64,
    /// What there is of the next one.
    open_line: Vec<u8>,
    /// Whether the last byte was a carriage return: a line feed behind it ends no other line.
    is_after_return: bool,
    receipt: WriteReceipt,
}

impl Intake<'_> {
    async fn take(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (piece, after) = rest.split_at(end);
            let is_return = after.first() == Some(&b'\r');
            let is_second = self.is_after_return && piece.is_empty() && !is_return;
            self.is_after_return = is_return;
            rest = after.get(1..).unwrap_or_default();
            if !is_second {
                self.extend(piece).await?;
                self.line().await?;
            }
        }
        self.is_after_return &= rest.is_empty();
        self.extend(rest).await
    }

    async fn extend(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if self.open_line.len() + piece.len() > MAX_LINE_BYTES {
            let message = format!("a line has at most {MAX_LINE_BYTES} bytes");
            return Err(self.refuse(self.line + 1, Error::new(Code::LimitExceeded, message)).await);
        }
        self.open_line.extend_from_slice(piece);
        Ok(())
    }

    async fn line(&mut self) -> Result<(), Failure> {
        self.line += 1;
        let mut line = std::mem::take(&mut self.open_line);
        if !line.iter().all(u8::is_ascii_whitespace) {
            match point_of(&line) {
                Ok(point) => self.points.push((self.line, point)),
                Err(error) => return Err(self.refuse(self.line, error).await),
            }
            self.bytes += line.len();
        }
        line.clear();
        self.open_line = line;
        if self.points.len() >= BATCH_POINTS || self.bytes >= BATCH_BYTES {
            self.commit().await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Failure> {
        self.bytes = 0;
        let (lines, points): (Vec<u64>, Vec<Point>) = std::mem::take(&mut self.points).into_iter().unzip();
        let first = lines.first().copied().unwrap_or(self.line);
        let is_empty = points.is_empty();
        let taking = self.collection.upsert_leading(points);
        let outcome = if is_empty { Ok(taking.await) } else { in_time(self.stall, taking).await };
        let leading = outcome.and_then(|taken| taken.map_err(Failure::from)).map_err(|f| self.place(first, f))?;
        self.receipt.count += leading.receipt.count;
        self.receipt.lsn = leading.receipt.lsn;
        match leading.refused {
            Some((index, error)) => Err(self.explain(lines.get(index).copied().unwrap_or(first), error)),
            None => Ok(()),
        }
    }

    /// Commits what came before the line, and says why the line was refused; a line before it may
    /// turn out to be refused first.
    async fn refuse(&mut self, line: u64, error: Error) -> Failure {
        match self.commit().await {
            Err(earlier) => earlier,
            Ok(()) => self.explain(line, error),
        }
    }

    fn explain(&self, line: u64, error: Error) -> Failure {
        self.place(line, Failure::from(error))
    }

    fn place(&self, line: u64, failure: Failure) -> Failure {
        let committed = self.receipt.count;
        let (points, are) = (counted(committed, "point"), are(committed));
        let failure = failure.context(format_args!("line {line} ({points} before it {are} committed)"));
        failure.with("line", line).with("committed", committed)
    }
}
