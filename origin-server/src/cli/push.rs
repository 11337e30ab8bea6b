//! `headwater publish`: makes a version at the origin and, with `--to`, copies it where replicas read.

use std::time::Duration;

use clap::Args;
use headwater_core::error::Result;
use headwater_core::manifest::Trust;
use headwater_core::model::{CollectionStatus, PublishProgress, PublishReceipt};
use reqwest::Method;

use super::Server;
use super::meter::Meter;
use crate::client::Client;
use crate::counted::counted;
use crate::replica::{Copied, PATIENCE, Source, Target, copy};

/// How often the origin is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(250);

#[derive(Args)]
#[command(after_help = "Examples:
  headwater publish --collection words
  headwater publish --collection words --compact
  headwater publish --collection words --to https://edge.example --to-token \"$EDGE_TOKEN\"
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
    #[arg(long)]
    to: Option<String>,
    /// Token of the edge.
    #[arg(long, env = "HEADWATER_EDGE_TOKEN", hide_env_values = true)]
    to_token: Option<String>,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(options: Options) -> Result<()> {
    let origin = Client::new(&options.server.url, options.server.token.clone())?;
    let base = format!("/v1/collections/{}", options.collection);
    let receipt = publish(&origin, &format!("{base}/publish"), options.compact).await?;
    let what = format!(
        "version {} of {}: {}, {}, {}",
        receipt.version,
        options.collection,
        counted(receipt.points, "point"),
        counted(receipt.segments, "segment"),
        counted(receipt.bytes, "byte")
    );
    if receipt.changed {
        println!("published {what}, in {:.1} s", receipt.took_ms as f64 / 1e3);
    } else {
        println!("nothing new; {what}");
    }
    match &options.to {
        Some(to) => {
            let target = Target::of_many(to, options.to_token, &options.collection)?;
            send(&options.server, &options.collection, &target, to).await
        }
        None => Ok(()),
    }
}

/// Copies the published version of an origin to where replicas read.
pub(super) async fn send(server: &Server, collection: &str, target: &Target, to: &str) -> Result<()> {
    let origin = Client::new(&server.url, server.token.clone())?;
    let base = format!("/v1/collections/{collection}");
    let status: CollectionStatus = origin.json(origin.request(Method::GET, &base)).await?;
    let trust = Trust::parse(status.trust.iter().map(String::as_str))?;
    let source = Source::open(&format!("{}{base}", server.url.trim_end_matches('/')), server.token.clone(), PATIENCE)?;
    let mut meter = Meter::new("bytes sent", 0);
    let copied = copy(&source, &trust, collection, target, &mut |done, total| meter.set(done, total)).await;
    meter.finish();
    let Copied { version, sent, blobs, bytes } = copied?;
    println!(
        "copied version {version} to {to}: {sent} of {} sent, {}",
        counted(blobs as u64, "blob"),
        counted(bytes, "byte")
    );
    Ok(())
}

/// Publishes, and shows how far the origin is while it builds.
async fn publish(origin: &Client, path: &str, compact: bool) -> Result<PublishReceipt> {
    let mut meter = Meter::new("", 0);
    let published = origin.json(origin.request(Method::POST, &format!("{path}?compact={compact}")));
    tokio::pin!(published);
    let receipt = loop {
        tokio::select! {
            receipt = &mut published => break receipt,
            progress = ask(origin, path) => meter.phase(&progress),
        }
    };
    meter.finish();
    receipt
}

/// How far the origin is, a moment from now. An answer that does not come says nothing of the publish.
async fn ask(origin: &Client, path: &str) -> PublishProgress {
    tokio::time::sleep(ASK_EVERY).await;
    origin.json(origin.request(Method::GET, path)).await.unwrap_or_default()
}
