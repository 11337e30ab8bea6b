//! The `headwater` command.
//!
//! | file | commands |
//! | --- | --- |
//! | `serve`, `start` | serve, and what has to be right before |
//! | `import/` | import |
//! | `push` | publish --to: copies a publication to an edge or a bucket |
//! | `search/` | search |
//! | `suggest` | suggest |
//! | `manage` | create, get, model |
//! | `delete` | delete |
//! | `versions` | versions, rollback, pin, unpin, gc |
//! | `keys` | keys |
//! | `replica` | export, verify, diff |
//!
//! | file | what they share |
//! | --- | --- |
//! | `terminal` | what is printed, made harmless |
//! | `meter` | progress |

// All that is printed goes through `terminal`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod delete;
mod import;
mod keys;
mod manage;
#[allow(clippy::print_stderr, reason = "nothing foreign is in it")]
mod meter;
mod patience;
mod pending;
mod push;
mod replica;
mod search;
mod serve;
mod start;
mod suggest;
mod terminal;
mod versions;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::check_path_name;
use headwater_core::manifest::MANIFEST_FORMAT_VERSION;
use headwater_core::segment::SEGMENT_FORMAT_VERSION;

use crate::token::Token;

/// Headwater: search that runs where the user is.
#[derive(Parser)]
#[command(
    name = "headwater",
    version,
    long_version = long_version(),
    after_help = r#"A first collection, in an empty folder, while `headwater serve --data ./data` runs there in another terminal:
  echo '{"text": {"title": {"language": "en"}}}' > schema.json
  headwater create words --schema schema.json
  echo '{"id": "cat", "payload": {"title": "a small wild cat"}}' > points.ndjson
  headwater import points.ndjson --collection words
  headwater search "wild cats" --collection words
  headwater publish --collection words
  headwater export ./public/words --collection words

This one is searched by words. `headwater model --help` says how to search by meaning, `headwater <command> --help` more of each."#
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// With what it reads and writes: data of other formats is not for it.
fn long_version() -> String {
    format!(
        "{}\nsegment format {SEGMENT_FORMAT_VERSION}, manifest format {MANIFEST_FORMAT_VERSION}",
        env!("CARGO_PKG_VERSION")
    )
}

#[derive(Subcommand)]
enum Command {
    /// Serves collections over HTTP.
    Serve(serve::Options),
    /// Creates a collection.
    Create(manage::Create),
    /// Imports points, one JSON object a line.
    Import(import::Options),
    /// Publishes what has changed, and copies it to an edge or bucket with --to.
    Publish(push::Options),
    /// Searches by text or by a JSON query.
    Search(search::Options),
    /// Completes what is being typed, and says what a misspelt text may mean.
    Suggest(suggest::Options),
    /// Shows a point.
    Get(manage::Get),
    /// Deletes points, or a whole collection.
    Delete(delete::Delete),
    /// Models: text to vector.
    #[command(subcommand)]
    Model(manage::Model),
    /// Lists the versions that are kept.
    Versions(versions::Of),
    /// Publishes what an earlier version held as a new version.
    Rollback(versions::One),
    /// Keeps a version whatever its age.
    Pin(versions::One),
    /// Keeps a version no longer than others.
    Unpin(versions::One),
    /// Drops versions that need not be kept, and all that only they needed. Publishing does so as well.
    Gc(versions::Of),
    /// Writes what is published into a folder that any web server can serve to replicas.
    Export(replica::Export),
    /// Checks all that replicas would fetch, as a linter does.
    Verify(replica::Verify),
    /// Says what a replica fetches from one version to another.
    Diff(replica::Diff),
    /// Who may sign: the server's key, the root key, and the list between them.
    #[command(subcommand)]
    Keys(keys::Keys),
}

/// The variable that names the origin, and what counts without it.
const URL_VARIABLE: &str = "HEADWATER_URL";
const DEFAULT_URL: &str = "http://127.0.0.1:7700";
/// The variable that holds the origin's token.
const TOKEN_VARIABLE: &str = "HEADWATER_TOKEN";

/// Where the origin is.
#[derive(Args, Clone)]
struct Server {
    /// URL of the origin.
    #[arg(long, env = URL_VARIABLE, default_value = DEFAULT_URL)]
    url: String,
    /// Token for writes at that URL. Everybody on this machine sees what stands on a command line: better set HEADWATER_TOKEN.
    #[arg(long, env = TOKEN_VARIABLE, hide_env_values = true)]
    token: Option<Token>,
}

/// The path of a collection. A name that stands in no path would ask for something else.
fn path_of(collection: &str) -> Result<String> {
    check_name(collection, "collection")?;
    Ok(format!("/v1/collections/{collection}"))
}

/// Fails unless a collection or model may have this name.
fn check_name(name: &str, what: &str) -> Result<()> {
    check_path_name(name, what).map_err(|e| Error::new(Code::InvalidOptions, e.message()))
}

/// Runs the command line; errors go to standard error with their code.
pub async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::note(format_args!("headwater: {} ({})", error.message(), error.code()));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(options) => serve::run(options).await,
        Command::Create(options) => manage::create(options).await,
        Command::Import(options) => import::run(options).await,
        Command::Publish(options) => push::run(options).await,
        Command::Search(options) => search::run(options).await,
        Command::Suggest(options) => suggest::run(options).await,
        Command::Get(options) => manage::get(options).await,
        Command::Delete(options) => delete::delete(options).await,
        Command::Model(options) => manage::model(options).await,
        Command::Versions(of) => versions::list(of).await,
        Command::Rollback(one) => versions::roll_back(one).await,
        Command::Pin(one) => versions::pin(one, true).await,
        Command::Unpin(one) => versions::pin(one, false).await,
        Command::Gc(of) => versions::collect_garbage(of).await,
        Command::Export(options) => replica::export(options).await,
        Command::Verify(options) => replica::verify(options).await,
        Command::Diff(options) => replica::diff(options).await,
        Command::Keys(command) => keys::run(command).await,
    }
}
