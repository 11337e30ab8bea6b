//! `headwater import`: a file of points, one JSON object a line, with progress.
//!
//! | file | job |
//! | --- | --- |
//! | `batches` | the file, in pieces that are sent in one request each |
//! | `census` | payload keys that the schema names and points do not have |

mod batches;
mod census;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use headwater_core::error::{Code, Error, Result};
use headwater_core::model::{CollectionStatus, WriteReceipt};
use reqwest::Method;

use super::meter::Meter;
use super::patience::{self, Patience};
use super::terminal::{note, say};
use super::{Server, path_of};
use crate::address::flag_of;
use crate::client::{Client, Refusal};
use crate::counted::{are, counted};
use crate::lines::{Fault, Kind};
use crate::shell::quoted;
use batches::{Batch, Batches};
use census::Census;

/// A line as it should be.
const POINT: &str = r#"{"id": "a", "payload": {"title": "…"}}"#;

#[derive(Args)]
#[command(after_help = "Examples:
  headwater import points.ndjson --collection words
  zcat points.ndjson.gz | headwater import - --collection words
  headwater import points.ndjson --collection words --skip-lines 1   # goes on after line 1

A line: {\"id\": \"a\", \"vectors\": {\"meaning\": [0.1, …]}, \"payload\": {\"title\": \"…\"}}
Vectors that the schema derives from the payload are left out. Importing a point again replaces it.")]
pub(super) struct Options {
    /// The file; `-` reads standard input.
    file: PathBuf,
    /// Collection to import into.
    #[arg(long, short)]
    collection: String,
    /// Points sent in one request.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch: u32,
    /// Lines to leave out at the start: how an import goes on where it stopped.
    #[arg(long, default_value_t = 0)]
    skip_lines: u64,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(options: Options) -> Result<()> {
    let (client, started) =
        (Client::new(&options.server.url, options.server.token.clone())?.offering_to_create(), Instant::now());
    let mut batches = Batches::open(&options.file, options.batch as usize, options.skip_lines).await?;
    let path = path_of(&options.collection)?;
    let status: CollectionStatus = client.json(client.request(Method::GET, &path)).await?;
    let mut census = Census::new(&status.schema);
    let mut meter = Meter::new("points", batches.total);
    let mut whole = WriteReceipt::default();
    let mut acknowledged = options.skip_lines;
    let stop = tokio::signal::ctrl_c();
    tokio::pin!(stop);
    loop {
        let step = async {
            let Some(batch) = batches.next().await?.map_err(|kind| options.kind(&kind))? else { return Ok(None) };
            let sent = patience::send(&client, &path, batch.bytes.clone(), &meter, &Patience::default()).await;
            let sent = sent.map_err(|refusal| options.located(refusal, &batch, whole.count))?;
            Ok::<_, Error>(Some((batch, sent)))
        };
        let done = tokio::select! {
            done = step => done,
            _ = &mut stop => interrupted(&meter, whole.count, acknowledged),
        };
        let Some((batch, sent)) = done? else { break };
        census.look(&batch.bytes);
        acknowledged = batch.last();
        whole.count += sent.count;
        whole.lsn = sent.lsn;
        meter.advance(batch.read, whole.count);
    }
    meter.finish();
    if whole.count == 0 {
        return options.nothing(batches.count);
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = whole.count as f64 / seconds.max(0.001);
    let points = counted(whole.count, "point");
    say(format_args!("{points} imported in {seconds:.1} s ({rate:.0}/s), durable up to lsn {}", whole.lsn));
    census.sentences().iter().for_each(|sentence| note(format_args!("note: {sentence}")));
    Ok(())
}

impl Options {
    /// Says why nothing was imported of a file of so many lines.
    fn nothing(&self, lines: u64) -> Result<()> {
        let (file, skipped, all) = (self.name(), self.skip_lines, counted(lines, "line"));
        match (lines, skipped) {
            (0, 0) => say(format_args!("0 points imported: {file} is empty; a line is a point: {POINT}")),
            _ if skipped > lines => {
                let message =
                    format!("{file} has {all}, and --skip-lines {skipped} leaves out more: nothing was imported");
                return Err(Error::new(Code::InvalidOptions, message));
            }
            _ if skipped == lines => {
                say(format_args!("0 points imported: {file} has {all}, which --skip-lines {skipped} leaves out"));
            }
            _ => say(format_args!("0 points imported: {file} has empty lines only; a line is a point: {POINT}")),
        }
        Ok(())
    }

    /// The file, as a sentence names it.
    fn name(&self) -> String {
        if self.file.as_os_str() == "-" { "standard input".into() } else { self.file.display().to_string() }
    }

    /// Says which line of the file was refused, why, and how to go on.
    fn located(&self, refusal: Refusal, batch: &Batch, before: u64) -> Error {
        let Refusal { error, line, committed } = refusal;
        let done = before + committed;
        let Some(line) = line else {
            let (points, are, lines) = (counted(done, "point"), are(done), batch.first - 1);
            let message = format!("{} ({points} {are} imported; go on with --skip-lines {lines})", error.message());
            return Error::new(error.code(), message);
        };
        // Lines of a request are counted from 1.
        let line = batch.first + line - 1;
        let without_line = error.message().split_once("): ").map_or(error.message(), |(_, why)| why);
        // The line is as good as any: the server takes it later.
        if error.code().retryable() {
            let (points, are, lines) = (counted(done, "point"), are(done), line - 1);
            let message = format!("{without_line} ({points} {are} imported; then go on with --skip-lines {lines})");
            return Error::new(error.code(), message);
        }
        let fault = batch.line(line).and_then(|text| Fault::of(text, batch.line(line + 1)));
        let why = fault.as_ref().map_or_else(|| without_line.to_owned(), Fault::to_string);
        let go_on = format!("mend it and go on with --skip-lines {}", line - 1);
        let remedy = fault.and_then(|fault| Some((fault.command(done == 0)?, fault.remark()))).map_or_else(
            || go_on.clone(),
            |(command, remark)| format!("{go_on}, or import all as: {}", self.piped(&command, remark)),
        );
        let (points, are) = (counted(done, "point"), are(done));
        Error::new(error.code(), format!("line {line}: {why} ({points} before it {are} imported; {remedy})"))
    }

    /// A file that has no lines of points.
    fn kind(&self, kind: &Kind) -> Error {
        let file = self.name();
        let instead = kind.command().map_or_else(
            || format!("write it as points, a JSON object a line: {POINT}"),
            |command| format!("points are lines of JSON in UTF-8: {}", self.piped(&command, kind.remark())),
        );
        Error::new(Code::InvalidPoint, format!("line 1: {file} is {}; {instead}", kind.name()))
    }

    /// The command that imports what another one makes of the file, and what to know of it.
    fn piped(&self, command: &str, remark: Option<String>) -> String {
        let (command, what_is_piped) = match self.file.as_os_str() == "-" {
            true => (
                format!("… | {}", command.replace(" < FILE", "").replace("FILE", "-")),
                Some("… stands for what is piped now".to_owned()),
            ),
            false => (command.replace("FILE", &quoted(&self.file.to_string_lossy())), None),
        };
        let import = format!("headwater import - --collection {}{}", self.collection, flag_of(&self.server.url));
        let remarks: Vec<String> = what_is_piped.into_iter().chain(remark).collect();
        let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join("; ")) };
        format!("{command} | {import}{remarks}")
    }
}

/// Ends the process: a read of standard input that is under way cannot be called off.
fn interrupted(meter: &Meter, count: u64, acknowledged: u64) -> ! {
    meter.finish();
    let points = counted(count, "point");
    note(format_args!("headwater: stopped; {points} imported for certain, go on with --skip-lines {acknowledged}"));
    std::process::exit(130)
}
