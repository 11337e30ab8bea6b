//! `headwater publish`: makes a version at the origin and, with `--to`, copies it where replicas read.

use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Version;
use headwater_core::manifest::Trust;
use headwater_core::model::{CollectionStatus, PublishProgress, PublishReceipt};
use reqwest::{Method, RequestBuilder};

use super::meter::Meter;
use super::pieces::Pieces;
use super::terminal::say;
use super::{Server, path_of};
use crate::address::shown_place;
use crate::client::Client;
use crate::counted::counted;
use crate::replica::{Copied, PATIENCE, PieceSize, Source, Target, copy};
use crate::token::Token;

/// How often the origin is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(250);

#[derive(Args)]
#[command(after_help = "Examples:
  headwater publish --collection words
  headwater publish --collection words --compact
  headwater publish --collection words --to ./copy
  HEADWATER_EDGE_TOKEN=… headwater publish --collection words --to https://edge.example
  AWS_ENDPOINT_URL=https://<account>.r2.cloudflarestorage.com headwater publish --collection words --to s3://bucket

A bucket or folder gets {collection}/blobs/{hash}, {collection}/manifests/{hash} and {collection}/head, as
the edge worker reads its bucket.")]
pub(super) struct Options {
    /// Collection to publish.
    #[arg(long, short)]
    collection: String,
    /// Writes all points into one segment: quicker to search, and replicas fetch all of it once.
    #[arg(long)]
    compact: bool,
    /// Where to copy it: https://edge.example, s3://bucket/prefix, or a folder.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    to: Option<String>,
    /// Token of the edge. Everybody on this machine sees what stands on a command line: better set
    /// HEADWATER_EDGE_TOKEN.
    #[arg(long, env = "HEADWATER_EDGE_TOKEN", hide_env_values = true)]
    to_token: Option<Token>,
    /// For a bucket that cannot write on conditions, where nobody else publishes at the same time.
    #[arg(long)]
    single_writer: bool,
    #[command(flatten)]
    pieces: Pieces,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(options: Options) -> Result<()> {
    let origin = Client::new(&options.server.url, options.server.token.clone())?;
    let base = path_of(&options.collection)?;
    // A place that is none is said before anything is published.
    let target = |to: &String| Target::of_many(to, options.to_token.clone(), &options.collection);
    let target = options.to.as_ref().map(target).transpose()?;
    let pieces = options.pieces.size()?;
    if pieces.is_some() && !matches!(target, Some(Target::Objects { .. })) {
        let message = "--pieces is for copies in a folder or bucket, named with --to; servers and edges answer ranges";
        return Err(Error::new(Code::InvalidOptions, message));
    }
    let request = origin.request(Method::POST, &format!("{base}/publish?compact={}", options.compact));
    let receipt = watched(&origin, &base, request).await?;
    told_of_rollback(&receipt);
    let (points, segments) = (counted(receipt.points, "point"), counted(receipt.segments, "segment"));
    let (version, bytes) = (receipt.version, counted(receipt.bytes, "byte"));
    let what = format!("version {version} of {}: {points}, {segments}, {bytes}", options.collection);
    if receipt.changed {
        say(format_args!("published {what}, in {:.1} s", receipt.took_ms as f64 / 1e3));
    } else {
        say(format_args!("nothing new; {what}"));
    }
    match (target, &options.to) {
        (Some(target), Some(to)) => {
            let target = target.single_writer(options.single_writer);
            send(&options.server, &options.collection, &target, pieces, to).await
        }
        _ => Ok(()),
    }
}

/// Copies the published version of an origin to where replicas read.
pub(super) async fn send(
    server: &Server,
    collection: &str,
    target: &Target,
    pieces: Option<PieceSize>,
    to: &str,
) -> Result<()> {
    let origin = Client::new(&server.url, server.token.clone())?;
    let base = path_of(collection)?;
    let status: CollectionStatus = origin.json(origin.request(Method::GET, &base)).await?;
    let trust = Trust::parse(status.trust.iter().map(String::as_str))?;
    let source = Source::open(&format!("{}{base}", server.url.trim_end_matches('/')), server.token.clone(), PATIENCE)?;
    let mut meter = Meter::new("bytes sent", 0);
    let copied = copy(&source, &trust, collection, target, pieces, &mut |done, total| meter.set(done, total)).await;
    meter.finish();
    let Copied { version, sent, mended, blobs, bytes, pieces: written } = copied?;
    let (blobs, bytes) = (counted(blobs as u64, "blob"), counted(bytes, "byte"));
    let mended =
        if mended > 0 { format!(", {mended} of them in place of what was damaged there") } else { String::new() };
    let written = if written > 0 { format!(", and {}", counted(written, "piece")) } else { String::new() };
    let to = shown_place(to);
    say(format_args!("copied version {version} to {to}: {sent} of {blobs} sent, {bytes}{mended}{written}"));
    Ok(())
}

/// Sends what publishes, and shows how far the origin is while it builds and what it waits for. A failure says which
/// rollback it leaves unfinished.
pub(super) async fn watched(origin: &Client, base: &str, request: RequestBuilder) -> Result<PublishReceipt> {
    let mut meter = Meter::new("", 0);
    let published = origin.json(request);
    tokio::pin!(published);
    let receipt: Result<PublishReceipt> = loop {
        tokio::select! {
            receipt = &mut published => break receipt,
            progress = ask(origin, base) => meter.phase(&progress),
        }
    };
    meter.finish();
    let Err(error) = receipt else { return receipt };
    let status: Result<CollectionStatus> = origin.json(origin.request(Method::GET, base)).await;
    match status.ok().and_then(|status| status.unfinished_rollback) {
        Some(version) => Err(Error::new(error.code(), format!("{}; {}", error.message(), unfinished(version)))),
        None => Err(error),
    }
}

/// What is said of a rollback that has not ended.
pub(super) fn unfinished(version: Version) -> String {
    format!("a rollback to version {version} has not ended: if nobody is at it, the next publish finishes it first")
}

/// Says which rollback a publish has finished.
pub(super) fn told_of_rollback(receipt: &PublishReceipt) {
    if let Some(version) = receipt.finished_rollback {
        say(format_args!("finished the rollback to version {version} first, which had been interrupted"));
    }
}

/// How far the origin is, a moment from now. An answer that does not come says nothing of the publish.
async fn ask(origin: &Client, base: &str) -> PublishProgress {
    tokio::time::sleep(ASK_EVERY).await;
    origin.json(origin.request(Method::GET, &format!("{base}/publish"))).await.unwrap_or_default()
}
