//! `headwater delete`: a collection, or points of it.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use clap::Args;
use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::{MAX_BATCH_POINTS, MAX_NAME_BYTES};
use headwater_core::model::{CollectionStatus, DeleteBatch, WriteReceipt};
use reqwest::Method;

use super::manage::point_path;
use super::terminal::{note, say};
use super::{Server, path_of};
use crate::client::Client;
use crate::counted::counted;

#[derive(Args)]
#[command(after_help = "Examples:
  headwater delete words --id cat
  headwater delete words --yes

Without --id it deletes the collection: its points, its schema, and all versions at the origin; it asks for the collection's name first.
Replicas, exports and edges keep what they have.")]
pub(super) struct Delete {
    /// Name of the collection.
    name: String,
    /// Ids of points to delete; the collection stays.
    #[arg(long, value_name = "ID", num_args = 1..)]
    id: Vec<String>,
    /// Deletes the collection without asking for its name.
    #[arg(long, conflicts_with = "id")]
    yes: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn delete(options: Delete) -> Result<()> {
    let client = Client::new(&options.server.url, options.server.token)?;
    let path = path_of(&options.name)?;
    if options.id.is_empty() {
        delete_collection(&client, &options.name, &path, options.yes).await
    } else {
        let mut ids = options.id;
        ids.sort();
        ids.dedup();
        delete_points(&client, &options.name, &path, &ids).await
    }
}

async fn delete_collection(client: &Client, name: &str, path: &str, is_sure: bool) -> Result<()> {
    // A deletion that was interrupted is gone on with, though nothing is listed under the name any more: so nothing is
    // asked first.
    if !is_sure {
        let points = counted(status(client, path).await?.points, "point");
        note(format_args!(
            "This deletes the collection {name} with {points} and all of its versions. It cannot be undone."
        ));
        note("Type the name of the collection to delete it:");
        confirm(name)?;
    }
    client.send(client.request(Method::DELETE, path)).await?;
    say(format_args!("collection {name} deleted"));
    Ok(())
}

async fn status(client: &Client, path: &str) -> Result<CollectionStatus> {
    client.json(client.request(Method::GET, path)).await
}

/// Fails unless the next line of standard input is this name.
fn confirm(name: &str) -> Result<()> {
    let input = std::io::stdin();
    let is_terminal = input.is_terminal();
    let mut line = String::new();
    // A name, and room for white space around it: more cannot be right.
    let read = input.lock().take(2 * MAX_NAME_BYTES as u64).read_line(&mut line);
    if read.is_ok() && line.trim() == name {
        return Ok(());
    }
    let what = if is_terminal || !line.is_empty() { "that is not its name" } else { "nobody answered" };
    let message = format!("nothing was deleted: {what}; --yes deletes {name} without asking");
    Err(Error::new(Code::InvalidOptions, message))
}

async fn delete_points(client: &Client, name: &str, path: &str, ids: &[String]) -> Result<()> {
    let paths: Vec<String> = ids.iter().map(|id| point_path(path, id)).collect::<Result<_>>()?;
    status(client, path).await?;
    // A misspelt id is said: to the server deleting what is not there is no fault.
    for (id, path) in ids.iter().zip(&paths) {
        if !client.exists(path).await? {
            note(format_args!("note: {name} has no point {id:?}"));
        }
    }
    let mut whole = WriteReceipt::default();
    for ids in ids.chunks(MAX_BATCH_POINTS) {
        let request = client.request(Method::POST, &format!("{path}/points/delete"));
        let receipt: WriteReceipt = client.json(request.json(&DeleteBatch { ids: ids.to_vec() })).await?;
        whole = WriteReceipt { lsn: receipt.lsn, count: whole.count + receipt.count };
    }
    if whole.count == 0 {
        say(format_args!("nothing was deleted: {name} has none of these points"));
        return Ok(());
    }
    let (deleted, flag) = (counted(whole.count, "point"), client.flag());
    say(format_args!(
        "{deleted} deleted, durable up to lsn {}; replicas follow after: headwater publish --collection {name}{flag}",
        whole.lsn
    ));
    Ok(())
}
