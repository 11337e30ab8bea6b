//! An NDJSON stream of points: a point a line, committed in batches as it arrives.
//!
//! A stream that is refused at a line has committed every line before it and none after, so a client
//! mends the line and goes on there.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures::StreamExt as _;
use headwater_core::error::{Code, Error};
use headwater_core::limits::MAX_LINE_BYTES;
use headwater_core::model::{Point, WriteReceipt};

use super::body::broken;
use super::problem::Failure;
use super::room::Held;
use crate::collection::Collection;
use crate::counted::{are, counted};
use crate::lines::{Fault, without_mark};

/// Points committed together.
const BATCH_POINTS: usize = 1000;
/// Bytes committed together.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Bytes that are read of a stream after it was refused for want of room.
const DRAINED_BYTES: usize = 32 * 1024 * 1024;
/// They arrive within this time, or the connection breaks off.
const DRAINED_WITHIN: Duration = Duration::from_secs(30);

/// Takes a whole stream and says how far it is durable.
pub(super) async fn take(collection: &Arc<Collection>, body: Body, room: Held) -> Result<WriteReceipt, Failure> {
    let mut chunks = body.into_data_stream();
    let taken = take_lines(collection, &mut chunks, room).await;
    // Who is to send the rest later must hear so. Most clients send all they have before they listen, and to them a connection that closes on
    // unread bytes is broken.
    if taken.as_ref().is_err_and(|failure| failure.code() == Code::PendingFull) {
        let mut drained = 0;
        let drain = async {
            while let Some(Ok(chunk)) = chunks.next().await
                && drained < DRAINED_BYTES
            {
                drained += chunk.len();
            }
        };
        let _ = tokio::time::timeout(DRAINED_WITHIN, drain).await;
    }
    taken
}

async fn take_lines(
    collection: &Arc<Collection>,
    chunks: &mut BodyDataStream,
    mut room: Held,
) -> Result<WriteReceipt, Failure> {
    let mut intake = Intake { collection, points: Vec::new(), bytes: 0, line: 0, receipt: WriteReceipt::default() };
    let mut open_line: Vec<u8> = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => return Err(intake.refuse(intake.line + 1, broken(error)).await),
        };
        if let Err(error) = room.hold(intake.bytes + open_line.len() + chunk.len()).await {
            return Err(intake.refuse(intake.line + 1, error).await);
        }
        let mut lines = chunk.split(|&b| b == b'\n');
        let last = lines.next_back().unwrap_or_default();
        for end_of_line in lines {
            intake.extend(&mut open_line, end_of_line).await?;
            intake.line(&open_line).await?;
            open_line.clear();
        }
        intake.extend(&mut open_line, last).await?;
    }
    intake.line(&open_line).await?;
    intake.commit().await?;
    Ok(intake.receipt)
}

/// Points read and not committed yet.
struct Intake<'a> {
    collection: &'a Arc<Collection>,
    /// With the number of the line of each.
    points: Vec<(u64, Point)>,
    bytes: usize,
    /// Lines read.
    line: u64,
    receipt: WriteReceipt,
}

impl Intake<'_> {
    async fn extend(&mut self, open_line: &mut Vec<u8>, piece: &[u8]) -> Result<(), Failure> {
        if open_line.len() + piece.len() > MAX_LINE_BYTES {
            let message = format!("a line has at most {MAX_LINE_BYTES} bytes");
            return Err(self.refuse(self.line + 1, Error::new(Code::LimitExceeded, message)).await);
        }
        open_line.extend_from_slice(piece);
        Ok(())
    }

    async fn line(&mut self, line: &[u8]) -> Result<(), Failure> {
        self.line += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        match serde_json::from_slice(without_mark(line)) {
            Ok(point) => self.points.push((self.line, point)),
            Err(error) => {
                let unexplained = || Error::new(Code::InvalidJson, error.to_string());
                let explained = Fault::of(line).map_or_else(unexplained, |fault| fault.error());
                return Err(self.refuse(self.line, explained).await);
            }
        }
        self.bytes += line.len();
        if self.points.len() >= BATCH_POINTS || self.bytes >= BATCH_BYTES {
            self.commit().await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Failure> {
        self.bytes = 0;
        let (lines, points): (Vec<u64>, Vec<Point>) = std::mem::take(&mut self.points).into_iter().unzip();
        let first = lines.first().copied().unwrap_or(self.line);
        let leading = self.collection.upsert_leading(points).await.map_err(|e| self.explain(first, e))?;
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
        let committed = self.receipt.count;
        let (points, are) = (counted(committed, "point"), are(committed));
        let error = error.context(format_args!("line {line} ({points} before it {are} committed)"));
        Failure::from(error).with("line", line).with("committed", committed)
    }
}
