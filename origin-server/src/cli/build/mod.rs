//! `headwater build`: a folder of pages, or a file of data, becomes search that any server of plain files serves.
//!
//! ```text
//! pages ── extract ── spool, by language ── fill ── collection in the state folder ── export ── output/{language}/
//!                                                                                     runtime ── output/runtime/
//!                                                                                     loader ─── output/search.js
//! ```
//!
//! It is the origin without its HTTP: the same collections, log, versions and keys, in a folder of this machine.
//!
//! | file | job |
//! | --- | --- |
//! | `places` | the folders, and that no key is published with the pages |
//! | `extract` | pages to sections, on all cores, into files by language |
//! | `spool` | these files |
//! | `index` | names and schemas of collections |
//! | `site` | a build of pages from its beginning to its summary |
//! | `data`, `rows` | the same of data that is no site |
//! | `fill` | writes what has changed, deletes what has gone |
//! | `export` | a version into the output |
//! | `runtime` | the scripts and the engine beside it |
//! | `loader` | what a page loads |
//! | `model` | the model that is built in, or another one |
//! | `first_answer` | what a visitor fetches for it |
//! | `summary` | what is said at the end |
//! | `preview`, `watch` | `--serve`, `--watch` |

mod data;
mod export;
mod extract;
mod fill;
mod first_answer;
mod index;
mod loader;
mod model;
mod places;
mod preview;
mod rows;
mod runtime;
mod site;
mod spool;
mod summary;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use headwater_core::error::{Code, Error, Result};

use super::pieces::Pieces;
use super::start;
use super::terminal::{json, note, say};
use crate::collection::Retention;
use crate::location::Location;
use crate::pending::Limits;
use crate::server::Origin;
use places::Places;
use runtime::Runtime;
use summary::Summary;
use watch::Watch;

/// Changes that are not published yet: past this a version is made in between, and the memory is free again.
const PUBLISH_AT: u64 = 192 * 1024 * 1024;
/// Bytes of a segment that is made of others. Its points, which a build of it holds, are some five times as much: a
/// site however large is built within a gigabyte, beside its output.
const FOLDED_BYTES: u64 = 80 * 1024 * 1024;
/// Of what is stored: a build reads it once, in its order.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Args)]
#[command(after_help = r#"Pages need two lines:
  <script type="module" src="/headwater/search.js"></script>
  <headwater-search></headwater-search>

Examples:
  headwater build ./site                     # writes ./site/headwater
  headwater build ./site --serve --watch     # and shows it at http://127.0.0.1:8000, anew after each change
  headwater build ./docs --exclude 'drafts/**'
  headwater build words.csv --schema schema.json --output ./public/words

The state, with the private key, is kept in ./.headwater: keep it, and do not publish it. A build from the same state
writes only what has changed, and visitors fetch only that. docs/sites.md says all of it."#)]
pub(super) struct Options {
    /// Folder of pages in HTML or Markdown; or a file of data: .ndjson, .csv or .json, with --schema.
    source: PathBuf,
    /// Folder to write [default: SOURCE/headwater]. It belongs to this command.
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Folder of the private key and of what is built, kept from one build to the next.
    #[arg(long, env = "HEADWATER_STATE", default_value = ".headwater")]
    state: PathBuf,
    /// Folder of a model2vec model, used for pages of all languages. Without it pages in English are searched by
    /// meaning by the model that is built in, others by words.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Only pages that match a pattern such as 'guide/**'; can be given several times.
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,
    /// No pages that match a pattern; can be given several times.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Language of pages that declare none, such as 'de' [default: that of most other pages, else English].
    #[arg(long)]
    lang: Option<String>,
    /// CSS selector of the main content, for pages that do not mark it.
    #[arg(long, value_name = "CSS")]
    root_selector: Option<String>,
    #[command(flatten)]
    pieces: Pieces,
    /// Builds again after each change, until it is stopped.
    #[arg(long)]
    watch: bool,
    /// Serves the site with its search on this machine, until it is stopped.
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:8000")]
    serve: Option<String>,
    /// Folder of the built npm package (its dist), instead of what is built in.
    #[arg(long, env = "HEADWATER_PACKAGE", value_name = "DIR")]
    package: Option<PathBuf>,
    /// Schema of the data, as `headwater create` takes it.
    #[arg(long)]
    schema: Option<PathBuf>,
    /// Column or key of data that holds ids.
    #[arg(long, default_value = "id", value_name = "NAME")]
    id: String,
    /// Names each page that is left out or worth a look.
    #[arg(long, short)]
    verbose: bool,
    /// Prints the summary as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(options: Options) -> Result<()> {
    if options.verbose {
        start::log();
    }
    let is_site = options.source.is_dir();
    options.pieces.size()?;
    let places = Places::find(&options)?;
    let runtime = Arc::new(Runtime::find(options.package.as_deref())?);
    let address = match &options.serve {
        Some(listen) => Some(preview::listen(listen).await?),
        None => None,
    };
    let (origin, places) = open(places).await?;
    let built = async {
        // Before the pages are read: what changes from then on is built next.
        let watch = options.watch.then(|| Watch::begin(&places)).transpose()?;
        let build = async || match is_site {
            true => site::build(&options, &places, &origin, &runtime).await,
            false => data::build(&options, &places, &origin, &runtime).await,
        };
        tell(&build().await?, &options)?;
        let site = if is_site { &places.source } else { &places.output };
        // Whoever wants JSON gets nothing else.
        let said = if options.json { note } else { say };
        let shown = address.map(|(listener, at)| {
            said(format!("{} is at http://{at}/ until Ctrl-C", site.display()));
            preview::serve(listener, site.clone())
        });
        let watching = watch.map(|watch| {
            said(format!("watching {} until Ctrl-C", places.source.display()));
            watch.run(async || match build().await {
                Ok(summary) => tell(&summary, &options),
                // A page in the middle of being written, perhaps: the next change tries again.
                Err(error) => {
                    note(format_args!("headwater: {} ({})", error.message(), error.code()));
                    Ok(())
                }
            })
        });
        match (watching, shown) {
            (None, None) => Ok(()),
            (Some(watching), None) => watching.await,
            (None, Some(shown)) => shown.await,
            (Some(watching), Some(shown)) => tokio::select! { ended = watching => ended, ended = shown => ended },
        }
    };
    let ended = built.await;
    ended.and(origin.close().await)
}

/// Opens what earlier builds have left, with a key of its own at the first.
async fn open(places: Places) -> Result<(Arc<Origin>, Places)> {
    // Old versions are of no use: the output has what visitors may still read.
    let retention = Retention::keeping(1, Duration::ZERO);
    let pending = Limits { publish_at: None, ..Limits::default() };
    let data = places.data().to_string_lossy().into_owned();
    let (address, cache_bytes) = ("a build".to_owned(), Some(CACHE_BYTES));
    let location = Location { data, retention, pending, address, cache_bytes, ..Location::default() };
    let origin = Origin::open(&location).await.map_err(|error| match error.code() {
        Code::Conflict => {
            let state = places.state.display();
            let message = format!("another build runs over {state}: wait for it, or name another folder with --state");
            Error::new(Code::Conflict, message)
        }
        _ => error,
    })?;
    Ok((origin, places.names_by(location.held_key()?.public())))
}

fn tell(summary: &Summary, options: &Options) -> Result<()> {
    if options.json {
        return json(summary);
    }
    summary.lines().iter().for_each(say);
    Ok(())
}
