//! Sending points to a server that takes no more of them for now: it says `pending_full` until something is published.

use std::time::Duration;

use axum::body::Bytes;
use headwater_core::error::Code;
use headwater_core::model::WriteReceipt;
use reqwest::Method;
use tokio::time::Instant;

use super::meter::Meter;
use crate::client::{Client, Refusal};

/// How often it is tried.
const TRY_EVERY: Duration = Duration::from_secs(2);
/// How often it is said that this waits.
const SAY_EVERY: Duration = Duration::from_secs(30);

/// Sends lines of points, and once there is room again what was left of them. A refusal counts lines from the first of these, and so does the
/// receipt.
pub(super) async fn send(client: &Client, path: &str, lines: Bytes, meter: &Meter) -> Result<WriteReceipt, Refusal> {
    let (mut rest, mut lines_done) = (lines, 0);
    let (mut whole, mut said) = (WriteReceipt::default(), None);
    loop {
        let request = client.request(Method::PUT, path).header("content-type", "application/x-ndjson");
        let refusal = match client.attempt(request.body(rest.clone())).await {
            Ok(response) => {
                let receipt: WriteReceipt = client.read(response).await?;
                return Ok(WriteReceipt { count: whole.count + receipt.count, lsn: receipt.lsn.max(whole.lsn) });
            }
            Err(refusal) => refusal,
        };
        whole.count += refusal.committed;
        let done = refusal.line.map_or(0, |line| line.saturating_sub(1));
        if refusal.error.code() != Code::PendingFull {
            return Err(Refusal {
                error: refusal.error,
                line: refusal.line.map(|line| line + lines_done),
                committed: whole.count,
            });
        }
        lines_done += done;
        rest = without_lines(&rest, done);
        if said.is_none_or(|said: Instant| said.elapsed() >= SAY_EVERY) {
            said = Some(Instant::now());
            meter.say(&waiting(refusal.error.message(), path));
        }
        tokio::time::sleep(TRY_EVERY).await;
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

/// The server's reason, and what to do about it in commands.
fn waiting(message: &str, path: &str) -> String {
    let why = message.split_once("): ").map_or(message, |(_, why)| why);
    let why = why.split(';').next().unwrap_or(why);
    let collection = path.split('/').nth(3).unwrap_or_default();
    format!(
        "waiting: {why}; the import goes on once the server has published some of them, as `headwater publish --collection {collection}` \
         makes it do at once"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_begins_after_the_lines_that_were_taken() {
        let lines = Bytes::from_static(b"a\n\nb\nc");
        let rest = |count| without_lines(&lines, count);
        assert_eq!([rest(0), rest(1), rest(3), rest(4)], ["a\n\nb\nc", "\nb\nc", "c", ""].map(Bytes::from));
    }

    #[test]
    fn it_says_why_it_waits_in_commands() {
        let message = "line 7 (6 points before it are committed): collection \"c\" has 9 B of unpublished changes; publish it (POST /…)";
        let said = waiting(message, "/v1/collections/c/points");
        assert!(
            said.starts_with("waiting: collection \"c\" has 9 B of unpublished changes; the import goes on"),
            "{said}"
        );
        assert!(said.contains("`headwater publish --collection c`") && !said.contains("POST"), "{said}");
    }
}
