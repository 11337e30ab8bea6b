//! `--watch`: builds again when something has changed, and a moment has passed in which nothing has.

use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use notify::{EventKind, RecursiveMode, Watcher as _, recommended_watcher};
use tokio::sync::mpsc;

use super::places::Places;
use crate::cli::serve::interrupted;
use crate::cli::terminal::say;

/// Generators write many files, one after the other.
const QUIET: Duration = Duration::from_millis(300);

/// Calls back after changes of the source, until it is stopped.
pub(super) async fn run(places: &Places, mut again: impl AsyncFnMut() -> Result<()>) -> Result<()> {
    let failed = |error: notify::Error| {
        Error::new(Code::StorageFailed, format!("{} cannot be watched: {error}", places.source.display()))
    };
    let (send, mut changed) = mpsc::channel(1);
    let (output, source) = (places.output.clone(), places.source.clone());
    let is_folder = source.is_dir();
    let mut watcher = recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_meant = match &event {
            // Reading, which building does, is no change.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => false,
            Ok(event) => event.paths.iter().any(|path| match is_folder {
                true => !path.starts_with(&output),
                false => *path == source,
            }),
            // What is said to be lost may have been a change.
            Err(_) => true,
        };
        if is_meant {
            // One that waits stands for all.
            let _ = send.try_send(());
        }
    })
    .map_err(failed)?;
    // Of a file its folder: editors put another file in its place.
    let (place, mode) = match places.source.parent() {
        Some(parent) if !is_folder => (parent.to_owned(), RecursiveMode::NonRecursive),
        _ => (places.source.clone(), RecursiveMode::Recursive),
    };
    watcher.watch(&place, mode).map_err(failed)?;
    say(format_args!("watching {} until Ctrl-C", places.source.display()));
    let stop = interrupted();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            heard = changed.recv() => if heard.is_none() { return Ok(()) },
        }
        while tokio::time::timeout(QUIET, changed.recv()).await.is_ok_and(|heard| heard.is_some()) {}
        again().await?;
    }
}
