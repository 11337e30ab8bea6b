//! `headwater publish`: makes a version at the origin and, with `--to`, copies it where replicas read.
//!
//! Only what is missing is sent, and the head last: a reader there never sees half a version.

use std::time::Duration;

use clap::Args;
use headwater_core::error::Result;
use headwater_core::ids::Hash;
use headwater_core::limits::{MAX_HEAD_BYTES, MAX_MANIFEST_BYTES};
use headwater_core::manifest::{Acceptance, Manifest, SignedHead, Trust};
use headwater_core::model::{CollectionStatus, PublishReceipt};
use reqwest::Method;

use super::Server;
use super::client::Client;
use super::meter::Meter;
use crate::collection::PublishProgress;
use crate::objects::Objects;

/// How often the origin is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(250);

#[derive(Args)]
#[command(after_help = "Examples:
  headwater publish --collection words
  headwater publish --collection words --to https://edge.example --to-token \"$EDGE_TOKEN\"
  AWS_ENDPOINT_URL=https://<account>.r2.cloudflarestorage.com headwater publish --collection words --to s3://bucket

A bucket or folder gets {collection}/blobs/{hash}, {collection}/manifests/{hash} and {collection}/head, as
the edge worker reads its bucket.")]
pub(super) struct Options {
    /// Collection to publish.
    #[arg(long, short)]
    collection: String,
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
    let receipt = publish(&origin, &format!("{base}/publish")).await?;
    let what = format!(
        "version {} of {}: {} points, {} segments, {} bytes",
        receipt.version, options.collection, receipt.points, receipt.segments, receipt.bytes
    );
    if receipt.changed {
        println!("published {what}, in {:.1} s", receipt.took_ms as f64 / 1e3);
    } else {
        println!("nothing new; {what}");
    }
    match &options.to {
        Some(to) => copy(&origin, &base, &Target::open(to, options.to_token, &options.collection)?, to).await,
        None => Ok(()),
    }
}

/// Publishes, and shows how far the origin is while it builds.
async fn publish(origin: &Client, path: &str) -> Result<PublishReceipt> {
    let mut meter = Meter::new("points indexed", 0);
    let published = origin.json(origin.request(Method::POST, path));
    tokio::pin!(published);
    let receipt = loop {
        tokio::select! {
            receipt = &mut published => break receipt,
            progress = ask(origin, path) => meter.set(progress.done, progress.total),
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

/// Copies the published version to where replicas read.
async fn copy(origin: &Client, base: &str, target: &Target, to: &str) -> Result<()> {
    let status: CollectionStatus = origin.json(origin.request(Method::GET, base)).await?;
    let get = |path: &str| origin.request(Method::GET, &format!("{base}/{path}"));
    let head_bytes = origin.bytes(get("head"), MAX_HEAD_BYTES as u64).await?;
    let trust = Trust::parse(status.trust.iter().map(String::as_str))?;
    let acceptance = Acceptance { trust: &trust, collection: Some(&status.collection), highest_version: 0, now_ms: 0 };
    let head = SignedHead::from_json(&head_bytes)?.accept(&acceptance)?;
    let manifest_path = format!("manifests/{}", head.manifest.hash);
    let manifest_bytes = origin.bytes(get(&manifest_path), MAX_MANIFEST_BYTES as u64).await?;
    let manifest = Manifest::decode(&manifest_bytes, &head)?;
    let mut missing = Vec::new();
    for blob in manifest.blobs() {
        if !target.has(&format!("blobs/{}", blob.hash)).await? {
            missing.push(blob);
        }
    }
    let total = missing.iter().map(|b| b.bytes).sum();
    let (mut meter, mut sent_bytes) = (Meter::new("bytes sent", total), 0);
    for blob in &missing {
        let path = format!("blobs/{}", blob.hash);
        let bytes = origin.bytes(get(&path), blob.bytes).await?;
        blob.check(&bytes)?;
        target.put(&path, bytes).await.map_err(|e| e.context(format_args!("blob {}", short(&blob.hash))))?;
        sent_bytes += blob.bytes;
        meter.set(sent_bytes, total);
    }
    meter.finish();
    if !target.has(&manifest_path).await? {
        target.put(&manifest_path, manifest_bytes).await?;
    }
    target.put("head", head_bytes).await?;
    let (sent, all) = (missing.len(), manifest.blobs().len());
    println!("copied version {} to {to}: {sent} of {all} blobs sent, {total} bytes", head.version);
    Ok(())
}

fn short(hash: &Hash) -> String {
    hash.to_string().chars().take(12).collect()
}

/// Where replicas read.
enum Target {
    /// An edge worker, by its replica sink.
    Edge { client: Client, base: String },
    /// A bucket or folder, laid out as the worker reads its bucket.
    Objects { objects: Objects, collection: String },
}

impl Target {
    fn open(to: &str, token: Option<String>, collection: &str) -> Result<Self> {
        if to.starts_with("http://") || to.starts_with("https://") {
            return Ok(Self::Edge { client: Client::new(to, token)?, base: format!("/v1/collections/{collection}") });
        }
        Ok(Self::Objects { objects: Objects::open(to)?, collection: collection.to_owned() })
    }

    async fn has(&self, path: &str) -> Result<bool> {
        match self {
            Self::Edge { client, base } => client.exists(&format!("{base}/{path}")).await,
            Self::Objects { objects, collection } => {
                Ok(objects.length(&format!("{collection}/{path}")).await?.is_some())
            }
        }
    }

    async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<()> {
        match self {
            Self::Edge { client, base } => {
                client.send(client.request(Method::PUT, &format!("{base}/{path}")).body(bytes)).await.map(|_| ())
            }
            Self::Objects { objects, collection } => objects.overwrite(&format!("{collection}/{path}"), bytes).await,
        }
    }
}
