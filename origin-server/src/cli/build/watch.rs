//! `--watch`: builds again when something has changed, and a moment has passed in which nothing has.
//!
//! The source is watched from before the first build reads it, so that nothing changes unseen. Beside it its parent is:
//! generators remove their folder and make another one, which has to be watched anew.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, recommended_watcher};
use same_file::Handle;
use tokio::sync::mpsc;

use super::places::Places;
use crate::cli::serve::interrupted;
use crate::cli::terminal::note;

/// Generators write many files, one after the other.
const QUIET: Duration = Duration::from_millis(300);
/// Where changes do not end, as of a log among the pages, it is built all the same.
const MOST: Duration = Duration::from_secs(5);

/// Changes of a source, from its making on.
pub(super) struct Watch<'a> {
    places: &'a Places,
    watcher: RecommendedWatcher,
    changed: mpsc::Receiver<()>,
    /// The folder that is watched with all that is in it: another one may stand in its place. Kept open, so that no
    /// other is taken for it.
    folder: Option<Handle>,
}

impl<'a> Watch<'a> {
    pub(super) fn begin(places: &'a Places) -> Result<Self> {
        let (send, changed) = mpsc::channel(1);
        let (source, output, is_folder) = (places.source.clone(), places.output.clone(), places.source.is_dir());
        let heard = move |event: notify::Result<Event>| {
            // What is said to be lost may have been a change.
            if event.map_or(true, |event| is_meant(&event, &source, is_folder.then_some(&output))) {
                // One that waits stands for all.
                let _ = send.try_send(());
            }
        };
        let watcher = recommended_watcher(heard).map_err(|error| failed(&places.source, &error))?;
        let mut watch = Self { places, watcher, changed, folder: None };
        // Of a file its folder alone: editors put another file in its place.
        if let Some(parent) = places.source.parent() {
            let watched = watch.watcher.watch(parent, RecursiveMode::NonRecursive);
            watched.map_err(|error| failed(parent, &error))?;
        }
        if is_folder {
            watch.follow()?;
        }
        Ok(watch)
    }

    /// Watches the folder that now has the source's name.
    fn follow(&mut self) -> Result<()> {
        let source = &self.places.source;
        let found = Handle::from_path(source).ok();
        if found.is_some() && found != self.folder {
            // Of the one before nothing may be known any more.
            let _ = self.watcher.unwatch(source);
            let watched = self.watcher.watch(source, RecursiveMode::Recursive);
            watched.map_err(|error| failed(source, &error))?;
        }
        self.folder = found;
        Ok(())
    }

    /// Calls back after changes, until it is stopped.
    pub(super) async fn run(mut self, mut again: impl AsyncFnMut() -> Result<()>) -> Result<()> {
        let stop = interrupted();
        tokio::pin!(stop);
        loop {
            let built = async {
                let heard = self.changed.recv().await;
                settled(&mut self.changed).await;
                if self.places.source.is_dir()
                    && let Err(error) = self.follow()
                {
                    note(format_args!("headwater: {} ({})", error.message(), error.code()));
                }
                match heard {
                    Some(()) => again().await,
                    None => Err(Error::new(Code::Internal, "the watch has ended")),
                }
            };
            tokio::select! {
                () = &mut stop => return Ok(()),
                built = built => built?,
            }
        }
    }
}

/// Waits until nothing changes any more.
async fn settled(changed: &mut mpsc::Receiver<()>) {
    let quiet = async { while tokio::time::timeout(QUIET, changed.recv()).await.is_ok_and(|heard| heard.is_some()) {} };
    let _ = tokio::time::timeout(MOST, quiet).await;
}

/// Whether an event may be a change of the source, a folder but for its `output`, or a file.
fn is_meant(event: &Event, source: &Path, output: Option<&PathBuf>) -> bool {
    // Reading, which building does, is no change; what is said to be lost may have been one.
    if matches!(event.kind, EventKind::Access(_)) {
        return false;
    }
    let is_page = |path: &Path| match (path.strip_prefix(source), output) {
        (Err(_), _) => false,
        (Ok(rest), None) => rest.as_os_str().is_empty(),
        (Ok(rest), Some(output)) => !path.starts_with(output) && !rest.components().any(is_hidden),
    };
    event.need_rescan() || event.paths.iter().any(|path| is_page(path))
}

/// What a build does not look at either: histories, and what editors keep beside a file.
fn is_hidden(step: Component<'_>) -> bool {
    step.as_os_str().as_encoded_bytes().starts_with(b".")
}

fn failed(place: &Path, error: &notify::Error) -> Error {
    let why = match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "there are more folders than this system watches for a user; on Linux `sysctl fs.inotify.max_user_watches` \
             is how many"
                .to_owned()
        }
        _ => error.to_string(),
    };
    Error::new(Code::StorageFailed, format!("{} cannot be watched: {why}", place.display()))
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, Flag, ModifyKind};

    use super::*;

    #[test]
    fn what_is_built_and_what_is_hidden_is_no_change_and_what_was_lost_is_one() {
        let (source, output) = (Path::new("/a/site"), PathBuf::from("/a/site/headwater"));
        let of_folder = |kind, path: &str| is_meant(&Event::new(kind).add_path(path.into()), source, Some(&output));
        let (made, changed) = (EventKind::Create(CreateKind::Any), EventKind::Modify(ModifyKind::Any));
        for path in ["/a/site", "/a/site/x.html", "/a/site/b/y.md", "/a/site/headwater.html"] {
            assert!(of_folder(made, path) && of_folder(changed, path), "{path}");
            assert!(!of_folder(EventKind::Access(AccessKind::Any), path), "{path}");
        }
        for path in ["/a", "/a/x.html", "/a/site2/x.html", "/a/site/headwater", "/a/site/headwater/search.js"] {
            assert!(!of_folder(changed, path), "{path}");
        }
        for path in ["/a/site/.git/index", "/a/site/b/.y.md.swp"] {
            assert!(!of_folder(changed, path), "{path}");
        }
        let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert!(is_meant(&lost, source, Some(&output)) && is_meant(&lost, source, None));
        let of_file = |path: &str| is_meant(&Event::new(changed).add_path(path.into()), source, None);
        assert!(of_file("/a/site") && !of_file("/a/site/x") && !of_file("/a"));
    }

    #[tokio::test(start_paused = true)]
    async fn changes_without_end_do_not_keep_it_waiting() {
        let (send, mut changed) = mpsc::channel(1);
        let begun = tokio::time::Instant::now();
        settled(&mut changed).await;
        assert!(begun.elapsed() < QUIET * 2);
        tokio::spawn(async move {
            loop {
                let _ = send.try_send(());
                tokio::time::sleep(QUIET / 3).await;
            }
        });
        let begun = tokio::time::Instant::now();
        settled(&mut changed).await;
        assert!((MOST..MOST * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }
}
