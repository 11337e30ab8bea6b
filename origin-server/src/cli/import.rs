//! `headwater import`: a file of points, one JSON object a line, with progress.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use headwater_core::error::{Code, Error, Result};
use headwater_core::model::WriteReceipt;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, BufReader};

use super::meter::Meter;
use super::{Server, patience};
use crate::client::{Client, Refusal};

/// Bytes sent in one request at most, whatever the number of lines.
const REQUEST_BYTES: usize = 16 * 1024 * 1024;

#[derive(Args)]
#[command(after_help = "Examples:
  headwater import points.ndjson --collection words
  zcat points.ndjson.gz | headwater import - --collection words
  headwater import points.ndjson --collection words --skip-lines 40000   # goes on after line 40000

A line: {\"id\": \"a\", \"vectors\": {\"meaning\": [0.1, …]}, \"payload\": {\"title\": \"…\"}}
Vectors that the schema derives from the payload are left out. Importing a point again replaces it.")]
pub(super) struct Options {
    /// The file; `-` reads standard input.
    file: PathBuf,
    /// Collection to import into.
    #[arg(long, short)]
    collection: String,
    /// Points sent in one request.
    #[arg(long, default_value_t = 2000)]
    batch: usize,
    /// Lines to leave out at the start: how an import goes on where it stopped.
    #[arg(long, default_value_t = 0)]
    skip_lines: u64,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(options: Options) -> Result<()> {
    let (client, started) = (Client::new(&options.server.url, options.server.token.clone())?, Instant::now());
    let mut lines = Lines::open(&options).await?;
    let mut meter = Meter::new("points", lines.total);
    let path = format!("/v1/collections/{}/points", options.collection);
    let mut whole = WriteReceipt::default();
    while let Some(batch) = lines.next().await? {
        let (first, bytes) = (batch.first, batch.bytes.len() as u64);
        let sent = patience::send(&client, &path, batch.bytes, &meter).await;
        let sent = sent.map_err(|refusal| located(refusal, first, whole.count))?;
        whole.count += sent.count;
        whole.lsn = sent.lsn;
        meter.advance(bytes, whole.count);
    }
    meter.finish();
    let seconds = started.elapsed().as_secs_f64();
    let rate = whole.count as f64 / seconds.max(0.001);
    println!("{} points imported in {seconds:.1} s ({rate:.0}/s), durable up to lsn {}", whole.count, whole.lsn);
    Ok(())
}

/// Says which line of the file was refused and how to go on.
fn located(refusal: Refusal, first: u64, before: u64) -> Error {
    let Refusal { error, line, committed } = refusal;
    // Lines of a request are counted from 1.
    let (line, done) = (line.map(|line| first + line - 1), before + committed);
    let message = error.message();
    let why = match line {
        Some(line) => {
            let message = message.split_once("): ").map_or(message, |(_, why)| why);
            format!(
                "line {line}: {message} ({done} points before it are imported; mend it and go on with --skip-lines {})",
                line - 1
            )
        }
        None => format!("{message} ({done} points are imported; go on with --skip-lines {})", first - 1),
    };
    Error::new(error.code(), why)
}

/// Lines that are sent together.
struct Batch {
    bytes: Vec<u8>,
    /// Number of the first line in the file, from 1.
    first: u64,
}

struct Lines<'a> {
    input: Box<dyn AsyncBufRead + Unpin + Send>,
    options: &'a Options,
    /// Bytes of the file; 0 where unknown.
    total: u64,
    /// Lines read.
    count: u64,
}

impl<'a> Lines<'a> {
    async fn open(options: &'a Options) -> Result<Self> {
        if options.file.as_os_str() == "-" {
            return Ok(Self { input: Box::new(BufReader::new(tokio::io::stdin())), options, total: 0, count: 0 });
        }
        let opened = tokio::fs::File::open(&options.file).await;
        let file = opened.map_err(|e| failed(options, &e))?;
        let total = file.metadata().await.map_err(|e| failed(options, &e))?.len();
        Ok(Self { input: Box::new(BufReader::with_capacity(1 << 20, file)), options, total, count: 0 })
    }

    async fn next(&mut self) -> Result<Option<Batch>> {
        let (mut bytes, mut taken) = (Vec::new(), 0);
        while taken < self.options.batch.max(1) && bytes.len() < REQUEST_BYTES {
            let before = bytes.len();
            let read = self.input.read_until(b'\n', &mut bytes).await;
            if read.map_err(|e| failed(self.options, &e))? == 0 {
                break;
            }
            self.count += 1;
            if self.count <= self.options.skip_lines {
                self.total = self.total.saturating_sub((bytes.len() - before) as u64);
                bytes.truncate(before);
            } else {
                taken += 1;
            }
        }
        Ok((taken > 0).then(|| Batch { bytes, first: self.count + 1 - taken as u64 }))
    }
}

fn failed(options: &Options, error: &std::io::Error) -> Error {
    Error::new(Code::StorageFailed, format!("{}: {error}", options.file.display()))
}
