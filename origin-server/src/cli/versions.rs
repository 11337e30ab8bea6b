//! versions, rollback, pin, unpin, gc.

use clap::Args;
use headwater_core::error::Result;
use headwater_core::ids::Version;
use headwater_core::model::CollectionStatus;
use reqwest::Method;
use serde_json::json;

use super::push::{told_of_rollback, unfinished, watched};
use super::terminal::{note, say};
use super::{Server, path_of};
use crate::client::Client;
use crate::clock;
use crate::collection::{Garbage, VersionInfo};
use crate::counted::counted;

#[derive(Args)]
#[command(after_help = "Examples:
  headwater versions --collection words
  headwater pin 1 --collection words
  headwater rollback 1 --collection words
  headwater unpin 1 --collection words
  headwater gc --collection words")]
pub(super) struct Of {
    /// Collection.
    #[arg(long, short)]
    collection: String,
    #[command(flatten)]
    server: Server,
}

#[derive(Args)]
pub(super) struct One {
    /// Number of the version.
    version: Version,
    #[command(flatten)]
    of: Of,
}

impl Of {
    fn client(&self) -> Result<(Client, String)> {
        let client = Client::new(&self.server.url, self.server.token.clone())?;
        Ok((client, path_of(&self.collection)?))
    }
}

pub(super) async fn list(of: Of) -> Result<()> {
    let (client, base) = of.client()?;
    let versions: Vec<VersionInfo> = client.json(client.request(Method::GET, &format!("{base}/versions"))).await?;
    if versions.is_empty() {
        let (name, flag) = (&of.collection, client.flag());
        note(format_args!("nothing has been published yet: headwater publish --collection {name}{flag}"));
        return Ok(());
    }
    say(format_args!(
        "{:>8}  {:<20}  {:>10}  {:>10}  {:>8}  {:>13}  manifest",
        "version", "made", "lsn", "points", "segments", "bytes"
    ));
    for v in versions {
        let pinned = if v.pinned { "  pinned" } else { "" };
        let hash: String = v.manifest.chars().take(12).collect();
        let made = clock::utc(v.created_ms);
        say(format_args!(
            "{:>8}  {made:<20}  {:>10}  {:>10}  {:>8}  {:>13}  {hash}{pinned}",
            v.version, v.lsn, v.points, v.segments, v.bytes
        ));
    }
    let status: CollectionStatus = client.json(client.request(Method::GET, &base)).await?;
    if let Some(version) = status.unfinished_rollback {
        note(format_args!("note: {}", unfinished(version)));
    }
    Ok(())
}

pub(super) async fn roll_back(one: One) -> Result<()> {
    let (client, base) = one.of.client()?;
    let request = client.request(Method::POST, &format!("{base}/rollback")).json(&json!({ "version": one.version }));
    let receipt = watched(&client, &base, request).await?;
    told_of_rollback(&receipt);
    let points = counted(receipt.points, "point");
    match receipt.changed {
        true => say(format_args!("version {} holds what version {} held: {points}", receipt.version, one.version)),
        false => say(format_args!("version {} holds that already", receipt.version)),
    }
    Ok(())
}

pub(super) async fn pin(one: One, pinned: bool) -> Result<()> {
    let (client, base) = one.of.client()?;
    let method = if pinned { Method::PUT } else { Method::DELETE };
    client.send(client.request(method, &format!("{base}/versions/{}/pin", one.version))).await?;
    let kept = if pinned { "kept whatever its age" } else { "kept no longer than others" };
    say(format_args!("version {} is {kept}", one.version));
    Ok(())
}

pub(super) async fn collect_garbage(of: Of) -> Result<()> {
    let (client, base) = of.client()?;
    let garbage: Garbage = client.json(client.request(Method::POST, &format!("{base}/gc"))).await?;
    let (versions, objects) = (counted(garbage.versions, "version"), counted(garbage.objects, "object"));
    say(format_args!("{versions} dropped, {objects} removed, {}", counted(garbage.bytes, "byte")));
    Ok(())
}
